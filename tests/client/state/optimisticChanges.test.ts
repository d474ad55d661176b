import { describe, expect, test } from 'bun:test'
import { needsTick } from '../../../src/client/state/reduce.ts'
import { lastOwn } from '../../../src/client/state/rows.ts'
import { timelineItems } from '../../../src/client/timeline/timelineItems.ts'
import type { RoomEvent } from '../../../src/shared/model.ts'
import {
  ada,
  aLivePage,
  bob,
  eve,
  event,
  firstPage,
  history,
  NOON,
  page,
  said,
  you,
} from '../../support/client/aState.ts'
import { deleted, drawn, edited, mine, pinned, reacted, rowOf, some } from '../../support/someChanges.ts'

const room = 'lobby'

describe('changes by others', () => {
  test('[C80] change the row they name and leave all other rows ===', () => {
    const at = aLivePage()
    const [, ...others] = at.lobby.rows
    at.hear(event(edited(4, 1, 'better')), event(reacted(5, 1, '👍', 7)), event(pinned(6, 1)))
    const reactions = [{ emoji: '👍', count: 7, mine: false, users: [bob] }]
    expect(rowOf(at, 1)).toMatchObject({ text: 'better', edited: NOON + 4_000, pinned: true, reactions })
    for (const [index, row] of others.entries()) expect(at.lobby.rows[index + 1]).toBe(row)
    expect(at.lobby.position).toEqual({ seq: 6, id: 'id-6' })
    expect(at.drawn).toEqual([1, 2, 3])
  })

  test('[C80, U24] a delete removes text, reply, reactions and pin for good', () => {
    const at = aLivePage([said(1), said(2, { replyTo: 'id-1' })])
    at.hear(
      event(reacted(3, 2, '👍', 1)),
      event(pinned(4, 2)),
      event(edited(5, 2, 'x')),
      event(deleted(6, 2)),
    )
    expect(rowOf(at, 2)).toMatchObject({ text: null, edited: null, pinned: false, reactions: [] })
    expect(rowOf(at, 2)).not.toHaveProperty('replyTo')
    at.hear(event(edited(7, 2, 'late')), event(reacted(8, 2, '👍', 1)))
    expect(rowOf(at, 2)).toMatchObject({ text: null, reactions: [] })
  })

  test('[C80, U25] reaction counts are set by the event; mine are marked; at zero the emoji goes', () => {
    const at = aLivePage().hear(
      event(reacted(4, 1, '👍', 1)),
      event(reacted(5, 1, '👍', 2, true, ada)),
      event(reacted(6, 1, '🎉', 1, true, eve)),
    )
    expect(rowOf(at, 1)?.reactions).toEqual([
      { emoji: '👍', count: 2, mine: true, users: [bob, ada] },
      { emoji: '🎉', count: 1, mine: false, users: [eve] },
    ])
    at.hear(event(reacted(7, 1, '👍', 1, false, ada)), event(reacted(8, 1, '🎉', 0, false, eve)))
    const reactions = rowOf(at, 1)?.reactions
    expect(reactions).toEqual([{ emoji: '👍', count: 1, mine: false, users: [bob] }])
    at.hear(event(reacted(9, 1, '🌱', 0, false)))
    expect(rowOf(at, 1)?.reactions).toBe(reactions!)
  })

  test('[M73, U87] a topic is a line of its own, also in the room list, and is not unread; a notice has no author', () => {
    const roomList = [{ room, topic: 'old', head: 3 } as never]
    const topic = { kind: 'topic', seq: 4, id: 'id-4', at: NOON, user: bob, text: 'Seeds' } as const
    const notice = { kind: 'notice', seq: 5, id: 'id-5', at: NOON, text: 'Closed at noon' } as const
    const at = aLivePage().tell({ type: 'roomListChanged', roomList })
    at.hear(event(topic), event(notice), event(said(6, { at: NOON + 3_500 })))
    const items = timelineItems()(at.lobby).filter((item) => 'row' in item)
    expect(items.map((item) => `${item.kind} ${'row' in item && item.row.text}`).slice(2)).toEqual([
      'message text 3',
      'logLine Seeds',
      'logLine Closed at noon',
      'message text 6',
    ])
    expect(items.at(-1)).toMatchObject({ first: true })
    expect(at.state.roomList[0]).toMatchObject({ topic: 'Seeds' })
    expect(at.lobby.you).toMatchObject({ unread: 1 })
  })
})

