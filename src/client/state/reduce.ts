/** The only code that changes the state, with `reduceSession`. Pure; "nothing changed" is `===`. */
import { assertNever } from '../../shared/assert.ts'
import type { RoomEntry, RoomEvent, Self } from '../../shared/model.ts'
import type { ServerFrame } from '../../shared/protocol.ts'
import * as history from './historyWindow.ts'
import { addPendingChange } from './optimisticChanges.ts'
import { withoutStaleTyping, withPresence, withTyping } from './presence.ts'
import {
  markRead,
  settleMarkRead,
  undoMarkRead,
  withRead,
  withReadFrame,
  withUnreadFrom,
} from './readPosition.ts'
import * as roomLog from './roomLog.ts'
import { roomName } from './roomName.ts'
import { addPendingRow, trimRows, withAck } from './rows.ts'
import { reduceSession, withSelf } from './reduceSession.ts'
import type { ChangeInRoom, StateChange } from './stateChanges.ts'
import { idOf, MAX_ROWS, MAX_ROWS_FOLLOWED, newRoom, selfOf } from './state.ts'
import type { PendingChange, RoomState, Row, SendStatus, State } from './state.ts'
import { hideDivider, showDivider } from './unreadDivider.ts'

/** For this long (ms) after my reconnect, no lines are drawn when people return who were online before. */
const QUIET_AFTER_RETURN = 60_000
/** How long (ms) the composer says "too fast" if the server gave no time. */
const DEFAULT_RETRY_AFTER = 1_000

/** The state with one room changed. `rooms` has no prototype, since `constructor` is a possible room. */
function changeRoom(state: State, room: string, change: (room: RoomState) => RoomState): State {
  const before = state.rooms[room]
  if (before === undefined) return state
  const after = change(before)
  return after === before ? state : withRoom(state, room, after)
}

function withRoom(state: State, room: string, after: RoomState | null): State {
  const rooms: Record<string, RoomState> = Object.assign(Object.create(null), state.rooms)
  if (after === null) delete rooms[room]
  else rooms[room] = after
  return { ...state, rooms }
}

function changeAllRooms(state: State, change: (room: RoomState) => RoomState): State {
  return Object.keys(state.rooms).reduce((next, room) => changeRoom(next, room, change), state)
}

/** The state after one change. A type without a case here or in `reduceRoom` does not compile. */
export function reduce(state: State, change: StateChange): State {
  switch (change.type) {
    case 'selfChanged':
    case 'signedOut':
    case 'roomCardLoaded':
      return reduceSession(state, change)
    case 'connectionChanged':
      return withConnection(state, change.connection, change.now)
    case 'networkChanged':
      return change.offline === state.offline ? state : { ...state, offline: change.offline }
    case 'storageBlocked':
      return state.storageBlocked ? state : { ...state, storageBlocked: true }
    case 'framesReceived':
      return change.frames.reduce((next, frame) => receiveFrame(next, frame, change.now), state)
    case 'roomOpened':
      return openRoom(state, change.room, change.shown ?? false)
    case 'roomForgotten': {
      const next = change.left ? withJoined(state, change.room, false) : state
      return change.room in state.rooms ? withRoom(next, change.room, null) : next
    }
    case 'roomLeft':
      return leaveRoom(state, change.room)
    case 'leaveSent':
      return state.left?.room === change.room ? { ...state, left: { ...state.left, sent: true } } : state
    case 'entryQueued': {
      const { entry, user } = change
      if (entry.user !== idOf(state)) return state
      return changeRoom(state, entry.room, (room) =>
        entry.kind === 'message' ? addPendingRow(room, entry, user) : addPendingChange(room, entry, user),
      )
    }
    case 'allMarkedRead':
      return changeAllRooms(state, markRead)
    case 'markReadUndone':
      return changeAllRooms(state, undoMarkRead)
    case 'roomListChanged':
      return { ...state, roomList: change.roomList }
    case 'draftsChanged':
      return withDrafts(state, change.rooms, change.has)
    case 'settingsChanged':
      return { ...state, settings: change.settings }
    case 'tick':
      return changeAllRooms(state, (room) =>
        withoutStaleTyping(roomLog.withOverdueGap(room, change.now), change.now),
      )
    default:
      return changeRoom(state, change.room, (room) => reduceRoom(room, change, selfOf(state)))
  }
}

