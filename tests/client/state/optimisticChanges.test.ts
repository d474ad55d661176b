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
import {
  change,
  deleted,
  drawn,
  edited,
  mine,
  pinned,
  reacted,
  rowOf,
  some,
} from '../../support/someChanges.ts'

const key = (nonce: string) => `${ada.id}:${nonce}`

describe('changes of others', () => {
  test('[C80] change the row they name, and leave all others ===', () => {
    const at = aLivePage()
    const before = at.lobby.rows
    at.hear(event(edited(4, 1, 'better')), event(reacted(5, 1, '👍', 7)), event(pinned(6, 1)))
    expect(rowOf(at, 1)).toMatchObject({ text: 'better', edited: NOON + 4_000, pinned: true })
    expect(rowOf(at, 1)?.reactions).toEqual([{ emoji: '👍', count: 7, mine: false, users: [bob] }])
    expect(at.lobby.rows.slice(1).every((one, n) => one === before[n + 1])).toBe(true)
    expect(at.lobby.position).toEqual({ seq: 6, id: 'id-6' })
    expect(at.drawn).toEqual([1, 2, 3])
  })

  test('[C80, U24] a delete takes text, answer, emoji and pin', () => {
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

  test('[C80, U25] counts are set, not added; mine are known, and at nought the emoji goes', () => {
    const at = aLivePage()
    at.hear(
      event(reacted(4, 1, '👍', 1)),
      event(reacted(5, 1, '👍', 2, true, ada)),
      event(reacted(6, 1, '🎉', 1, true, eve)),
    )
    expect(rowOf(at, 1)?.reactions).toEqual([
      { emoji: '👍', count: 2, mine: true, users: [bob, ada] },
      { emoji: '🎉', count: 1, mine: false, users: [eve] },
    ])
    at.hear(event(reacted(7, 1, '👍', 1, false, ada)), event(reacted(8, 1, '🎉', 0, false, eve)))
    expect(rowOf(at, 1)?.reactions).toEqual([{ emoji: '👍', count: 1, mine: false, users: [bob] }])
    const before = rowOf(at, 1)?.reactions
    at.hear(event(reacted(9, 1, '🌱', 0, false)))
    expect(rowOf(at, 1)?.reactions === before).toBe(true)
  })

  test('[C80] to a message before what is shown move the position and draw nothing', () => {
    const at = aLivePage(some(51, 60), { head: 60 })
    const { rows } = at.lobby
    at.hear(event(edited(61, 3, 'x')), event(deleted(62, 4)), event(reacted(63, 5, '👍', 1)))
    expect(at.lobby.rows === rows).toBe(true)
    expect(at.lobby.position.seq).toBe(63)
  })

  test('[C80, M72] come by a page as they come live, and what lost its text says nothing', () => {
    const events: RoomEvent[] = [
      { ...said(1), text: undefined, gone: true } as never,
      change(2, 1, { kind: 'edit', gone: true } as never),
      deleted(3, 1),
      said(4),
      edited(5, 4, 'better'),
      reacted(6, 4, '👍', 1, true, ada),
    ]
    const at = aLivePage(events)
    expect(rowOf(at, 1)).toMatchObject({ text: null, edited: null })
    expect(rowOf(at, 4)).toMatchObject({ text: 'better', reactions: [{ mine: true }] })
    expect(at.drawn).toEqual([1, 4])
  })

  test('[M73, U87] a topic is a line of its own, in the list too, and breaks a group; a notice has nobody', () => {
    const roomList = [{ room: 'lobby', topic: 'old', head: 3 } as never]
    const topic = { kind: 'topic', seq: 4, id: 'id-4', at: NOON, user: bob, text: 'Seeds' } as const
    const notice = { kind: 'notice', seq: 5, id: 'id-5', at: NOON, text: 'Closed at noon' } as const
    const at = aLivePage().tell({ type: 'roomListChanged', roomList })
    at.hear(event(topic), event(notice), event(said(6, { at: NOON + 3_500 })))
    const items = timelineItems()(at.lobby).filter(({ kind }) => kind === 'message' || kind === 'logLine')
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

describe('changes of mine', () => {
  test('[C82, U24, U25] are drawn at once, and the row itself is what the server said', () => {
    const at = aLivePage([said(1, { user: ada }), said(2)])
    at.tell(
      mine({ kind: 'edit', target: 'id-1', text: 'better' }),
      mine({ kind: 'react', target: 'id-2', emoji: '👍', on: true }),
      mine({ kind: 'pin', target: 'id-2', on: true }),
    )
    expect(drawn(at, 1)).toMatchObject({
      text: 'better',
      edited: NOON,
      pendingChanges: [{ sendStatus: { status: 'queued' } }],
    })
    expect(drawn(at, 2)).toMatchObject({
      pinned: true,
      reactions: [{ emoji: '👍', count: 1, mine: true, users: [ada] }],
    })
    expect(rowOf(at, 1)).toMatchObject({ text: 'text 1', edited: null })
    at.tell(mine({ kind: 'delete', target: 'id-1' }))
    expect(drawn(at, 1)).toMatchObject({ text: null })
  })

  test('[C82] several of one message are drawn one upon the other; what changes nothing counts nothing', () => {
    const at = aLivePage().hear(event(reacted(4, 1, '👍', 3)))
    const react = (on: boolean) => mine({ kind: 'react', target: 'id-1', emoji: '👍', on })
    at.tell(react(true), react(true), react(false), react(true))
    expect(drawn(at, 1)?.reactions).toEqual([{ emoji: '👍', count: 4, mine: true, users: [bob, ada] }])
    at.tell(react(false), react(false))
    expect(drawn(at, 1)?.reactions).toEqual([{ emoji: '👍', count: 3, mine: false, users: [bob] }])
  })

  test('[C82] refused they are taken back, and stay with their reason until they are dropped', () => {
    const at = aLivePage([said(1, { user: ada })])
    at.tell(mine({ kind: 'edit', target: 'id-1', text: 'better' }, 'n-1'))
    at.tell({
      type: 'sendStatusChanged',
      room: 'lobby',
      key: key('n-1'),
      sendStatus: { status: 'failed', reason: 'gone' },
    })
    expect(drawn(at, 1)).toMatchObject({
      text: 'text 1',
      pendingChanges: [{ entry: { text: 'better' }, sendStatus: { reason: 'gone' } }],
    })
    at.tell({ type: 'entryDropped', room: 'lobby', key: key('n-1') })
    expect(drawn(at, 1)).not.toHaveProperty('pendingChanges')
    expect(at.lobby.pendingChanges).toEqual([])
  })

  test('[C82] are settled by their event, also after they failed', () => {
    for (const failed of [false, true]) {
      const at = aLivePage().tell(mine({ kind: 'react', target: 'id-1', emoji: '👍', on: true }, 'n-2'))
      const sendStatus = { status: 'failed', reason: 'late' } as const
      if (failed) at.tell({ type: 'sendStatusChanged', room: 'lobby', key: key('n-2'), sendStatus })
      at.hear(event({ ...reacted(4, 1, '👍', 1, true, ada), nonce: 'n-2' } as RoomEvent))
      expect(at.lobby.pendingChanges).toEqual([])
      expect(drawn(at, 1)?.reactions).toMatchObject([{ count: 1, mine: true }])
    }
  })

  test('[C82] an ack that overtakes the event leaves them drawn until it comes, or a page has it', () => {
    const ack = { type: 'ack', nonce: 'n-3', room: 'lobby', seq: 5, id: 'id-5', at: NOON } as const
    const at = aLivePage().tell(mine({ kind: 'react', target: 'id-1', emoji: '👍', on: true }, 'n-3'))
    at.hear(ack)
    expect(drawn(at, 1)?.reactions).toMatchObject([{ count: 1 }])
    at.hear(event(said(4)), event({ ...reacted(5, 1, '👍', 1, true, ada), nonce: 'n-3' } as RoomEvent))
    expect([at.lobby.pendingChanges, drawn(at, 1)?.reactions]).toMatchObject([[], [{ count: 1, mine: true }]])
    const late = aLivePage()
      .tell(mine({ kind: 'pin', target: 'id-9', on: true }, 'n-3'))
      .hear(ack)
    late.tell({ type: 'syncRequested', room: 'lobby', now: NOON }).hear(firstPage(some(100, 120)))
    expect(late.lobby.pendingChanges).toEqual([])
  })

  test('[C82, M60] somebody else who uses my nonce settles nothing of mine', () => {
    const at = aLivePage().tell(mine({ kind: 'react', target: 'id-1', emoji: '👍', on: true }, 'n-4'))
    at.hear(event({ ...reacted(4, 1, '🎉', 1), nonce: 'n-4' } as RoomEvent))
    expect(at.lobby.pendingChanges).toHaveLength(1)
    expect(drawn(at, 1)?.reactions).toMatchObject([{ emoji: '🎉' }, { emoji: '👍' }])
  })

  test('[C82, U18] a row that says the same is the same, whatever happens elsewhere', () => {
    const at = aLivePage().tell(mine({ kind: 'pin', target: 'id-1', on: true }))
    const items = timelineItems()
    const before = items(at.lobby)
    at.hear(event(said(4)))
    const after = items(at.lobby)
    expect(before.every((item, n) => item === after[n])).toBe(true)
  })

  test('[U36] my newest message that can be edited is that: mine, with its text, confirmed', () => {
    const at = aLivePage([said(1, { user: ada }), said(2, { user: ada }), said(3)]).hear(
      event(deleted(4, 2, ada)),
    )
    expect(lastOwn(at.lobby)?.seq).toBe(1)
    expect(lastOwn(aLivePage().lobby)).toBeNull()
  })
})

describe('what is unread', () => {
  const reader = (events: RoomEvent[], unread: number, mentions: number, readSeq = 0) =>
    aLivePage(events, { you: { ...you, unread, mentions, readSeq } })

  test('[U73] a deleted message is no longer unread, and takes its mention along; once', () => {
    const at = reader([said(1, { text: '@Ada' }), said(2), said(3, { user: ada })], 2, 1)
    at.hear(event(deleted(4, 1)), event(deleted(5, 3, ada)), event(deleted(6, 1)))
    expect(at.lobby.you).toMatchObject({ unread: 1, mentions: 0 })
  })

  test('[U73] an edit brings a mention and takes one away; what was read counts neither', () => {
    const at = reader([said(1, { text: '@Ada' }), said(2), said(3, { text: '@ada' })], 2, 1, 1)
    at.hear(event(edited(4, 2, 'for @Ada')), event(edited(5, 1, 'nobody')))
    expect(at.lobby.you).toMatchObject({ unread: 2, mentions: 2 })
    at.hear(event(edited(6, 3, 'nobody')))
    expect(at.lobby.you).toMatchObject({ unread: 2, mentions: 1 })
  })

  test('[U73] of a message that is not here the server knows: the room is asked for again, and its count is taken', () => {
    const at = reader(some(51, 60), 30, 2, 20).hear(event(deleted(61, 33)))
    expect(at.lobby.you).toMatchObject({ unread: 30 })
    expect(needsTick(at.state)).toBe(true)
    at.pass(1_000)
    expect(at.lobby.sync.state).toBe('gap')
    at.tell({ type: 'syncRequested', room: 'lobby', now: at.now })
    at.hear(page([], { head: 61, you: { ...you, readSeq: 20, unread: 29, mentions: 1 } }))
    expect(at.lobby).toMatchObject({
      sync: { state: 'live' },
      needsRecount: false,
      gapTimes: [],
      you: { unread: 29, mentions: 1 },
    })
  })

  test('[U73] where all unread is here, a change to what lies before asks nobody', () => {
    const at = reader(some(51, 60), 5, 0, 55).hear(event(deleted(61, 33)), event(edited(62, 34, '@Ada')))
    expect(at.lobby).toMatchObject({ needsRecount: false, you: { unread: 5, mentions: 0 } })
  })

  test('[U73, U71] read far up, what is left is what was not read; where that is not all here the server is asked', () => {
    const at = reader(some(451, 500), 400, 3, 100)
    at.tell({
      type: 'historyEntered',
      room: 'lobby',
      seq: 110,
      page: history(some(90, 139), { head: 500, older: true, newer: true }),
    })
    at.tell({ type: 'readUpTo', room: 'lobby', seq: 110 })
    expect(at.lobby).toMatchObject({ needsRecount: false, you: { readSeq: 110, unread: 390, mentions: 3 } })
    at.tell({ type: 'readUpTo', room: 'lobby', seq: 200 })
    expect(at.lobby).toMatchObject({ needsRecount: true, you: { readSeq: 200 } })
    at.tell({ type: 'readUpTo', room: 'lobby', seq: 490 })
    expect(at.lobby.you).toMatchObject({ readSeq: 490, unread: 10 })
  })

  test('[U71] what was read here and not told yet is not unread again with the next page', () => {
    const at = reader(some(1, 9), 9, 0).tell({ type: 'readUpTo', room: 'lobby', seq: 7 })
    at.tell({ type: 'syncRequested', room: 'lobby', now: NOON })
    at.hear(page([said(10)], { head: 10, you: { ...you, readSeq: 2, unread: 8 } }))
    expect(at.lobby.you).toMatchObject({ readSeq: 7, unread: 3 })
  })
})
