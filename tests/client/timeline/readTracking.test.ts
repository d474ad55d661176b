import { afterEach, beforeEach, describe, expect, jest, test } from 'bun:test'
import { watchVisible, type VisibleRange } from '../../../src/client/timeline/visibleRange.ts'
import { showDivider, firstUnread, hideDivider } from '../../../src/client/state/unreadDivider.ts'
import { enterHistory } from '../../../src/client/state/historyWindow.ts'
import { timelineItems } from '../../../src/client/timeline/timelineItems.ts'
import type { RoomState } from '../../../src/client/state/state.ts'
import type { RoomEvent } from '../../../src/shared/model.ts'
import { ada, aLivePage, event, history, NOON, numbers, said, you } from '../../support/client/aState.ts'

/** Ada's page, with the lobby read up to `readSeq`. */
const aPage = (events: readonly RoomEvent[], readSeq: number, unread: number) =>
  aLivePage(events, { you: { ...you, readSeq, unread } })

const messages = (from: number, to: number) => numbers(from, to).map((seq) => said(seq))

/** Messages by seq, and the divider. */
const drawn = (room: RoomState) =>
  timelineItems()(room).flatMap<number | string | null>((item) =>
    item.kind === 'message' ? [item.row.seq] : item.kind === 'new' ? ['new'] : [],
  )

describe('the unread divider', () => {
  test('[U72] stands above the first unread message of others', () => {
    const { lobby } = aPage([...messages(1, 3), said(4, { user: ada }), ...messages(5, 6)], 3, 2)
    expect(firstUnread(lobby)).toBe(5)
    expect(drawn(showDivider(lobby))).toEqual([1, 2, 3, 4, 'new', 5, 6])
  })

  test('[U72] is not moved by new messages, reading or a deletion, and begins a group', () => {
    const page = aPage(messages(1, 4), 2, 2)
    page.tell({ type: 'unreadDividerShown', room: 'lobby' })
    page.hear(event(said(5)))
    page.tell({ type: 'readUpTo', room: 'lobby', seq: 5 })
    page.tell({ type: 'unreadDividerShown', room: 'lobby' })
    page.hear(event({ ...said(6), kind: 'delete', target: 'id-3', by: 'author' } as never))
    expect(drawn(page.lobby)).toEqual([1, 2, 'new', 3, 4, 5])
    const items = timelineItems()(page.lobby)
    const below = items[items.findIndex(({ kind }) => kind === 'new') + 1]
    expect(below).toMatchObject({ first: true, row: { seq: 3 } })
  })

  test('[U72] goes when it is hidden, and is not shown if everything is read', () => {
    expect(drawn(hideDivider(showDivider(aPage(messages(1, 4), 2, 2).lobby)))).toEqual([1, 2, 3, 4])
    const read = aPage(messages(1, 4), 4, 0).lobby
    expect(showDivider(read) === read).toBe(true)
  })

  test('[U72, U75] is drawn only once its place is loaded', () => {
    const room = showDivider(aPage(messages(51, 100), 20, 80).lobby)
    expect([firstUnread(room), drawn(room)[0]]).toEqual(['above', 51])
    const inHistory = enterHistory(room, 21, history(messages(1, 45), { head: 100, newer: true }), ada.id)
    expect(drawn(inHistory).slice(19, 23)).toEqual([20, 'new', 21, 22])
    expect(firstUnread(inHistory)).toBe(21)
  })

  test('[U75] has no unread message above it where only changes lie between the read position and the first row', () => {
    expect(firstUnread(aPage(messages(10, 12), 4, 3).lobby)).toBe(10)
    expect(firstUnread(aPage(messages(10, 12), 4, 4).lobby)).toBe('above')
  })
})

describe('a message is seen', () => {
  beforeEach(() => void jest.useFakeTimers({ now: NOON }))
  afterEach(() => void jest.useRealTimers())
  const pass = (ms: number) => jest.advanceTimersByTime(ms)

  function aWatch() {
    const ended = new AbortController()
    const seen: VisibleRange[] = []
    const look = watchVisible((range) => seen.push(range), ended.signal)
    return { seen, look, leave: () => ended.abort() }
  }

  test('[U70] after half a second on screen, once', () => {
    const { seen, look } = aWatch()
    look({ top: 1, bottom: 9 })
    pass(499)
    expect(seen).toEqual([])
    pass(1)
    expect(seen).toEqual([{ top: 1, bottom: 9 }])
    pass(5_000)
    expect([seen.length, jest.getTimerCount()]).toEqual([1, 0])
  })

  test('[U70] during slow scrolling only if it stayed on screen, and not at all during fast scrolling', () => {
    const { seen, look } = aWatch()
    for (const top of numbers(0, 9)) {
      look({ top: top * 10, bottom: top * 10 + 9 })
      pass(100)
    }
    expect(seen).toEqual([])
    for (const top of numbers(101, 120)) {
      look({ top, bottom: top + 4 })
      pass(250)
    }
    expect(seen.every(({ top, bottom }) => bottom - top <= 3)).toBe(true)
    expect(seen.at(-1)?.bottom).toBeLessThan(124)
    pass(500)
    expect(seen.at(-1)).toEqual({ top: 120, bottom: 124 })
  })

  test('[U70] only after another half second if the person looked away', () => {
    const { seen, look } = aWatch()
    look({ top: 1, bottom: 9 })
    pass(400)
    look(null)
    pass(1_000)
    look({ top: 1, bottom: 9 })
    pass(499)
    expect(seen).toEqual([])
    pass(1)
    expect(seen).toHaveLength(1)
  })

  test('[U70] no more once the room is left', () => {
    const { seen, look, leave } = aWatch()
    look({ top: 1, bottom: 9 })
    leave()
    look({ top: 1, bottom: 9 })
    pass(1_000)
    expect(seen).toEqual([])
  })
})
