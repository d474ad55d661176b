/** What comes by HTTP: older messages, pages around a message, quotes, pins. Pure. */
import type { HistoryPage } from '../../shared/model.ts'
import { aboveFloor, rowOf, withChange } from './rows.ts'
import type { HistoryEdge, HistoryWindow, RoomState, Row } from './state.ts'

/** Messages kept because others answer them. */
const MAX_QUOTES = 300

const seqOf = (row: Row | undefined) => row?.seq ?? 0
const firstOf = (rows: readonly Row[]) => rows.find((row) => row.seq !== null)

/**
 * What history says, as rows true now: what changed behind its head was heard here, and is applied. Null: so much was
 * heard meanwhile that it is not all here; ask again.
 */
export function rowsOf(
  room: RoomState,
  { messages, head }: Pick<HistoryPage, 'messages' | 'head'>,
  me: string | null,
): readonly Row[] | null {
  if (head < room.recentChangesSince) return null
  let rows: readonly Row[] = messages.map((message) => rowOf(message, me, head))
  for (const change of room.recentChanges) if (change.seq > head) rows = withChange(rows, change, me)
  return rows
}

/** The seq below which older messages are asked for. */
export function oldestSeq(room: RoomState): number {
  return firstOf(room.rows)?.seq ?? room.position.seq + 1
}

export function requestOlder(room: RoomState): RoomState {
  return room.older === 'more' || room.older === 'failed' ? { ...room, older: 'loading' } : room
}

/**
 * A page of older messages above those loaded; one that is there already, also waiting, is not doubled.
 * @param before the oldest seq when the page was asked for. If a reset changed it since, the page fits nothing any more
 * @param page null: it did not come
 */
export function withOlder(
  room: RoomState,
  before: number,
  page: HistoryPage | null,
  me: string | null,
): RoomState {
  if (room.older !== 'loading') return room
  const loaded = page === null || oldestSeq(room) !== before ? null : rowsOf(room, page, me)
  if (page === null || loaded === null) return { ...room, older: 'failed' }
  const { floor } = page
  const kept = aboveFloor(room, floor)
  const fresh = loaded
    .filter(({ seq }) => seq !== null && seq < before && seq >= floor)
    .sort((a, b) => (a.seq ?? 0) - (b.seq ?? 0))
  const keys = new Set(fresh.map((row) => row.key))
  const rows = [...fresh, ...kept.rows.filter((row) => !keys.has(row.key))]
  return {
    ...kept,
    rows,
    maxRows: Math.max(room.maxRows, rows.length + 1_000),
    // An empty page asked again would be empty again.
    older: page.older && fresh.length > 0 ? 'more' : 'none',
  }
}

/** Is this message among the rows that are drawn, or would be at the live end? */
export function findMessage(room: RoomState, seq: number): 'drawn' | 'end' | null {
  const has = (rows: readonly Row[]) => rows.some((row) => row.seq === seq)
  if (has(room.historyWindow?.rows ?? room.rows)) return 'drawn'
  return has(room.rows) ? 'end' : null
}

/** The room at a page around `seq`; `===` where the page is too old to be true, or does not have it. */
export function enterHistory(room: RoomState, seq: number, page: HistoryPage, me: string | null): RoomState {
  const rows = rowsOf(room, page, me)
  if (rows === null || !rows.some((row) => row.seq === seq)) return room
  const previous = room.historyWindow && { ...room.historyWindow, previous: null }
  const edge = (more: boolean): HistoryEdge => (more ? 'more' : 'none')
  const historyWindow: HistoryWindow = {
    centerSeq: seq,
    rows,
    older: edge(page.older),
    newer: edge(page.newer),
    trueAt: page.head,
    previous,
  }
  return mergeWithLiveEnd({ ...room, historyWindow })
}

