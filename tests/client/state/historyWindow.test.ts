import { describe, expect, test } from 'bun:test'
import { nextPage, type Side } from '../../../src/client/state/historyWindow.ts'
import { rowById } from '../../../src/client/state/rows.ts'
import type { StateChange } from '../../../src/client/state/stateChanges.ts'
import { timelineItems } from '../../../src/client/timeline/timelineItems.ts'
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
  olderLoaded,
  olderRequested,
  said,
} from '../../support/client/aState.ts'
import { deleted, edited, type Page, pinned, reacted, rowOf, seqs, some } from '../../support/someChanges.ts'

const room = 'lobby'
const jumped = (seq: number, page: HistoryPage): StateChange => ({ type: 'historyEntered', room, seq, page })
const back: StateChange = { type: 'historyLeft', room, to: 'previous' }

describe('a page of older messages', () => {
  const message = (seq: number, more: Partial<HistoryMessage> = {}) =>
    ({ ...said(seq), ...more }) as HistoryMessage
  const older = (messages: HistoryMessage[], head: number): StateChange =>
    olderLoaded(51, history(messages, { head, older: true }))
  const requested = () => aLivePage(some(51, 60), { head: 60 }).tell(olderRequested(51))

  test('[C81] is true at its head: earlier events do not change it again', () => {
    const reactions = [{ emoji: '👍', count: 2, mine: true, users: [ada, bob] }]
    const at = requested()
    at.tell(older([message(50, { text: 'second', edited: NOON, pinned: true, reactions })], 63))
    expect(rowOf(at, 50)).toMatchObject({ text: 'second', edited: NOON, pinned: true, reactions })
    at.hear(event(edited(61, 50, 'first')), event(reacted(62, 50, '👍', 1)), event(pinned(63, 50, false)))
    expect(rowOf(at, 50)).toMatchObject({ text: 'second', pinned: true, reactions })
    at.hear(event(edited(64, 50, 'third')))
    expect(rowOf(at, 50)).toMatchObject({ text: 'third' })
  })

  test('[C81] gets the changes heard after its head while it was under way', () => {
    const at = requested()
    at.hear(event(edited(61, 50, 'old')), event(edited(62, 50, 'new')), event(deleted(63, 49)))
    at.tell(older([message(49), message(50, { text: 'old' })], 61))
    expect([rowOf(at, 49)?.text, rowOf(at, 50)?.text]).toEqual([null, 'new'])
  })

  test('[C81] is refused if more changes were heard than are kept, and can be requested again', () => {
    const at = requested()
    at.hear(...numbers(61, 700).map((seq) => event(reacted(seq, 52, '👍', seq))))
    const { rows } = at.lobby
    at.tell(older([message(50)], 100))
    expect(at.lobby.older).toBe('failed')
    expect(at.lobby.rows).toBe(rows)
    at.tell(olderRequested(51), older([message(50)], 250))
    expect(seqs(at.lobby.rows.slice(0, 2))).toEqual([50, 51])
  })

  test('[C67] with a higher floor removes the rows below it', () => {
    const at = aLivePage(some(21, 60), { head: 60 }).tell(olderRequested(21))
    at.tell(olderLoaded(21, history([], { head: 60, floor: 40, older: false })))
    expect(at.lobby.rows[0]?.seq).toBe(40)
    expect(at.lobby).toMatchObject({ floor: 40, older: 'none' })
  })
})

