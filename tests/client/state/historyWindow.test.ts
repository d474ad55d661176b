import { describe, expect, test } from 'bun:test'
import { rowById } from '../../../src/client/state/rows.ts'
import { timelineItems } from '../../../src/client/timeline/timelineItems.ts'
import type { StateChange } from '../../../src/client/state/stateChanges.ts'
import type { HistoryMessage, HistoryPage } from '../../../src/shared/model.ts'
import {
  ada,
  aLivePage,
  bob,
  eve,
  event,
  firstPage,
  history,
  NOON,
  numbers,
  said,
} from '../../support/client/aState.ts'
import { deleted, edited, type Page, pinned, reacted, rowOf, seqs, some } from '../../support/someChanges.ts'

const room = 'lobby'
const olderRequested: StateChange = { type: 'olderRequested', room }
const olderLoaded = (before: number, page: HistoryPage): StateChange => ({
  type: 'olderLoaded',
  room,
  before,
  page,
})
const jumped = (seq: number, page: HistoryPage): StateChange => ({ type: 'historyEntered', room, seq, page })
const back: StateChange = { type: 'historyLeft', room, to: 'previous' }
const requested = (window: number, side: 'older' | 'newer'): StateChange => ({
  type: 'windowPageRequested',
  room,
  window,
  side,
})
const loaded = (window: number, side: 'older' | 'newer', page: HistoryPage | null): StateChange => ({
  type: 'windowPageLoaded',
  room,
  window,
  side,
  page,
})

describe('what history says', () => {
  const message = (seq: number, more: Partial<HistoryMessage> = {}) =>
    ({ ...said(seq), ...more }) as HistoryMessage
  const older = (messages: HistoryMessage[], head: number): StateChange =>
    olderLoaded(51, history(messages, { head, older: true }))

  test('[C81] is true at its head: events up to there do not change it again', () => {
    const reactions = [{ emoji: '👍', count: 2, mine: true, users: [ada, bob] }]
    const at = aLivePage(some(51, 60), { head: 60 }).tell(olderRequested)
    at.tell(older([message(50, { text: 'second', edited: NOON, pinned: true, reactions })], 63))
    expect(rowOf(at, 50)).toMatchObject({ text: 'second', edited: NOON, pinned: true, reactions })
    at.hear(event(edited(61, 50, 'first')), event(reacted(62, 50, '👍', 1)), event(pinned(63, 50, false)))
    expect(rowOf(at, 50)).toMatchObject({ text: 'second', pinned: true, reactions })
    at.hear(event(edited(64, 50, 'third')))
    expect(rowOf(at, 50)).toMatchObject({ text: 'third' })
  })

  test('[C81] what happened behind its head while it was under way is applied to it', () => {
    const at = aLivePage(some(51, 60), { head: 60 }).tell(olderRequested)
    at.hear(event(edited(61, 50, 'old news')), event(edited(62, 50, 'news')), event(deleted(63, 49)))
    at.tell(older([message(49), message(50, { text: 'old news' })], 61))
    expect([rowOf(at, 49)?.text, rowOf(at, 50)?.text]).toEqual([null, 'news'])
  })

  test('[C81] older than all that is remembered it is not believed, and can be asked for again', () => {
    const at = aLivePage(some(51, 60), { head: 60 }).tell(olderRequested)
    at.hear(...numbers(61, 700).map((seq) => event(reacted(seq, 52, '👍', seq))))
    const { rows } = at.lobby
    at.tell(older([message(50)], 100))
    expect(at.lobby.older).toBe('failed')
    expect(at.lobby.rows === rows).toBe(true)
    at.tell(olderRequested, older([message(50)], 250))
    expect(seqs(at.lobby.rows.slice(0, 2))).toEqual([50, 51])
  })

  test('[C67] a page that tells of a higher floor takes the rows below it away', () => {
    const at = aLivePage(some(21, 60), { head: 60 }).tell(olderRequested)
    at.tell(olderLoaded(21, history([], { head: 60, floor: 40, older: false })))
    expect(seqs(at.lobby.rows.slice(0, 1))).toEqual([40])
    expect(at.lobby).toMatchObject({ floor: 40, older: 'none' })
  })
})

