/** A room's log: its position, events beyond a gap, resuming and resets (protocol §5 and §6, ROOM). Pure. */
import type { Change, Message, Notice, RoomEvent, Self, Topic } from '../../shared/model.ts'
import type { FirstPage, ServerFrameOf, ResetReason } from '../../shared/protocol.ts'
import { withRead, withRecount, withUnread } from './readPosition.ts'
import {
  aboveFloor,
  keyOf,
  removeConfirmedChanges,
  rowOf,
  trimRows,
  unsentRows,
  withChange,
  withOwnReactions,
  withRow,
} from './rows.ts'
import { MAX_ROWS, MAX_ROWS_FOLLOWED, newRoom } from './state.ts'
import type { HistoryWindow, RoomState, RoomSync, Row } from './state.ts'

/** Events held beyond a gap or during a sync; later ones are fetched again. */
const MAX_HELD = 2_000
/** The third gap within this time (ms) clears the room, since fetching only what is missing has not helped. */
const GAPS_WITHIN = 60_000
/** If the head stays beyond the position for this long (ms), the last event was lost. */
const BEHIND_FOR = 2_000
/** Changes kept to be applied to pages that come by HTTP meanwhile. */
const MAX_RECENT_CHANGES = 500

export const isInactive = ({ state }: RoomSync) => state === 'unsynced' || state === 'closed'
const heldEvents = (sync: RoomSync) => (sync.state === 'syncing' || sync.state === 'gap' ? sync.held : [])

/** Applies the next event in order. @param live false for events of a page: its `you` has already counted them */
function applyEvent(room: RoomState, event: RoomEvent, self: Self | null, live: boolean): RoomState {
  const isCaughtUp = room.sync.state === 'live' && room.sync.behindSince && event.seq >= room.head
  const moved: RoomState = {
    ...room,
    position: { seq: event.seq, id: event.id },
    head: Math.max(room.head, event.seq),
    sync: isCaughtUp ? { state: 'live' } : room.sync,
  }
  // prettier-ignore
  switch (event.kind) {
    case 'edit': case 'delete': case 'react': case 'pin': return applyChangeEvent(moved, event, self, live)
    case 'message': case 'topic': case 'notice': return applyMessage(moved, event, self, live)
    default: return moved
  }
}

function applyMessage(
  room: RoomState,
  event: Message | Topic | Notice,
  self: Self | null,
  live: boolean,
): RoomState {
  const isAuthor = ({ user }: { user: { id: string } }) => user.id === event.user?.id
  return {
    ...room,
    rows: event.seq >= room.floor ? withRow(room.rows, rowOf(event, self?.id ?? null)) : room.rows,
    typing: room.typing.some(isAuthor) ? room.typing.filter((entry) => !isAuthor(entry)) : room.typing,
    you: live ? withUnread(room.you, event, self) : room.you,
  }
}

/** Applies a change to its message wherever the room keeps it. */
function applyChangeEvent(room: RoomState, change: Change, self: Self | null, live: boolean): RoomState {
  const alter = (rows: readonly Row[]) => withChange(rows, change, self?.id ?? null)
  const alterWindow = (window: HistoryWindow | null): HistoryWindow | null =>
    window && { ...window, rows: alter(window.rows), previous: alterWindow(window.previous) }
  const recentChanges = [...room.recentChanges, change].slice(-MAX_RECENT_CHANGES)
  const isFull = recentChanges.length === room.recentChanges.length
  const next: RoomState = {
    ...room,
    rows: alter(room.rows),
    historyWindow: alterWindow(room.historyWindow),
    quotes: alter(room.quotes),
    pins: room.pins && pinsAfter(change, alter(room.pins)),
    recentChanges,
    recentChangesSince: (isFull && room.recentChanges[0]?.seq) || room.recentChangesSince,
  }
  const counted = live ? withRecount(next, room, change, self) : next
  return removeConfirmedChanges(counted, keyOf(change.user.id, change.nonce))
}

/** The pinned rows after a change; null if a message was pinned that is not among them, so that they are fetched again. */
function pinsAfter(change: Change, pins: readonly Row[]): readonly Row[] | null {
  const pinned = pins.filter((row) => row.pinned)
  const isMissing = change.kind === 'pin' && change.on && !pinned.some(({ id }) => id === change.target)
  return isMissing ? null : pinned
}

