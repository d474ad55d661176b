/** Which rooms this connection is in, which are asked for, and how much of each: all of the room on screen, counts of others. */
import { LIMITS } from '../../../shared/limits.ts'
import type { ClientFrame, Heard } from '../../../shared/protocol.ts'
import type { Timers } from '../../net/timers.ts'
import type { RoomState } from '../../state/state.ts'
import type { StateStore } from '../../state/store.ts'

export interface RoomJoins {
  /** The room comes on screen. Gives those that were on screen long ago: fewer of their rows are kept. */
  show(room: string): string[]
  /** Asks for the rooms that have a gap. @param missing also for what waits for pages that nobody was asked for */
  askWanting(missing?: boolean): void
  /** Asks again for what nobody answered. Called once a second. */
  patrol(isOverdue: (since: number) => boolean): void
  /** Of a new connection: rooms known to the server, for its `hello`, and joins of rooms that I am not in yet. */
  firstJoins(): { known: (JoinPosition & { room: string })[]; joins: ClientFrame[] }
  isJoined(room: string): boolean
  /** Has the server answered to the end? */
  isConfirmed(room: string): boolean
  pageReceived(page: Heard<'sync'>): void
  resetReceived(room: string): void
  /** 'reconnect': the connection has no room left for the one on screen. 'closed': the room is not open to me. null: neither. */
  refused(ref: string, error: Heard<'error'>): { room: string; next: 'reconnect' | 'closed' } | null
  /** This page is not in the room any more. */
  closed(room: string): void
  /** The same, and it goes from the screen. */
  left(room: string): void
  disconnected(): void
}

/** Where a room is asked from: its position, or the start, and how many messages of a first page are wanted. */
interface JoinPosition {
  seq: number
  id: string | null
  limit: number
}

export interface RoomJoinsWorld extends Timers {
  send(frame: ClientFrame): boolean
  /** Draws at once what was gathered. */
  flushFrames(): void
  /** Sends what waited for a room to be joined. */
  flushOutbox(): void
  /** rooms that something of mine waits for */
  outboxRooms(): readonly string[]
  isLeaving(room: string): boolean
}

/** Rooms shown last that keep all of their rows. */
const WHOLE = 20
/** Joins of rooms that are not on screen: so many at once, then so many a second. The server takes 20 frames a second, 60 at once. */
const JOINS = { atOnce: 30, perSecond: 10 }
/** ms */
const ASK_AGAIN = 2_000

