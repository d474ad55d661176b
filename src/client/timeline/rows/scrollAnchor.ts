/** Keeps the row being read in its place while rows above or below it change. */

/** A row, and how far (px) its top lies below the top of the list. */
export interface ScrollAnchor {
  element: Element
  top: number
}

/** A message, and how far (px) its top lies below the top of the list. */
export interface MessagePosition {
  seq: number
  offset: number
}

/** Where unread messages begin, the first stands this far (px) below the top of the list. */
export const ARRIVAL_OFFSET = 96

/** The index of the first row for which `isAbove` is false. All rows for which it is true must come before. */
export function firstIndex(rows: HTMLCollection, isAbove: (row: Element) => boolean): number {
  let low = 0
  let high = rows.length
  while (low < high) {
    const middle = (low + high) >> 1
    const row = rows[middle]
    if (row && isAbove(row)) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * The second visible row, or the first if there is no other: rows that arrive above can change the header of the first.
 * @param mayHold false for a row that is about to be removed, or that is no message
 */
export function readingAnchor(
  log: HTMLElement,
  rows: HTMLElement,
  mayHold: (row: Element) => boolean,
): ScrollAnchor | null {
  if (!log.isConnected) return null
  const { top, bottom } = log.getBoundingClientRect()
  const first = firstIndex(rows.children, (row) => row.getBoundingClientRect().bottom <= top)
  let found: ScrollAnchor | null = null
  for (const row of [...rows.children].slice(first)) {
    if (!mayHold(row)) continue
    const box = row.getBoundingClientRect()
    if (found !== null) return box.top > bottom ? found : { element: row, top: box.top - top }
    found = { element: row, top: box.top - top }
  }
  return found
}

/** Scrolls the list so that the row of `anchor` stands where it stood. */
export function holdAnchor(log: HTMLElement, anchor: ScrollAnchor | null): void {
  if (!log.isConnected || !anchor?.element.isConnected) return
  const moved = anchor.element.getBoundingClientRect().top - log.getBoundingClientRect().top - anchor.top
  if (Math.abs(moved) >= 1) log.scrollTop += moved
}
