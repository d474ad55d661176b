import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { ERRORS, type ErrorCode } from '../../../src/shared/errors.ts'
import type { Message, RoomEvent } from '../../../src/shared/model.ts'
import type { ClientFrame, FirstPage, Of, ServerFrame } from '../../../src/shared/protocol.ts'
import { chance } from '../../chaos/random.ts'
import { ada, event, firstPage, members, page, person, said, welcome } from '../../support/client/aState.ts'
import { atFakeServer, type FakeWire } from '../../support/client/fakeServer.ts'

const SECOND = 1_000
const ROOMS = ['lobby', 'den', 'attic']
/** Refusals that may end by themselves. */
const FOR_A_TIME: readonly ErrorCode[] = ['rateLimited', 'overloaded', 'unavailable', 'internal']

/** One connection, as the server knows it. */
interface Seen {
  /** ms by the real time, when what is under way to each side is there */
  up: number
  down: number
  /** the network has lost it, without a word */
  dead: boolean
  joined: Set<string>
  live: Set<string>
}

/** A server of a few lines on a bad network, and a clock that nobody can rely on, until `well`. */
function aWorld(seed: number) {
  const dice = chance(seed)
  const logs = new Map<string, RoomEvent[]>(ROOMS.map((room) => [room, []]))
  const seen = new Map<FakeWire, Seen>()
  /** rooms that Ada is a member of */
  const mine = new Set<string>()
  const world = { well: false, skew: 0, later: (_ms: number, _run: () => void) => {}, time: () => 0 }
  const bad = (p: number) => !world.well && dice.hit(p)

  const logOf = (room: string) => logs.get(room) ?? []

  function end(wire: FakeWire, code: number): void {
    seen.delete(wire)
    if (!wire.closed) wire.onclose?.({ code })
  }

  function down(wire: FakeWire, ...frames: ServerFrame[]): void {
    const at = seen.get(wire)
    if (at === undefined) return
    at.down = Math.max(at.down, world.time() + dice.between(1, world.well ? 20 : 800))
    world.later(at.down - world.time(), () => {
      if (!at.dead && !wire.closed) wire.say(...frames)
    })
  }

  function refuse(wire: FakeWire, to: { ref: string } | { nonce: string } | object, code?: ErrorCode): void {
    const why = code ?? dice.pick(FOR_A_TIME)
    const { message, retry } = ERRORS[why]
    const after = retry && dice.hit(0.5) ? { after: Math.round(dice.between(1, 8 * SECOND)) } : {}
    down(wire, { type: 'error', code: why, message, retry, ...to, ...after })
  }

  /** @param limit of a first page's messages; 0: only the counts are wanted */
  function bring(wire: FakeWire, room: string, seq: number, limit = 50, ref?: string): void {
    const at = seen.get(wire)
    if (at === undefined) return
    at.joined.add(room)
    // No answer, or a late one.
    if (bad(0.03)) return
    world.later(bad(0.05) ? dice.between(SECOND, 20 * SECOND) : 1, () => {
      if (!at.joined.has(room)) return
      const log = logOf(room)
      const people = limit === 0 ? { version: 1, count: 2, full: [] } : members(person(ada))
      const more = { room, head: log.length, members: people, ...(ref !== undefined && { ref }) }
      if (seq === 0) {
        at.live.add(room)
        return down(wire, firstOf(log, limit, more))
      }
      const events = log.slice(seq)
      if (events.length > 4) down(wire, page(events.slice(0, 2), { ...more, more: true }))
      at.live.add(room)
      down(wire, page(events.length > 4 ? events.slice(2) : events, more))
    })
  }

  /** The page of whoever comes: what stands at some place near the end, and what follows. */
  function firstOf(log: RoomEvent[], limit: number, more: Partial<FirstPage>): FirstPage {
    const cut = Math.max(0, log.length - Math.floor(dice.between(0, 4)))
    const start = Math.max(0, cut - limit)
    const place = { seq: cut, id: log[cut - 1]?.id ?? null }
    const messages = log.slice(start, cut) as Message[]
    return firstPage([], { ...more, at: place, messages, events: log.slice(cut), older: start > 0 })
  }

  function store(room: string, text: string, nonce: string | null): RoomEvent {
    const log = logOf(room)
    const known = log.find((one) => one.nonce === nonce)
    if (known !== undefined) return known
    const one = said(log.length + 1, { text, ...(nonce !== null && { nonce, user: ada }) })
    log.push(one)
    for (const [wire, { live }] of seen) if (live.has(room) && !bad(0.03)) down(wire, event(one, room))
    return one
  }

  function send(wire: FakeWire, { nonce, room, text }: Of<'send'>): void {
    if (!seen.get(wire)?.joined.has(room)) return refuse(wire, { nonce }, 'notMember')
    if (bad(0.1)) return refuse(wire, { nonce })
    if (bad(0.03)) return refuse(wire, {}, 'rateLimited')
    world.later(dice.between(1, world.well ? 20 : 3 * SECOND), () => {
      if (bad(0.05)) return refuse(wire, { nonce }, 'unavailable')
      const { seq, id, at } = store(room, text, nonce)
      if (!bad(0.05)) down(wire, { type: 'ack', nonce, room, seq, id, at })
    })
  }

  function answer(wire: FakeWire, frame: ClientFrame): void {
    const at = seen.get(wire)
    if (at === undefined) return
    switch (frame.type) {
      case 'hello':
        if (bad(0.05)) return
        down(wire, welcome)
        for (const { room, seq, limit } of frame.rooms)
          if (mine.has(room)) bring(wire, room, seq, limit)
          else down(wire, { type: 'reset', room, reason: 'access' })
        break
      case 'join':
        if (bad(0.3)) refuse(wire, { ref: frame.ref })
        else {
          mine.add(frame.room)
          bring(wire, frame.room, frame.seq ?? 0, frame.limit, frame.ref)
        }
        break
      case 'leave':
        if (bad(0.2)) return refuse(wire, { ref: frame.ref })
        mine.delete(frame.room)
        at.joined.delete(frame.room)
        at.live.delete(frame.room)
        down(wire, { type: 'left', ref: frame.ref, room: frame.room })
        break
      case 'send':
        send(wire, frame)
        break
      case 'beat':
        down(wire, { type: 'beat', heads: headsOf(at) })
        break
      default:
    }
  }

  const headsOf = ({ live }: Seen) => Object.fromEntries([...live].map((room) => [room, logOf(room).length]))

  return {
    dice,
    world,
    logOf,
    store,
    /** A beat to everybody, as each connection gets one. */
    beat() {
      for (const [wire, at] of seen) if (at.joined.size > 0) down(wire, { type: 'beat', heads: headsOf(at) })
    },
    /** Something happens to who is connected. */
    strike() {
      for (const [wire, at] of seen) {
        const what = dice.pick(['silence', 'drain', 1006, 1006, 1012, 1013, 1001, 4429])
        if (what === 'silence') at.dead = true
        else if (what === 'drain') down(wire, { type: 'drain', spread: 500 })
        else end(wire, Number(what))
      }
    },
    opened(wire: FakeWire) {
      if (bad(0.2)) return
      world.later(dice.between(1, 500), () => {
        if (wire.closed) return
        seen.set(wire, { up: 0, down: 0, dead: false, joined: new Set(), live: new Set() })
        wire.onopen?.(undefined as never)
      })
    },
    heard(wire: FakeWire, frame: ClientFrame) {
      const at = seen.get(wire)
      if (at === undefined || at.dead) return
      at.up = Math.max(at.up, world.time() + dice.between(1, world.well ? 20 : 300))
      world.later(at.up - world.time(), () => {
        if (!at.dead && !wire.closed) answer(wire, frame)
      })
    },
  }
}

