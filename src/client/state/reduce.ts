/** The only code that changes the state. Pure; "nothing changed" is `===`. */
import { assertNever } from '../../shared/assert.ts'
import type { RoomEntry, RoomEvent } from '../../shared/model.ts'
import type { Heard, ServerFrame } from '../../shared/protocol.ts'
import type { StateChange } from './stateChanges.ts'
import {
  appendPage,
  enterHistory,
  leaveHistory,
  requestOlder,
  requestPage,
  showLiveEnd,
  withOlder,
  withPins,
  withQuotes,
} from './historyWindow.ts'
import { markRead, settleMarkRead, undoMarkRead } from './markAllRead.ts'
import { addPendingChange } from './optimisticChanges.ts'
import { withoutStaleTyping, withPresence, withTyping } from './presence.ts'
import {
  disconnected,
  requested,
  restarted,
  shortened,
  withEvent,
  withHead,
  withOverdueGap,
  withPage,
  withRead,
  withReset,
} from './roomLog.ts'
import { addPendingRow, trimRows, withAck } from './rows.ts'
import { selfOf, MAX_ROWS_FOLLOWED, MAX_ROWS, INITIAL_STATE, newRoom } from './state.ts'
import type { PendingChange, RoomState, Row, SendStatus, State } from './state.ts'
import { hideDivider, showDivider } from './unreadDivider.ts'

/** How long (ms) after my own reconnect people who were online before make no lines. */
const QUIET_AFTER_RETURN = 60_000
/** How long (ms) the composer says "too fast" where the server gave no time. */
const DEFAULT_RETRY_AFTER = 1_000

/** The state with a room changed; rooms have no prototype, since `constructor` may be one. */
function changeRoom(state: State, room: string, change: (room: RoomState) => RoomState): State {
  const before = state.rooms[room]
  if (before === undefined) return state
  const after = change(before)
  return after === before ? state : { ...state, rooms: withRoom(state.rooms, room, after) }
}

function withRoom(rooms: State['rooms'], room: string, after: RoomState | null): State['rooms'] {
  const next: Record<string, RoomState> = Object.assign(Object.create(null), rooms)
  if (after === null) delete next[room]
  else next[room] = after
  return next
}

function changeAllRooms(state: State, change: (room: RoomState) => RoomState): State {
  let next = state
  for (const room of Object.keys(state.rooms)) next = changeRoom(next, room, change)
  return next
}

