import { describe, expect, test } from 'bun:test'
import type { StateChange } from '../../../src/client/state/stateChanges.ts'
import { keyOf } from '../../../src/client/state/rows.ts'
import { MAX_ROWS_FOLLOWED, INITIAL_STATE, newRoom } from '../../../src/client/state/state.ts'
import { ERRORS } from '../../../src/shared/errors.ts'
import type { Message } from '../../../src/shared/model.ts'
import {
  ada,
  aLivePage,
  aPage,
  entry,
  eve,
  event,
  firstPage,
  history,
  NOON,
  numbers,
  page,
  said,
  welcome,
  you,
} from '../../support/client/aState.ts'

const olderAsked: StateChange = { type: 'olderRequested', room: 'lobby' }

/** The answer to it, true at a head behind all that was heard. */
function anOlder(before: number, messages: readonly Message[], older: boolean): StateChange {
  const page = history(messages, { older, head: 10_000 })
  return { type: 'olderLoaded', room: 'lobby', before, page }
}

const mine = (seq: number, nonce: string) => said(seq, { user: ada, nonce, text: `mine ${nonce}` })
const ack = (seq: number, nonce: string) =>
  ({ type: 'ack', nonce, room: 'lobby', seq, id: `id-${seq}`, at: NOON + seq * 1_000 }) as const
const lost = { state: 'waiting', until: NOON, since: NOON, attempt: 1, announced: false } as const

describe('one order', () => {
  test('[U17] the next event is drawn behind the others', () => {
    const at = aLivePage().hear(event(said(4)))
    expect(at.drawn).toEqual([1, 2, 3, 4])
    expect(at.lobby.position).toEqual({ seq: 4, id: 'id-4' })
  })

  test('[C60] old news changes nothing at all', () => {
    const at = aLivePage()
    const before = at.state
    at.hear(event(said(2)), event(said(3)))
    expect(at.state === before).toBe(true)
  })

  test('[C61] news from beyond a gap is held, and drawn when the gap is closed', () => {
    const at = aLivePage().hear(event(said(5)), event(said(6)))
    expect(at.lobby.sync.state).toBe('gap')
    expect(at.drawn).toEqual([1, 2, 3])
    at.tell({ type: 'syncRequested', room: 'lobby', now: at.now }).hear(page([said(4), said(5)]))
    expect(at.drawn).toEqual([1, 2, 3, 4, 5, 6])
    expect(at.lobby.sync.state).toBe('live')
  })

  test('[C62] an event that comes between the pages is drawn after the last of them', () => {
    const at = aLivePage([said(1)]).tell({ type: 'syncRequested', room: 'lobby', now: NOON })
    at.hear(
      page(
        numbers(2, 201).map((seq) => said(seq)),
        { more: true, head: 250 },
      ),
      event(said(251)),
    )
    expect(at.lobby.sync.state).toBe('syncing')
    at.hear(page(numbers(202, 250).map((seq) => said(seq))))
    expect(at.drawn).toEqual(numbers(1, 251))
  })

  test('[C63] a head beyond the position for two seconds is a gap; one that is caught up with is none', () => {
    const beat = { type: 'beat', heads: { lobby: 4 } } as const
    const caughtUp = aLivePage()
      .hear(beat)
      .pass(1_000)
      .hear(event(said(4)))
      .pass(5_000)
    expect(caughtUp.lobby.sync.state).toBe('live')
    const late = aLivePage().hear(beat).pass(1_900)
    expect(late.lobby.sync.state).toBe('live')
    late.pass(100)
    expect(late.lobby.sync.state).toBe('gap')
  })

  test('[C64] three gaps within a minute: the room is asked for from the start; mine that wait are kept', () => {
    const at = aLivePage().queue(entry('n-waiting'))
    for (const seq of [5, 7]) {
      at.hear(event(said(seq))).tell({ type: 'syncRequested', room: 'lobby', now: at.now })
      at.hear(page([said(seq - 1), said(seq)]))
    }
    expect(at.drawn).toEqual([1, 2, 3, 4, 5, 6, 7, 'n-waiting'])
    at.pass(1_000).hear(event(said(9)))
    expect(at.lobby.position).toEqual({ seq: 0, id: null })
    expect(at.lobby.sync.state).toBe('gap')
    expect(at.drawn).toEqual(['n-waiting'])
  })

  test('[C64] three gaps in more than a minute are three gaps', () => {
    const at = aLivePage()
    for (const seq of [5, 7, 9]) {
      at.hear(event(said(seq))).tell({ type: 'syncRequested', room: 'lobby', now: at.now })
      at.hear(page([said(seq - 1), said(seq)])).pass(31_000)
    }
    expect(at.drawn).toEqual(numbers(1, 9))
  })

  test('[C65] a kind that this client does not know moves the position and draws nothing', () => {
    const unknown = { ...said(4), kind: 'react' } as never
    const at = aLivePage().hear(event(unknown), event(said(5)))
    expect(at.drawn).toEqual([1, 2, 3, 5])
    expect(at.lobby.position.seq).toBe(5)
  })

  test('[C66] without a connection nothing is heard, and the rows stay', () => {
    const at = aLivePage().tell({ type: 'connectionChanged', connection: lost, now: NOON })
    at.hear(event(said(4)))
    expect(at.drawn).toEqual([1, 2, 3])
    expect(at.lobby.sync.state).toBe('unsynced')
  })

  test('[C72] what was acknowledged beyond a gap and is in no log any more is not drawn', () => {
    const at = aLivePage()
      .queue(entry('n1'))
      .hear(event(mine(5, 'n1')), ack(5, 'n1'))
    expect(at.drawn).toEqual([1, 2, 3, 5])
    at.tell(
      { type: 'connectionChanged', connection: lost, now: NOON },
      { type: 'syncRequested', room: 'lobby', now: NOON },
    )
    at.hear(page([said(4)]))
    expect(at.drawn).toEqual([1, 2, 3, 4])
    expect(at.lobby.resetNotice).toBe('changed')
  })

  test('[C72] of two histories with one number the one heard last is drawn', () => {
    const at = aLivePage()
      .queue(entry('n1'))
      .hear(event(mine(5, 'n1')), ack(5, 'n1'))
    at.tell(
      { type: 'connectionChanged', connection: lost, now: NOON },
      { type: 'syncRequested', room: 'lobby', now: NOON },
    )
    at.hear(page([said(4), said(5, { id: 'another', text: 'another history' })]))
    expect(at.lobby.rows.map(({ text }) => text).slice(-2)).toEqual(['text 4', 'another history'])
  })

  test('[T8] a frame for a room that is not open changes nothing', () => {
    const at = aLivePage()
    const before = at.state
    at.hear(event(said(4), 'kitchen'), event(said(4), 'constructor'), {
      type: 'beat',
      heads: { constructor: 9 },
    })
    expect(at.state === before).toBe(true)
  })

  test('[T8] a room may be called constructor', () => {
    const at = aPage().hear(welcome).tell({ type: 'roomOpened', room: 'constructor' })
    expect(at.state.rooms['constructor']).toEqual({ ...newRoom('constructor'), maxRows: MAX_ROWS_FOLLOWED })
  })
})