describe('in the past', () => {
  const around = (from: number, to: number, head = 500) =>
    history(some(from, to), { head, older: from > 1, newer: to < 500 })
  const there = () => aLivePage(some(451, 500), { head: 500 }).tell(jumped(100, around(76, 125)))

  test('[U27] a page around a message is drawn in place of the end, which goes on behind it', () => {
    const at = there()
    expect(seqs(at.lobby.historyWindow?.rows)).toEqual(numbers(76, 125))
    const items = timelineItems()
    expect(items(at.lobby).filter(({ kind }) => kind === 'message')).toHaveLength(50)
    at.hear(event(said(501)), event(edited(502, 100, 'better')), event(deleted(503, 460)))
    expect(at.lobby.historyWindow?.rows.find(({ seq }) => seq === 100)?.text).toBe('better')
    expect(rowOf(at, 460)?.text).toBeNull()
    expect(at.drawn.at(-1)).toBe(501)
  })

  test('[U27] it grows on both sides, and where it reaches the end both are one, live', () => {
    const at = there()
    const more = (side: 'older' | 'newer', from: number, to: number) => {
      at.tell(requested(100, side), loaded(100, side, around(from, to)))
    }
    more('older', 26, 75)
    more('older', 1, 25)
    expect(at.lobby.historyWindow).toMatchObject({ older: 'none', newer: 'more' })
    for (let from = 126; at.lobby.historyWindow !== null; from += 50)
      more('newer', from, Math.min(500, from + 49))
    expect(at.drawn).toEqual(numbers(1, 500))
    expect(at.lobby.older).toBe('none')
    at.hear(event(said(501)))
    expect(at.drawn).toEqual(numbers(1, 501))
  })

  test('[U27] a page that nobody waits for any more adds nothing; one that does not come can be asked for again', () => {
    const at = there()
    at.tell(requested(100, 'newer'), loaded(100, 'newer', null))
    expect(at.lobby.historyWindow?.newer).toBe('failed')
    at.tell(requested(100, 'newer'), { type: 'historyLeft', room, to: 'live' })
    at.tell(jumped(300, around(276, 325)))
    at.tell(loaded(100, 'newer', around(126, 175)))
    expect(seqs(at.lobby.historyWindow?.rows)).toEqual(numbers(276, 325))
  })

  test('[U23] back is where one was: in the past before, then at the end', () => {
    const at = there().tell(jumped(300, around(276, 325)))
    expect(at.lobby.historyWindow?.centerSeq).toBe(300)
    at.hear(event(edited(501, 100, 'better')))
    at.tell(back)
    expect(at.lobby.historyWindow).toMatchObject({ centerSeq: 100, previous: null })
    expect(at.lobby.historyWindow?.rows.find(({ seq }) => seq === 100)?.text).toBe('better')
    at.tell(back)
    expect(at.lobby.historyWindow).toBeNull()
    expect(at.drawn).toEqual(numbers(451, 500))
  })

  test('[U27] a message that is not in the page changes nothing', () => {
    const at = aLivePage(some(451, 500), { head: 500 })
    const before = at.lobby
    at.tell(jumped(100, around(101, 125)))
    expect(at.lobby === before).toBe(true)
  })

  test('[U27, U53] opened there before the first page it stays; a reset, or a page far behind it, takes it away', () => {
    const cold = () => {
      const at = aLivePage([]).tell(
        { type: 'roomForgotten', room: 'lobby' },
        { type: 'roomOpened', room: 'lobby' },
      )
      at.tell(jumped(100, around(76, 125, 480)), { type: 'syncRequested', room: 'lobby', now: NOON })
      return at
    }
    const at = cold().hear(
      firstPage([edited(500, 100, 'better')], {
        at: { seq: 480, id: 'id-480' },
        messages: some(431, 480),
        events: [...some(481, 499), edited(500, 100, 'better')],
      }),
    )
    expect(at.lobby.historyWindow?.rows.find(({ seq }) => seq === 100)?.text).toBe('better')
    expect(cold().hear(firstPage(some(951, 1_000))).lobby.historyWindow).toBeNull()
    at.hear({ type: 'reset', room: 'lobby', reason: 'diverged', head: 9, floor: 1 })
    expect(at.lobby.historyWindow).toBeNull()
  })

  test('[U65] nobody comes and goes in the past', () => {
    const at = there()
      .pass(61_000)
      .hear({ type: 'presence', room: 'lobby', version: 2, count: 3, joined: [{ ...eve, state: 'active' }] })
    expect(timelineItems()(at.lobby).some(({ kind }) => kind === 'presence')).toBe(false)
    at.tell(back)
    expect(timelineItems()(at.lobby).some(({ kind }) => kind === 'presence')).toBe(true)
  })
})

