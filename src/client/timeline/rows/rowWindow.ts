/** Which part of a timeline is in the document (U16). Pure: items in, items out. */
import type { TimelineItem } from '../timelineItems.ts'

/** Never more messages than this are in the document. Trimming goes down to `KEPT`, so that it is rare. */
export const MAX_DRAWN_ROWS = 400
const KEPT = 300
/** messages drawn on entry, and added at a time while scrolling */
const ENTRY = 100
const STEP = 50

export interface RowWindow {
  /** keys of the first and the last message drawn; null: none yet */
  first: string | null
  last: string | null
  /** it reaches the end of the timeline, and follows it */
  live: boolean
}

export const AT_THE_END: RowWindow = { first: null, last: null, live: true }

/** The indices of the messages among the items, since windows are counted in messages. */
function messageIndices(items: readonly TimelineItem[]): number[] {
  return items.flatMap((item, index) => (item.kind === 'message' ? [index] : []))
}

/** Timelines are compared by key, since rows may have been added or removed since the window was made. */
function positionOf(items: readonly TimelineItem[], indices: readonly number[], key: string | null): number {
  return key === null ? -1 : indices.findIndex((index) => items[index]?.key === key)
}

/** The window's first and last message, counted among the messages. */
function rangeOf(
  items: readonly TimelineItem[],
  indices: readonly number[],
  shown: RowWindow,
): [number, number] {
  const last = shown.live ? -1 : positionOf(items, indices, shown.last)
  const to = last < 0 ? indices.length - 1 : last
  const first = positionOf(items, indices, shown.first)
  return [first < 0 || first > to ? Math.max(0, to - ENTRY + 1) : first, to]
}

function windowOf(
  items: readonly TimelineItem[],
  indices: readonly number[],
  from: number,
  to: number,
): RowWindow {
  const keyAt = (message: number) => items[indices[message] ?? -1]?.key ?? null
  return { first: keyAt(from), last: keyAt(to), live: to >= indices.length - 1 }
}

const withHeaders = new WeakMap<TimelineItem, TimelineItem>()

/** The same message with its header, since the first message drawn begins a group (U10). */
function withHeader(item: TimelineItem): TimelineItem {
  if (item.kind !== 'message' || item.first) return item
  const known = withHeaders.get(item) ?? { ...item, first: true }
  withHeaders.set(item, known)
  return known
}

/**
 * The items to draw, and the window after trimming. A separator is drawn with the message below it.
 * @param drop the end that gives way if there are more than `MAX_DRAWN_ROWS` messages
 */
export function windowItems(
  items: readonly TimelineItem[],
  shown: RowWindow,
  drop: 'top' | 'bottom',
): { drawn: readonly TimelineItem[]; shown: RowWindow } {
  const indices = messageIndices(items)
  if (indices.length === 0) return { drawn: items, shown: AT_THE_END }
  let [from, to] = rangeOf(items, indices, shown)
  if (to - from >= MAX_DRAWN_ROWS) {
    if (drop === 'bottom') to = from + KEPT - 1
    else {
      from = to - KEPT + 1
      // After a burst in which every drawn row was trimmed, draw as few rows as on entry (W6).
      if (positionOf(items, indices, shown.last) < from) from = to - ENTRY + 1
    }
  }
  const next = windowOf(items, indices, from, to)
  const begin = from === 0 ? 0 : (indices[from - 1] ?? 0) + 1
  const drawn = items.slice(begin, next.live ? items.length : (indices[to] ?? 0) + 1)
  const first = (indices[from] ?? 0) - begin
  return { drawn: drawn.map((item, at) => (at === first ? withHeader(item) : item)), shown: next }
}

/** The window with up to 50 more messages at its top or its bottom; `===` if there are none. */
export function extendWindow(
  items: readonly TimelineItem[],
  shown: RowWindow,
  side: 'top' | 'bottom',
): RowWindow {
  const indices = messageIndices(items)
  const [from, to] = rangeOf(items, indices, shown)
  const last = indices.length - 1
  if (side === 'bottom') return to >= last ? shown : windowOf(items, indices, from, Math.min(last, to + STEP))
  if (from === 0) return shown
  return { ...windowOf(items, indices, Math.max(0, from - STEP), to), live: shown.live }
}

/** A window around one message; null if the message is not among the items. */
export function windowAround(items: readonly TimelineItem[], key: string): RowWindow | null {
  const indices = messageIndices(items)
  const at = positionOf(items, indices, key)
  if (at < 0) return null
  return windowOf(items, indices, Math.max(0, at - ENTRY / 2), Math.min(indices.length - 1, at + ENTRY))
}