describe('reset', () => {
  const reasons = [
    ['tooOld', null, 'away'],
    ['diverged', 'changed', 'changed'],
    ['ahead', 'changed', 'changed'],
  ] as const
  test.each(reasons)(
    '[U53] %s forgets the rows, keeps mine that wait, and is said',
    (reason, atOnce, notice) => {
      const at = aLivePage().queue(entry('n-waiting'))
      at.hear({ type: 'reset', room: 'lobby', reason, head: 2_000, floor: 1 })
      expect(at.drawn).toEqual(['n-waiting'])
      expect(at.lobby.resetNotice).toBe(atOnce)
      at.hear(firstPage(numbers(1_951, 2_000).map((seq) => said(seq))))
      expect(at.lobby.resetNotice).toBe(notice)
      expect(at.drawn).toEqual([...numbers(1_951, 2_000), 'n-waiting'])
      expect(at.lobby.older).toBe('more')
      expect(at.lobby.sync.state).toBe('live')
    },
  )

  test('[U86, U141] losing access takes the rows away; of a room that never was it differs by what may be tried: to join again', () => {
    const at = aLivePage().hear({ type: 'reset', room: 'lobby', reason: 'access' })
    const never = aPage().hear(welcome).tell({ type: 'roomOpened', room: 'lobby' })
    never.hear({ type: 'reset', room: 'lobby', reason: 'access' })
    expect(at.lobby).toEqual({ ...never.lobby, sync: { state: 'closed', left: true } })
    expect(never.lobby.sync).toEqual({ state: 'closed' })
    expect(at.lobby.rows).toEqual([])
  })

  test('[U53] an answer for older rows from before the reset joins nothing', () => {
    const at = aLivePage([said(50), said(51)]).tell(olderAsked)
    at.hear({ type: 'reset', room: 'lobby', reason: 'diverged', head: 60, floor: 1 }, firstPage([said(60)]))
    at.tell(anOlder(50, [said(48), said(49)], true))
    expect(at.drawn).toEqual([60])
  })
})

