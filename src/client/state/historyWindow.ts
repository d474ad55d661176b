/** Messages fetched over HTTP: older ones, pages around a message, quotes, pins. Pure. */
import type { HistoryPage } from '../../shared/model.ts'
import { aboveFloor, EMPTY_ROW, oldestSeq, rowOf, withChange } from './rows.ts'
import type { HistoryEdge, HistoryWindow, RoomState, Row } from './state.ts'

/** How many quoted messages a room keeps. */
const MAX_QUOTES = 300
/** How many rows may still be added below the loaded ones before the oldest are dropped. */
const ROOM_FOR_NEW_ROWS = 1_000

const seqOf = (row: Row | undefined) => row?.seq ?? 0

/**
 * The rows of a page, true now: changes heard here after the page's head are applied to it.
 * @returns null if more changes were heard meanwhile than are kept; the page has to be fetched again
 */
function rowsOfPage(room: RoomState, { messages, head }: HistoryPage, me: string | null) {
  if (head < room.recentChangesSince) return null
  let rows: readonly Row[] = messages.map((message) => rowOf(message, me, head))
  for (const change of room.recentChanges) if (change.seq > head) rows = withChange(rows, change, me)
  return rows
}

export function requestOlder(room: RoomState): RoomState {
  return room.older === 'more' || room.older === 'failed' ? { ...room, older: 'loading' } : room
}

/**
 * Adds a page of older messages above the loaded rows, without doubling any.
 * @param before the oldest seq when the page was requested; if a reset changed it since, the page fits nothing
 * @param page null: the request failed
 */
export function withOlder(
  room: RoomState,
  before: number,
  page: HistoryPage | null,
  me: string | null,
): RoomState {
  if (room.older !== 'loading') return room
  const loaded = page === null || oldestSeq(room) !== before ? null : rowsOfPage(room, page, me)
  if (page === null || loaded === null) return { ...room, older: 'failed' }
  const known = aboveFloor(room, page.floor)
  const fresh = loaded
    .filter((row) => seqOf(row) < before && seqOf(row) >= page.floor)
    .sort((a, b) => seqOf(a) - seqOf(b))
  const keys = new Set(fresh.map((row) => row.key))
  const rows = [...fresh, ...known.rows.filter((row) => !keys.has(row.key))]
  // An empty page would be empty again.
  const older = page.older && fresh.length > 0 ? 'more' : 'none'
  return { ...known, rows, maxRows: Math.max(room.maxRows, rows.length + ROOM_FOR_NEW_ROWS), older }
}

/** Is this message among the rows that are drawn, or would it be at the live end? */
export function findMessage(room: RoomState, seq: number): 'drawn' | 'end' | null {
  const has = (rows: readonly Row[]) => rows.some((row) => row.seq === seq)
  if (has(room.historyWindow?.rows ?? room.rows)) return 'drawn'
  return has(room.rows) ? 'end' : null
}

/** Jumps to a page around `seq`; the room stays `===` if the page is outdated or lacks the message. */
export function enterHistory(room: RoomState, seq: number, page: HistoryPage, me: string | null): RoomState {
  const rows = rowsOfPage(room, page, me)
  if (rows === null || !rows.some((row) => row.seq === seq)) return room
  const previous = room.historyWindow && { ...room.historyWindow, previous: null }
  const edge = (more: boolean): HistoryEdge => (more ? 'more' : 'none')
  const edges = { older: edge(page.older), newer: edge(page.newer) }
  return mergeWithLiveEnd(room, { centerSeq: seq, rows, ...edges, trueAt: page.head, previous })
}

/** Adds a page at one side. An outdated page, or one for another window, adds nothing. */
export function appendPage(
  room: RoomState,
  window: number,
  side: 'older' | 'newer',
  page: HistoryPage | null,
  me: string | null,
): RoomState {
  const { historyWindow } = room
  if (historyWindow?.centerSeq !== window || historyWindow[side] !== 'loading') return room
  const loaded = page && rowsOfPage(room, page, me)
  if (!page || !loaded) return { ...room, historyWindow: { ...historyWindow, [side]: 'failed' } }
  const { rows } = historyWindow
  const [first, last] = [seqOf(rows[0]), seqOf(rows.at(-1))]
  const fresh = loaded.filter((row) => (side === 'older' ? seqOf(row) < first : seqOf(row) > last))
  const joined = side === 'older' ? [...fresh, ...rows] : [...rows, ...fresh]
  const edge = page[side] && fresh.length > 0 ? 'more' : 'none'
  return mergeWithLiveEnd(room, { ...historyWindow, rows: joined, [side]: edge })
}

export function requestPage(room: RoomState, window: number, side: 'older' | 'newer'): RoomState {
  const { historyWindow } = room
  return historyWindow?.centerSeq === window
    ? { ...room, historyWindow: { ...historyWindow, [side]: 'loading' } }
    : room
}

/** Shows the window; one that has reached the live rows, or the end of the log, becomes part of them. */
function mergeWithLiveEnd(room: RoomState, historyWindow: HistoryWindow): RoomState {
  const first = oldestSeq(room)
  const isApart = seqOf(historyWindow.rows.at(-1)) < first && historyWindow.newer !== 'none'
  if (room.position.seq === 0 || isApart) return { ...room, historyWindow }
  const rows = [...historyWindow.rows.filter((row) => seqOf(row) < first), ...room.rows]
  const maxRows = Math.max(room.maxRows, rows.length + ROOM_FOR_NEW_ROWS)
  return { ...room, rows, historyWindow: null, older: historyWindow.older, maxRows }
}

/** Back to what was drawn before the last jump, or to the live end. */
export function leaveHistory(room: RoomState, to: 'previous' | 'live'): RoomState {
  if (room.historyWindow === null) return room
  return { ...room, historyWindow: to === 'live' ? null : room.historyWindow.previous }
}

/** Messages that were requested by their ids; missing ones are kept as rows without text, so that they are not requested again. */
export function withQuotes(
  room: RoomState,
  ids: readonly string[],
  page: HistoryPage,
  me: string | null,
): RoomState {
  const found = rowsOfPage(room, page, me)
  if (found === null) return room
  const missing = ids.filter((id) => !found.some((row) => row.id === id))
  const missingRows = missing.map((id) => ({ ...EMPTY_ROW, key: `gone:${id}`, id }))
  const others = room.quotes.filter(({ id }) => id !== null && !ids.includes(id))
  return { ...room, quotes: [...others, ...found, ...missingRows].slice(-MAX_QUOTES) }
}

/** The pinned messages, unless one was pinned meanwhile that the page lacks. */
export function withPins(room: RoomState, page: HistoryPage, me: string | null): RoomState {
  const rows = rowsOfPage(room, page, me)
  const isMissing = room.recentChanges.some(
    (change) =>
      change.kind === 'pin' &&
      change.on &&
      change.seq > page.head &&
      !rows?.some(({ id }) => id === change.target),
  )
  return rows === null || isMissing ? room : { ...room, pins: rows.filter(({ pinned }) => pinned) }
}