/** The state after one change. A type without a case here does not compile. */
export function reduce(state: State, change: StateChange): State {
  const self = selfOf(state)
  const me = self?.id ?? null
  switch (change.type) {
    case 'selfChanged':
      return withSelf(state, change.self)
    case 'connectionChanged': {
      const gone = change.connection.state !== 'live' && change.connection.state !== 'suspect'
      // In `hello` the connection is not live yet, but its rooms have been asked for already.
      const ended = gone && change.connection.state !== 'hello'
      const quiet = change.now < state.presenceQuietUntil
      const next = ended ? changeAllRooms(state, (room) => disconnected(room, quiet)) : state
      return { ...next, serverFullSince: 0, connection: change.connection }
    }
    case 'networkChanged':
      return change.offline === state.offline ? state : { ...state, offline: change.offline }
    case 'storageBlocked':
      return state.storageBlocked ? state : { ...state, storageBlocked: true }
    case 'framesReceived':
      return change.frames.reduce((next, frame) => receiveFrame(next, frame, change.now), state)
    case 'roomOpened':
      return openRoom(state, change.room, change.shown ?? false)
    case 'syncRequested':
      return changeRoom(state, change.room, (room) => requested(room, change.now))
    case 'roomForgotten': {
      const next = change.left ? withListEntry(state, change.room, { joined: false }) : state
      return state.rooms[change.room] === undefined
        ? next
        : { ...next, rooms: withRoom(state.rooms, change.room, null) }
    }
    case 'entryQueued': {
      const { entry, user } = change
      if (entry.user !== me) return state
      return changeRoom(state, entry.room, (room) =>
        entry.kind === 'message' ? addPendingRow(room, entry, user) : addPendingChange(room, entry, user),
      )
    }
    case 'sendStatusChanged':
      return setSendStatus(state, change.room, change.key, change.sendStatus)
    case 'entryDropped':
      return setSendStatus(state, change.room, change.key, null)
    case 'roomRestarted':
      return changeRoom(state, change.room, restarted)
    case 'roomShortened':
      return changeRoom(state, change.room, shortened)
    case 'olderRequested':
      return changeRoom(state, change.room, requestOlder)
    case 'olderLoaded':
      return changeRoom(state, change.room, (room) => withOlder(room, change.before, change.page, me))
    case 'windowPageRequested':
      return changeRoom(state, change.room, (room) => requestPage(room, change.window, change.side))
    case 'windowPageLoaded':
      return changeRoom(state, change.room, (room) =>
        appendPage(room, change.window, change.side, change.page, me),
      )
    case 'historyEntered':
      return changeRoom(state, change.room, (room) => enterHistory(room, change.seq, change.page, me))
    case 'historyLeft':
      return changeRoom(state, change.room, change.to === 'live' ? showLiveEnd : leaveHistory)
    case 'quotesLoaded':
      return changeRoom(state, change.room, (room) => withQuotes(room, change.ids, change.page, me))
    case 'pinsLoaded':
      return changeRoom(state, change.room, (room) => withPins(room, change.page, me))
    case 'allMarkedRead':
      return changeAllRooms(state, markRead)
    case 'roomMarkedRead':
      return changeRoom(state, change.room, markRead)
    case 'markReadUndone':
      return changeAllRooms(state, undoMarkRead)
    case 'markReadSettled':
      return changeRoom(state, change.room, settleMarkRead)
    case 'unreadDividerShown':
      return changeRoom(state, change.room, showDivider)
    case 'unreadDividerHidden':
      return changeRoom(state, change.room, hideDivider)
    case 'readUpTo':
      return changeRoom(state, change.room, (room) => withRead(room, change.seq, self))
    case 'roomListChanged':
      return { ...state, roomList: change.roomList }
    case 'settingsChanged':
      return { ...state, settings: change.settings }
    case 'signedOut':
      return {
        ...INITIAL_STATE,
        self: null,
        signedOutInOtherTab: change.inOtherTab ?? false,
        connection: state.connection,
        offline: state.offline,
        storageBlocked: state.storageBlocked,
      }
    case 'tick':
      return changeAllRooms(state, (room) => withoutStaleTyping(withOverdueGap(room, change.now), change.now))
    default:
      return assertNever(change)
  }
}

/** Does anything in the state change by time alone, so that `tick` has to come? */
export function needsTick(state: State): boolean {
  return Object.values(state.rooms).some(
    ({ typing, sync, needsRecount }) =>
      typing.length > 0 || needsRecount || (sync.state === 'live' && sync.behindSince !== undefined),
  )
}

function withSelf(state: State, self: State['self']): State {
  const before = selfOf(state)
  if (self === null || self === 'unknown') return state.self === self ? state : { ...state, self }
  if (before === null) return { ...state, self }
  // Another person in the same page sees nothing of the one before.
  if (before.id !== self.id) return { ...state, self, rooms: INITIAL_STATE.rooms, roomList: [] }
  return before.name === self.name && before.role === self.role ? state : { ...state, self }
}

function openRoom(state: State, room: string, shown: boolean): State {
  const maxRows = shown ? MAX_ROWS : MAX_ROWS_FOLLOWED
  const before = state.rooms[room]
  if (before === undefined)
    return { ...state, rooms: withRoom(state.rooms, room, { ...newRoom(room), maxRows }) }
  if (before.sync.state === 'closed')
    return changeRoom(state, room, (known) => ({ ...known, maxRows, sync: { state: 'unsynced' } }))
  return changeRoom(state, room, (known) =>
    !shown || known.maxRows === maxRows ? known : trimRows({ ...known, maxRows }),
  )
}

/** My message or change has a new status, or (null) is taken away. A row that has its seq stays as it is. */
function setSendStatus(state: State, room: string, key: string, sendStatus: SendStatus | null): State {
  return changeRoom(state, room, (before) => {
    const rows = withSendStatus(before.rows, key, sendStatus)
    const pendingChanges = withSendStatus(before.pendingChanges, key, sendStatus)
    return rows === before.rows && pendingChanges === before.pendingChanges
      ? before
      : { ...before, rows, pendingChanges }
  })
}

