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
  page,
  said,
  you,
} from '../../support/client/aState.ts'
import { deleted, drawn, edited, mine, reacted, rowOf, some } from '../../support/someChanges.ts'

const lost = { state: 'waiting', until: NOON, since: NOON, attempt: 1, announced: false } as const
const asked = { type: 'syncRequested', room: 'lobby', now: NOON } as const
const reset = { type: 'reset', room: 'lobby', reason: 'tooOld', head: 2_000, floor: 1 } as const

describe('a first page', () => {
  /** Message 7 as it stands at 20: edited, pinned, and with two emoji. */
  const seven: HistoryMessage<ReactionCount> = {
    ...said(7, { text: 'better' }),
    edited: NOON,
    pinned: true,
    reactions: [
      { emoji: '👍', count: 2, users: [ada, bob] },
      { emoji: '🎉', count: 1, users: [bob] },
    ],
  }
  const begun = () =>
    aLivePage([], {
      at: { seq: 20, id: 'id-20' },
      messages: [said(5), seven, said(9)],
      mine: { 'id-7': ['👍'] },
      events: [said(21), reacted(22, 7, '🎉', 2, true, ada)],
      head: 22,
      older: true,
    })

  test('[C110] brings messages as they stand, with the emoji that I show, then what followed', () => {
    const at = begun()
    expect(at.drawn).toEqual([5, 7, 9, 21])
    expect(rowOf(at, 7)).toMatchObject({
      text: 'better',
      edited: NOON,
      pinned: true,
      reactions: [
        { emoji: '👍', count: 2, mine: true },
        { emoji: '🎉', count: 2, mine: true },
      ],
      trueAt: 22,
    })
    expect(rowOf(at, 9)?.trueAt).toBe(20)
    expect(at.lobby).toMatchObject({
      position: { seq: 22, id: 'id-22' },
      older: 'more',
      recentChangesSince: 20,
      depth: 'all',
    })
  })

  test('[C110] of an empty room leaves nothing before it, and nothing to load', () => {
    expect(aLivePage([]).lobby).toMatchObject({
      position: { seq: 0, id: null },
      older: 'none',
      sync: { state: 'live' },
    })
  })

  test('[C110] whose newest event changed something has no hole before what is said next', () => {
    const at = begun().hear(event(said(23)))
    expect(at.drawn).toEqual([5, 7, 9, 21, 23])
    expect(at.lobby.sync.state).toBe('live')
  })

  test('[C110] takes the place of all that is known, but for what I have not sent', () => {
    const at = aLivePage(some(1, 50)).queue(entry('n-1'), entry('n-2', 2))
    at.hear(reset, firstPage([...some(60, 62), said(63, { user: ada, nonce: 'n-1' }), said(64)]))
    expect(at.drawn).toEqual([60, 61, 62, 63, 64, 'n-2'])
    expect(at.lobby.rows[3]).toMatchObject({
      key: keyOf(ada.id, 'n-1'),
      own: true,
      sendStatus: { status: 'acked' },
    })
  })

  test('[C110] that comes once more, older than what was heard since, ends where it ends', () => {
    const at = begun().hear(event(said(23)))
    at.hear(
      firstPage([], {
        at: { seq: 20, id: 'id-20' },
        messages: [said(9)],
        events: [said(21), said(22), said(23)],
      }),
    )
    expect(at.drawn).toEqual([9, 21, 22, 23])
    expect(at.lobby.position.seq).toBe(23)
  })

  test('[C122] a page that does not begin where I stand is a gap, never drawn across it', () => {
    const at = aLivePage()
      .tell(asked)
      .hear(page(some(6, 8)))
    expect([at.drawn, at.lobby.sync.state]).toEqual([[1, 2, 3], 'gap'])
  })

  test('[C112] a change of mine that waits stays drawn over it, and its ack, a duplicate too, settles it', () => {
    const at = aLivePage(some(1, 3)).tell(mine({ kind: 'edit', target: 'id-2', text: 'mine' }, 'n-edit'))
    at.hear(reset, firstPage(some(1, 9)))
    expect([drawn(at, 2)?.text, rowOf(at, 2)?.text]).toEqual(['mine', 'text 2'])
    at.hear(
      firstPage([], {
        at: { seq: 10, id: 'id-10' },
        messages: [{ ...said(2, { text: 'mine' }), edited: NOON }],
      }),
    )
    at.hear({ type: 'ack', nonce: 'n-edit', room: 'lobby', seq: 10, id: 'id-10', at: NOON, duplicate: true })
    expect(at.lobby.pendingChanges).toEqual([])
    expect(drawn(at, 2)).toMatchObject({ text: 'mine' })
    expect(drawn(at, 2)).not.toHaveProperty('pendingChanges')
  })
})

