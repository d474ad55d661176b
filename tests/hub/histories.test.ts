import { expect, test } from 'bun:test'
import fc from 'fast-check'
import type { ServerFrame } from '../../src/shared/protocol.ts'
import { assertHistories } from '../support/assertHistories.ts'
import { aHub, settled, type Screen } from '../support/hub/aHub.ts'
import { lateStore } from '../support/hub/lateStore.ts'

const UNLIMITED = {
  sends: { perSecond: 1e6, burst: 1e6 },
  joins: { perSecond: 1e6, burst: 1e6 },
  connections: 1_000,
}
const PEOPLE = ['Ada', 'Bob', 'Eve'] as const
const ROOMS = ['lobby', 'tea'] as const

/** What somebody does somewhere, and what just happens; how often. `turn`: a few turns of the microtask queue go by. */
const DONE = { send: 6, join: 3, again: 1, rejoin: 2, leave: 2, cut: 2, stall: 1, drain: 2 }
const HAPPENS = {
  turn: 12,
  breathe: 2,
  elsewhere: 4,
  pause: 1,
  resume: 3,
  failWrites: 1,
  failReads: 1,
  heal: 4,
  second: 1,
}

/** Numbers choose who and where; what makes no sense just then is left out. */
type Step =
  { do: keyof typeof DONE; who: number; where: number } | { do: keyof typeof HAPPENS; turns: number }

function oneOf<T extends string>(weights: Record<T, number>): fc.Arbitrary<T> {
  const all = Object.keys(weights) as T[]
  return fc.oneof(...all.map((what) => ({ weight: weights[what], arbitrary: fc.constant(what) })))
}

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: oneOf(DONE), who: fc.nat(PEOPLE.length - 1), where: fc.nat(ROOMS.length - 1) }),
  fc.record({ do: oneOf(HAPPENS), turns: fc.nat(20) }),
)

/** In place of the id of an event that no page brought. */
const BELOW = 'below the first page'

/** The client of `docs/protocol.md` §5, as small as it can be: it holds positions and never draws across a hole. */
class Follower {
  readonly shown = new Map<string, string[]>()
  readonly settledNonces: string[] = []
  readonly faults: string[] = []
  /** rooms asked for and not live yet, on this connection */
  readonly syncing = new Set<string>()
  readonly live = new Set<string>()
  readonly #heard = new Set<string>()
  readonly #strict: boolean
  #read = 0
  screen: Screen

  /** @param strict an ack may not come before its event; where reads fail it may (D4) */
  constructor(screen: Screen, strict: boolean) {
    this.screen = screen
    this.#strict = strict
  }

  /** A new connection: positions stay, all else is forgotten. */
  renew(screen: Screen): void {
    this.follow()
    this.screen = screen
    this.#read = 0
    this.#heard.clear()
    this.live.clear()
    this.syncing.clear()
  }

  position(room: string) {
    const shown = this.shown.get(room) ?? []
    return { seq: shown.length, id: shown.at(-1) ?? null }
  }