describe('my unconfirmed changes', () => {
  const react = (on = true, nonce?: string) => mine({ kind: 'react', target: 'id-1', emoji: '👍', on }, nonce)
  const reactedByMe = (seq: number, nonce: string) =>
    event({ ...reacted(seq, 1, '👍', 1, true, ada), nonce } as RoomEvent)
  const setFailed = (nonce: string, reason: 'gone' | 'late') => {
    const sendStatus = { status: 'failed', reason } as const
    return { type: 'sendStatusChanged', room, key: `${ada.id}:${nonce}`, sendStatus } as const
  }

  test('[C82, U24, U25] are drawn at once, over a row that stays as the server said', () => {
    const at = aLivePage([said(1, { user: ada }), said(2)]).tell(
      mine({ kind: 'edit', target: 'id-1', text: 'better' }),
      mine({ kind: 'react', target: 'id-2', emoji: '👍', on: true }),
      mine({ kind: 'pin', target: 'id-2', on: true }),
    )
    const pendingChanges = [{ sendStatus: { status: 'queued' } }]
    expect(drawn(at, 1)).toMatchObject({ text: 'better', edited: NOON, pendingChanges })
    const reactions = [{ emoji: '👍', count: 1, mine: true, users: [ada] }]
    expect(drawn(at, 2)).toMatchObject({ pinned: true, reactions })
    expect(rowOf(at, 1)).toMatchObject({ text: 'text 1', edited: null })
    at.tell(mine({ kind: 'delete', target: 'id-1' }))
    expect(drawn(at, 1)).toMatchObject({ text: null })
  })

  test('[C82] to one message are drawn on top of each other, and count once', () => {
    const at = aLivePage().hear(event(reacted(4, 1, '👍', 3)))
    at.tell(react(), react(), react(false), react())
    expect(drawn(at, 1)?.reactions).toEqual([{ emoji: '👍', count: 4, mine: true, users: [bob, ada] }])
    at.tell(react(false), react(false))
    expect(drawn(at, 1)?.reactions).toEqual([{ emoji: '👍', count: 3, mine: false, users: [bob] }])
  })

  test('[C82] are undone when refused, and stay with the reason until they are dropped', () => {
    const at = aLivePage([said(1, { user: ada })])
    at.tell(mine({ kind: 'edit', target: 'id-1', text: 'better' }, 'n-1'), setFailed('n-1', 'gone'))
    const failed = { entry: { text: 'better' }, sendStatus: { reason: 'gone' } }
    expect(drawn(at, 1)).toMatchObject({ text: 'text 1', pendingChanges: [failed] })
    at.tell({ type: 'entryDropped', room, key: `${ada.id}:n-1` })
    expect(drawn(at, 1)).not.toHaveProperty('pendingChanges')
    expect(at.lobby.pendingChanges).toEqual([])
  })

  test('[C82] are settled by their event, even after they failed', () => {
    for (const isFailed of [false, true]) {
      const at = aLivePage().tell(react(true, 'n-2'))
      if (isFailed) at.tell(setFailed('n-2', 'late'))
      at.hear(reactedByMe(4, 'n-2'))
      expect(at.lobby.pendingChanges).toEqual([])
      expect(drawn(at, 1)?.reactions).toMatchObject([{ count: 1, mine: true }])
    }
  })

  test('[C82] stay drawn after an early ack until their event comes, or a page contains it', () => {
    const ack = { type: 'ack', nonce: 'n-3', room, seq: 5, id: 'id-5', at: NOON } as const
    const at = aLivePage().tell(react(true, 'n-3')).hear(ack)
    expect(drawn(at, 1)?.reactions).toMatchObject([{ count: 1 }])
    at.hear(event(said(4)), reactedByMe(5, 'n-3'))
    expect([at.lobby.pendingChanges, drawn(at, 1)?.reactions]).toMatchObject([[], [{ count: 1, mine: true }]])
    const late = aLivePage().tell(react(true, 'n-3')).hear(ack)
    late.tell({ type: 'syncRequested', room }).hear(firstPage(some(100, 120)))
    expect(late.lobby.pendingChanges).toEqual([])
  })

  test('[C82, M60] are not settled by another person’s event with the same nonce', () => {
    const at = aLivePage().tell(react(true, 'n-4'))
    at.hear(event({ ...reacted(4, 1, '🎉', 1), nonce: 'n-4' } as RoomEvent))
    expect(at.lobby.pendingChanges).toHaveLength(1)
    expect(drawn(at, 1)?.reactions).toMatchObject([{ emoji: '🎉' }, { emoji: '👍' }])
  })

  test('[C82, U18] leave the drawn rows === when something else happens', () => {
    const at = aLivePage().tell(mine({ kind: 'pin', target: 'id-1', on: true }))
    const items = timelineItems()
    const before = items(at.lobby)
    const after = items(at.hear(event(said(4))).lobby)
    for (const [index, item] of before.entries()) expect(after[index]).toBe(item)
  })
})

test('[U36] my newest editable message is mine, confirmed and not deleted', () => {
  const at = aLivePage([said(1, { user: ada }), said(2, { user: ada }), said(3)]).hear(
    event(deleted(4, 2, ada)),
  )
  expect(lastOwn(at.lobby)?.seq).toBe(1)
  expect(lastOwn(aLivePage().lobby)).toBeNull()
})