describe('mine', () => {
  const both = [
    ['event, then ack', [event(mine(4, 'n-1')), ack(4, 'n-1')]],
    ['ack, then event', [ack(4, 'n-1'), event(mine(4, 'n-1'))]],
    ['event alone', [event(mine(4, 'n-1'))]],
    ['ack alone', [ack(4, 'n-1')]],
  ] as const
  test.each(both)('[U45] %s: one row, in its place, under the same key', (_name, frames) => {
    const at = aLivePage().queue(entry('n-1'), entry('n-2', 2))
    const key = at.lobby.rows[3]?.key
    at.hear(...frames)
    expect(at.drawn).toEqual([1, 2, 3, 4, 'n-2'])
    expect(at.lobby.rows[3]).toMatchObject({ key, own: true, sendStatus: { status: 'acked' } })
  })

  test('[U18] the second of event and ack replaces no row', () => {
    const at = aLivePage().queue(entry('n-1')).hear(ack(4, 'n-1'))
    const row = at.lobby.rows[3]
    at.hear(event(mine(4, 'n-1')))
    expect(at.lobby.rows[3] === row).toBe(true)
  })

  test('[U18] what did not change is the same row', () => {
    const at = aLivePage()
    const [first] = at.lobby.rows
    at.hear(event(said(4)))
      .queue(entry('n-1'))
      .hear(ack(5, 'n-1'))
    expect(at.lobby.rows[0] === first).toBe(true)
  })

  test('[U46] its event turns a failed row into a normal one', () => {
    const at = aLivePage().queue(entry('n-1'))
    const key = keyOf(ada.id, 'n-1')
    at.tell({
      type: 'sendStatusChanged',
      room: 'lobby',
      key,
      sendStatus: { status: 'failed', reason: 'late' },
    })
    at.hear(event(mine(4, 'n-1')))
    expect(at.lobby.rows[3]?.sendStatus).toEqual({ status: 'acked' })
    at.tell({
      type: 'sendStatusChanged',
      room: 'lobby',
      key,
      sendStatus: { status: 'failed', reason: 'late' },
    })
    at.tell({ type: 'entryDropped', room: 'lobby', key })
    expect(at.lobby.rows[3]?.sendStatus).toEqual({ status: 'acked' })
  })

  test('[M60] somebody who copies my nonce changes nothing of mine', () => {
    const at = aLivePage()
      .queue(entry('n-1'))
      .hear(event(said(4, { user: eve, nonce: 'n-1' })))
    expect(at.drawn).toEqual([1, 2, 3, 4, 'n-1'])
    expect(at.lobby.rows[3]).toMatchObject({ own: false, user: eve })
    at.hear(event(mine(5, 'n-1')))
    expect(at.drawn).toEqual([1, 2, 3, 4, 5])
  })

  test('[M61] an ack far below what is loaded takes the row up there, out of sight', () => {
    const at = aLivePage([said(900)], { head: 900 })
      .queue(entry('n-1'))
      .hear(ack(17, 'n-1'))
    expect(at.drawn).toEqual([900])
  })

  test('[C62] an ack that overtakes others’ events is drawn behind them in the end', () => {
    const at = aLivePage().queue(entry('n-1')).hear(ack(6, 'n-1'))
    at.hear(event(said(4)), event(said(5)), event(mine(6, 'n-1')))
    expect(at.drawn).toEqual([1, 2, 3, 4, 5, 6])
  })

  test('[U48] an entry of another person is not drawn', () => {
    const at = aLivePage().queue(entry('n-1', 1, { user: eve.id }))
    expect(at.drawn).toEqual([1, 2, 3])
  })

  test('[U48] signed in as another, nothing of the one before is left', () => {
    const at = aLivePage().tell({ type: 'selfChanged', self: { ...eve, role: 'guest' } })
    expect(Object.keys(at.state.rooms)).toEqual([])
  })

  test('[U8] signed out, the state is nobody’s', () => {
    expect(aLivePage().tell({ type: 'signedOut' }).state).toEqual({
      ...INITIAL_STATE,
      self: null,
      connection: { state: 'live' },
    })
  })

  test('[O12] that the server can store nothing is known from its first refusal until something of mine is stored, or the link ends', () => {
    const { message, retry } = ERRORS.unavailable
    const refused = { type: 'error', nonce: 'nonce-01', code: 'unavailable', message, retry } as const
    const full = () => aLivePage().hear(refused)
    expect(full().state.serverFullSince).toBe(NOON)
    const ack = { type: 'ack', nonce: 'nonce-01', room: 'lobby', seq: 4, id: 'id-4', at: NOON } as const
    expect(full().hear(refused, ack).state.serverFullSince).toBe(0)
    const waiting = { state: 'waiting', attempt: 1, since: NOON, until: NOON, announced: false } as const
    expect(
      full().tell({ type: 'connectionChanged', connection: waiting, now: NOON }).state.serverFullSince,
    ).toBe(0)
  })

  test('[U49] too fast is known until when', () => {
    const { message, retry } = ERRORS.rateLimited
    const at = aLivePage().hear({ type: 'error', code: 'rateLimited', message, retry, after: 3_000 })
    expect(at.state.rateLimitedUntil).toBe(NOON + 3_000)
  })
})