/** Ada talks for a minute or two while nothing is to be relied on; then the server is well. */
async function live(seed: number): Promise<void> {
  const it = aWorld(seed)
  const { dice, world } = it
  const time: { at?: Awaited<ReturnType<typeof atFakeServer>>['time'] } = {}
  const at = await atFakeServer({
    time: (made) => {
      time.at = made
      world.later = (ms, run) => void made.after(Math.max(0, ms), run)
      world.time = () => made.now()
    },
    // Two looks at once may disagree, and timers are a little early, or late.
    now: () => Math.floor((time.at?.now() ?? 0) + world.skew + dice.between(0, 1.5)),
    after: (ms, run) =>
      time.at?.after(Math.max(0, ms + dice.between(-1, dice.hit(0.1) ? 300 : 4)), run) ?? (() => {}),
    random: () => dice.next(),
    opened: it.opened,
    heard: it.heard,
  })
  const written = new Map<string, string[]>(ROOMS.map((room) => [room, []]))
  const pass = async (ms: number) => {
    for (let left = ms; left > 0; left -= 50) {
      at.time.pass(50)
      await at.stored()
    }
  }
  at.sync.open('lobby')
  let n = 0
  for (let beats = 0; beats < 60; beats += 1) {
    await pass(dice.between(50, 2 * SECOND))
    const room = dice.pick(ROOMS)
    n += 1
    if (dice.hit(0.15)) it.strike()
    if (dice.hit(0.5)) {
      at.sync.open(room)
      if (at.sync.outbox.enqueue(room, { kind: 'message', text: `mine ${n}` }) !== null)
        written.get(room)?.push(`mine ${n}`)
    }
    if (dice.hit(0.5)) it.store(room, `others ${n}`, null)
    if (dice.hit(0.1)) {
      const other = dice.pick(ROOMS)
      if (!at.sync.outbox.rooms.includes(other)) {
        at.sync.leave(other)
        if (dice.hit(0.7)) at.sync.open(other)
      }
    }
    if (dice.hit(0.1)) world.skew += dice.pick([-3_600, -20, -2, 2, 10]) * SECOND
    if (dice.hit(0.05)) at.time.sleep(dice.between(SECOND, 60 * SECOND))
    if (dice.hit(0.3)) it.beat()
  }
  world.well = true
  const settled = (shown: string) =>
    at.store.get().connection.state === 'live' &&
    at.sync.outbox.unsentCount === 0 &&
    at.store.get().rooms[shown]?.depth === 'all' &&
    ROOMS.every(
      (room) =>
        at.stateOf(room) === 'live' && at.store.get().rooms[room]?.position.seq === it.logOf(room).length,
    )
  for (const room of ROOMS) at.sync.open(room)
  // Each is looked at, the one on screen first.
  let s = 0
  for (const room of ROOMS.toReversed()) {
    at.sync.open(room)
    for (; s < 120 && !settled(room); s += 1) {
      if (s % 25 === 0) it.beat()
      await pass(SECOND)
    }
    // Off screen again it may be asked for its counts alone.
    expect(at.store.get().rooms[room]?.depth).toBe('all')
  }
  const { connection, rooms } = at.store.get()
  expect({
    link: connection.state,
    unsent: at.sync.outbox.unsentCount,
    rooms: ROOMS.map((room) => [room, at.stateOf(room), rooms[room]?.position.seq]),
  }).toEqual({ link: 'live', unsent: 0, rooms: ROOMS.map((room) => [room, 'live', it.logOf(room).length]) })
  for (const room of ROOMS) {
    const texts = it.logOf(room).map((one) => (one.kind === 'message' && !one.gone ? one.text : ''))
    expect(texts.filter((text) => text.startsWith('mine'))).toEqual(written.get(room) ?? [])
    const drawn = rooms[room]?.rows.map(({ text }) => text ?? '') ?? []
    expect(drawn).toEqual(texts.slice(-drawn.length || texts.length))
  }
  at.end()
  at.sync.socket.stop()
}

test(
  '[C76] whatever was lost, refused, early or late, two minutes after the server is well all is said and shown',
  () => fc.assert(fc.asyncProperty(fc.nat(), live), { numRuns: 60, seed: 21 }),
  60_000,
)
