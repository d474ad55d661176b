/** Keeps what is read where it is while rows above or below it change. */

/** A row and how far (px) its top lies below that of the list. */
export interface ScrollAnchor {
  element: Element
  top: number
}

/** Rows looked at below the first visible one. */
const LOOKED_AT = 60

/**
 * The second visible row, which has nothing above it that could change its header; else the first (T1).
 * @param mayHold may this row be the one? It must stay, and be a message
 */
export function readingAnchor(
  log: HTMLElement,
  rows: HTMLElement,
  mayHold: (row: Element) => boolean,
): ScrollAnchor | null {
  if (!log.isConnected) return null
  const { children } = rows
  const { top, bottom } = log.getBoundingClientRect()
  let low = 0
  let high = children.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((children[middle]?.getBoundingClientRect().bottom ?? 0) <= top) low = middle + 1
    else high = middle
  }
  let found: ScrollAnchor | null = null
  for (let at = low; at < Math.min(children.length, low + LOOKED_AT); at += 1) {
    const row = children[at]
    if (!row || !mayHold(row)) continue
    const box = row.getBoundingClientRect()
    if (found !== null && box.top > bottom) break
    const first = found === null
    found = { element: row, top: box.top - top }
    if (!first) break
  }
  return found
}

/** Scrolls the list so that the row stands where it stood. */
export function holdAnchor(log: HTMLElement, kept: ScrollAnchor | null): void {
  if (kept === null || !log.isConnected || !kept.element.isConnected) return
  const moved = kept.element.getBoundingClientRect().top - log.getBoundingClientRect().top - kept.top
  if (Math.abs(moved) >= 1) log.scrollTop += moved
}