describe('older', () => {
  const older = (from: number, to: number, more: boolean, before = to + 1) =>
    anOlder(
      before,
      numbers(from, to).map((seq) => said(seq)),
      more,
    )

  test('[U15] a page goes above, without doubling', () => {
    const at = aLivePage(numbers(51, 100).map((seq) => said(seq)))
    expect(at.lobby.older).toBe('more')
    at.tell(olderAsked, older(1, 60, false, 51))
    expect(at.drawn).toEqual(numbers(1, 100))
    expect(at.lobby.older).toBe('none')
  })

  test('[U15] an empty page ends it, whatever it promises', () => {
    const at = aLivePage([said(51)]).tell(olderAsked, older(1, 0, true, 51))
    expect(at.lobby.older).toBe('none')
  })

  test('[U15] one page at a time, and one that failed can be asked for again', () => {
    const at = aLivePage([said(51)]).tell(olderAsked)
    expect(at.lobby.older).toBe('loading')
    at.tell({ type: 'olderLoaded', room: 'lobby', before: 51, page: null })
    expect(at.lobby.older).toBe('failed')
    at.tell(olderAsked)
    expect(at.lobby.older).toBe('loading')
  })

  test('[U15] the whole log from its first event has nothing older', () => {
    expect(aLivePage().lobby.older).toBe('none')
    expect(aLivePage([said(7)], { floor: 7 }).lobby.older).toBe('none')
  })

  test('[C67] below the floor nothing is drawn', () => {
    const at = aLivePage(numbers(1, 10).map((seq) => said(seq)))
    at.tell({ type: 'syncRequested', room: 'lobby', now: NOON }).hear(page([], { head: 10, floor: 6 }))
    expect(at.drawn).toEqual(numbers(6, 10))
  })

  test('[T15] no more than 2,000 rows are kept; the oldest can be loaded again', () => {
    const at = aLivePage()
    at.hear(...numbers(4, 2_500).map((seq) => event(said(seq))))
    expect(at.lobby.rows).toHaveLength(2_000)
    expect(at.drawn.at(-1)).toBe(2_500)
    expect(at.lobby.older).toBe('more')
  })

  test('[U16] what a reader loads by scrolling is not taken away by the next message', () => {
    const at = aLivePage(numbers(4_001, 5_000).map((seq) => said(seq)))
    for (let to = 4_000; to > 1_000; to -= 100) at.tell(olderAsked, older(to - 99, to, true))
    at.hear(event(said(5_001)))
    expect(at.drawn).toEqual(numbers(1_001, 5_001))
    at.tell({ type: 'roomOpened', room: 'lobby', shown: true })
    expect(at.lobby.rows).toHaveLength(2_000)
  })
})

describe('unread', () => {
  const unread = (at: ReturnType<typeof aPage>) => [at.lobby.you?.unread, at.lobby.you?.mentions]

  test('[U71] others’ messages count, mine do not; those that name me count twice', () => {
    const at = aLivePage([], { you }).hear(event(said(1)), event(mine(2, 'n-1')))
    expect(unread(at)).toEqual([1, 0])
    at.hear(event(said(3, { text: 'hello @ada' })))
    expect(unread(at)).toEqual([2, 1])
  })

  test('[U71] reading goes forward only, and counts what is left', () => {
    const at = aLivePage([], { you }).hear(event(said(1)), event(said(2, { text: '@Ada!' })), event(said(3)))
    at.tell({ type: 'readUpTo', room: 'lobby', seq: 2 })
    expect(unread(at)).toEqual([1, 0])
    at.tell({ type: 'readUpTo', room: 'lobby', seq: 1 })
    expect(at.lobby.you?.readSeq).toBe(2)
    at.hear({ type: 'read', room: 'lobby', seq: 3, unread: 0, mentions: 0 })
    expect(unread(at)).toEqual([0, 0])
  })
})
