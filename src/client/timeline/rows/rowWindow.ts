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
  /** the window reaches the end of the timeline, and follows it */
  live: boolean
}

export const AT_THE_END: RowWindow = { first: null, last: null, live: true }

/** The keys of the messages among the items, since windows are counted in messages. */
function keysOf(items: readonly TimelineItem[]): string[] {
  return items.flatMap((item) => (item.kind === 'message' ? [item.key] : []))
}

/** The positions of the window's first and last message among all messages, which may have changed since. */
function rangeOf(keys: readonly string[], { first, last, live }: RowWindow): [from: number, to: number] {
  const end = live ? -1 : keys.indexOf(last ?? '')
  const to = end < 0 ? keys.length - 1 : end
  const from = keys.indexOf(first ?? '')
  return [from < 0 || from > to ? Math.max(0, to - ENTRY + 1) : from, to]
}

function windowOf(keys: readonly string[], from: number, to: number): RowWindow {
  return { first: keys[from] ?? null, last: keys[to] ?? null, live: to >= keys.length - 1 }
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
  before: RowWindow,
  drop: 'top' | 'bottom',
): { drawn: readonly TimelineItem[]; shown: RowWindow } {
  const keys = keysOf(items)
  if (keys.length === 0) return { drawn: items, shown: AT_THE_END }
  let [from, to] = rangeOf(keys, before)
  if (to - from >= MAX_DRAWN_ROWS) {
    if (drop === 'bottom') to = from + KEPT - 1
    else {
      from = to - KEPT + 1
      // After a burst in which every drawn row was trimmed, draw as few rows as on entry (W6).
      if (keys.indexOf(before.last ?? '') < from) from = to - ENTRY + 1
    }
  }
  const shown = windowOf(keys, from, to)
  const indexOf = (key: string | null | undefined) => items.findIndex((item) => item.key === key)
  const begin = from === 0 ? 0 : indexOf(keys[from - 1]) + 1
  const drawn = items.slice(begin, shown.live ? items.length : indexOf(shown.last) + 1)
  return { drawn: drawn.map((item) => (item.key === shown.first ? withHeader(item) : item)), shown }
}

/** The window with up to 50 more messages at its top or its bottom; `shown` itself if there are no more on that side. */
export function extendWindow(
  items: readonly TimelineItem[],
  shown: RowWindow,
  side: 'top' | 'bottom',
): RowWindow {
  const keys = keysOf(items)
  const [from, to] = rangeOf(keys, shown)
  const last = keys.length - 1
  if (side === 'bottom') return to >= last ? shown : windowOf(keys, from, Math.min(last, to + STEP))
  return from === 0 ? shown : { ...windowOf(keys, Math.max(0, from - STEP), to), live: shown.live }
}

/** A window around one message; null if the message is not among the items. */
export function windowAround(items: readonly TimelineItem[], key: string): RowWindow | null {
  const keys = keysOf(items)
  const at = keys.indexOf(key)
  if (at < 0) return null
  return windowOf(keys, Math.max(0, at - ENTRY / 2), Math.min(keys.length - 1, at + ENTRY))
}
