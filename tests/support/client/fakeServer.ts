import { memoryDevice } from './fakeStorage.ts'
import { reduce } from '../../../src/client/state/reduce.ts'
import { createStore } from '../../../src/client/state/store.ts'
import { createSync } from '../../../src/client/app/sync/sync.ts'
import type { ClientFrame, ServerFrame } from '../../../src/shared/protocol.ts'
import { ada, welcome } from './aState.ts'
import { fakeTime, type FakeTime } from './fakeTime.ts'
import { FakeWire, latest } from './fakeWire.ts'

/** Parts of the client's world that a test replaces. */
interface FakeWorld {
  time?: FakeTime
  now?: () => number
  after?: (ms: number, run: () => void) => () => void
  random?: () => number
  opened?: (wire: FakeWire) => void
  heard?: (wire: FakeWire, frame: ClientFrame) => void
}

/** Ada's client without screens and HTTP, with a clock that stands still, at a server that the test plays. */
export async function atFakeServer({ time = fakeTime(), opened, heard, ...world }: FakeWorld = {}) {
  const { now = time.now, after = time.after, random = () => 0.5 } = world
  const end = new AbortController()
  const store = createStore(reduce)
  const wires: FakeWire[] = []
  let nonces = 0
  const sync = createSync(
    store,
    {
      now,
      after,
      random,
      nonce: () => `nonce-of-mine-${(nonces += 1)}`,
      draw: (run) => void after(8, run),
      activity: () => 'active',
      open() {
        const wire: FakeWire = new FakeWire((frame) => heard?.(wire, frame))
        wires.push(wire)
        opened?.(wire)
        return wire
      },
      isHidden: () => false,
      api: { session: async () => ({ ok: true, value: { ...ada, role: 'guest' } }) },
      signedInAs: () => {},
      storage: memoryDevice(),
      localStorage: null,
      tab: 'tab',
      unsavedChanged() {},
    },
    end.signal,
  )
  store.dispatch({ type: 'selfChanged', self: { ...ada, role: 'guest' } })
  await sync.outbox.start(ada.id)
  sync.socket.start()
  const page = {
    time,
    store,
    sync,
    wires,
    get wire(): FakeWire {
      return latest(wires)
    },
    /** The connection is live, in no room. */
    live() {
      page.wire.open()
      page.wire.say(welcome)
      return page
    },
    /** The server sends these, and they are drawn. */
    hear(...frames: ServerFrame[]): void {
      page.wire.say(...frames)
      time.pass(10)
    },
    /** Resolves once the device has stored what was written. */
    stored: () => new Promise<void>((resolve) => setImmediate(resolve)),
    joinsOf: (room?: string) => page.wire.all('join').filter((join) => (room ?? join.room) === join.room),
    /** The ref of the latest join of a room. */
    refOf: (room = 'lobby') => page.joinsOf(room).at(-1)?.ref ?? '',
    write: (text: string) => page.sync.outbox.enqueue('lobby', { kind: 'message', text }),
    stateOf: (room: string) => store.get().rooms[room]?.sync.state,
    end: () => end.abort(),
  }
  return page
}

export type FakeServerPage = Awaited<ReturnType<typeof atFakeServer>>