describe('quotes and pins', () => {
  const quote = ({ lobby }: Page) => {
    const item = timelineItems()(lobby).findLast((one) => one.kind === 'message')
    return item?.kind === 'message' ? item.quote : undefined
  }

  test('[C83, U23] an answer has its message with it, from wherever it is kept, and as it is now', () => {
    const at = aLivePage([said(51), said(52, { replyTo: 'id-51' })])
    expect(quote(at)).toMatchObject({ seq: 51, text: 'text 51' })
    at.hear(event(said(53, { replyTo: 'id-7' })))
    expect(quote(at)).toBeNull()
    at.tell({ type: 'quotesLoaded', room, ids: ['id-7', 'id-8'], page: history([said(7)], { head: 53 }) })
    expect(quote(at)).toMatchObject({ seq: 7, text: 'text 7' })
    at.hear(event(edited(54, 7, 'better')))
    expect(quote(at)).toMatchObject({ text: 'better' })
    at.hear(event(deleted(55, 7)))
    expect(quote(at)).toMatchObject({ text: null })
    expect(rowById(at.lobby, 'id-8')).toMatchObject({ text: null, seq: null })
  })

  test('[C83, T15] no more than 300 are kept, the last asked for', () => {
    const at = aLivePage(some(1_001, 1_003), { head: 1_003 })
    for (let from = 1; from <= 351; from += 50)
      at.tell({ type: 'quotesLoaded', room, ids: [], page: history(some(from, from + 49), { head: 1_003 }) })
    expect(at.lobby.quotes).toHaveLength(300)
    expect(at.lobby.quotes.at(-1)?.seq).toBe(400)
  })

  test('[C84, U26] what is pinned follows its events; one that is not here makes the list unsure', () => {
    const pins = history(
      [
        { ...said(7), pinned: true },
        { ...said(52), pinned: true },
      ],
      { head: 60 },
    )
    const at = aLivePage(some(51, 60), { head: 60 })
    expect(at.lobby.pins).toBeNull()
    at.tell({ type: 'pinsLoaded', room, page: pins })
    expect(seqs(at.lobby.pins ?? [])).toEqual([7, 52])
    at.hear(event(edited(61, 7, 'better')), event(pinned(62, 52, false)), event(reacted(63, 55, '👍', 1)))
    expect(at.lobby.pins).toMatchObject([{ seq: 7, text: 'better' }])
    at.hear(event(deleted(64, 7)))
    expect(at.lobby.pins).toEqual([])
    at.hear(event(pinned(65, 3)))
    expect(at.lobby.pins).toBeNull()
    at.tell({ type: 'pinsLoaded', room, page: history([], { head: 64 }) })
    expect(at.lobby.pins).toBeNull()
  })
})