/** The room without its log. My unsent messages, the people and the times of gaps stay. */
function cleared(room: RoomState): RoomState {
  const { position, historyWindow, quotes, pins, recentChanges, recentChangesSince, head, floor, older } =
    newRoom(room.room)
  return {
    ...room,
    ...{ position, historyWindow, quotes, pins, recentChanges, recentChangesSince, head, floor, older },
    rows: unsentRows(room.rows),
    presenceLines: [],
    maxRows: Math.min(room.maxRows, MAX_ROWS),
  }
}

/** The room was on screen long ago: it keeps fewer rows, and only of the live end. */
export function shortened(room: RoomState): RoomState {
  return trimRows({ ...room, historyWindow: null, quotes: [], maxRows: MAX_ROWS_FOLLOWED })
}

function withGap(room: RoomState, now: number, held: readonly RoomEvent[]): RoomState {
  const gapTimes = [...room.gapTimes.filter((at) => now - at < GAPS_WITHIN), now]
  if (gapTimes.length < 3) return { ...room, sync: { state: 'gap', held }, gapTimes }
  return { ...cleared(room), sync: { state: 'gap', held: [] }, gapTimes: [] }
}

/** The room after one event. Known events change nothing; events beyond a gap are held, not drawn. */
export function withEvent(room: RoomState, event: RoomEvent, self: Self | null, now: number): RoomState {
  const { sync } = room
  if (isInactive(sync) || event.seq <= room.position.seq) return room
  if (sync.state === 'syncing' || sync.state === 'gap')
    return sync.held.length >= MAX_HELD ? room : { ...room, sync: { ...sync, held: [...sync.held, event] } }
  if (event.seq > room.position.seq + 1) return withGap(room, now, [event])
  return trimRows(applyEvent(room, event, self, true))
}

/** The room after a page of its log. The last page brings people and my membership; then the held events are applied. */
export function withPage(
  room: RoomState,
  page: ServerFrameOf<'sync'>,
  self: Self | null,
  now: number,
): RoomState {
  if (isInactive(room.sync)) return room
  const begun = page.at ? withFirstPage(room, page, self) : room
  const events = page.events.filter((event) => event.seq > begun.position.seq)
  if ((events[0]?.seq ?? 0) > begun.position.seq + 1) return withGap(begun, now, [])
  let next = aboveFloor(begun, page.floor)
  for (const event of events) next = applyEvent(next, event, self, false)
  next = removeConfirmedChanges(trimRows({ ...next, head: Math.max(page.head, next.position.seq) }))
  const held = heldEvents(next.sync)
  if (page.more) return { ...next, sync: { state: 'syncing', held } }
  next = { ...next, sync: { state: 'live' }, ...(page.you && { you: page.you, needsRecount: false }) }
  if (page.members) {
    const { version: presenceVersion, count: onlineCount, full: people } = page.members
    next = { ...next, presenceVersion, onlineCount, people, depth: depthOf(next, page, people.length > 0) }
  }
  next = withoutVanished(withResetNotice(next, page), held)
  // I may have read messages that the server has not been told of yet.
  next = withRead(next, room.you?.readSeq ?? 0, self)
  for (const event of [...held].sort((a, b) => a.seq - b.seq)) next = withEvent(next, event, self, now)
  return { ...next, firstLiveSeq: next.firstLiveSeq ?? next.position.seq }
}

/** The room after its first page. Of its former rows only my unsent messages stay. */
function withFirstPage(room: RoomState, page: FirstPage, self: Self | null): RoomState {
  const { at, messages, mine = {}, older } = page
  const rows = messages.map((message) =>
    rowOf(withOwnReactions(message, mine[message.id]), self?.id ?? null, at.seq),
  )
  const keys = new Set(rows.map(({ key }) => key))
  // A jump to a message may have come before the room's first page.
  const { historyWindow } = room
  const isWindowCurrent = historyWindow && Math.max(historyWindow.trueAt, room.position.seq) >= at.seq
  return {
    ...cleared(room),
    position: at,
    rows: [...rows, ...unsentRows(room.rows).filter(({ key }) => !keys.has(key))],
    historyWindow: isWindowCurrent ? historyWindow : null,
    recentChangesSince: at.seq,
    older: older ? 'more' : 'none',
  }
}