  /** Takes in what was heard since. */
  follow(): void {
    for (const frame of this.screen.heard.slice(this.#read)) this.#take(frame)
    this.#read = this.screen.heard.length
  }

  #take(frame: ServerFrame): void {
    if (frame.type === 'event') {
      const key = `${frame.room} ${frame.seq}`
      if (this.#heard.has(key)) this.faults.push(`heard ${key} twice`)
      this.#heard.add(key)
      if (this.live.has(frame.room) || this.syncing.has(frame.room))
        this.#show(frame.room, frame.seq, frame.id)
      else this.faults.push(`heard ${key} outside`)
    } else if (frame.type === 'sync') {
      if (frame.messages)
        this.#leap(frame.room, frame.older ? (frame.messages[0]?.seq ?? frame.at.seq + 1) : 1)
      for (const { seq, id } of [...(frame.messages ?? []), ...frame.events]) this.#show(frame.room, seq, id)
      if (frame.more) return
      this.syncing.delete(frame.room)
      this.live.add(frame.room)
    } else if (frame.type === 'ack') {
      this.settledNonces.push(frame.nonce)
      const early = this.live.has(frame.room) && frame.seq > this.position(frame.room).seq
      if (this.#strict && early && !this.syncing.has(frame.room))
        this.faults.push(`ack ${frame.seq} before its event`)
    } else if (frame.type === 'reset') {
      if (frame.reason !== 'access') this.faults.push(`reset ${frame.reason}`)
      this.syncing.delete(frame.room)
      this.live.delete(frame.room)
    } else if (frame.type === 'left') this.live.delete(frame.room)
  }

  /** A first page begins at `seq`: what is below is not shown. */
  #leap(room: string, seq: number): void {
    const shown = this.shown.get(room) ?? []
    this.shown.set(room, shown)
    while (shown.length < seq - 1) shown.push(BELOW)
  }

  #show(room: string, seq: number, id: string): void {
    const shown = this.shown.get(room) ?? []
    this.shown.set(room, shown)
    if (seq <= shown.length && shown[seq - 1] !== id) this.faults.push(`${room} ${seq} has two ids`)
    else if (seq > shown.length + 1) this.faults.push(`hole before ${room} ${seq}, after ${shown.length}`)
    else if (seq === shown.length + 1) shown.push(id)
  }
}

/** Numbers that look random and are the same for the same seed. */
function numbersOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

async function play(steps: readonly Step[], seed: number) {
  const random = numbersOf(seed)
  // Mostly a few turns of the microtask queue late, now and then two of the loop.
  const turns = () => (random() < 0.05 ? -2 : Math.floor(random() * 14))
  const world = await aHub({ limits: UNLIMITED, seen: (store) => lateStore(store, turns) })
  const { hub, store, pass } = world
  const people: Follower[] = []
  const strict = !steps.some((one) => one.do === 'failReads')
  for (const name of PEOPLE) people.push(new Follower(await world.guest(name), strict))
  const [first] = people
  if (first) await hub.rooms.create(first.screen.self, { name: 'tea' })
  const said: { who: number; where: string; nonce: string }[] = []
  let count = 0

  const say = (who: number, where: string, nonce: string) =>
    people[who]?.screen.say({ type: 'send', nonce, room: where, text: nonce })
  const join = (person: Follower, room: string) => {
    person.syncing.add(room)
    person.screen.say({ type: 'join', ref: 'j', room, ...person.position(room) })
  }
  /** A connection that was closed comes back with its positions, as hello. */
  const comeBack = (person: Follower) => {
    const rooms = [...new Set([...person.live, ...person.syncing])]
    person.renew(world.connect(person.screen.self))
    for (const room of rooms) person.syncing.add(room)
    const asked = rooms.map((room) => ({ room, ...person.position(room) }))
    person.screen.say({ type: 'hello', state: 'active', rooms: asked })
  }

  for (const now of steps) {
    const person = 'who' in now ? people[now.who] : undefined
    const room = 'where' in now ? (ROOMS[now.where] ?? 'lobby') : 'lobby'
    for (const one of people) one.follow()
    // prettier-ignore
    switch (now.do) {
      case 'send': {
        if (!person?.live.has(room) && !person?.syncing.has(room)) break
        const nonce = `nonce-${String((count += 1)).padStart(4, '0')}`
        said.push({ who: now.who, where: room, nonce })
        say(now.who, room, nonce)
        break
      }
      case 'again': {
        const mine = said.filter(({ who }) => who === now.who).at(-1)
        if (mine) say(mine.who, mine.where, mine.nonce)
        break
      }
      case 'join': if (person && !person.live.has(room) && !person.syncing.has(room)) join(person, room); break
      case 'rejoin': if (person?.live.has(room)) join(person, room); break
      case 'leave':
        // Only a room that is live: what is heard of it before `left` is not ours to judge.
        if (person?.live.has(room) && !person.syncing.has(room)) {
          await settled()
          person.follow()
          person.screen.say({ type: 'leave', ref: 'l', room })
          await settled()
        }
        break
      case 'cut': person?.screen.connection.end(); break
      case 'stall': person?.screen.connection.stall(); break
      case 'drain': person?.screen.connection.drain(); break
      case 'pause': store.pause(); break
      case 'resume': store.resume(); break
      case 'failWrites': store.fail('writes'); break
      case 'failReads': store.fail('reads'); break
      case 'heal': store.heal(); break
      case 'elsewhere':
        count += 1
        void store.commit([{ kind: 'message', room: 'lobby', id: `far-${count}`, at: 0, user: { id: 'far', name: 'Far' }, nonce: `far-nonce-${count}`, text: 'far' }])
        break
      case 'second': await pass(1); break
      case 'breathe': await settled(); break
      case 'turn': for (let n = 0; n < now.turns; n += 1) await Promise.resolve(); break
    }
    for (const one of people)
      if (one.screen.connection.closed !== null || !one.screen.connection.isOpen) comeBack(one)
  }

  // Everything heals; whoever was sent away comes back; what was not acknowledged is said again.
  store.heal()
  store.resume()
  for (const one of people) one.screen.connection.drain()
  await pass(3)
  for (const one of people) {
    one.follow()
    if (!one.screen.connection.isOpen) comeBack(one)
    for (const room of ROOMS) if (!one.live.has(room)) join(one, room)
  }
  await pass(3)
  for (const { who, where, nonce } of said) say(who, where, nonce)
  await pass(3)
  for (const one of people) one.follow()
  return { store, people, said, log: world.log }
}

test('[C26] whatever people, disk and other nodes do, everybody ends with each event once, in order, without a hole', async () => {
  await assertHistories(
    fc.asyncProperty(
      fc.array(step, { minLength: 20, maxLength: 200, size: 'max' }),
      fc.nat(),
      async (steps, seed) => {
        const { store, people, said } = await play(steps, seed)
        expect(people.map(({ faults }) => faults)).toEqual(PEOPLE.map(() => []))
        for (const room of ROOMS) {
          const ids = (await store.events(room, 0, 1_000)).map(({ id }) => id)
          for (const { shown } of people)
            expect((shown.get(room) ?? []).map((id, n) => (id === BELOW ? ids[n] : id))).toEqual(ids)
          const nonces = (await store.events(room, 0, 1_000)).map(({ nonce, user }) => `${user?.id} ${nonce}`)
          expect(new Set(nonces).size).toBe(nonces.length)
        }
        for (const { who, nonce } of said) expect(people[who]?.settledNonces).toContain(nonce)
      },
    ),
    { numRuns: 150 },
  )
}, 60_000)

test('[C27] a log rewound by a restored backup is said aloud, and whoever comes back has what is stored', async () => {
  await assertHistories(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 0, max: 60 }),
      fc.integer({ min: 0, max: 40 }),
      async (before, kept, fresh) => {
        const { store, guest } = await aHub({ limits: UNLIMITED })
        const ada = await guest('Ada', ['lobby'])
        const talk = async (count: number, word: string) => {
          for (let n = 0; n < count; n += 1)
            ada.say({
              type: 'send',
              nonce: `${word}-${String(n).padStart(8, '0')}`,
              room: 'lobby',
              text: word,
            })
          await settled()
        }
        await talk(before, 'first')
        const position = { seq: before, id: await store.idAt('lobby', before) }
        store.rewind('lobby', Math.min(kept, before))
        const again = await aHub({ store, limits: UNLIMITED })
        const eve = await again.guest('Eve', ['lobby'])
        for (let n = 0; n < fresh; n += 1) await eve.send(`fresh ${n}`)
        const back = again.connect(ada.self)
        await back.member(['lobby'])
        back.say({ type: 'hello', state: 'active', rooms: [{ room: 'lobby', ...position }] })
        await settled()

        const head = Math.min(kept, before) + fresh
        const reasons = back.connection.all('reset').map(({ reason }) => reason)
        expect(reasons).toEqual(kept >= before ? [] : head < before ? ['ahead'] : ['diverged'])
        const drawn = back.connection
          .all('sync')
          .flatMap(({ messages = [], events }) => [...messages, ...events].map(({ id }) => id))
        const stored = (await store.events('lobby', 0, 1_000)).map(({ id }) => id)
        expect(kept >= before ? drawn : drawn.slice(-50)).toEqual(
          kept >= before ? stored.slice(before) : stored.slice(Math.max(0, head - 50)),
        )
      },
    ),
    { numRuns: 40 },
  )
}, 60_000)