describe('unread counts', () => {
  const reader = (events: RoomEvent[], unread: number, mentions: number, readSeq = 0) =>
    aLivePage(events, { you: { ...you, unread, mentions, readSeq } })
  const readUpTo = (seq: number) => ({ type: 'readUpTo', room, seq }) as const

  test('[U73] a deleted message stops being unread, and its mention goes, once', () => {
    const at = reader([said(1, { text: '@Ada' }), said(2), said(3, { user: ada })], 2, 1)
    at.hear(event(deleted(4, 1)), event(deleted(5, 3, ada)), event(deleted(6, 1)))
    expect(at.lobby.you).toMatchObject({ unread: 1, mentions: 0 })
  })

  test('[K85, U73] an edit takes a mention back, except of a message that was read, and adds none', () => {
    const at = reader([said(1, { text: '@Ada' }), said(2), said(3, { text: '@ada' })], 2, 1, 1)
    at.hear(event(edited(4, 2, 'for @Ada')), event(edited(5, 1, 'nobody')))
    expect(at.lobby.you).toMatchObject({ unread: 2, mentions: 1 })
    expect(rowOf(at, 2)?.mentions).toEqual([{ user: ada.id, at: 4, length: 4, quiet: true }])
    at.hear(event(edited(6, 3, 'nobody')), event(edited(7, 3, '@Ada')))
    expect(at.lobby.you).toMatchObject({ unread: 2, mentions: 0 })
    expect(at.tell(readUpTo(1)).lobby.you).toMatchObject({ unread: 2, mentions: 0 })
  })

  test('[U171] a mention that stays at its place in an edit of mine is drawn on while the edit is under way', () => {
    const at = aLivePage([
      said(1, {
        user: ada,
        text: '@Ada, @Ada',
        mentions: [0, 6].map((n) => ({ user: ada.id, at: n, length: 4 })),
      }),
    ])
    at.tell(mine({ kind: 'edit', target: 'id-1', text: '@Ada or @Ada' }))
    expect(drawn(at, 1)).toMatchObject({
      text: '@Ada or @Ada',
      mentions: [{ user: ada.id, at: 0, length: 4 }],
    })
  })

  test('[M80] the event of my message brings its mentions, whether it comes before the ack or after it', () => {
    const mentions = [{ user: bob.id, at: 0, length: 4 }]
    const mineSaid = said(4, { user: ada, nonce: 'mine-0001', text: '@Bob', mentions })
    const ack = { type: 'ack', nonce: 'mine-0001', room, seq: 4, id: 'id-4', at: NOON } as const
    const entry = {
      kind: 'message',
      text: '@Bob',
      nonce: 'mine-0001',
      room,
      user: ada.id,
      at: NOON,
      order: 1,
    } as const
    for (const frames of [
      [event(mineSaid), ack],
      [ack, event(mineSaid)],
    ]) {
      const at = aLivePage()
        .tell({ type: 'entryQueued', entry, user: ada })
        .hear(...frames)
      expect(at.lobby.rows.at(-1)).toMatchObject({ seq: 4, mentions, sendStatus: { status: 'acked' } })
    }
  })

  test('[U73] a change to a message that is not loaded and may be unread makes the server recount', () => {
    const at = reader(some(51, 60), 30, 2, 20).hear(event(deleted(61, 33)))
    expect([at.lobby.you?.unread, needsTick(at.state)]).toEqual([30, true])
    expect(at.pass(1_000).lobby.sync.state).toBe('gap')
    at.tell({ type: 'syncRequested', room })
    at.hear(page([], { head: 61, you: { ...you, readSeq: 20, unread: 29, mentions: 1 } }))
    const counted = { needsRecount: false, gapTimes: [], you: { unread: 29, mentions: 1 } }
    expect(at.lobby).toMatchObject({ sync: { state: 'live' }, ...counted })
    const allLoaded = reader(some(51, 60), 5, 0, 55).hear(
      event(deleted(61, 33)),
      event(edited(62, 34, '@Ada')),
    )
    expect(allLoaded.lobby).toMatchObject({ needsRecount: false, you: { unread: 5, mentions: 0 } })
  })

  test('[U73, U71] reading far up subtracts what was read, and makes the server recount if that is not all loaded', () => {
    const at = reader(some(451, 500), 400, 3, 100)
    const around = history(some(90, 139), { head: 500, older: true, newer: true })
    at.tell({ type: 'historyEntered', room, seq: 110, page: around }, readUpTo(110))
    expect(at.lobby).toMatchObject({ needsRecount: false, you: { readSeq: 110, unread: 390, mentions: 3 } })
    at.tell(readUpTo(200))
    expect(at.lobby).toMatchObject({ needsRecount: true, you: { readSeq: 200 } })
    at.tell(readUpTo(490))
    expect(at.lobby.you).toMatchObject({ readSeq: 490, unread: 10 })
  })

  test('[U71] a page from before the server knew what I read makes nothing unread again', () => {
    const at = reader(some(1, 9), 9, 0).tell(readUpTo(7), { type: 'syncRequested', room })
    at.hear(page([said(10)], { head: 10, you: { ...you, readSeq: 2, unread: 8 } }))
    expect(at.lobby.you).toMatchObject({ readSeq: 7, unread: 3 })
  })
})
