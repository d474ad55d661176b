/** Messages fetched over HTTP: older ones, pages around a message, quotes, pins. Pure. */
import type { HistoryPage } from '../../shared/model.ts'
import { aboveFloor, EMPTY_ROW, oldestSeq, rowOf, withChange } from './rows.ts'
import type { HistoryEdge, HistoryWindow, RoomState, Row } from './state.ts'

/** How many quoted messages a room keeps. */
const MAX_QUOTES = 300
/** How many rows may still be added below the loaded ones before the oldest are dropped. */
const ROOM_FOR_NEW_ROWS = 1_000

export type Side = 'older' | 'newer'

/** Where a page of the log belongs: on this side of the row with seq `edge`. */
export interface PagePlace {
  /** the `centerSeq` of the window that the page extends; null: the page extends the live rows */
  window: number | null
  side: Side
  edge: number
}

const seqOf = (row: Row | undefined) => row?.seq ?? 0

const withRows = (room: RoomState, rows: readonly Row[]): RoomState => ({
  ...room,
  rows,
  maxRows: Math.max(room.maxRows, rows.length + ROOM_FOR_NEW_ROWS),
})

/**
 * The rows of a page, with the changes that came here after the page's head.
 * @returns null if more changes came meanwhile than are kept; the page has to be fetched again
 */
function rowsOfPage(room: RoomState, { messages, head }: HistoryPage, me: string | null) {
  if (head < room.recentChangesSince) return null
  let rows: readonly Row[] = messages.map((message) => rowOf(message, me, head))
  for (const change of room.recentChanges) if (change.seq > head) rows = withChange(rows, change, me)
  return rows
}

/** The rows that pages are added to. @param window as in `PagePlace` */
function stretchOf(room: RoomState, window: number | null): Pick<HistoryWindow, 'rows' | Side> | null {
  if (window === null) return { rows: room.rows, older: room.older, newer: 'none' }
  return room.historyWindow?.centerSeq === window ? room.historyWindow : null
}

function edgeOf(room: RoomState, window: number | null, side: Side): number {
  if (window === null) return oldestSeq(room)
  return seqOf(room.historyWindow?.rows.at(side === 'older' ? 0 : -1))
}

/** The next page beyond the rows that are drawn; null: there is none, or it has been requested. */
export function nextPage(room: RoomState, side: Side): PagePlace | null {
  const window = room.historyWindow?.centerSeq ?? null
  const state = stretchOf(room, window)?.[side]
  return state === 'more' || state === 'failed' ? { window, side, edge: edgeOf(room, window, side) } : null
}

function withEdge(room: RoomState, { window, side }: PagePlace, edge: HistoryEdge): RoomState {
  if (window === null) return { ...room, older: edge }
  return { ...room, historyWindow: room.historyWindow && { ...room.historyWindow, [side]: edge } }
}

export function requestPage(room: RoomState, place: PagePlace): RoomState {
  return nextPage(room, place.side)?.window === place.window ? withEdge(room, place, 'loading') : room
}

/**
 * Adds a page beyond the rows at its place, each row once. A page requested before a reset fits nothing and counts as failed.
 * @param page null: the request failed
 */
export function addPage(
  room: RoomState,
  place: PagePlace,
  page: HistoryPage | null,
  me: string | null,
): RoomState {
  const { window, side, edge } = place
  const stretch = stretchOf(room, window)
  if (stretch?.[side] !== 'loading') return room
  const loaded = page && edgeOf(room, window, side) === edge ? rowsOfPage(room, page, me) : null
  if (page === null || loaded === null) return withEdge(room, place, 'failed')
  const isOlder = side === 'older'
  const fresh = loaded.filter((row) => (isOlder ? seqOf(row) < edge : seqOf(row) > edge))
  const keys = new Set(fresh.map((row) => row.key))
  const known = stretch.rows.filter((row) => !keys.has(row.key))
  const rows = isOlder ? [...fresh, ...known] : [...known, ...fresh]
  // A page that brought nothing new would bring nothing the next time.
  const next = withEdge(room, place, page[side] && fresh.length > 0 ? 'more' : 'none')
  if (next.historyWindow && window !== null) return mergeWithLiveEnd(next, { ...next.historyWindow, rows })
  return aboveFloor(withRows(next, rows), page.floor)
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
  const edge = (more: boolean): HistoryEdge => (more ? 'more' : 'none')
  // A page under way for the former window is dropped when it comes, so it can be requested again.
  const idle = (state: HistoryEdge) => (state === 'loading' ? 'more' : state)
  const former = room.historyWindow
  const previous = former && {
    ...former,
    older: idle(former.older),
    newer: idle(former.newer),
    previous: null,
  }
  const edges = { older: edge(page.older), newer: edge(page.newer) }
  return mergeWithLiveEnd(room, { centerSeq: seq, rows, ...edges, trueAt: page.head, previous })
}

/** Shows the window; one that has reached the live rows, or the end of the log, becomes part of them. */
function mergeWithLiveEnd(room: RoomState, historyWindow: HistoryWindow): RoomState {
  const first = oldestSeq(room)
  const isApart = seqOf(historyWindow.rows.at(-1)) < first && historyWindow.newer !== 'none'
  if (room.position.seq === 0 || isApart) return { ...room, historyWindow }
  const rows = [...historyWindow.rows.filter((row) => seqOf(row) < first), ...room.rows]
  return { ...withRows(room, rows), historyWindow: null, older: historyWindow.older }
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
