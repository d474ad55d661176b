import { expect, test } from 'bun:test'
import fc from 'fast-check'
import type { ServerFrame } from '../../src/shared/protocol.ts'
import { chance } from '../chaos/random.ts'
import { assertHistories } from '../support/assertHistories.ts'
import { aHub, settled, UNLIMITED, type Client } from '../support/hub/aHub.ts'

const PEOPLE = ['Ada', 'Bob', 'Eve'] as const
const ROOMS = ['lobby', 'tea'] as const

/** What a person does in a room, and what happens around them, each with its frequency. */
const ACTIONS = { send: 6, resend: 1, join: 3, rejoin: 2, leave: 2, cut: 2, stall: 1, drain: 2 }
const CONDITIONS = {
  microtasks: 12,
  settle: 2,
  otherNode: 4,
  pause: 1,
  resume: 3,
  failWrites: 1,
  failReads: 1,
  heal: 4,
  second: 1,
}

/** Numbers choose the person and the room; a step that makes no sense at its time is left out. */
type Step =
  { do: keyof typeof ACTIONS; who: number; where: number } | { do: keyof typeof CONDITIONS; turns: number }

function weighted<T extends string>(weights: Record<T, number>): fc.Arbitrary<T> {
  const all = Object.keys(weights) as T[]
  return fc.oneof(...all.map((value) => ({ weight: weights[value], arbitrary: fc.constant(value) })))
}

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: weighted(ACTIONS), who: fc.nat(PEOPLE.length - 1), where: fc.nat(ROOMS.length - 1) }),
  fc.record({ do: weighted(CONDITIONS), turns: fc.nat(20) }),
)

/** Stands for the id of an event that no page brought. */
const BELOW = 'below the first page'

/** The client of `docs/protocol.md` §5 at its smallest: it keeps positions and never draws across a gap. */
class Follower {
  readonly shown = new Map<string, string[]>(ROOMS.map((room) => [room, []]))
  readonly acknowledged: string[] = []
  readonly faults: string[] = []
  /** rooms that were asked for and are not live yet, on this connection */
  readonly syncing = new Set<string>()
  readonly live = new Set<string>()
  readonly #events = new Set<string>()
  readonly #strict: boolean
  #read = 0
  client: Client

  /** @param strict an ack may not come before its event; while reads fail it may (D4) */
  constructor(client: Client, strict: boolean) {
    this.client = client
    this.#strict = strict
  }

  /** A new connection: only positions stay. */
  reconnect(client: Client): void {
    this.follow()
    this.client = client
    this.#read = 0
    this.#events.clear()
    this.live.clear()
    this.syncing.clear()
  }

  position(room: string) {
    const shown = this.#shownIn(room)
    return { seq: shown.length, id: shown.at(-1) ?? null }
  }

