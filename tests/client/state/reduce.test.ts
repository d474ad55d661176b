import { describe, expect, test } from 'bun:test'
import { keyOf } from '../../../src/client/state/rows.ts'
import { INITIAL_STATE, MAX_ROWS_FOLLOWED, newRoom } from '../../../src/client/state/state.ts'
import type { StateChange } from '../../../src/client/state/stateChanges.ts'
import { ERRORS } from '../../../src/shared/errors.ts'
import type { MissedPage } from '../../../src/shared/protocol.ts'
import type { Message, RoomEvent } from '../../../src/shared/model.ts'
import {
  ada,
  aLivePage,
  aPage,
  connectionIs,
  entry,
  eve,
  event,
  firstPage,
  history,
  NOON,
  numbers,
  olderLoaded,
  olderRequested,
  page,
  said,
  welcome,
  you,
} from '../../support/client/aState.ts'
import { some } from '../../support/someChanges.ts'

type Page = ReturnType<typeof aPage>

const room = 'lobby'
const LOST = connectionIs('waiting')

const requestSync = (at: Page) => at.tell({ type: 'syncRequested', room })

/** The page asks for the room and gets these events. */
const resume = (at: Page, events: readonly RoomEvent[], more: Partial<MissedPage> = {}) =>
  requestSync(at).hear(page(events, more))

/** A page of older messages, true at a head beyond everything heard. */
function olderPage(before: number, messages: readonly Message[], older: boolean): StateChange {
  return olderLoaded(before, history(messages, { older, head: 10_000 }))
}

const saidByMe = (seq: number, nonce: string) => said(seq, { user: ada, nonce, text: `mine ${nonce}` })
const ack = (seq: number, nonce: string) =>
  ({ type: 'ack', nonce, room, seq, id: `id-${seq}`, at: NOON + seq * 1_000 }) as const

describe('the order of the log', () => {
  test('[C60] a known event changes nothing', () => {
    const at = aLivePage()
    const before = at.state
    at.hear(event(said(2)), event(said(3)))
    expect(at.state).toBe(before)
  })

  test('[C61] events beyond a gap are held, and drawn when the gap is closed', () => {
    const at = aLivePage().hear(event(said(5)), event(said(6)))
    expect(at.lobby.sync.state).toBe('gap')
    expect(at.drawn).toEqual([1, 2, 3])
    resume(at, some(4, 5))
    expect(at.drawn).toEqual([1, 2, 3, 4, 5, 6])
    expect(at.lobby.sync.state).toBe('live')
  })

  test('[C62] an event that comes between pages is drawn after the last page', () => {
    const at = resume(aLivePage([said(1)]), some(2, 201), { more: true, head: 250 }).hear(event(said(251)))
    expect(at.lobby.sync.state).toBe('syncing')
    at.hear(page(some(202, 250)))
    expect(at.drawn).toEqual(numbers(1, 251))
  })

  test('[C63] a head beyond the position for two seconds is a gap, unless the event comes in time', () => {
    const beat = { type: 'beat', heads: { lobby: 4 } } as const
    const inTime = aLivePage()
      .hear(beat)
      .pass(1_000)
      .hear(event(said(4)))
      .pass(5_000)
    expect(inTime.lobby.sync.state).toBe('live')
    const late = aLivePage().hear(beat).pass(1_900)
    expect(late.lobby.sync.state).toBe('live')
    expect(late.pass(100).lobby.sync.state).toBe('gap')
  })

  test('[C64] the third gap within a minute clears the room, except for my unsent messages', () => {
    for (const pause of [0, 31_000]) {
      const at = aLivePage().queue(entry('n-unsent'))
      for (const seq of [5, 7]) resume(at.hear(event(said(seq))), some(seq - 1, seq)).pass(pause)
      expect(at.drawn).toEqual([1, 2, 3, 4, 5, 6, 7, 'n-unsent'])
      at.hear(event(said(9)))
      expect(at.lobby.sync.state).toBe('gap')
      expect(at.lobby.position.seq).toBe(pause === 0 ? 0 : 7)
      expect(at.drawn).toEqual(pause === 0 ? ['n-unsent'] : [...numbers(1, 7), 'n-unsent'])
    }
  })

  test('[C65] an event of an unknown kind moves the position and draws nothing', () => {
    const at = aLivePage().hear(event({ ...said(4), kind: 'poll' } as never), event(said(5)))
    expect(at.drawn).toEqual([1, 2, 3, 5])
    expect(at.lobby.position.seq).toBe(5)
  })

  test('[C66] without a connection no event is taken, and the rows stay', () => {
    const at = aLivePage()
      .tell(LOST)
      .hear(event(said(4)))
    expect(at.drawn).toEqual([1, 2, 3])
    expect(at.lobby.sync.state).toBe('unsynced')
  })

  test('[C72] after a restored backup a message acknowledged beyond the log vanishes, or gives way to the one in its place', () => {
    const acked = () =>
      aLivePage()
        .queue(entry('n1'))
        .hear(event(saidByMe(5, 'n1')), ack(5, 'n1'))
    expect(acked().drawn).toEqual([1, 2, 3, 5])
    const vanished = resume(acked().tell(LOST), [said(4)])
    expect(vanished.drawn).toEqual([1, 2, 3, 4])
    expect(vanished.lobby.resetNotice).toBe('changed')
    const replaced = resume(acked().tell(LOST), [said(4), said(5, { id: 'another', text: 'another log' })])
    expect(replaced.lobby.rows.map(({ text }) => text).slice(-2)).toEqual(['text 4', 'another log'])
  })

  test('[T8] a frame for a room that is not open changes nothing; a room may be called constructor', () => {
    const at = aLivePage()
    const before = at.state
    at.hear(event(said(4), 'kitchen'), event(said(4), 'constructor'))
    at.hear({ type: 'beat', heads: { constructor: 9 } })
    expect(at.state).toBe(before)
    at.tell({ type: 'roomOpened', room: 'constructor' })
    expect(at.state.rooms['constructor']).toEqual({ ...newRoom('constructor'), maxRows: MAX_ROWS_FOLLOWED })
  })
})