describe('away for a while', () => {
  const away = (first: Parameters<typeof firstPage>) =>
    aLivePage(some(1, 50)).hear(reset, firstPage(...first)).lobby

  test('[U142, U53] is said only where a message was missed', () => {
    const reactions = numbers(51, 1_100).map((seq) => reacted(seq, 50, '👍', seq))
    const last = { at: { seq: 1_100, id: 'id-1100' }, older: true }
    expect(away([some(1_951, 2_000)]).resetNotice).toBe('away')
    expect(away([[], { ...last, messages: some(1, 50), head: 1_100 }]).resetNotice).toBeNull()
    expect(away([[], { ...last, messages: [...some(1, 50), said(51)], head: 1_100 }]).resetNotice).toBe(
      'away',
    )
    expect(
      away([reactions.slice(-3), { ...last, at: { seq: 1_097, id: 'id-1097' }, messages: [] }]).resetNotice,
    ).toBeNull()
  })

  test('[U142] of a room that is not on screen is said once its messages are here', () => {
    const at = aLivePage(some(1, 50)).hear(reset, counts(2_000))
    expect(at.lobby).toMatchObject({ resetNotice: null, seqBeforeReset: 50, depth: 'counts' })
    at.hear(firstPage(some(1_951, 2_000)))
    expect(at.lobby).toMatchObject({ resetNotice: 'away', seqBeforeReset: null })
  })

  test('[U53] another history is said at once, whatever was held', () => {
    const at = aLivePage(some(1, 50)).hear(reset, { ...reset, reason: 'diverged' }, firstPage(some(1, 2)))
    expect(at.lobby.resetNotice).toBe('changed')
  })
})

describe('a thousand unread, or more', () => {
  const many = (unread = 1_000, mentions = 7) =>
    aLivePage(some(5_001, 5_050), { you: { ...you, readSeq: 10, unread, mentions } })
  const unread = ({ lobby }: ReturnType<typeof many>) => [lobby.you?.unread, lobby.you?.mentions]

  test('[U140] is never counted further', () => {
    expect(
      unread(many(999, 999).hear(...numbers(5_051, 5_060).map((seq) => event(said(seq, { text: '@Ada' }))))),
    ).toEqual([1_000, 1_000])
  })

  test('[U140] nor is anything subtracted from it here, by reading or by a deletion: the server tells', () => {
    const at = many().tell({ type: 'readUpTo', room: 'lobby', seq: 4_000 })
    expect([...unread(at), at.lobby.you?.readSeq, at.lobby.needsRecount]).toEqual([1_000, 7, 4_000, false])
    at.hear(event(deleted(5_051, 5_050)), event(edited(5_052, 5_049, '@Ada')))
    expect(unread(at)).toEqual([1_000, 7])
    at.hear({ type: 'read', room: 'lobby', seq: 4_000, unread: 900, mentions: 2 })
    expect(unread(at)).toEqual([900, 2])
  })

  test('[U140] what the rows show to the end is no more than they show', () => {
    const at = many().tell({ type: 'readUpTo', room: 'lobby', seq: 5_040 })
    expect(unread(at)).toEqual([10, 0])
  })

  test('[U140] taken back it is a thousand again, and the first of them is further up than what is here', () => {
    const at = many().tell({ type: 'allMarkedRead' })
    at.hear(event(said(5_051)))
    expect(unread(at.tell({ type: 'markReadUndone' }))).toEqual([1_000, 7])
    const full = aLivePage(some(5_001, 6_500), { you: { ...you, readSeq: 10, unread: 1_000 } })
    expect(firstUnread(full.lobby)).toBe('above')
    expect(showDivider(full.lobby).unreadDivider).toBe(10)
  })

  test('[U140] of a room without rows nothing is read by a word from another tab that is older than what counts', () => {
    const at = aLivePage([]).hear(counts(500, { you: { ...you, readSeq: 10, unread: 40 } }))
    at.tell({ type: 'readUpTo', room: 'lobby', seq: 400 })
    expect(at.lobby).toMatchObject({ you: { unread: 40, readSeq: 400 }, needsRecount: true })
    at.tell({ type: 'readUpTo', room: 'lobby', seq: 500 })
    expect(at.lobby.you?.unread).toBe(0)
  })

  test('[C66] a break forgets no counts', () => {
    const at = many().tell({ type: 'connectionChanged', connection: lost, now: NOON })
    expect(unread(at)).toEqual([1_000, 7])
  })
})