/** @param hasNames whether the page lists people: none if it was requested with limit 0, otherwise at least me */
function depthOf({ depth }: RoomState, { at }: ServerFrameOf<'sync'>, hasNames: boolean): RoomState['depth'] {
  if (hasNames) return at || depth !== 'counts' ? 'all' : depth
  return at ? 'counts' : depth === 'all' ? 'rows' : depth
}

/** After a `reset "tooOld"`: if a page shows that messages were missed, sets the notice that says so. */
function withResetNotice(room: RoomState, { messages = [], events }: ServerFrameOf<'sync'>): RoomState {
  const { seqBeforeReset, depth } = room
  if (seqBeforeReset === null) return room
  const isMissed = [...messages, ...events].some(
    ({ kind, seq }) => kind === 'message' && seq > seqBeforeReset,
  )
  if (isMissed) return { ...room, seqBeforeReset: null, resetNotice: 'away' }
  return depth === 'counts' ? room : { ...room, seqBeforeReset: null }
}

/** Removes rows that were acknowledged beyond my position and are in no log: a backup was restored meanwhile. */
function withoutVanished(room: RoomState, held: readonly RoomEvent[]): RoomState {
  const hasVanished = ({ seq }: Row) =>
    seq !== null && seq > room.head && !held.some((event) => event.seq === seq)
  if (!room.rows.some(hasVanished)) return room
  return { ...room, rows: room.rows.filter((row) => !hasVanished(row)), resetNotice: 'changed' }
}

/** The server's history differs from mine, or it has none for me. */
export function withReset(room: RoomState, reason: ResetReason): RoomState {
  if (reason === 'access') {
    const left = room.you !== null || (room.sync.state === 'closed' && room.sync.left === true)
    return { ...newRoom(room.room), sync: { state: 'closed', ...(left && { left }) } }
  }
  const reset: RoomState = { ...cleared(room), sync: { state: 'syncing', held: [] } }
  return reason === 'tooOld'
    ? { ...reset, seqBeforeReset: room.seqBeforeReset ?? room.position.seq }
    : { ...reset, seqBeforeReset: null, resetNotice: 'changed' }
}

/** The room's log is requested. From the start: rows and held events are dropped. From the position on: both stay. */
export function requested(room: RoomState, fromStart = false): RoomState {
  const held = fromStart ? [] : heldEvents(room.sync)
  return { ...(fromStart ? cleared(room) : room), sync: { state: 'syncing', held } }
}

/** A beat has brought the room's newest seq. */
export function withHead(room: RoomState, head: number, now: number): RoomState {
  const { sync } = room
  if (sync.state !== 'live' || head <= room.position.seq) return room
  if (head === room.head && sync.behindSince !== undefined) return room
  const behindSince = sync.behindSince ?? now
  return { ...room, head: Math.max(room.head, head), sync: { state: 'live', behindSince } }
}

/** A last event that does not come in time is a gap. A recount needs a sync too: the server counts on join. */
export function withOverdueGap(room: RoomState, now: number): RoomState {
  const { sync } = room
  if (sync.state !== 'live') return room
  if (sync.behindSince !== undefined && Math.abs(now - sync.behindSince) >= BEHIND_FOR)
    return withGap(room, now, [])
  return room.needsRecount ? { ...room, needsRecount: false, sync: { state: 'gap', held: [] } } : room
}

/** The connection is lost. Held events are dropped: they come again with the next sync. */
export function disconnected(room: RoomState, isQuiet: boolean): RoomState {
  if (isInactive(room.sync)) return room
  const online = room.people.map((person) => person.id)
  // After a second loss soon after the first, the list has not filled again yet.
  const onlineBeforeLoss = isQuiet ? [...new Set([...online, ...room.onlineBeforeLoss])] : online
  return { ...room, sync: { state: 'unsynced' }, typing: [], onlineBeforeLoss }
}