  /** Handles the frames heard since the last call. */
  follow(): void {
    for (const frame of this.client.heard.slice(this.#read)) this.#handle(frame)
    this.#read = this.client.heard.length
  }

  #handle(frame: ServerFrame): void {
    if (frame.type === 'event') {
      const key = `${frame.room} ${frame.seq}`
      if (this.#events.has(key)) this.faults.push(`heard ${key} twice`)
      this.#events.add(key)
      if (this.live.has(frame.room) || this.syncing.has(frame.room))
        this.#show(frame.room, frame.seq, frame.id)
      else this.faults.push(`heard ${key} outside`)
    } else if (frame.type === 'sync') {
      const { room, messages = [], events } = frame
      const first = frame.messages && frame.older ? (messages[0]?.seq ?? frame.at.seq + 1) : 1
      while (this.#shownIn(room).length < first - 1) this.#shownIn(room).push(BELOW)
      for (const { seq, id } of [...messages, ...events]) this.#show(room, seq, id)
      if (frame.more) return
      this.syncing.delete(room)
      this.live.add(room)
    } else if (frame.type === 'ack') {
      this.acknowledged.push(frame.nonce)
      const isEarly = this.live.has(frame.room) && frame.seq > this.position(frame.room).seq
      if (this.#strict && isEarly && !this.syncing.has(frame.room))
        this.faults.push(`ack ${frame.seq} before its event`)
    } else if (frame.type === 'reset') {
      if (frame.reason !== 'access') this.faults.push(`reset ${frame.reason}`)
      this.syncing.delete(frame.room)
      this.live.delete(frame.room)
    } else if (frame.type === 'left') this.live.delete(frame.room)
  }

  #shownIn(room: string): string[] {
    return this.shown.get(room) ?? []
  }

  #show(room: string, seq: number, id: string): void {
    const shown = this.#shownIn(room)
    if (seq <= shown.length && shown[seq - 1] !== id) this.faults.push(`${room} ${seq} has two ids`)
    else if (seq > shown.length + 1) this.faults.push(`gap before ${room} ${seq}, after ${shown.length}`)
    else if (seq === shown.length + 1) shown.push(id)
  }
}

async function play(steps: readonly Step[], seed: number) {
  const luck = chance(seed)
  // Mostly late by a few turns of the microtask queue, now and then by two of the loop.
  const turns = () => (luck.hit(0.05) ? -2 : Math.floor(luck.between(0, 14)))
  const { hub, store, pass, guest, connect } = await aHub({
    limits: UNLIMITED,
    late: turns,
  })
  const people: Follower[] = []
  const strict = steps.every((each) => each.do !== 'failReads')
  for (const name of PEOPLE) people.push(new Follower(await guest(name), strict))
  if (people[0]) await hub.rooms.create(people[0].client.self, { name: 'tea' })
  const sent: { who: number; where: string; nonce: string }[] = []
  let count = 0

  const send = (who: number, where: string, nonce: string) =>
    people[who]?.client.say({ type: 'send', nonce, room: where, text: nonce })
  const join = (person: Follower, room: string) => {
    person.syncing.add(room)
    person.client.say({ type: 'join', ref: 'j', room, ...person.position(room) })
  }
  const reconnect = (person: Follower) => {
    const rooms = person.live.union(person.syncing)
    person.reconnect(connect(person.client.self))
    for (const room of rooms) person.syncing.add(room)
    const positions = [...rooms].map((room) => ({ room, ...person.position(room) }))
    person.client.say({ type: 'hello', state: 'active', rooms: positions })
  }
  const act = async (action: keyof typeof ACTIONS, who: number, where: number) => {
    const [person, room = 'lobby'] = [people[who], ROOMS[where]]
    if (!person) return
    const isLive = person.live.has(room)
    const isSyncing = person.syncing.has(room)
    // prettier-ignore
    switch (action) {
      case 'send':
        if (!isLive && !isSyncing) break
        sent.push({ who, where: room, nonce: `nonce-${String((count += 1)).padStart(4, '0')}` })
        send(who, room, sent.at(-1)?.nonce ?? '')
        break
      case 'resend': {
        const last = sent.findLast((message) => message.who === who)
        if (last) send(who, last.where, last.nonce)
        break
      }
      case 'join': if (!isLive && !isSyncing) join(person, room); break
      case 'rejoin': if (isLive) join(person, room); break
      case 'leave':
        // Only a live room: of another, frames may come before `left` that are no fault.
        if (!isLive || isSyncing) break
        await settled()
        person.follow()
        await person.client.ask({ type: 'leave', ref: 'l', room })
        break
      case 'cut': person.client.connection.end(); break
      case 'stall': person.client.connection.stall(); break
      case 'drain': person.client.connection.drain(); break
    }
  }
  const happen = async (condition: keyof typeof CONDITIONS, microtasks: number) => {
    // prettier-ignore
    switch (condition) {
      case 'pause': store.pause(); break
      case 'resume': store.resume(); break
      case 'failWrites': store.fail('writes'); break
      case 'failReads': store.fail('reads'); break
      case 'heal': store.heal(); break
      case 'otherNode': {
        count += 1
        const user = { id: 'far', name: 'Far' }
        void store.commit([{ kind: 'message', room: 'lobby', id: `far-${count}`, at: 0, user, nonce: `far-nonce-${count}`, text: 'far' }])
        break
      }
      case 'second': await pass(1); break
      case 'settle': await settled(); break
      case 'microtasks': for (let n = 0; n < microtasks; n += 1) await Promise.resolve(); break
    }
  }

  for (const each of steps) {
    for (const person of people) person.follow()
    if ('who' in each) await act(each.do, each.who, each.where)
    else await happen(each.do, each.turns)
    for (const person of people) if (!person.client.connection.isOpen) reconnect(person)
  }

  // Everything heals, everybody comes back, and every message is sent again.
  store.heal()
  store.resume()
  for (const { client } of people) client.connection.drain()
  await pass(3)
  for (const person of people) {
    person.follow()
    if (!person.client.connection.isOpen) reconnect(person)
    for (const room of ROOMS) if (!person.live.has(room)) join(person, room)
  }
  await pass(3)
  for (const { who, where, nonce } of sent) send(who, where, nonce)
  await pass(3)
  for (const person of people) person.follow()
  return { store, people, sent }
}

test('[C26] whatever people, disk and other nodes do, everybody ends with each event once, in order, without a gap', async () => {
  await assertHistories(
    fc.asyncProperty(
      fc.array(step, { minLength: 20, maxLength: 200, size: 'max' }),
      fc.nat(),
      async (steps, seed) => {
        const { store, people, sent } = await play(steps, seed)
        expect(people.flatMap(({ faults }) => faults)).toEqual([])
        for (const room of ROOMS) {
          const events = await store.events(room, 0, 1_000)
          const ids = events.map(({ id }) => id)
          for (const { shown } of people)
            expect(shown.get(room)?.map((id, n) => (id === BELOW ? ids[n] : id))).toEqual(ids)
          const nonces = new Set(events.map(({ nonce, user }) => `${user?.id} ${nonce}`))
          expect(nonces.size).toBe(events.length)
        }
        for (const { who, nonce } of sent) expect(people[who]?.acknowledged).toContain(nonce)
      },
    ),
    { numRuns: 150 },
  )
}, 60_000)

test('[C27, C6] a client of a log that a restored backup has cut is told, and ends with what is stored', async () => {
  const count = fc.integer({ min: 0, max: 60 })
  await assertHistories(
    fc.asyncProperty(fc.integer({ min: 1, max: 60 }), count, count, async (before, kept, fresh) => {
      const { store, guest } = await aHub({ limits: UNLIMITED })
      const ada = await guest('Ada', ['lobby'])
      await ada.sendMany(before)
      const position = { seq: before, id: await store.idAt('lobby', before) }
      store.rewind('lobby', Math.min(kept, before))
      const restored = await aHub({ store, limits: UNLIMITED })
      const eve = await restored.guest('Eve', ['lobby'])
      await eve.sendMany(fresh)
      const back = restored.connect(ada.self)
      await back.member(['lobby'])
      await back.ask({ type: 'hello', state: 'active', rooms: [{ room: 'lobby', ...position }] })

      const head = Math.min(kept, before) + fresh
      const reasons = back.all('reset').map(({ reason }) => reason)
      expect(reasons).toEqual(kept >= before ? [] : [head < before ? 'ahead' : 'diverged'])
      const ids = back
        .all('sync')
        .flatMap(({ messages = [], events }) => [...messages, ...events].map(({ id }) => id))
      const stored = (await store.events('lobby', 0, 1_000)).map(({ id }) => id)
      if (kept >= before) expect(ids).toEqual(stored.slice(before))
      else expect(ids.slice(-50)).toEqual(stored.slice(-50))
    }),
    { numRuns: 40 },
  )
}, 60_000)