/** The room after a change that concerns it alone. */
function reduceRoom(room: RoomState, change: ChangeInRoom, self: Self | null): RoomState {
  const me = self?.id ?? null
  // prettier-ignore
  switch (change.type) {
    case 'syncRequested': return roomLog.requested(room, change.fromStart)
    case 'roomShortened': return roomLog.shortened(room)
    case 'sendStatusChanged': return setSendStatus(room, change.key, change.sendStatus)
    case 'entryDropped': return setSendStatus(room, change.key, null)
    case 'pageRequested': return history.requestPage(room, change.place)
    case 'pageLoaded': return history.addPage(room, change.place, change.page, me)
    case 'historyEntered': return history.enterHistory(room, change.seq, change.page, me)
    case 'historyLeft': return history.leaveHistory(room, change.to)
    case 'quotesLoaded': return history.withQuotes(room, change.ids, change.page, me)
    case 'pinsLoaded': return history.withPins(room, change.page, me)
    case 'readUpTo': return withRead(room, change.seq, self)
    case 'unreadFrom': return showDivider(withUnreadFrom(room, change.seq, self))
    case 'markReadSettled': return settleMarkRead(room)
    case 'unreadDividerShown': return showDivider(room)
    case 'unreadDividerHidden': return hideDivider(room)
    default: return assertNever(change)
  }
}

/** Does anything in the state change by time alone, so that `tick` has to come? */
export function needsTick(state: State): boolean {
  return Object.values(state.rooms).some(
    ({ typing, sync, needsRecount }) =>
      typing.length > 0 || needsRecount || (sync.state === 'live' && sync.behindSince !== undefined),
  )
}

function withDrafts(state: State, rooms: readonly string[], has: boolean): State {
  const changed = rooms.filter((room) => room in state.drafts !== has)
  if (changed.length === 0) return state
  const drafts: Record<string, true> = Object.assign(Object.create(null), state.drafts)
  for (const room of changed) {
    if (has) drafts[room] = true
    else delete drafts[room]
  }
  return { ...state, drafts }
}

function withConnection(state: State, connection: State['connection'], now: number): State {
  // In `hello` the rooms have been requested already, so they must not be reset again.
  const isOver = !['live', 'suspect', 'hello'].includes(connection.state)
  const isQuiet = now < state.presenceQuietUntil
  const next = isOver ? changeAllRooms(state, (room) => roomLog.disconnected(room, isQuiet)) : state
  return { ...next, serverFullSince: 0, connection }
}

function leaveRoom(state: State, room: string): State {
  const wasOwner = state.rooms[room]?.you?.role === 'owner'
  const next = withRoom(withJoined(state, room, false), room, null)
  return { ...next, left: { room, name: roomName(state, room), wasOwner, sent: false } }
}

function openRoom(from: State, room: string, shown: boolean): State {
  const state = from.left?.room === room ? { ...from, left: null } : from
  const maxRows = shown ? MAX_ROWS : MAX_ROWS_FOLLOWED
  const before = state.rooms[room]
  if (before === undefined) return withRoom(state, room, { ...newRoom(room), maxRows })
  if (before.sync.state === 'closed')
    return withRoom(state, room, { ...before, maxRows, sync: { state: 'unsynced' } })
  return shown && before.maxRows !== maxRows ? withRoom(state, room, trimRows({ ...before, maxRows })) : state
}

/** @param sendStatus null removes the entry. A row that has its seq stays as it is */
function setSendStatus(room: RoomState, key: string, sendStatus: SendStatus | null): RoomState {
  const change = <T extends Row | PendingChange>(all: readonly T[]): readonly T[] => {
    const index = all.findIndex((sent) => sent.key === key)
    const sent = all[index]
    if (sent === undefined || sent.seq !== null) return all
    return sendStatus === null ? all.toSpliced(index, 1) : all.with(index, { ...sent, sendStatus })
  }
  const rows = change(room.rows)
  const pendingChanges = change(room.pendingChanges)
  const isSame = rows === room.rows && pendingChanges === room.pendingChanges
  return isSame ? room : { ...room, rows, pendingChanges }
}

