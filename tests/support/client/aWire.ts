import type { BrowserContext, Page } from 'playwright-core'
import type { Self } from '../../../src/shared/model.ts'
import type { ServerFrame } from '../../../src/shared/protocol.ts'
import { firstPage, members, welcome, you } from './aState.ts'

declare global {
  interface Window {
    /** Hears these frames, all of them in one turn. */
    hear(frames: readonly string[]): void
    /** Resolves once what has changed is painted. */
    painted(): Promise<void>
  }
}

/**
 * Somebody in the lobby, whose wire ends within the page: what is heard comes in one turn, and no time is spent on bringing
 * it. For measuring; `aScreen` is for all else.
 */
export async function aWiredPage(
  origin: string,
  context: BrowserContext,
  name: string,
): Promise<{
  page: Page
  me: Self
  /** Resolves once these are drawn. */
  hear(...frames: ServerFrame[]): Promise<unknown>
}> {
  const headers = { origin }
  const answer = await context.request.post(`${origin}/api/session`, { data: { name }, headers })
  const { user: me } = (await answer.json()) as { user: Self }
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
    hear: (...frames) =>
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
