/** One room's log: its position, what lies beyond a gap, coming back. Protocol §5 and §6, ROOM. */
import type { Change, Message, Notice, RoomEvent, Self, Topic } from '../../shared/model.ts'
import { LIMITS } from '../../shared/limits.ts'
import type { FirstPage, Heard, ResetReason, You } from '../../shared/protocol.ts'
import { mentionsName } from '../../shared/text.ts'
import {
  aboveFloor,
  withOwnReactions,
  keyOf,
  rowOf,
  removeConfirmedChanges,
  trimRows,
  waitingRows,
  withChange,
  withRow,
} from './rows.ts'
import {
  MAX_ROWS,
  MAX_ROWS_FOLLOWED,
  newRoom,
  type HistoryWindow,
  type RoomState,
  type RoomSync,
  type Row,
} from './state.ts'

/** Events held beyond a gap or during a sync; what comes after so many is fetched again. */
const MAX_HELD = 2_000
/** Three gaps within this time (ms): what is wrong here does not mend itself. */
const GAPS_WITHIN = 60_000
/** A head beyond the position for this long (ms) is a lost last event. */
const BEHIND_FOR = 2_000

/** Changes kept for what comes by HTTP meanwhile. */
const MAX_RECENT_CHANGES = 500

/** A live room whose newest event is here is no longer behind. */
const caughtUp = (sync: RoomSync): RoomSync =>
  sync.state === 'live' && sync.behindSince !== undefined ? { state: 'live' } : sync

