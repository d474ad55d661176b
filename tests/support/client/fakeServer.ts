import { Outbox } from '../../../src/client/net/outbox.ts'
import { createSocket, type Wire } from '../../../src/client/net/socket.ts'
import { memoryStorage } from '../../../src/client/net/storage.ts'
import { createStore } from '../../../src/client/state/store.ts'
import { createSync } from '../../../src/client/app/sync/sync.ts'
import type { ClientFrame, Of, ServerFrame } from '../../../src/shared/protocol.ts'
import { ada, welcome } from './aState.ts'
import { fakeTime, type FakeTime } from './fakeTime.ts'

/** One attempt to connect, as the server sees it. */
export class FakeWire implements Wire {
  onopen: ((event: never) => void) | null = null
  onmessage: ((event: { data: unknown }) => void) | null = null
  onclose: ((event: { code: number }) => void) | null = null
  readonly sent: ClientFrame[] = []
  closed = false
  readonly #heard: (frame: ClientFrame) => void

  constructor(heard: (frame: ClientFrame) => void) {
    this.#heard = heard
  }
  send(text: string): void {
    const frame = JSON.parse(text) as ClientFrame
    this.sent.push(frame)
    this.#heard(frame)
  }
  close(): void {
    this.closed = true
  }
  say(...frames: ServerFrame[]): void {
    for (const frame of frames) this.onmessage?.({ data: JSON.stringify(frame) })
  }
  all<T extends ClientFrame['type']>(type: T): Of<T>[] {
    return this.sent.filter((frame): frame is Of<T> => frame.type === type)
  }
}

/** What stands still until told, and what a test may set of the client's world. */
interface Given {
  time?: (made: FakeTime) => void
  now?: () => number
  after?: (ms: number, run: () => void) => () => void
  random?: () => number
  opened?: (wire: FakeWire) => void
  heard?: (wire: FakeWire, frame: ClientFrame) => void
}

/** Ada's client without screens and HTTP, in a time that stands still, at a server that the test plays. */
export async function atFakeServer(given: Given = {}) {
  const time = fakeTime()
  given.time?.(time)
  const { now = () => time.now(), after = (ms, run) => time.after(ms, run), random = () => 0.5 } = given
  const end = new AbortController()
  const store = createStore()
  const wires: FakeWire[] = []
  let nonces = 0
  const sync = createSync(
    store,
    { now, after, draw: (run) => void after(8, run), activity: () => 'active' },
    (owner) =>
      createSocket(
        {
          open() {
            const wire: FakeWire = new FakeWire((frame) => given.heard?.(wire, frame))
            wires.push(wire)
            given.opened?.(wire)
            return wire
          },
          now,
          after,
          random,
          isHidden: () => false,
          hasSession: async () => 'yes',
          userId: () => ada.id,
          signedInAs: () => {},
        },
        owner,
      ),
    (owner) =>
      new Outbox(
        memoryStorage(),
        'tab',
        { now, after, random, nonce: () => `nonce-of-mine-${(nonces += 1)}` },
        { ...owner, storageBlocked() {}, unsavedChanged() {} },
      ),
    end.signal,
  )
  store.dispatch({ type: 'selfChanged', self: { ...ada, role: 'guest' } })
  await sync.outbox.start(ada.id)
  sync.socket.start()
  const it = {
    time,
    store,
    sync,
    wires,
    get wire(): FakeWire {
      const wire = wires.at(-1)
      if (wire === undefined) throw new TypeError('no attempt was made')
      return wire
    },
    /** It is let in, into no room. */
    live() {
      it.wire.onopen?.(undefined as never)
      it.wire.say(welcome)
      return it
    },
    /** What was written is on the device. */
    stored: () => new Promise<void>((resolve) => setImmediate(resolve)),
    stateOf: (room: string) => store.get().rooms[room]?.sync.state,
    end: () => end.abort(),
  }
  return it
}
