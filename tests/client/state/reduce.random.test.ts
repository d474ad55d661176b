import { expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Message, RoomEvent } from '../../../src/shared/model.ts'
import type { ServerFrame } from '../../../src/shared/protocol.ts'
import {
  ada,
  aLivePage,
  aPage,
  bob,
  entry,
  event,
  firstPage,
  NOON,
  numbers,
  page,
  said,
  welcome,
} from '../../support/client/aState.ts'

test('[U17] 1,000 events in any order are drawn in one', () => {
  const all = numbers(1, 1_000).map((seq) => said(seq))
  fc.assert(
    fc.property(fc.shuffledSubarray(all, { minLength: 1_000, maxLength: 1_000 }), (shuffled) => {
      const at = aLivePage([], { head: 0 }).hear(...shuffled.map((one) => event(one)))
      if (at.lobby.sync.state === 'gap') {
        at.tell({ type: 'syncRequested', room: 'lobby', now: NOON })
        const { seq } = at.lobby.position
        at.hear(page(all.filter((one) => one.seq > seq)))
      }
      expect(at.drawn).toEqual(numbers(1, 1_000))
    }),
    { numRuns: 5 },
  )
})

/** What may happen next. `lose`: the next frame is lost on the way, as by a slow node. */
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ does: fc.constant('bob says' as const) }) },
  { weight: 4, arbitrary: fc.record({ does: fc.constant('ada writes' as const) }) },
  { weight: 4, arbitrary: fc.record({ does: fc.constant('store' as const), ackFirst: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('lose' as const) }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('break' as const) }) },
  { weight: 3, arbitrary: fc.record({ does: fc.constant('join' as const) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('rewind' as const) }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('beat' as const) }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('wait' as const), ms: fc.nat(5_000) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('again' as const) }) },
)

const placeOf = (last: RoomEvent | undefined) => ({ seq: last?.seq ?? 0, id: last?.id ?? null })

/**
 * A server of a few lines and a page, with what happens between them. The server keeps a log; a page that follows hears
 * each event unless it is lost.
 */