/** The next event in order: position, rows, count of unread. */
function applyEvent(room: RoomState, event: RoomEvent, self: Self | null, live: boolean): RoomState {
  const moved: RoomState = {
    ...room,
    position: { seq: event.seq, id: event.id },
    head: Math.max(room.head, event.seq),
    sync: event.seq >= room.head ? caughtUp(room.sync) : room.sync,
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
  const typing = room.typing.some(({ user }) => user.id === event.user?.id)
    ? room.typing.filter(({ user }) => user.id !== event.user?.id)
    : room.typing
  return {
    ...room,
    rows: event.seq >= room.floor ? withRow(room.rows, rowOf(event, self?.id ?? null)) : room.rows,
    typing,
    you: live ? withUnread(room.you, event, self) : room.you,
  }
}

/** What is shown of a message changes wherever it is shown; of one that is not, nothing is drawn. */
function applyChangeEvent(room: RoomState, change: Change, self: Self | null, live: boolean): RoomState {
  const me = self?.id ?? null
  const alter = (rows: readonly Row[]) => withChange(rows, change, me)
  const alterWindow = (window: HistoryWindow | null): HistoryWindow | null =>
    window && { ...window, rows: alter(window.rows), previous: alterWindow(window.previous) }
  const recentChanges = [...room.recentChanges, change].slice(-MAX_RECENT_CHANGES)
  const next: RoomState = {
    ...room,
    rows: alter(room.rows),
    historyWindow: alterWindow(room.historyWindow),
    quotes: alter(room.quotes),
    pins: room.pins && pinsAfter(room, change, alter(room.pins)),
    recentChanges,
    recentChangesSince:
      recentChanges.length > room.recentChanges.length
        ? room.recentChangesSince
        : (room.recentChanges[0]?.seq ?? room.recentChangesSince),
  }
  return removeConfirmedChanges(
    live ? withRecount(next, room, change, self) : next,
    keyOf(change.user.id, change.nonce),
  )
}

/** What is pinned after a change; null where it is pinned and not here. */
function pinsAfter(room: RoomState, change: Change, pins: readonly Row[]): readonly Row[] | null {
  const left = pins.filter(({ pinned }) => pinned)
  if (change.kind !== 'pin' || !change.on || left.some(({ id }) => id === change.target)) return left
  return null
}

/** What is unread after an edit or a delete: of a message that is not here only the server knows whether it was. */
function withRecount(room: RoomState, before: RoomState, change: Change, self: Self | null): RoomState {
  const { you } = room
  if (you === null || self === null || you.unread === 0 || isMany(you)) return room
  if (change.kind !== 'edit' && change.kind !== 'delete') return room
  const row = before.rows.findLast(({ id }) => id === change.target)
  if (row === undefined || row.trueAt >= change.seq) {
    const first = firstLoadedSeq(room)
    return room.older !== 'none' && first > you.readSeq + 1 ? { ...room, needsRecount: true } : room
  }
  if (row.own || row.text === null || (row.seq ?? 0) <= you.readSeq) return room
  const count = (text: string) => Number(mentionsName(text, self.name))
  const mentionsAfter = change.kind === 'edit' ? count(change.text ?? row.text) : 0
  return {
    ...room,
    you: {
      ...you,
      unread: change.kind === 'delete' ? you.unread - 1 : you.unread,
      mentions: Math.max(0, you.mentions + mentionsAfter - count(row.text)),
    },
  }
}

function withUnread(you: RoomState['you'], event: RoomEvent, self: Self | null): RoomState['you'] {
  if (you === null || self === null) return you
  if (event.kind !== 'message' || event.gone || event.user.id === self.id || event.seq <= you.readSeq)
    return you
  const mentioned = mentionsName(event.text, self.name) ? 1 : 0
  const capped = (count: number) => Math.min(LIMITS.unread, count)
  return { ...you, unread: capped(you.unread + 1), mentions: capped(you.mentions + mentioned) }
}

/** The cap, meaning "or more": only the server can subtract from it, and does so by a `read` frame. */
const isMany = ({ unread }: You) => unread >= LIMITS.unread

/** The seq from which on the rows have every message. */
const firstLoadedSeq = ({ rows, position }: RoomState) =>
  rows.find(({ seq }) => seq !== null)?.seq ?? position.seq + 1

/** The room without its log. What I have not sent, the people and the times of gaps stay. */
function cleared(room: RoomState): RoomState {
  return {
    ...room,
    position: { seq: 0, id: null },
    rows: waitingRows(room.rows),
    historyWindow: null,
    quotes: [],
    pins: null,
    recentChanges: [],
    recentChangesSince: 0,
    presenceLines: [],
    head: 0,
    floor: 1,
    older: 'none',
    maxRows: Math.min(room.maxRows, MAX_ROWS),
  }
}

/** The room as one whose messages and people are asked for from the start: only its counts were followed. */
export function restarted(room: RoomState): RoomState {
  return { ...cleared(room), sync: { state: 'unsynced' } }
}

/** The room as one that was on screen long ago: fewer rows, and only of the live end. */
export function shortened(room: RoomState): RoomState {
  return trimRows({ ...room, historyWindow: null, quotes: [], maxRows: MAX_ROWS_FOLLOWED })
}

function withGap(room: RoomState, now: number, held: readonly RoomEvent[]): RoomState {
  const gapTimes = [...room.gapTimes.filter((at) => now - at < GAPS_WITHIN), now]
  const sync = { state: 'gap', since: now, held } as const
  return gapTimes.length < 3
    ? { ...room, sync, gapTimes }
    : { ...cleared(room), sync: { ...sync, held: [] }, gapTimes: [] }
}

/** The room after one event. Old news changes nothing; news from beyond a gap is held, not drawn. */
export function withEvent(room: RoomState, event: RoomEvent, self: Self | null, now: number): RoomState {
  const { sync } = room
  if (sync.state === 'unsynced' || sync.state === 'closed' || event.seq <= room.position.seq) return room
  if (sync.state !== 'live') {
    if (sync.held.length >= MAX_HELD) return room
    return { ...room, sync: { ...sync, held: [...sync.held, event] } }
  }
  if (event.seq > room.position.seq + 1) return withGap(room, now, [event])
  return trimRows(applyEvent(room, event, self, true))
}

/** A page of the log. The last page brings the people and my membership; then the held events follow. */
export function withPage(room: RoomState, page: Heard<'sync'>, self: Self | null, now: number): RoomState {
  if (room.sync.state === 'unsynced' || room.sync.state === 'closed') return room
  const begun = page.at ? withFirstPage(room, page, self) : room
  const events = page.events.filter((event) => event.seq > begun.position.seq)
  // A page that does not begin where I stand leaves a hole as a lost event does.
  if ((events[0]?.seq ?? 0) > begun.position.seq + 1) return withGap(begun, now, [])
  let next = aboveFloor(begun, page.floor)
  for (const event of events) next = applyEvent(next, event, self, false)
  next = removeConfirmedChanges(trimRows({ ...next, head: Math.max(page.head, next.position.seq) }))
  const { sync } = next
  const held = sync.state === 'syncing' || sync.state === 'gap' ? sync.held : []
  if (page.more) return { ...next, sync: { state: 'syncing', since: now, held } }
  next = { ...next, sync: { state: 'live' }, ...(page.you && { you: page.you, needsRecount: false }) }
  if (page.members) {
    const { version: presenceVersion, count: onlineCount, full: people } = page.members
    next = { ...next, presenceVersion, onlineCount, people, depth: depthOf(next, page, people.length > 0) }
  }
  next = withoutVanished(withResetNotice(next, page), held)
  // Read here, and not told the server yet.
  next = withRead(next, room.you?.readSeq ?? 0, self)
  for (const event of [...held].sort((a, b) => a.seq - b.seq)) next = withEvent(next, event, self, now)
  return { ...next, firstLiveSeq: next.firstLiveSeq ?? next.position.seq }
}

/** The room as its first page tells it. Of what was known only my unsent messages stay. */
function withFirstPage(room: RoomState, page: FirstPage, self: Self | null): RoomState {
  const { at, messages, mine = {}, older } = page
  const said = messages.map((message) =>
    rowOf(withOwnReactions(message, mine[message.id]), self?.id ?? null, at.seq),
  )
  const keys = new Set(said.map(({ key }) => key))
  // A jump to a message may have come before the room's first page.
  const historyWindow =
    room.historyWindow !== null && Math.max(room.historyWindow.trueAt, room.position.seq) >= at.seq
      ? room.historyWindow
      : null
  return {
    ...cleared(room),
    sync: room.sync,
    position: at,
    rows: [...said, ...waitingRows(room.rows).filter(({ key }) => !keys.has(key))],
    historyWindow,
    recentChangesSince: at.seq,
    older: older ? 'more' : 'none',
  }
}

/** @param named the page names members: the server leaves them out for limit 0, and otherwise lists at least me */
function depthOf({ depth }: RoomState, { at }: Heard<'sync'>, named: boolean): RoomState['depth'] {
  if (named) return at || depth !== 'counts' ? 'all' : depth
  return at ? 'counts' : depth === 'all' ? 'rows' : depth
}

/** After a `reset "tooOld"`: whether a message was missed, as soon as a page with messages tells. */
function withResetNotice(room: RoomState, { messages = [], events }: Heard<'sync'>): RoomState {
  const { seqBeforeReset, depth } = room
  if (seqBeforeReset === null) return room
  const missed = [...messages, ...events].some(({ kind, seq }) => kind === 'message' && seq > seqBeforeReset)
  if (missed) return { ...room, seqBeforeReset: null, resetNotice: 'away' }
  return depth === 'counts' ? room : { ...room, seqBeforeReset: null }
}

/** What was acknowledged beyond my position, and is in no log: a backup was restored meanwhile. */
function withoutVanished(room: RoomState, held: readonly RoomEvent[]): RoomState {
  const vanished = ({ seq }: Row) =>
    seq !== null && seq > room.head && !held.some((event) => event.seq === seq)
  if (!room.rows.some(vanished)) return room
  return { ...room, rows: room.rows.filter((row) => !vanished(row)), resetNotice: 'changed' }
}

/** The server has another history than I, or none for me. */
export function withReset(room: RoomState, reason: ResetReason, now: number): RoomState {
  if (reason === 'access') {
    const left = room.you !== null || (room.sync.state === 'closed' && room.sync.left === true)
    return { ...newRoom(room.room), sync: { state: 'closed', ...(left && { left }) } }
  }
  return {
    ...cleared(room),
    sync: { state: 'syncing', since: now, held: [] },
    ...(reason === 'tooOld'
      ? { seqBeforeReset: room.seqBeforeReset ?? room.position.seq }
      : { seqBeforeReset: null, resetNotice: 'changed' }),
  }
}

/** The room is asked for its log from the position on. What is held from beyond a gap stays held. */
export function requested(room: RoomState, now: number): RoomState {
  const held = room.sync.state === 'gap' || room.sync.state === 'syncing' ? room.sync.held : []
  return { ...room, sync: { state: 'syncing', since: now, held } }
}

/** What a beat says of the room's head. */
export function withHead(room: RoomState, head: number, now: number): RoomState {
  const { sync } = room
  if (sync.state !== 'live' || head <= room.position.seq) return room
  if (head === room.head && sync.behindSince !== undefined) return room
  const behindSince = sync.behindSince ?? now
  return { ...room, head: Math.max(room.head, head), sync: { state: 'live', behindSince } }
}

/** A last event that did not come in time is a gap like any. A recount needs one too: the server counts on join. */
export function withOverdueGap(room: RoomState, now: number): RoomState {
  const { sync } = room
  if (sync.state !== 'live') return room
  if (sync.behindSince !== undefined && Math.abs(now - sync.behindSince) >= BEHIND_FOR)
    return withGap(room, now, [])
  return room.needsRecount
    ? { ...room, needsRecount: false, sync: { state: 'gap', since: now, held: [] } }
    : room
}

/** The connection is gone: no event comes any more, and the held ones will come again. */
export function disconnected(room: RoomState, quiet: boolean): RoomState {
  if (room.sync.state === 'unsynced' || room.sync.state === 'closed') return room
  const here = room.people.map((person) => person.id)
  return {
    ...room,
    sync: { state: 'unsynced' },
    typing: [],
    // A second loss soon after the first finds a list that had not filled again.
    onlineBeforeLoss: quiet ? [...new Set([...here, ...room.onlineBeforeLoss])].slice(0, 1_000) : here,
  }
}

/**
 * I have read up to `seq`. If the rows reach down to it, no more is unread than they show; otherwise what was read just now
 * is subtracted, and the server recounts where not all of that is loaded.
 */
export function withRead(room: RoomState, seq: number, self: Self | null): RoomState {
  const { you, historyWindow } = room
  const readSeq = Math.min(seq, room.position.seq)
  if (you === null || self === null || readSeq <= you.readSeq) return room
  const count = (from: number, to: number) => {
    const texts = [...(historyWindow?.rows ?? []), ...room.rows].flatMap((row) => {
      const at = row.seq ?? 0
      return row.kind === 'message' && !row.own && row.text !== null && at > from && at <= to ? row.text : []
    })
    return { unread: texts.length, mentions: texts.filter((text) => mentionsName(text, self.name)).length }
  }
  if (room.older === 'none' || firstLoadedSeq(room) <= readSeq + 1) {
    const left = count(readSeq, Number.POSITIVE_INFINITY)
    const unread = Math.min(you.unread, left.unread)
    return { ...room, you: { ...you, readSeq, unread, mentions: Math.min(you.mentions, left.mentions) } }
  }
  if (isMany(you)) return { ...room, you: { ...you, readSeq } }
  const read = count(you.readSeq, readSeq)
  const [first, last] = [historyWindow?.rows[0]?.seq ?? readSeq, historyWindow?.rows.at(-1)?.seq ?? 0]
  const unread = Math.max(0, you.unread - read.unread)
  return {
    ...room,
    you: { ...you, readSeq, unread, mentions: Math.max(0, you.mentions - read.mentions) },
    needsRecount: room.needsRecount || first > you.readSeq + 1 || last < readSeq,
  }
}
