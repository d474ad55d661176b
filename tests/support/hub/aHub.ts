import { localDoorbell } from '../../../src/cluster/local.ts'
import { dispatch } from '../../../src/http/socket/dispatch.ts'
import { errorFrame } from '../../../src/hub/answerFrames.ts'
import { ExpiryClock } from '../../../src/hub/expiryClock.ts'
import { Hub } from '../../../src/hub/hub.ts'
import type { Doorbell, Log, PersonLimits, Store } from '../../../src/hub/ports.ts'
import { createIds } from '../../../src/lib/ids.ts'
import { ChatError } from '../../../src/shared/errors.ts'
import type { Position, Self } from '../../../src/shared/model.ts'
import type { ClientFrame, ServerFrameOf, ServerFrame } from '../../../src/shared/protocol.ts'
import { fakeClock } from '../fakeClock.ts'
import { FakeSocket, FakeTopics } from './fakeSocket.ts'
import { lateStore } from './lateStore.ts'
import { testStore, type TestStore } from './testStore.ts'

interface HubOptions {
  store?: TestStore
  /** how many turns late the store is for the hub, as in `lateStore` */
  late?: (method: keyof Store) => number
  doorbell?: Doorbell
  siteName?: string
  limits?: Partial<PersonLimits>
  retentionDays?: number
}

/** For tests of order, not of rate limits. */
export const UNLIMITED = {
  sends: { perSecond: 1e6, burst: 1e6 },
  joins: { perSecond: 1e6, burst: 1e6 },
  connections: 1_000,
}

/** Waits until everything that was ready has happened. No time passes. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 12; turn += 1) await aTurn()
}

/** One turn of the event loop. */
export const aTurn = () => new Promise<void>((resolve) => setImmediate(resolve))