function withSendStatus<T extends Row | PendingChange>(
  all: readonly T[],
  key: string,
  sendStatus: SendStatus | null,
): readonly T[] {
  const at = all.findIndex((sent) => sent.key === key)
  const sent = all[at]
  if (sent === undefined || sent.seq !== null) return all
  return sendStatus === null ? all.toSpliced(at, 1) : all.with(at, { ...sent, sendStatus })
}

function receiveFrame(state: State, frame: ServerFrame, now: number): State {
  const self = selfOf(state)
  const me = self?.id ?? null
  switch (frame.type) {
    case 'welcome':
      return { ...withSelf(state, frame.user), presenceQuietUntil: now + QUIET_AFTER_RETURN }
    case 'sync':
      return withTopics(
        changeRoom(withJoined(state, frame), frame.room, (room) => withPage(room, frame, self, now)),
        frame.room,
        [...(frame.messages ?? []), ...frame.events],
      )
    case 'reset': {
      const next = frame.reason === 'access' ? withListEntry(state, frame.room, { joined: false }) : state
      return changeRoom(next, frame.room, (room) => withReset(room, frame.reason, now))
    }
    case 'event':
      return withTopics(
        changeRoom(state, frame.room, (room) => withEvent(room, frame, self, now)),
        frame.room,
        [frame],
      )
    case 'ack':
      return me === null
        ? state
        : changeRoom({ ...state, serverFullSince: 0 }, frame.room, (room) => withAck(room, me, frame))
    case 'left':
      return changeRoom(withListEntry(state, frame.room, { joined: false }), frame.room, (room) =>
        withReset(room, 'access', now),
      )
    case 'error':
      if (frame.code === 'unavailable') return { ...state, serverFullSince: state.serverFullSince || now }
      return frame.code === 'rateLimited'
        ? { ...state, rateLimitedUntil: now + (frame.after ?? DEFAULT_RETRY_AFTER) }
        : state
    case 'beat': {
      let next = state
      for (const [room, head] of Object.entries(frame.heads))
        next = changeRoom(next, room, (known) => withHead(known, head, now))
      for (const [room, onlineCount] of Object.entries(frame.counts ?? {}))
        next = changeRoom(next, room, (known) =>
          known.onlineCount === onlineCount ? known : { ...known, onlineCount },
        )
      return next
    }
    case 'presence':
      return withRename(
        changeRoom(state, frame.room, (room) =>
          withPresence(room, frame, me, now < state.presenceQuietUntil, now),
        ),
        frame.changed?.find((change) => change.id === me)?.name,
      )
    case 'typing':
      return changeRoom(state, frame.room, (room) => withTyping(room, frame, me, now))
    case 'read':
      return changeRoom(state, frame.room, (room) => withReadFrame(room, frame))
    case 'drain':
      return state
    default:
      // A frame of a newer server is not for this client.
      return state
  }
}

/** A room whose last page has come is one of mine, whatever the list said when it was asked for. */
function withJoined(state: State, { room, you }: Heard<'sync'>): State {
  if (you === undefined || !state.roomList.some((entry) => entry.room === room && !entry.joined)) return state
  return withListEntry(state, room, { joined: true, role: you.role })
}

/** What the list says of a room, where it is one of mine or becomes one. */
function withListEntry(state: State, room: string, patch: Partial<RoomEntry>): State {
  const at = state.roomList.findIndex((entry) => entry.room === room && (entry.joined || patch.joined))
  const entry = state.roomList[at]
  return entry === undefined ? state : { ...state, roomList: state.roomList.with(at, { ...entry, ...patch }) }
}

/** What the rooms of the list are about, after events that the list did not know. */
function withTopics(state: State, room: string, events: readonly RoomEvent[]): State {
  const topic = events.findLast((event) => event.kind === 'topic')
  if (topic?.text === undefined) return state
  const { seq, text } = topic
  const roomList = state.roomList.map((entry) =>
    entry.room === room && entry.head < seq ? { ...entry, head: seq, topic: text } : entry,
  )
  return { ...state, roomList }
}

/** Renamed in another tab of mine. */
function withRename(state: State, name: string | undefined): State {
  const self = selfOf(state)
  return name === undefined || self === null ? state : withSelf(state, { ...self, name })
}

function withReadFrame(room: RoomState, { seq: readSeq, unread, mentions }: Heard<'read'>): RoomState {
  const { you } = room
  if (you === null || readSeq < you.readSeq) return room
  return { ...room, you: { ...you, readSeq, unread, mentions } }
}
