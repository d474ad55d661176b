/** A message, and how far (px) its top lies below that of the list. */
export interface MessagePosition {
  seq: number
  offset: number
}

/** Where a reader is. null: at the end. */
export type ReadingPosition = MessagePosition | null

/** How far (px) below the top of the list a message stands when the list goes to it. */
export const ARRIVAL_OFFSET = 96

/** A position as it is stored with an entry of the browser's history. */
export function storedPosition(position: ReadingPosition): string {
  return position === null ? 'end' : `${position.seq} ${position.offset}`
}

/** Reads a stored position; null for the end, and for what is no position. */
export function parsePosition(stored: string | number | undefined): ReadingPosition {
  const [seq, offset] = String(stored ?? '')
    .split(' ', 2)
    .map(Number)
  return seq && offset !== undefined && Number.isFinite(offset) ? { seq, offset } : null
}
