/** The only code that changes the state. Pure; "nothing changed" is `===`. */
import { assertNever } from '../../shared/assert.ts'
import type { RoomEntry, RoomEvent } from '../../shared/model.ts'
import type { Heard, ServerFrame } from '../../shared/protocol.ts'
import { typingAt, withPresence, withTyping } from './presence.ts'
import { asked, checked, lost, withEvent, withHead, withPage, withRead, withReset } from './roomLog.ts'
import { keyOf, pendingRow, trimmed, withAck } from './rows.ts'
import { idOf, KEPT_FOLLOWED, KEPT_ROWS, NOBODY, unheard } from './state.ts'
import type { Action, MyChange, RoomState, Row, Standing, State } from './state.ts'

/** After my own return: so long (ms) no lines about those who were here before. */
const QUIET = 60_000
/** What is told to wait without a time waits so long (ms) on screen. */
const SLOW = 1_000

/** The state with a room changed; rooms have no prototype, since `constructor` may be one. */
function changed(state: State, room: string, change: (room: RoomState) => RoomState): State {
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

function everywhere(state: State, change: (room: RoomState) => RoomState): State {
  let next = state
  for (const room of Object.keys(state.rooms)) next = changed(next, room, change)
  return next
}

/** The state after one action. A kind without a case here does not compile. */
export function reduce(state: State, action: Action): State {
  switch (action.type) {
    case 'self':
      return withSelf(state, action.self)
    case 'link': {
      const gone = action.link.state !== 'live' && action.link.state !== 'suspect'
      // While frames of a `hello` are under way the link is not live yet, and its rooms have been asked already.
      const ended = gone && action.link.state !== 'hello'
      const quiet = action.now < state.quietUntil
      const next = ended ? everywhere(state, (room) => lost(room, quiet)) : state
      return { ...next, full: 0, link: action.link }
    }
    case 'offline':
      return action.offline === state.offline ? state : { ...state, offline: action.offline }
    case 'forgetful':
      return state.forgetful ? state : { ...state, forgetful: true }
    case 'heard':
      return action.frames.reduce((next, frame) => heard(next, frame, action.now), state)
    case 'opened':
      return opened(state, action.room, action.shown ?? false)
    case 'asked':
      return changed(state, action.room, (room) => asked(room, action.now))
    case 'forgotten': {
      const next = action.left ? withList(state, action.room, { joined: false }) : state
      return state.rooms[action.room] === undefined
        ? next
        : { ...next, rooms: withRoom(state.rooms, action.room, null) }
    }
    case 'queued': {
      const { entry, user } = action
      const key = keyOf(entry.user, entry.nonce)
      if (entry.user !== idOf(state)) return state
      return changed(state, entry.room, (room) =>
        room.rows.some((row) => row.key === key)
          ? room
          : { ...room, rows: [...room.rows, pendingRow(entry, user)] },
      )
    }
    case 'standing':
      return stood(state, action.room, action.key, action.standing)
    case 'dropped':
      return stood(state, action.room, action.key, null)
    case 'changed':
      return changed(state, action.room, (room) => action.by(room, idOf(state)))
    case 'read':
      return changed(state, action.room, (room) => withRead(room, action.seq, state.self))
    case 'rooms':
      return { ...state, list: action.list }
    case 'settings':
      return { ...state, settings: action.settings }
    case 'signedOut':
      return {
        ...NOBODY,
        self: null,
        elsewhere: action.elsewhere ?? false,
        link: state.link,
        offline: state.offline,
        forgetful: state.forgetful,
      }
    case 'tick':
      return everywhere(state, (room) => typingAt(checked(room, action.now), action.now))
    default:
      return assertNever(action)
  }
}

/** Must somebody tell the time? */
export function needsTick(state: State): boolean {
  return Object.values(state.rooms).some(
    (room) => room.typing.length > 0 || room.behind !== null || room.doubtful,
  )
}

function withSelf(state: State, self: State['self']): State {
  const before = state.self
  if (self === null || self === 'unknown') return before === self ? state : { ...state, self }
  if (before === null || before === 'unknown') return { ...state, self }
  // Somebody else under the same roof sees nothing of the one before.
  if (before.id !== self.id) return { ...state, self, rooms: NOBODY.rooms, list: [] }
  return before.name === self.name && before.role === self.role ? state : { ...state, self }
}

function opened(state: State, room: string, shown: boolean): State {
  const keep = shown ? KEPT_ROWS : KEPT_FOLLOWED
  const before = state.rooms[room]
  if (before === undefined)
    return { ...state, rooms: withRoom(state.rooms, room, { ...unheard(room), keep }) }
  if (before.sync.state === 'closed')
    return changed(state, room, (known) => ({ ...known, keep, sync: { state: 'unsynced' } }))
  return changed(state, room, (known) =>
    !shown || known.keep === keep ? known : trimmed({ ...known, keep }),
  )
}

/** What I said stands otherwise, or (null) is taken away; a row that has its seq stays as it is. */
function stood(state: State, room: string, key: string, standing: Standing | null): State {
  return changed(state, room, (before) => {
    const rows = restood(before.rows, key, standing)
    const changes = restood(before.changes, key, standing)
    return rows === before.rows && changes === before.changes ? before : { ...before, rows, changes }
  })
}

function restood<T extends Row | MyChange>(
  all: readonly T[],
  key: string,
  standing: Standing | null,
): readonly T[] {
  const at = all.findIndex((one) => one.key === key)
  const one = all[at]
  if (one === undefined || one.seq !== null) return all
  return standing === null ? all.toSpliced(at, 1) : all.with(at, { ...one, standing })
}

function heard(state: State, frame: ServerFrame, now: number): State {
  const me = idOf(state)
  switch (frame.type) {
    case 'welcome':
      return { ...withSelf(state, frame.user), quietUntil: now + QUIET }
    case 'sync':
      return withTopics(
        changed(withMine(state, frame), frame.room, (room) => withPage(room, frame, state.self, now)),
        frame.room,
        [...(frame.messages ?? []), ...frame.events],
      )
    case 'reset': {
      const next = frame.reason === 'access' ? withList(state, frame.room, { joined: false }) : state
      return changed(next, frame.room, (room) => withReset(room, frame.reason, now))
    }
    case 'event':
      return withTopics(
        changed(state, frame.room, (room) => withEvent(room, frame, state.self, now)),
        frame.room,
        [frame],
      )
    case 'ack':
      return me === null
        ? state
        : changed({ ...state, full: 0 }, frame.room, (room) => withAck(room, me, frame))
    case 'left':
      return changed(withList(state, frame.room, { joined: false }), frame.room, (room) =>
        withReset(room, 'access', now),
      )
    case 'error':
      if (frame.code === 'unavailable') return { ...state, full: state.full || now }
      return frame.code === 'rateLimited' ? { ...state, slowUntil: now + (frame.after ?? SLOW) } : state
    case 'beat': {
      let next = state
      for (const [room, head] of Object.entries(frame.heads))
        next = changed(next, room, (known) => withHead(known, head, now))
      for (const [room, count] of Object.entries(frame.counts ?? {}))
        next = changed(next, room, (known) => (known.count === count ? known : { ...known, count }))
      return next
    }
    case 'presence':
      return withRename(
        changed(state, frame.room, (room) => withPresence(room, frame, me, now < state.quietUntil, now)),
        frame.changed?.find((change) => change.id === me)?.name,
      )
    case 'typing':
      return changed(state, frame.room, (room) => withTyping(room, frame, me, now))
    case 'read':
      return changed(state, frame.room, (room) => withReadFrame(room, frame))
    case 'drain':
      return state
    default:
      // A frame of a newer server is not for this client.
      return state
  }
}

/** A room whose last page has come is one of mine, whatever the list said when it was asked for. */
function withMine(state: State, { room, you }: Heard<'sync'>): State {
  if (you === undefined || !state.list.some((one) => one.room === room && !one.joined)) return state
  return withList(state, room, { joined: true, role: you.role })
}

/** What the list says of a room, where it is one of mine or becomes one. */
function withList(state: State, room: string, now: Partial<RoomEntry>): State {
  const at = state.list.findIndex((one) => one.room === room && (one.joined || now.joined))
  const one = state.list[at]
  return one === undefined ? state : { ...state, list: state.list.with(at, { ...one, ...now }) }
}

/** What the rooms of the list are about, after events that the list did not know. */
function withTopics(state: State, room: string, events: readonly RoomEvent[]): State {
  const topic = events.findLast((event) => event.kind === 'topic')
  if (topic?.text === undefined) return state
  const { seq, text } = topic
  const list = state.list.map((one) =>
    one.room === room && one.head < seq ? { ...one, head: seq, topic: text } : one,
  )
  return { ...state, list }
}

/** Renamed in another tab of mine. */
function withRename(state: State, name: string | undefined): State {
  if (name === undefined || state.self === null || state.self === 'unknown') return state
  return withSelf(state, { ...state.self, name })
}

function withReadFrame(room: RoomState, { seq: readSeq, unread, mentions }: Heard<'read'>): RoomState {
  const { you } = room
  if (you === null || readSeq < you.readSeq) return room
  return { ...room, you: { ...you, readSeq, unread, mentions } }
}