describe('a reset', () => {
  test.each([
    ['tooOld', null, 'away'],
    ['diverged', 'changed', 'changed'],
    ['ahead', 'changed', 'changed'],
  ] as const)('[U53] %s clears the rows, keeps my unsent messages, and is said', (reason, atOnce, notice) => {
    const at = aLivePage().queue(entry('n-unsent'))
    at.hear({ type: 'reset', room, reason, head: 2_000, floor: 1 })
    expect([at.drawn, at.lobby.resetNotice]).toEqual([['n-unsent'], atOnce])
    at.hear(firstPage(some(1_951, 2_000)))
    expect(at.drawn).toEqual([...numbers(1_951, 2_000), 'n-unsent'])
    expect(at.lobby).toMatchObject({ resetNotice: notice, older: 'more', sync: { state: 'live' } })
  })

  test('[U86, U141] losing access removes the rows; a former member may join again', () => {
    const at = aLivePage().hear({ type: 'reset', room, reason: 'access' })
    const stranger = aPage().hear(welcome).tell({ type: 'roomOpened', room })
    stranger.hear({ type: 'reset', room, reason: 'access' })
    expect(at.lobby).toEqual({ ...stranger.lobby, sync: { state: 'closed', left: true } })
    expect(stranger.lobby.sync).toEqual({ state: 'closed' })
  })

  test('[U53] older messages requested before the reset are not added', () => {
    const at = aLivePage(some(50, 51)).tell(olderRequested(50))
    at.hear({ type: 'reset', room, reason: 'diverged', head: 60, floor: 1 }, firstPage([said(60)]))
    at.tell(olderPage(50, some(48, 49), true))
    expect(at.drawn).toEqual([60])
  })
})