/** One more page on a side. A page that is too old, or that was not asked for any more, adds nothing. */
export function appendPage(
  room: RoomState,
  window: number,
  side: 'older' | 'newer',
  page: HistoryPage | null,
  me: string | null,
): RoomState {
  const { historyWindow } = room
  if (historyWindow === null || historyWindow.centerSeq !== window || historyWindow[side] !== 'loading')
    return room
  const rows = page && rowsOf(room, page, me)
  if (!page || !rows) return { ...room, historyWindow: { ...historyWindow, [side]: 'failed' } }
  const [first, last] = [seqOf(historyWindow.rows[0]), seqOf(historyWindow.rows.at(-1))]
  const fresh = rows.filter((row) => (side === 'older' ? seqOf(row) < first : seqOf(row) > last))
  const all = side === 'older' ? [...fresh, ...historyWindow.rows] : [...historyWindow.rows, ...fresh]
  const more = page[side] && fresh.length > 0
  return mergeWithLiveEnd({
    ...room,
    historyWindow: { ...historyWindow, rows: all, [side]: more ? 'more' : 'none' },
  })
}

export function requestPage(room: RoomState, window: number, side: 'older' | 'newer'): RoomState {
  const { historyWindow } = room
  return historyWindow?.centerSeq === window
    ? { ...room, historyWindow: { ...historyWindow, [side]: 'loading' } }
    : room
}

/** A window that has reached the rows of the live end, or the end itself, becomes one with them. */
function mergeWithLiveEnd(room: RoomState): RoomState {
  const { historyWindow } = room
  if (historyWindow === null || room.position.seq === 0) return room
  const first = seqOf(firstOf(room.rows)) || room.position.seq + 1
  if (seqOf(historyWindow.rows.at(-1)) < first && historyWindow.newer !== 'none') return room
  const older = historyWindow.rows.filter((row) => seqOf(row) < first)
  const rows = [...older, ...room.rows]
  return {
    ...room,
    rows,
    historyWindow: null,
    older: historyWindow.older,
    maxRows: Math.max(room.maxRows, rows.length + 1_000),
  }
}

/** The room as it was drawn before the last jump. */
export function leaveHistory(room: RoomState): RoomState {
  return room.historyWindow === null ? room : { ...room, historyWindow: room.historyWindow.previous }
}

/** The live end is drawn again. */
export function showLiveEnd(room: RoomState): RoomState {
  return room.historyWindow === null ? room : { ...room, historyWindow: null }
}

/** Is a message at hand, wherever? */
export function isLoaded(room: RoomState, id: string): boolean {
  const has = (rows: readonly Row[] | undefined) => rows?.some((row) => row.id === id) ?? false
  return has(room.quotes) || has(room.historyWindow?.rows) || has(room.rows)
}

/** Messages that were asked for by their ids; those that are not there are kept as rows without text. */
export function withQuotes(
  room: RoomState,
  ids: readonly string[],
  page: HistoryPage,
  me: string | null,
): RoomState {
  const found = rowsOf(room, page, me)
  if (found === null) return room
  const missing = ids.filter((id) => !found.some((row) => row.id === id)).map(missingQuote)
  const others = room.quotes.filter(({ id }) => id !== null && !ids.includes(id))
  return { ...room, quotes: [...others, ...found, ...missing].slice(-MAX_QUOTES) }
}

function missingQuote(id: string): Row {
  return {
    key: `gone:${id}`,
    kind: 'message',
    seq: null,
    id,
    user: { id: '', name: '' },
    nonce: '',
    at: 0,
    text: null,
    edited: null,
    pinned: false,
    reactions: [],
    own: false,
    sendStatus: { status: 'acked' },
    trueAt: 0,
  }
}

/** The pinned messages, unless one was pinned meanwhile that the page does not have. */
export function withPins(room: RoomState, page: HistoryPage, me: string | null): RoomState {
  const rows = rowsOf(room, page, me)
  const isNew = ({ seq, target }: { seq: number; target: string }) =>
    seq > page.head && !rows?.some(({ id }) => id === target)
  if (
    rows === null ||
    room.recentChanges.some((change) => change.kind === 'pin' && change.on && isNew(change))
  )
    return room
  return { ...room, pins: rows.filter(({ pinned }) => pinned) }
}