describe('a history window', () => {
  const around = (from: number, to: number, head = 500) =>
    history(some(from, to), { head, older: from > 1, newer: to < 500 })
  const live = () => aLivePage(some(451, 500), { head: 500 })
  const inThePast = () => live().tell(jumped(100, around(76, 125)))
  const window = ({ lobby }: Page) => lobby.historyWindow
  const load = (at: Page, side: Side, page: HistoryPage | null) => {
    const place = nextPage(at.lobby, side)!
    return at.tell({ type: 'pageRequested', room, place }, { type: 'pageLoaded', room, place, page })
  }

  test('[U27] is drawn instead of the live rows, which go on', () => {
    const at = inThePast()
    expect(seqs(window(at)?.rows)).toEqual(numbers(76, 125))
    expect(timelineItems()(at.lobby).filter(({ kind }) => kind === 'message')).toHaveLength(50)
    at.hear(event(said(501)), event(edited(502, 100, 'better')), event(deleted(503, 460)))
    expect(window(at)?.rows.find(({ seq }) => seq === 100)?.text).toBe('better')
    expect([rowOf(at, 460)?.text, at.drawn.at(-1)]).toEqual([null, 501])
  })

  test('[U27] grows on both sides, and becomes part of the live rows when it reaches them', () => {
    const at = inThePast()
    load(at, 'older', around(26, 75))
    load(at, 'older', around(1, 25))
    expect(window(at)).toMatchObject({ older: 'none', newer: 'more' })
    for (let from = 126; window(at) !== null; from += 50)
      load(at, 'newer', around(from, Math.min(500, from + 49)))
    expect([at.drawn, at.lobby.older]).toEqual([numbers(1, 500), 'none'])
    expect(at.hear(event(said(501))).drawn).toEqual(numbers(1, 501))
  })

  test('[U27] a failed page can be requested again; one for a window that a jump replaced adds nothing', () => {
    const at = load(inThePast(), 'newer', null)
    expect(window(at)?.newer).toBe('failed')
    const next = nextPage(at.lobby, 'newer')!
    const loaded: StateChange = { type: 'pageLoaded', room, place: next, page: around(126, 175) }
    at.tell({ type: 'pageRequested', room, place: next }, jumped(300, around(276, 325)), loaded)
    expect(seqs(window(at)?.rows)).toEqual(numbers(276, 325))
    expect(nextPage(at.tell(back, loaded).lobby, 'newer')).toEqual(next)
  })

  test('[U23] going back leads to the window before the jump, then to the live end', () => {
    const at = inThePast().tell(jumped(300, around(276, 325)))
    expect(window(at)?.centerSeq).toBe(300)
    at.hear(event(edited(501, 100, 'better'))).tell(back)
    expect(window(at)).toMatchObject({ centerSeq: 100, previous: null })
    expect(window(at)?.rows.find(({ seq }) => seq === 100)?.text).toBe('better')
    at.tell(back)
    expect([window(at), at.drawn]).toEqual([null, numbers(451, 500)])
  })

  test('[U27] a page without the message changes nothing', () => {
    const at = live()
    const before = at.lobby
    at.tell(jumped(100, around(101, 125)))
    expect(at.lobby).toBe(before)
  })

  test('[U27, U53] stays when the room’s first page comes later, unless that is far ahead; a reset removes it', () => {
    const cold = () =>
      aLivePage([])
        .tell({ type: 'roomForgotten', room }, { type: 'roomOpened', room })
        .tell(jumped(100, around(76, 125, 480)), { type: 'syncRequested', room })
    const change = edited(500, 100, 'better')
    const first = {
      at: { seq: 480, id: 'id-480' },
      messages: some(431, 480),
      events: [...some(481, 499), change],
    }
    const at = cold().hear(firstPage([change], first))
    expect(window(at)?.rows.find(({ seq }) => seq === 100)?.text).toBe('better')
    expect(window(cold().hear(firstPage(some(951, 1_000))))).toBeNull()
    expect(window(at.hear({ type: 'reset', room, reason: 'diverged', head: 9, floor: 1 }))).toBeNull()
  })

  test('[U65] shows no join and leave lines', () => {
    const joined = [{ ...eve, state: 'active' as const }]
    const at = inThePast().pass(61_000).hear({ type: 'presence', room, version: 2, count: 3, joined })
    const hasLines = () => timelineItems()(at.lobby).some(({ kind }) => kind === 'presence')
    expect(hasLines()).toBe(false)
    at.tell(back)
    expect(hasLines()).toBe(true)
  })
})

describe('quotes and pins', () => {
  const quote = ({ lobby }: Page) => {
    const item = timelineItems()(lobby).findLast(({ kind }) => kind === 'message')
    return item?.kind === 'message' ? item.quote : undefined
  }

  test('[C83, U23] a reply shows its message as it is now, wherever that is kept', () => {
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

  test('[C83, T15] the last 300 quotes are kept', () => {
    const at = aLivePage(some(1_001, 1_003), { head: 1_003 })
    for (let from = 1; from <= 351; from += 50)
      at.tell({ type: 'quotesLoaded', room, ids: [], page: history(some(from, from + 49), { head: 1_003 }) })
    expect([at.lobby.quotes.length, at.lobby.quotes.at(-1)?.seq]).toEqual([300, 400])
  })

  test('[C84, U26] the pins follow their events; pinning a message that is not loaded makes them be fetched again', () => {
    const pin = (seq: number): HistoryMessage => ({ ...said(seq), pinned: true })
    const at = aLivePage(some(51, 60), { head: 60 })
    expect(at.lobby.pins).toBeNull()
    at.tell({ type: 'pinsLoaded', room, page: history([pin(7), pin(52)], { head: 60 }) })
    expect(seqs(at.lobby.pins ?? [])).toEqual([7, 52])
    at.hear(event(edited(61, 7, 'better')), event(pinned(62, 52, false)), event(reacted(63, 55, '👍', 1)))
    expect(at.lobby.pins).toMatchObject([{ seq: 7, text: 'better' }])
    expect(at.hear(event(deleted(64, 7))).lobby.pins).toEqual([])
    expect(at.hear(event(pinned(65, 3))).lobby.pins).toBeNull()
    at.tell({ type: 'pinsLoaded', room, page: history([], { head: 64 }) })
    expect(at.lobby.pins).toBeNull()
  })
})