describe('my messages', () => {
  test.each([
    ['event, then ack', [event(saidByMe(4, 'n-1')), ack(4, 'n-1')]],
    ['ack, then event', [ack(4, 'n-1'), event(saidByMe(4, 'n-1'))]],
    ['event alone', [event(saidByMe(4, 'n-1'))]],
    ['ack alone', [ack(4, 'n-1')]],
  ] as const)('[U45] %s: one row, in its place, under the same key', (_name, frames) => {
    const at = aLivePage().queue(entry('n-1'), entry('n-2', 2))
    const key = at.lobby.rows[3]?.key
    at.hear(...frames)
    expect(at.drawn).toEqual([1, 2, 3, 4, 'n-2'])
    expect(at.lobby.rows[3]).toMatchObject({ key, own: true, sendStatus: { status: 'acked' } })
  })

  test('[U18] an unchanged row stays the same object, also when event and ack both come', () => {
    const at = aLivePage()
    const [first] = at.lobby.rows
    at.hear(event(said(4)))
      .queue(entry('n-1'))
      .hear(ack(5, 'n-1'))
    const acked = at.lobby.rows[4]
    at.hear(event(saidByMe(5, 'n-1')))
    expect(at.lobby.rows[4]).toBe(acked!)
    expect(at.lobby.rows[0]).toBe(first!)
  })

  test('[U46] its event makes a failed message a normal one, which then neither fails nor is dropped', () => {
    const at = aLivePage().queue(entry('n-1'))
    const key = keyOf(ada.id, 'n-1')
    const sendStatus = { status: 'failed', reason: 'late' } as const
    const failed = { type: 'sendStatusChanged', room, key, sendStatus } as const
    at.tell(failed).hear(event(saidByMe(4, 'n-1')))
    expect(at.lobby.rows[3]?.sendStatus).toEqual({ status: 'acked' })
    at.tell(failed, { type: 'entryDropped', room, key })
    expect(at.lobby.rows[3]?.sendStatus).toEqual({ status: 'acked' })
  })

  test('[M60] another person’s message with my nonce changes none of mine', () => {
    const at = aLivePage()
      .queue(entry('n-1'))
      .hear(event(said(4, { user: eve, nonce: 'n-1' })))
    expect(at.drawn).toEqual([1, 2, 3, 4, 'n-1'])
    expect(at.lobby.rows[3]).toMatchObject({ own: false, user: eve })
    expect(at.hear(event(saidByMe(5, 'n-1'))).drawn).toEqual([1, 2, 3, 4, 5])
  })

  test('[M61] an ack above the loaded rows takes the row away', () => {
    const at = aLivePage([said(900)], { head: 900 })
      .queue(entry('n-1'))
      .hear(ack(17, 'n-1'))
    expect(at.drawn).toEqual([900])
  })

  test('[U48] another person’s entry is not drawn, and another person sees nothing of mine', () => {
    const at = aLivePage().queue(entry('n-1', 1, { user: eve.id }))
    expect(at.drawn).toEqual([1, 2, 3])
    at.tell({ type: 'selfChanged', self: { ...eve, role: 'guest' } })
    expect(Object.keys(at.state.rooms)).toEqual([])
  })

  test('[U8] signing out empties the state', () => {
    const { state } = aLivePage().tell({ type: 'signedOut' })
    expect(state).toEqual({ ...INITIAL_STATE, self: null, connection: { state: 'live' } })
  })

  test('[O12] a full server is known from its first refusal until something of mine is stored or the connection ends', () => {
    const refused = { type: 'error', nonce: 'nonce-01', code: 'unavailable', ...ERRORS.unavailable } as const
    const full = () => aLivePage().hear(refused)
    expect(full().state.serverFullSince).toBe(NOON)
    expect(full().hear(refused, ack(4, 'nonce-01')).state.serverFullSince).toBe(0)
    expect(full().tell(LOST).state.serverFullSince).toBe(0)
  })

  test('[U49] the end of a rate limit is known', () => {
    const at = aLivePage().hear({ type: 'error', code: 'rateLimited', ...ERRORS.rateLimited, after: 3_000 })
    expect(at.state.rateLimitedUntil).toBe(NOON + 3_000)
  })

  test('[U331] a join that is refused for a time keeps nobody from writing', () => {
    const refused = { type: 'error', ref: 'join-1', code: 'rateLimited', ...ERRORS.rateLimited } as const
    expect(aLivePage().hear(refused).state.rateLimitedUntil).toBe(0)
  })
})

describe('older messages', () => {
  test('[U15] a page is added above, without doubling', () => {
    const at = aLivePage(some(51, 100))
    expect(at.lobby.older).toBe('more')
    at.tell(olderRequested(51), olderPage(51, some(1, 60), false))
    expect(at.drawn).toEqual(numbers(1, 100))
    expect(at.lobby.older).toBe('none')
  })

  test('[U15] nothing is above an empty page, the first event or the floor', () => {
    const empty = aLivePage([said(51)]).tell(olderRequested(51), olderPage(51, [], true))
    for (const at of [empty, aLivePage(), aLivePage([said(7)], { floor: 7 })])
      expect(at.lobby.older).toBe('none')
  })

  test('[C67] nothing is drawn below the floor', () => {
    const at = resume(aLivePage(some(1, 10)), [], { head: 10, floor: 6 })
    expect(at.drawn).toEqual(numbers(6, 10))
  })

  test('[T15] 2,000 rows are kept; older ones can be loaded again', () => {
    const at = aLivePage().hear(...some(4, 2_500).map((message) => event(message)))
    expect([at.lobby.rows.length, at.drawn.at(-1), at.lobby.older]).toEqual([2_000, 2_500, 'more'])
  })

  test('[U16] the next message does not remove what the reader has loaded', () => {
    const at = aLivePage(some(4_001, 5_000))
    for (let to = 4_000; to > 1_000; to -= 100)
      at.tell(olderRequested(to + 1), olderPage(to + 1, some(to - 99, to), true))
    at.hear(event(said(5_001)))
    expect(at.drawn).toEqual(numbers(1_001, 5_001))
    at.tell({ type: 'roomOpened', room, shown: true })
    expect(at.lobby.rows).toHaveLength(2_000)
  })
})

test('[U71] messages of others are counted, mentions twice; reading only goes forward', () => {
  const at = aLivePage([], { you }).hear(
    event(said(1)),
    event(saidByMe(2, 'n-1')),
    event(said(3, { text: '@ada' })),
  )
  const counts = () => [at.lobby.you?.readSeq, at.lobby.you?.unread, at.lobby.you?.mentions]
  expect(counts()).toEqual([0, 2, 1])
  at.hear(event(said(4)))
  at.tell({ type: 'readUpTo', room, seq: 3 }, { type: 'readUpTo', room, seq: 1 })
  expect(counts()).toEqual([3, 1, 0])
  at.hear({ type: 'read', room, seq: 4, unread: 0, mentions: 0 })
  expect(counts()).toEqual([4, 0, 0])
})