function aWorld() {
  const at = aPage().hear(welcome).tell({ type: 'roomOpened', room: 'lobby' })
  const world = {
    log: [] as RoomEvent[],
    life: 0,
    waiting: [] as string[],
    stored: [] as string[],
    written: 0,
    following: false,
    losing: 0,
    lastHeard: [] as ServerFrame[],
  }

  function tell(...frames: ServerFrame[]): void {
    if (!world.following) return
    if (world.losing > 0) {
      world.losing -= 1
      return
    }
    world.lastHeard = frames
    at.hear(...frames)
  }

  function store(more: Partial<RoomEvent>): RoomEvent {
    const seq = world.log.length + 1
    const made = said(seq, {
      id: `id-${world.life}-${seq}`,
      nonce: `b-${world.life}-${seq}`,
      ...more,
    } as never)
    world.log.push(made)
    return made
  }

  /** What a server does when asked: pages of 3, a reset where the position is not its own. */
  function join(): void {
    const { seq, id } = at.lobby.position
    world.following = true
    world.losing = 0
    at.tell(
      { type: 'connectionChanged', connection: { state: 'live' }, now: at.now },
      { type: 'syncRequested', room: 'lobby', now: at.now },
    )
    const head = world.log.length
    let from = seq
    if (seq > head || (seq > 0 && world.log[seq - 1]?.id !== id)) {
      at.hear({ type: 'reset', room: 'lobby', reason: seq > head ? 'ahead' : 'diverged', head, floor: 1 })
      from = 0
    }
    if (from === 0) {
      const cut = head - (world.written % 3)
      const [start, last] = [Math.max(0, head - 5), world.log[cut - 1]]
      const messages = world.log.slice(start, Math.max(start, cut)) as Message[]
      const events = world.log.slice(start + messages.length)
      const place =
        last && messages.length > 0 ? { seq: last.seq, id: last.id } : placeOf(world.log[start - 1])
      at.hear(firstPage([], { at: place, messages, events, head, older: start > 0 }))
      return
    }
    for (let first = from; ; first += 3) {
      const events = world.log.slice(first, first + 3)
      const more = first + 3 < head
      at.hear(page(events, { head, more }))
      if (!more) break
    }
  }

  const steps = {
    'bob says': () => tell(event(store({ user: bob }))),
    'ada writes'() {
      world.written += 1
      const nonce = `a-${world.written}`
      world.waiting.push(nonce)
      at.queue(entry(nonce, world.written))
    },
    store(ackFirst: boolean) {
      const [nonce] = world.waiting
      if (nonce === undefined || !world.following || at.lobby.sync.state === 'unsynced') return
      world.waiting.shift()
      world.stored.push(nonce)
      const made = store({ user: ada, nonce, text: `mine ${nonce}` } as never)
      const { seq, id, at: when } = made
      const frames: ServerFrame[] = [event(made), { type: 'ack', nonce, room: 'lobby', seq, id, at: when }]
      for (const frame of ackFirst ? frames.toReversed() : frames) tell(frame)
    },
    lose: () => (world.losing += 1),
    break() {
      world.following = false
      at.tell({
        type: 'connectionChanged',
        connection: { state: 'waiting', until: at.now, since: at.now, attempt: 1, announced: false },
        now: at.now,
      })
    },
    join,
    rewind() {
      // A restored backup: the tail is gone, and what is said next is another history.
      if (world.log.length < 4) return
      steps.break()
      for (const gone of world.log.splice(-2)) {
        if (gone.user?.id === ada.id) world.stored = world.stored.filter((nonce) => nonce !== gone.nonce)
      }
      world.life += 1
    },
    beat: () => tell({ type: 'beat', heads: { lobby: world.log.length } }),
    again: () => tell(...world.lastHeard.filter((frame) => frame.type === 'event')),
  }

  function check(): void {
    const rows = at.lobby.rows
    const seqs = rows.flatMap((row) => (row.seq === null ? [] : [row.seq]))
    expect(new Set(rows.map((row) => row.key)).size).toBe(rows.length)
    expect(seqs).toEqual(seqs.toSorted((one, other) => one - other))
    expect(new Set(seqs).size).toBe(seqs.length)
    const whole = seqs.filter((seq) => seq <= at.lobby.position.seq)
    if (whole.length > 0) expect(whole).toEqual(numbers(whole[0] ?? 0, at.lobby.position.seq))
    const firstWaiting = rows.findIndex((row) => row.seq === null)
    if (firstWaiting >= 0) expect(rows.slice(firstWaiting).every((row) => row.seq === null)).toBe(true)
  }

  return { at, world, steps, check, join }
}

test('[C68] whatever is lost, broken, repeated or rewound, in the end the screen shows the log, each once, in order', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), (history) => {
      const { at, world, steps, check, join } = aWorld()
      for (const now of history) {
        if (now.does === 'store') steps.store(now.ackFirst)
        else if (now.does === 'wait') at.pass(now.ms)
        else steps[now.does]()
        check()
      }
      // Everything heals: the page comes back, and once more for what a rewind took.
      steps.break()
      join()
      check()
      const own = at.lobby.rows.filter((row) => row.seq === null).map((row) => row.nonce)
      for (const nonce of world.waiting) expect(own).toContain(nonce)
      const drawn = at.lobby.rows.filter((row) => row.seq !== null)
      const first = drawn[0]?.seq ?? world.log.length + 1
      expect(drawn.map(({ seq, id, text }) => ({ seq, id, text }))).toEqual(
        world.log.slice(first - 1).map(({ seq, id, text }) => ({ seq, id, text: text ?? null })),
      )
      expect(at.lobby.position.seq).toBe(world.log.length)
      expect(at.lobby.sync.state).toBe('live')
      expect(drawn.length).toBeGreaterThanOrEqual(Math.min(5, world.log.length))
    }),
    { numRuns: 20_000 },
  )
})