export function createRoomJoins(store: StateStore, world: RoomJoinsWorld): RoomJoins {
  /** rooms this connection has joined */
  const joined = new Set<string>()
  /** rooms asked for and not answered to the end, since when (ms), or since their last page */
  const asked = new Map<string, number>()
  /** ref of a join under way → room */
  const refs = new Map<string, string>()
  /** the room on screen: its messages and people are asked for, of others the counts */
  let screen: string | null = null
  /** rooms that were on screen, the latest last */
  const shown = new Set<string>()
  /** rooms asked for their messages and people on this connection: whatever was answered, that is not asked again */
  const inDepth = new Set<string>()
  /** requests for counts alone, by their ref, or the room where it was `hello` */
  const shallow = new Set<string>()
  let joinsLeft = JOINS.atOnce
  /** the room on screen that a connection refused, since it had all the rooms it may have */
  let roomOverLimit: string | null = null
  let refsGiven = 0

  /** Rooms to be in: the one on screen, those that something of mine waits for, those shown last, the others. */
  function wanted(): RoomState[] {
    const ranks = new Map<string, number>()
    for (const room of [screen ?? '', ...world.outboxRooms(), ...[...shown].reverse()])
      if (!ranks.has(room)) ranks.set(room, ranks.size)
    const rankOf = ({ room }: RoomState) => ranks.get(room) ?? ranks.size
    return Object.values(store.get().rooms)
      .filter((room) => room.sync.state !== 'closed')
      .sort((a, b) => rankOf(a) - rankOf(b))
  }

  /** On screen, or something of mine waits for it. */
  const isUrgent = ({ room }: RoomState) => room === screen || world.outboxRooms().includes(room)
  /** It has come on screen, and only its counts are here. */
  const isBare = ({ room, depth, you }: RoomState) => room === screen && depth === 'counts' && you !== null
  /** It is on screen, and its people, or its messages too, are not here. */
  const lacks = ({ room, depth }: RoomState) => room === screen && depth !== 'all' && !inDepth.has(room)

  function requestedPosition(room: RoomState): JoinPosition {
    const limit = room.room === screen ? LIMITS.firstMessages : 0
    return isBare(room) ? { seq: 0, id: null, limit } : { ...room.position, limit }
  }

  function joinOf(room: RoomState): ClientFrame & { ref: string } {
    const { seq, id, limit } = requestedPosition(room)
    refsGiven += 1
    return { type: 'join', ref: `join-${refsGiven}`, room: room.room, ...(seq > 0 && { seq, id }), limit }
  }

  function ask(room: RoomState): void {
    const join = joinOf(room)
    if (!world.send(join)) return
    noteAsked(room, join.ref)
    world.flushOutbox()
  }

  /** @param ref left out: by `hello` */
  function noteAsked(state: RoomState, ref?: string): void {
    const { room } = state
    if (ref !== undefined) refs.set(ref, room)
    joined.add(room)
    asked.set(room, world.now())
    if (room === screen) inDepth.add(room)
    else {
      inDepth.delete(room)
      shallow.add(ref ?? room)
    }
    if (isBare(state)) store.dispatch({ type: 'roomRestarted', room })
    store.dispatch({ type: 'syncRequested', room, now: world.now() })
  }

  function askWanting(missing = false): void {
    // The last page of a room may have come and not be drawn.
    if (missing) world.flushFrames()
    if (store.get().connection.state !== 'live') return
    for (const room of wanted()) {
      if (asked.has(room.room)) continue
      const { state } = room.sync
      if (state === 'live' ? !lacks(room) : state === 'syncing' && !missing) continue
      if (!isUrgent(room)) {
        if (joinsLeft === 0 || (joined.size >= LIMITS.rooms && !joined.has(room.room))) continue
        joinsLeft -= 1
      }
      ask(room)
    }
  }

  /** The server says so, whatever it has refused meanwhile. */
  function confirm(room: string): void {
    if (roomOverLimit === room) roomOverLimit = null
    asked.delete(room)
    if (joined.has(room) || world.isLeaving(room)) return
    joined.add(room)
    world.flushOutbox()
  }

  function closed(room: string): void {
    joined.delete(room)
    asked.delete(room)
  }

  return {
    show(room) {
      screen = room
      inDepth.delete(room)
      shown.delete(room)
      shown.add(room)
      const longAgo = [...shown].slice(0, -WHOLE)
      for (const oldest of longAgo) shown.delete(oldest)
      return longAgo
    },

    askWanting,

    patrol(isOverdue) {
      joinsLeft = Math.min(JOINS.atOnce, joinsLeft + JOINS.perSecond)
      for (const [room, since] of asked) {
        const known = store.get().rooms[room]
        if (known === undefined) asked.delete(room)
        else if (isOverdue(since) && joined.has(room)) ask(known)
      }
      askWanting(true)
    },

    firstJoins() {
      joinsLeft = JOINS.atOnce
      // `hello` makes no member: what this page was not in yet is joined.
      const all = wanted()
      const fresh = all.filter((room) => room.you === null && isUrgent(room)).slice(0, JOINS.atOnce)
      const member = all.filter(({ you }) => you !== null).slice(0, LIMITS.rooms - fresh.length)
      const known = member.map((room) => ({ room: room.room, ...requestedPosition(room) }))
      for (const room of member) noteAsked(room)
      const joins = fresh.map((room) => {
        const join = joinOf(room)
        noteAsked(room, join.ref)
        return join
      })
      return { known, joins }
    },

    isJoined: (room) => joined.has(room),
    isConfirmed: (room) => joined.has(room) && !asked.has(room),

    pageReceived({ room, ref, more }) {
      if (more) return void asked.set(room, world.now())
      if (ref !== undefined) refs.delete(ref)
      // Asked before the room came on screen and answered late: it brings counts in place of the people that were here.
      if (shallow.delete(ref ?? room)) inDepth.delete(room)
      confirm(room)
    },

    resetReceived: (room) => void asked.set(room, world.now()),

    refused(ref, { code, retry, after = ASK_AGAIN }) {
      const room = refs.get(ref)
      if (room === undefined) return null
      refs.delete(ref)
      if (code === 'tooBig' && room === screen && roomOverLimit !== room) {
        // This connection has all the rooms it may have: another one begins with the room on screen.
        roomOverLimit = room
        return { room, next: 'reconnect' }
      }
      if (!retry) return { room, next: 'closed' }
      // Asked twice and answered once: it is in.
      if (!asked.has(room)) return null
      joined.delete(room)
      world.after(after, () => {
        if (!joined.has(room)) asked.delete(room)
        askWanting(true)
      })
      return null
    },

    closed,

    left(room) {
      closed(room)
      if (screen === room) screen = null
      shown.delete(room)
    },

    disconnected() {
      joined.clear()
      asked.clear()
      refs.clear()
      inDepth.clear()
      shallow.clear()
    },
  }
}
