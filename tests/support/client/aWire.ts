import type { BrowserContext } from 'playwright-core'
import type { ServerFrame } from '../../../src/shared/protocol.ts'
import { aSession } from './aScreen.ts'
import { firstPage, members, welcome, you } from './aState.ts'

declare global {
  interface Window {
    /** Receives these frames in one turn. */
    hear(frames: readonly string[]): void
    /** Resolves after the next paint. */
    painted(): Promise<void>
  }
}

/**
 * A guest in the lobby whose socket ends within the page: frames arrive in one turn, without the time that a transport takes.
 * For measurements; `aScreen` is for everything else.
 */
export async function aWiredPage(origin: string, context: BrowserContext, name: string) {
  const me = await aSession(origin, context, name)
  const page = await context.newPage()
  await page.addInitScript(wire, {
    hello: JSON.stringify({ ...welcome, user: me, now: Date.now() }),
    lobby: firstPage([], { members: members({ ...me, state: 'active' }), you }),
  })
  await page.goto(`${origin}/chat/lobby`)
  await page.waitForSelector('.emoji-button')
  return {
    page,
    me,
    /** Resolves once these are drawn. */
    hear: (...frames: ServerFrame[]): Promise<void> =>
      page.evaluate(
        async (texts) => {
          window.hear(texts)
          await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))
        },
        frames.map((frame) => JSON.stringify(frame)),
      ),
  }
}

/** Runs in the page: a WebSocket that answers `hello` and `join` with an empty room, and is silent to all else. */
function wire({ hello, lobby }: { hello: string; lobby: object }): void {
  class Wire {
    onopen: (() => void) | null = null
    onmessage: ((event: { data: string }) => void) | null = null
    onclose: (() => void) | null = null
    constructor() {
      setTimeout(() => this.onopen?.())
      window.hear = (frames) => {
        for (const data of frames) this.onmessage?.({ data })
      }
    }
    send(text: string): void {
      const frame = JSON.parse(text) as {
        type: string
        ref?: string
        room: string
        rooms: { room: string }[]
      }
      const answers: string[] = []
      if (frame.type === 'hello') {
        answers.push(hello)
        for (const { room } of frame.rooms) answers.push(JSON.stringify({ ...lobby, room }))
      }
      if (frame.type === 'join') answers.push(JSON.stringify({ ...lobby, room: frame.room, ref: frame.ref }))
      setTimeout(() => window.hear(answers))
    }
    close(): void {
      this.onclose?.()
    }
  }
  Reflect.set(window, 'WebSocket', Wire)
  window.painted = () =>
    new Promise((done) => {
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel()
        port1.onmessage = () => done()
        port2.postMessage('')
      })
    })
}
