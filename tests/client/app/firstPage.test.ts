import { describe, expect, test } from 'bun:test'
import { showDivider, firstUnread } from '../../../src/client/state/unreadDivider.ts'
import { keyOf } from '../../../src/client/state/rows.ts'
import type { HistoryMessage, ReactionCount } from '../../../src/shared/model.ts'
import {
  ada,
  aLivePage,
  bob,
  counts,
  entry,
  event,
  firstPage,
  NOON,
  numbers,
  page as missedPage,
  said,
  you,
} from '../../support/client/aState.ts'
import { deleted, drawn, edited, mine, reacted, rowOf, some } from '../../support/someChanges.ts'

const requested = { type: 'syncRequested', room: 'lobby' } as const
const reset = { type: 'reset', room: 'lobby', reason: 'tooOld', head: 2_000, floor: 1 } as const

describe('a first page', () => {
  /** Message 7 as it stands at seq 20: edited, pinned, and with two kinds of reactions. */
  const seven: HistoryMessage<ReactionCount> = {
    ...said(7, { text: 'better' }),
    edited: NOON,
    pinned: true,
    reactions: [
      { emoji: '👍', count: 2, users: [ada, bob] },
      { emoji: '🎉', count: 1, users: [bob] },
    ],
  }
  const aPage = () =>
    aLivePage([], {
      at: { seq: 20, id: 'id-20' },
      messages: [said(5), seven, said(9)],
      mine: { 'id-7': ['👍'] },
      events: [said(21), reacted(22, 7, '🎉', 2, true, ada)],
      head: 22,
      older: true,
    })

  test('[C110] brings messages as they stand, with my reactions, and then the events that followed', () => {
    const page = aPage()
    expect(page.drawn).toEqual([5, 7, 9, 21])
    expect(rowOf(page, 7)).toMatchObject({
      text: 'better',
      edited: NOON,
      pinned: true,
      reactions: [
        { emoji: '👍', count: 2, mine: true },
        { emoji: '🎉', count: 2, mine: true },
      ],
      trueAt: 22,
    })
    expect(rowOf(page, 9)?.trueAt).toBe(20)
    const { position, older, recentChangesSince, depth } = page.lobby
    expect([position, older, recentChangesSince, depth]).toEqual([
      { seq: 22, id: 'id-22' },
      'more',
      20,
      'all',
    ])
  })

  test('[C110] of an empty room leaves nothing to load', () => {
    expect(aLivePage([]).lobby).toMatchObject({
      position: { seq: 0, id: null },
      older: 'none',
      sync: { state: 'live' },
    })
  })

  test('[C110] that ends with a change has no gap before the next message', () => {
    const page = aPage().hear(event(said(23)))
    expect(page.drawn).toEqual([5, 7, 9, 21, 23])
    expect(page.lobby.sync.state).toBe('live')
  })

  test('[C110] replaces everything but my unsent messages', () => {
    const page = aLivePage(some(1, 50)).queue(entry('n-1'), entry('n-2', 2))
    page.hear(reset, firstPage([...some(60, 62), said(63, { user: ada, nonce: 'n-1' }), said(64)]))
    expect(page.drawn).toEqual([60, 61, 62, 63, 64, 'n-2'])
    const acked = { key: keyOf(ada.id, 'n-1'), own: true, sendStatus: { status: 'acked' } }
    expect(page.lobby.rows[3]).toMatchObject(acked)
  })

  test('[C110] that comes again, although newer events were received, ends with its own last event', () => {
    const page = aPage().hear(event(said(23)))
    const messages = [said(9)]
    page.hear(firstPage([], { at: { seq: 20, id: 'id-20' }, messages, events: some(21, 23) }))
    expect([page.drawn, page.lobby.position.seq]).toEqual([[9, 21, 22, 23], 23])
  })

  test('[C122] a page of missed events that does not begin at my position is a gap', () => {
    const page = aLivePage()
      .tell(requested)
      .hear(missedPage(some(6, 8)))
    expect([page.drawn, page.lobby.sync.state]).toEqual([[1, 2, 3], 'gap'])
  })

  test('[C112] an unconfirmed change of mine stays drawn over it until its ack', () => {
    const page = aLivePage(some(1, 3)).tell(mine({ kind: 'edit', target: 'id-2', text: 'mine' }, 'n-edit'))
    page.hear(reset, firstPage(some(1, 9)))
    expect([drawn(page, 2)?.text, rowOf(page, 2)?.text]).toEqual(['mine', 'text 2'])
    const messages = [{ ...said(2, { text: 'mine' }), edited: NOON }]
    page.hear(firstPage([], { at: { seq: 10, id: 'id-10' }, messages }))
    page.hear({
      type: 'ack',
      nonce: 'n-edit',
      room: 'lobby',
      seq: 10,
      id: 'id-10',
      at: NOON,
      duplicate: true,
    })
    expect(page.lobby.pendingChanges).toEqual([])
    expect(drawn(page, 2)).toMatchObject({ text: 'mine' })
    expect(drawn(page, 2)).not.toHaveProperty('pendingChanges')
  })
})