function receiveFrame(state: State, frame: ServerFrame, now: number): State {
  const self = selfOf(state)
  const me = self?.id ?? null
  switch (frame.type) {
    case 'welcome':
      return { ...withSelf(state, frame.user), presenceQuietUntil: now + QUIET_AFTER_RETURN }
    case 'sync': {
      // A leave that was undone before the server heard of it brings no `room`.
      const joined = frame.you ? withJoined(state, frame.room, true) : state
      const next = changeRoom(joined, frame.room, (room) => roomLog.withPage(room, frame, self, now))
      return withTopics(next, frame.room, [...(frame.messages ?? []), ...frame.events])
    }
    case 'event': {
      const next = changeRoom(state, frame.room, (room) => roomLog.withEvent(room, frame, self, now))
      return withTopics(next, frame.room, [frame])
    }
    case 'left':
    case 'reset': {
      const reason = frame.type === 'left' ? 'access' : frame.reason
      const next = reason === 'access' ? withJoined(state, frame.room, false) : state
      return changeRoom(next, frame.room, (room) => roomLog.withReset(room, reason))
    }
    case 'ack':
      if (me === null) return state
      return changeRoom({ ...state, serverFullSince: 0 }, frame.room, (room) => withAck(room, me, frame))
    case 'error':
      if (frame.code === 'unavailable') return { ...state, serverFullSince: state.serverFullSince || now }
      // With a `ref` a join or a leave was refused. The page repeats it, and the person may go on writing.
      return frame.code === 'rateLimited' && frame.ref === undefined
        ? { ...state, rateLimitedUntil: now + (frame.after ?? DEFAULT_RETRY_AFTER) }
        : state
    case 'beat': {
      let next = state
      for (const [room, head] of Object.entries(frame.heads))
        next = changeRoom(next, room, (known) => roomLog.withHead(known, head, now))
      for (const [room, onlineCount] of Object.entries(frame.counts ?? {}))
        next = changeRoom(next, room, (known) =>
          known.onlineCount === onlineCount ? known : { ...known, onlineCount },
        )
      return next
    }
    case 'presence': {
      const isQuiet = now < state.presenceQuietUntil
      const next = changeRoom(state, frame.room, (room) => withPresence(room, frame, me, isQuiet, now))
      // I was renamed in another tab of mine.
      const name = frame.changed?.find(({ id }) => id === me)?.name
      return name === undefined || self === null ? next : withSelf(next, { ...self, name })
    }
    case 'typing':
      return changeRoom(state, frame.room, (room) => withTyping(room, frame, me, now))
    case 'room':
      return withEntry(state, frame.entry)
    case 'read':
      return changeRoom(state, frame.room, (room) => withReadFrame(room, frame))
    default:
      // `drain`, or a frame that only newer clients know.
      return state
  }
}

/** Puts an entry into the room list, in place of the former one. */
function withEntry(state: State, entry: RoomEntry): State {
  return { ...state, roomList: [...state.roomList.filter(({ room }) => room !== entry.room), entry] }
}

/** Says in the room list whether a room is one of mine. */
function withJoined(state: State, room: string, joined: boolean): State {
  const entry = state.roomList.find((known) => known.room === room && known.joined !== joined)
  return entry ? withEntry(state, { ...entry, joined }) : state
}

/** Puts a room's newest topic into the room list, unless the list is newer. */
function withTopics(state: State, room: string, events: readonly RoomEvent[]): State {
  const topic = events.findLast((event) => event.kind === 'topic')
  if (topic?.text === undefined) return state
  const { seq, text } = topic
  const roomList = state.roomList.map((entry) =>
    entry.room === room && entry.head < seq ? { ...entry, head: seq, topic: text } : entry,
  )
  return { ...state, roomList }
}
