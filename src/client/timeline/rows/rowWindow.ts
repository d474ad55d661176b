/** Which part of a timeline is in the document (U16). Pure: items in, items out. */
import type { TimelineItem } from '../timelineItems.ts'

/** Never more messages than this are in the document; trimming goes down to `KEPT`, so that it is not done for each row. */
export const MAX_DRAWN_ROWS = 400
const KEPT = 300
/** messages drawn on entry, and added at a time on scrolling */
const ENTRY = 100
const STEP = 50

export interface RowWindow {
  /** key of the first and the last message drawn; null: none yet. `live`: it goes on to the end of the timeline */
  first: string | null
  last: string | null
  live: boolean
}

export const AT_THE_END: RowWindow = { first: null, last: null, live: true }

/** Positions (of items) of the messages, so that counting is by messages. */
function messagesOf(items: readonly TimelineItem[]): number[] {
  const at: number[] = []
  for (const [index, item] of items.entries()) if (item.kind === 'message') at.push(index)
  return at
}

/** First and last message of the window by their number among the messages; an empty range where there are none. */
function rangeOf(
  items: readonly TimelineItem[],
  at: readonly number[],
  shown: RowWindow,
): [from: number, to: number] {
  const find = (key: string | null) =>
    key === null ? -1 : at.findIndex((index) => items[index]?.key === key)
  const last = shown.live ? -1 : find(shown.last)
  const to = last < 0 ? at.length - 1 : last
  const first = find(shown.first)
  return [first < 0 || first > to ? Math.max(0, to - ENTRY + 1) : first, to]
}

function windowOf(
  items: readonly TimelineItem[],
  at: readonly number[],
  from: number,
  to: number,
): RowWindow {
  const keyAt = (message: number) => items[at[message] ?? -1]?.key ?? null
  return { first: keyAt(from), last: keyAt(to), live: to >= at.length - 1 }
}

const headed = new WeakMap<TimelineItem, TimelineItem>()

/** The same message with its header: whatever the window begins with begins a group (U10). */
function withHeader(item: TimelineItem): TimelineItem {
  if (item.kind !== 'message' || item.first) return item
  const known = headed.get(item) ?? { ...item, first: true }
  headed.set(item, known)
  return known
}

/**
 * The items to draw, and the window as it then is. What stands between messages comes with the message below it.
 * `drop` says which end gives way where there are more than `MAX_DRAWN_ROWS`.
 */
export function windowItems(
  items: readonly TimelineItem[],
  shown: RowWindow,
  drop: 'top' | 'bottom',
): { drawn: readonly TimelineItem[]; shown: RowWindow } {
  const at = messagesOf(items)
  if (at.length === 0) return { drawn: items, shown: AT_THE_END }
  let [from, to] = rangeOf(items, at, shown)
  if (to - from + 1 > MAX_DRAWN_ROWS) {
    if (drop === 'top') {
      from = to - KEPT + 1
      // After a burst nothing of what was drawn is left: it is like an entry, and costs no more (W6).
      if (at.findLastIndex((index) => items[index]?.key === shown.last) < from) from = to - ENTRY + 1
    } else to = from + KEPT - 1
  }
  const next = windowOf(items, at, from, to)
  const begin = from === 0 ? 0 : (at[from - 1] ?? 0) + 1
  const end = next.live ? items.length : (at[to] ?? 0) + 1
  const drawn = items.slice(begin, end)
  const first = (at[from] ?? 0) - begin
  const leading = drawn[first]
  if (leading) drawn[first] = withHeader(leading)
  return { drawn, shown: next }
}

/** The window with some more messages at its top or its bottom; `===` if there are none. */
export function extendWindow(
  items: readonly TimelineItem[],
  shown: RowWindow,
  side: 'top' | 'bottom',
): RowWindow {
  const at = messagesOf(items)
  const [from, to] = rangeOf(items, at, shown)
  if (side === 'top' ? from === 0 : to >= at.length - 1) return shown
  return side === 'top'
    ? { ...windowOf(items, at, Math.max(0, from - STEP), to), live: shown.live }
    : windowOf(items, at, from, Math.min(at.length - 1, to + STEP))
}

/** A window around one message, or null where it is not among the items. */
export function windowAround(items: readonly TimelineItem[], key: string): RowWindow | null {
  const at = messagesOf(items)
  const message = at.findIndex((index) => items[index]?.key === key)
  if (message < 0) return null
  return windowOf(items, at, Math.max(0, message - ENTRY / 2), Math.min(at.length - 1, message + ENTRY))
}