describe('the notice after a reset', () => {
  const noticeAfter = (...first: Parameters<typeof firstPage>) =>
    aLivePage(some(1, 50)).hear(reset, firstPage(...first)).lobby.resetNotice

  test('[U142, U53] is shown only if a message was missed', () => {
    const reactions = numbers(1_098, 1_100).map((seq) => reacted(seq, 50, '👍', seq))
    const last = { at: { seq: 1_100, id: 'id-1100' }, older: true }
    expect(noticeAfter(some(1_951, 2_000))).toBe('away')
    expect(noticeAfter([], { ...last, messages: some(1, 50), head: 1_100 })).toBeNull()
    expect(noticeAfter([], { ...last, messages: some(1, 51), head: 1_100 })).toBe('away')
    expect(noticeAfter(reactions, { ...last, at: { seq: 1_097, id: 'id-1097' }, messages: [] })).toBeNull()
  })

  test('[U142] waits, in a room that is not on screen, until its messages are here', () => {
    const page = aLivePage(some(1, 50)).hear(reset, counts(2_000))
    expect(page.lobby).toMatchObject({ resetNotice: null, depth: 'counts' })
    expect(page.hear(firstPage(some(1_951, 2_000))).lobby.resetNotice).toBe('away')
  })

  test('[U53] is shown at once for another history', () => {
    const diverged = { ...reset, reason: 'diverged' } as const
    const page = aLivePage(some(1, 50)).hear(reset, diverged, firstPage(some(1, 2)))
    expect(page.lobby.resetNotice).toBe('changed')
  })
})

describe('a thousand unread, or more', () => {
  const aPage = (unread = 1_000, mentions = 7) =>
    aLivePage(some(5_001, 5_050), { you: { ...you, readSeq: 10, unread, mentions } })
  const unreadOf = ({ lobby }: ReturnType<typeof aPage>) => [lobby.you?.unread, lobby.you?.mentions]

  test('[U140] are never counted further', () => {
    const mentions = numbers(5_051, 5_060).map((seq) => event(said(seq, { text: '@Ada' })))
    expect(unreadOf(aPage(999, 999).hear(...mentions))).toEqual([1_000, 1_000])
  })

  test('[U140] are not reduced by reading or a deletion here, only by the server', () => {
    const page = aPage().tell({ type: 'readUpTo', room: 'lobby', seq: 4_000 })
    expect([...unreadOf(page), page.lobby.you?.readSeq, page.lobby.needsRecount]).toEqual([
      1_000,
      7,
      4_000,
      false,
    ])
    page.hear(event(deleted(5_051, 5_050)), event(edited(5_052, 5_049, '@Ada')))
    expect(unreadOf(page)).toEqual([1_000, 7])
    page.hear({ type: 'read', room: 'lobby', seq: 4_000, unread: 900, mentions: 2 })
    expect(unreadOf(page)).toEqual([900, 2])
  })

  test('[U140] become what the rows show once I have read into the rows', () => {
    expect(unreadOf(aPage().tell({ type: 'readUpTo', room: 'lobby', seq: 5_040 }))).toEqual([10, 0])
  })

  test('[U140] are a thousand again after undoing that all is read, and the first is further up than the rows', () => {
    const page = aPage()
      .tell({ type: 'allMarkedRead' })
      .hear(event(said(5_051)))
    expect(unreadOf(page.tell({ type: 'markReadUndone' }))).toEqual([1_000, 7])
    const { lobby } = aLivePage(some(5_001, 6_500), { you: { ...you, readSeq: 10, unread: 1_000 } })
    expect(firstUnread(lobby)).toBe('above')
    expect(showDivider(lobby).unreadDivider).toBe(10)
  })

  test('[U140] in a room without rows an older read from another tab changes no count', () => {
    const page = aLivePage([]).hear(counts(500, { you: { ...you, readSeq: 10, unread: 40 } }))
    page.tell({ type: 'readUpTo', room: 'lobby', seq: 400 })
    expect(page.lobby).toMatchObject({ you: { unread: 40, readSeq: 400 }, needsRecount: true })
    page.tell({ type: 'readUpTo', room: 'lobby', seq: 500 })
    expect(page.lobby.you?.unread).toBe(0)
  })
})
