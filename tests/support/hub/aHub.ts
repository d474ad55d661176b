import { localDoorbell } from '../../../src/cluster/local.ts'
import { dispatch } from '../../../src/http/socket/dispatch.ts'
import { errorFrame } from '../../../src/hub/answerFrames.ts'
import { Hub, type PersonLimits } from '../../../src/hub/hub.ts'
import type { Doorbell, Ids, Log, Store } from '../../../src/hub/ports.ts'
import type { Self } from '../../../src/shared/model.ts'
import type { ClientFrame } from '../../../src/shared/protocol.ts'
import { fakeClock } from '../fakeClock.ts'
import { FakeSocket, fakeTopics } from './fakeSocket.ts'
import { testStore, type TestStore } from './testStore.ts'

export interface World {
  store?: TestStore
  /** how the hub sees it: itself, unless it is to be late */
  seen?: (store: TestStore) => Store
  doorbell?: Doorbell
  siteName?: string
  limits?: Partial<PersonLimits>
  retentionDays?: number
}

/** Everything that was ready to happen has happened. Nothing here waits for time to pass. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 12; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

/** A hub on a store in memory, with a clock that stands still, and people to come. */
export async function aHub({
  store = testStore(),
  doorbell = localDoorbell(),
  siteName = 'Hubbub',
  limits = {},
  retentionDays = 0,
  seen = (itself) => itself,
}: World = {}) {
  const clock = fakeClock()
  const topics = fakeTopics()
  const log = someLog()
  const settings = { build: 'test', sessionDays: 90, siteName, limits, retentionDays }
  const hub = new Hub({
    store: seen(store),
    broadcast: topics,
    doorbell,
    clock,
    ids: someIds(),
    log,
    settings,
  })
  await hub.start()
  let opened = 0
  /** Opens one more socket for somebody, by the session they have from `guest`; nothing is said on it yet. */
  const connect = (self: Self, session = `session of ${self.name}`): Screen => {
    const connection = new FakeSocket(`c${(opened += 1)}`, topics, (ended) => hub.close(ended))
    const refused = hub.open(connection, self, session)
    if (refused !== null) connection.close(refused)
    return new Screen(hub, store, connection, self)
  }
  return {
    hub,
    store,
    clock,
    topics,
    log,
    connect,
    /** Somebody new, with a socket that has said hello. */
    async guest(name: string, rooms: readonly string[] = []): Promise<Screen> {
      const screen = connect(await hub.sessions.signUp(name, `session of ${name}`))
      await screen.hello(rooms)
      return screen
    },
    /** Seconds pass, and the hub ticks in each. */
    async pass(seconds: number): Promise<void> {
      await settled()
      for (let i = 0; i < seconds; i += 1) {
        clock.pass(1_000)
        hub.tick()
        await settled()
      }
    },
  }
}

/** Ada and Bob in the lobby, told of each other; what they heard until now is forgotten. */
export async function aLobby(world: World = {}) {
  const here = await aHub(world)
  const ada = await here.guest('Ada', ['lobby'])
  const bob = await here.guest('Bob', ['lobby'])
  await here.pass(1)
  ada.forget()
  bob.forget()
  return { ...here, ada, bob }
}

let nonces = 0

/** One tab of somebody. Frames are handled as the edge does it: one at a time, what is thrown becomes an `error`. */
export class Screen {
  readonly connection: FakeSocket
  readonly self: Self
  readonly #hub: Hub
  readonly #store: TestStore
  #inbox: Promise<void> = Promise.resolve()

  constructor(hub: Hub, store: TestStore, connection: FakeSocket, self: Self) {
    this.#hub = hub
    this.#store = store
    this.connection = connection
    this.self = self
  }

  get heard() {
    return this.connection.heard
  }

  /** Says frames without waiting for what becomes of them. */
  say(...frames: ClientFrame[]): void {
    for (const frame of frames)
      this.#inbox = this.#inbox.then(async () => {
        try {
          await dispatch(this.#hub, this.connection, frame)
        } catch (error) {
          const asked = {
            ...('nonce' in frame && { nonce: frame.nonce }),
            ...('ref' in frame && { ref: frame.ref }),
          }
          this.connection.send(errorFrame(error, asked))
        }
      })
  }

  /** Makes a member of these rooms, as far as they exist. */
  async member(rooms: readonly string[]): Promise<void> {
    for (const { room } of await this.#store.roomsBySlug(rooms))
      if (!(await this.#store.membership(this.self.id, room)))
        await this.#store.addMember(room, this.self.id, 'guest', 0)
  }

  /** Says hello from nowhere, as a member of these rooms, and waits until they are live. */
  async hello(rooms: readonly string[] = []): Promise<void> {
    await this.member(rooms)
    this.say({ type: 'hello', state: 'active', rooms: rooms.map((room) => ({ room, seq: 0, id: null })) })
    await settled()
  }

  /** Sends a text and waits for what becomes of it. @returns its nonce */
  async send(text: string, nonce = `nonce-${(nonces += 1)}`, room = 'lobby'): Promise<string> {
    this.say({ type: 'send', nonce, room, text })
    await settled()
    return nonce
  }

  /** Forgets what was heard. */
  forget(): void {
    this.connection.heard.length = 0
  }
}

let worlds = 0

/** Ids that count; those of another hub are others. */
function someIds(): Ids {
  let last = (worlds += 1) * 0x10000
  const next = () => (last += 1).toString(16).padStart(8, '0')
  return { next: () => `0197-${next()}`, random: (length) => next().padStart(length, 'r').slice(-length) }
}

/** A log that keeps what was wrong. */
function someLog(): Log & { readonly errors: unknown[] } {
  const errors: unknown[] = []
  return { errors, error: (what, error) => void errors.push([what, error]), warn() {}, info() {} }
}
