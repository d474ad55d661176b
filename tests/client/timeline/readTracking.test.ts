import { afterEach, describe, expect, test } from 'bun:test'
import { watchVisible, type VisibleRange } from '../../../src/client/timeline/visibleRange.ts'
import { showDivider, firstUnread, hideDivider } from '../../../src/client/state/unreadDivider.ts'
import { enterHistory } from '../../../src/client/state/historyWindow.ts'
import { timelineItems, type TimelineItem } from '../../../src/client/timeline/timelineItems.ts'
import type { RoomState } from '../../../src/client/state/state.ts'
import type { RoomEvent } from '../../../src/shared/model.ts'
import { ada, aLivePage, event, history, numbers, said, you } from '../../support/client/aState.ts'
import { fakeTime } from '../../support/client/fakeTime.ts'

let ended = new AbortController()
afterEach(() => {
  ended.abort()
  ended = new AbortController()
})

/** Ada's lobby, read up to `readSeq`; its log begins at `from`. */
function aRoom(events: readonly RoomEvent[], readSeq: number, unread: number, more: object = {}): RoomState {
  return aLivePage(events, { you: { ...you, readSeq, unread }, ...more }).lobby
}

const talk = (from: number, to: number, more: Parameters<typeof said>[1] = {}) =>
  numbers(from, to).map((seq) => said(seq, more))

/** Messages by seq, and the line. */
const drawn = (items: readonly TimelineItem[]) =>
  items.flatMap<number | string | null>((item) =>
    item.kind === 'message' ? [item.row.seq] : item.kind === 'new' ? ['new'] : [],
  )

describe('the line', () => {
  test('[U72] stands above the first message of another that I have not read', () => {
    const room = aRoom([...talk(1, 3), said(4, { user: ada }), ...talk(5, 6)], 3, 2)
    expect(firstUnread(room)).toBe(5)
    expect(drawn(timelineItems()(showDivider(room)))).toEqual([1, 2, 3, 4, 'new', 5, 6])
  })

  test('[U72] what comes does not move it, nor does reading or a deletion; it begins a group', () => {
    const page = aLivePage(talk(1, 4), { you: { ...you, readSeq: 2, unread: 2 } })
    page.tell({ type: 'unreadDividerShown', room: 'lobby' })
    const items = timelineItems()
    page.hear(event(said(5)))
    page.tell({ type: 'readUpTo', room: 'lobby', seq: 5 })
    page.tell({ type: 'unreadDividerShown', room: 'lobby' })
    expect(drawn(items(page.lobby))).toEqual([1, 2, 'new', 3, 4, 5])
    page.hear(event({ ...said(6), kind: 'delete', target: 'id-3', by: 'author' } as never))
    expect(drawn(items(page.lobby))).toEqual([1, 2, 'new', 3, 4, 5])
    expect(items(page.lobby).find((item) => item.kind === 'message' && item.row.seq === 3)).toMatchObject({
      first: true,
    })
  })

  test('[U72] goes when it is taken away, and where all is read there is none', () => {
    const room = showDivider(aRoom(talk(1, 4), 2, 2))
    expect(drawn(timelineItems()(hideDivider(room)))).toEqual([1, 2, 3, 4])
    const read = aRoom(talk(1, 4), 4, 0)
    expect(showDivider(read) === read).toBe(true)
  })

  test('[U72, U75] is not drawn below messages that are not loaded, and is once they are', () => {
    const room = showDivider(aRoom(talk(51, 100), 20, 80))
    expect(firstUnread(room)).toBe('above')
    expect(drawn(timelineItems()(room))[0]).toBe(51)
    const gone = enterHistory(room, 21, history(talk(1, 45), { head: 100, newer: true }), ada.id)
    expect(drawn(timelineItems()(gone)).slice(19, 23)).toEqual([20, 'new', 21, 22])
    expect(firstUnread(gone)).toBe(21)
  })

  test('[U75] changes between what was read and the first row loaded are no messages above it', () => {
    expect(firstUnread(aRoom(talk(10, 12), 4, 3))).toBe(10)
    expect(firstUnread(aRoom(talk(10, 12), 4, 4))).toBe('above')
  })
})

describe('what is seen', () => {
  function aWatch() {
    const time = fakeTime()
    const seen: VisibleRange[] = []
    const look = watchVisible(time, (range) => seen.push(range), ended.signal)
    return { time, seen, look }
  }

  test('[U70] half a second on screen is seen, less is not', () => {
    const { time, seen, look } = aWatch()
    look({ top: 1, bottom: 9 })
    time.pass(499)
    expect(seen).toEqual([])
    time.pass(1)
    expect(seen).toEqual([{ top: 1, bottom: 9 }])
    time.pass(5_000)
    expect(seen).toHaveLength(1)
    expect(time.waiting).toBe(0)
  })

  test('[U70] who scrolls past sees only what stayed', () => {
    const { time, seen, look } = aWatch()
    for (const top of numbers(1, 20)) {
      look({ top, bottom: top + 4 })
      time.pass(250)
    }
    expect(seen.length).toBeGreaterThan(0)
    for (const { top, bottom } of seen) expect(bottom - top).toBeLessThanOrEqual(3)
    const before = seen.at(-1)?.bottom ?? 0
    expect(before).toBeLessThan(24)
    time.pass(500)
    expect(seen.at(-1)).toEqual({ top: 20, bottom: 24 })
  })

  test('[U70] what flies by is not seen', () => {
    const { time, seen, look } = aWatch()
    for (const top of numbers(0, 9)) {
      look({ top: top * 10, bottom: top * 10 + 9 })
      time.pass(100)
    }
    expect(seen).toEqual([])
  })

  test('[U70] who looks away has not seen it, and begins anew', () => {
    const { time, seen, look } = aWatch()
    look({ top: 1, bottom: 9 })
    time.pass(400)
    look(null)
    time.pass(1_000)
    look({ top: 1, bottom: 9 })
    time.pass(499)
    expect(seen).toEqual([])
    time.pass(1)
    expect(seen).toHaveLength(1)
  })

  test('[U70] when the page ends nothing waits any more', () => {
    const { time, seen, look } = aWatch()
    look({ top: 1, bottom: 9 })
    ended.abort()
    expect(time.waiting).toBe(0)
    look({ top: 1, bottom: 9 })
    time.pass(1_000)
    expect(seen).toEqual([])
  })
})
