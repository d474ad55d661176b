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
  /** Is the room requested or joined? What is sent now follows the join. */
  maySendTo(room: string): boolean
  /** Has the server answered the join to its end? */
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

/**
 * A room as this connection knows it. `inDepth`: it was on screen when it was last requested, so its messages and people were asked for;
 * whatever was answered, they are not asked for again.
 */
type RoomJoin = { inDepth: boolean } &
  /** `since` (ms): when it was requested, or its last page came */
  (
    | { state: 'requested'; since: number }
    | { state: 'joined' }
    /** refused for a time, or its pages come unasked: it is not requested now */
    | { state: 'blocked' }
  )

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
  /** rooms requested on this connection */
  const joins = new Map<string, RoomJoin>()
  /** requests under way by their ref, or by `helloKey` where `hello` asked */
  const requests = new Map<string, { room: string; countsOnly: boolean }>()
  const helloKey = (room: string) => `hello ${room}`
  /** the room on screen: its messages and people are asked for, of others the counts */
  let screen: string | null = null
  /** rooms that were on screen, the latest last */
  const shown = new Set<string>()
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
  const lacks = ({ room, depth }: RoomState) =>
    room === screen && depth !== 'all' && joins.get(room)?.inDepth !== true

  function isRequestedOrJoined(room: string): boolean {
    const state = joins.get(room)?.state
    return state === 'requested' || state === 'joined'
  }

  /** No connection may have more rooms. */
  const isFull = () => [...joins.keys()].filter(isRequestedOrJoined).length >= LIMITS.rooms

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
    const inDepth = room === screen
    requests.set(ref ?? helloKey(room), { room, countsOnly: !inDepth })
    joins.set(room, { state: 'requested', since: world.now(), inDepth })
    if (isBare(state)) store.dispatch({ type: 'roomRestarted', room })
    store.dispatch({ type: 'syncRequested', room, now: world.now() })
  }

  function askWanting(missing = false): void {
    // The last page of a room may have come and not be drawn.
    if (missing) world.flushFrames()
    if (store.get().connection.state !== 'live') return
    for (const room of wanted()) {
      const join = joins.get(room.room)
      if (join !== undefined && join.state !== 'joined') continue
      const { state } = room.sync
      if (state === 'live' ? !lacks(room) : state === 'syncing' && !missing) continue
      if (!isUrgent(room)) {
        if (joinsLeft === 0 || (isFull() && join === undefined)) continue
        joinsLeft -= 1
      }
      ask(room)
    }
  }

  /** The server says so, whatever it has refused meanwhile. */
  function confirm(room: string): void {
    if (roomOverLimit === room) roomOverLimit = null
    const inDepth = joins.get(room)?.inDepth ?? false
    if (isRequestedOrJoined(room)) joins.set(room, { state: 'joined', inDepth })
    else if (world.isLeaving(room)) joins.delete(room)
    else {
      joins.set(room, { state: 'joined', inDepth })
      world.flushOutbox()
    }
  }

  /** More of the room is to come. */
  function awaitPage(room: string): void {
    const inDepth = joins.get(room)?.inDepth ?? false
    if (isRequestedOrJoined(room)) joins.set(room, { state: 'requested', since: world.now(), inDepth })
    else joins.set(room, { state: 'blocked', inDepth })
  }

  /** Its messages and people are not here, whatever was asked for. */
  function forgetDepth(room: string): void {
    const join = joins.get(room)
    if (join !== undefined) joins.set(room, { ...join, inDepth: false })
  }

  const closed = (room: string) => void joins.delete(room)

  return {
    show(room) {
      screen = room
      forgetDepth(room)
      shown.delete(room)
      shown.add(room)
      const longAgo = [...shown].slice(0, -WHOLE)
      for (const oldest of longAgo) shown.delete(oldest)
      return longAgo
    },

    askWanting,

    patrol(isOverdue) {
      joinsLeft = Math.min(JOINS.atOnce, joinsLeft + JOINS.perSecond)
      for (const [room, join] of joins) {
        const known = store.get().rooms[room]
        if (join.state === 'blocked' && known === undefined) joins.delete(room)
        if (join.state !== 'requested') continue
        if (known === undefined) joins.set(room, { state: 'joined', inDepth: join.inDepth })
        else if (isOverdue(join.since)) ask(known)
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
      const frames = fresh.map((room) => {
        const join = joinOf(room)
        noteAsked(room, join.ref)
        return join
      })
      return { known, joins: frames }
    },

    maySendTo: isRequestedOrJoined,
    isConfirmed: (room) => joins.get(room)?.state === 'joined',

    pageReceived({ room, ref, more }) {
      if (more) return awaitPage(room)
      const key = ref ?? helloKey(room)
      const request = requests.get(key)
      requests.delete(key)
      // Asked before the room came on screen and answered late: it brings counts in place of the people that were here.
      if (request?.countsOnly) forgetDepth(room)
      confirm(room)
    },

    resetReceived: awaitPage,

    refused(ref, { code, retry, after = ASK_AGAIN }) {
      const request = requests.get(ref)
      if (request === undefined) return null
      const { room } = request
      requests.delete(ref)
      if (code === 'tooBig' && room === screen && roomOverLimit !== room) {
        // This connection has all the rooms it may have: another one begins with the room on screen.
        roomOverLimit = room
        return { room, next: 'reconnect' }
      }
      if (!retry) return { room, next: 'closed' }
      // Asked twice and answered once: it is in.
      const join = joins.get(room)
      if (join === undefined || join.state === 'joined') return null
      joins.set(room, { state: 'blocked', inDepth: join.inDepth })
      world.after(after, () => {
        if (joins.get(room)?.state === 'blocked') joins.delete(room)
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
      joins.clear()
      requests.clear()
    },
  }
}