/** A hub on a store in memory, with a clock that stands still. */
export async function aHub({
  store = testStore(),
  doorbell = localDoorbell(),
  siteName = 'Hubbub',
  limits = {},
  retentionDays = 0,
  late,
}: HubOptions = {}) {
  const clock = fakeClock()
  const topics = new FakeTopics()
  const log = errorLog()
  const expiry = new ExpiryClock({ clock, log })
  const hub = new Hub({
    expiry,
    store: late ? lateStore(store, late) : store,
    broadcast: topics,
    doorbell,
    clock,
    ids: createIds(),
    log,
    settings: { build: 'test', sessionDays: 90, siteName, limits, retentionDays },
  })
  await hub.start()
  let opened = 0
  /** Opens one more socket of a person; nothing is sent on it yet. */
  const connect = (self: Self, session = `session of ${self.name}`): Client => {
    const connection = new FakeSocket(`c${(opened += 1)}`, topics, (ended) => hub.close(ended))
    const refused = hub.open(connection, self, session)
    if (refused !== null) connection.close(refused)
    return new Client(hub, store, connection, self)
  }
  return {
    hub,
    store,
    clock,
    topics,
    log,
    connect,
    /** A new person, with a socket that has said hello. */
    async guest(name: string, rooms: readonly string[] = []): Promise<Client> {
      const client = connect(await hub.sessions.signUp(name, `session of ${name}`))
      await client.hello(rooms)
      return client
    },
    /** Seconds pass, with a tick of the hub in each. */
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

/** Ada and Bob in the lobby, announced to each other; what they heard so far is forgotten. */
export async function aLobby(options: HubOptions = {}) {
  const here = await aHub(options)
  const ada = await here.guest('Ada', ['lobby'])
  const bob = await here.guest('Bob', ['lobby'])
  await here.pass(1)
  ada.forget()
  bob.forget()
  return { ...here, ada, bob }
}

/** Ada in a lobby with `count` messages of hers. */
export async function aTalk(count: number, options: HubOptions = {}) {
  const here = await aHub({ limits: UNLIMITED, ...options })
  const ada = await here.guest('Ada', ['lobby'])
  await here.pass(1)
  await ada.sendMany(count)
  const events = await here.store.events('lobby', 0, count)
  return {
    ...here,
    ada,
    /** the position of a message */
    at: (seq: number): Position => ({ seq, id: events[seq - 1]?.id ?? null }),
    /** Bob, who says hello from this position in the lobby. */
    async back(position: Position): Promise<Client> {
      const bob = here.connect(await here.hub.sessions.signUp('Bob', 'session of Bob'))
      await bob.member(['lobby'])
      await bob.ask({ type: 'hello', state: 'active', rooms: [{ room: 'lobby', ...position }] })
      return bob
    },
  }
}

let nonces = 0
export const nonce = () => `nonce-${String((nonces += 1)).padStart(6, '0')}`

/** One connection of a person. Frames are handled as the socket does it: one at a time, errors become `error` frames. */
export class Client {
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

  get heard(): ServerFrame[] {
    return this.connection.heard
  }

  /** All frames heard of one type. */
  all<T extends ServerFrame['type']>(type: T): ServerFrameOf<T>[] {
    return this.heard.filter((frame): frame is ServerFrameOf<T> => frame.type === type)
  }

  /** The seqs of all messages and events of the pages heard. */
  get pageSeqs(): number[] {
    return this.all('sync').flatMap(({ messages = [], events }) =>
      [...messages, ...events].map(({ seq }) => seq),
    )
  }

  /** The seqs of all live events heard. */
  get liveSeqs(): number[] {
    return this.all('event').map(({ seq }) => seq)
  }

  /** Sends frames without waiting for their effect. */
  say(...frames: ClientFrame[]): void {
    for (const frame of frames)
      this.#inbox = this.#inbox.then(async () => {
        try {
          await dispatch(this.#hub, this.connection, frame)
        } catch (error) {
          this.connection.send(errorFrame(error, 'ref' in frame || 'nonce' in frame ? frame : {}))
        }
      })
  }

  /** Sends frames, and waits until they have had their effect. */
  async ask(...frames: ClientFrame[]): Promise<void> {
    this.say(...frames)
    await settled()
  }

  /** Makes the person a member of these rooms, if they exist. */
  async member(rooms: readonly string[]): Promise<void> {
    for (const { room } of await this.#store.roomsBySlug(rooms))
      await this.#store.addMember(room, this.self.id, 'guest', 0)
  }

  /** Says hello without positions, as a member of these rooms, and waits until they are live. */
  async hello(rooms: readonly string[] = []): Promise<void> {
    await this.member(rooms)
    const positions = rooms.map((room) => ({ room, seq: 0, id: null }))
    await this.ask({ type: 'hello', state: 'active', rooms: positions })
  }

  /** Sends a text and waits for the answer. */
  async send(text: string, key = nonce(), room = 'lobby'): Promise<void> {
    await this.ask({ type: 'send', nonce: key, room, text })
  }

  /** Sends `text 1` to `text <count>` to the lobby. */
  async sendMany(count: number, textOf = (n: number) => `text ${n}`): Promise<void> {
    for (let n = 1; n <= count; n += 1) {
      this.say({ type: 'send', nonce: nonce(), room: 'lobby', text: textOf(n) })
      if (n % 50 === 0) await settled()
    }
    await settled()
  }

  /** Forgets what was heard. */
  forget(): void {
    this.heard.length = 0
  }
}

export const seqRange = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i)

/** The ChatError of a rejected promise: its code, message and details. */
export async function refusal(asked: Promise<unknown>) {
  const error: unknown = await asked.then(
    () => null,
    (reason: unknown) => reason,
  )
  if (!(error instanceof ChatError)) throw new Error('expected a ChatError', { cause: error })
  return { code: error.code, message: error.message, ...error.details }
}

/** A log that keeps the errors. */
function errorLog(): Log & { readonly errors: unknown[] } {
  const errors: unknown[] = []
  return { errors, error: (what, error) => void errors.push([what, error]), warn() {}, info() {} }
}
