/** The rooms this connection joins: the room on screen with messages and people, the others with their counts only. */
import { LIMITS } from '../../../shared/limits.ts'
import type { ClientFrame, ServerFrameOf } from '../../../shared/protocol.ts'
import type { Outbox } from '../../net/outbox.ts'
import type { Timers } from '../../net/timers.ts'
import type { RoomState } from '../../state/state.ts'
import type { StateStore } from '../../state/store.ts'
import { REFUSAL_PAUSE } from './roomLeaves.ts'

/** The position after which a room's events are requested, and how many messages its first page may hold. */
interface JoinPosition {
  seq: number
  id: string | null
  limit: number
}

type RoomJoin =
  /** `since`: when the request was sent or the latest page came, ms */
  | { state: 'requested'; since: number }
  | { state: 'joined' }
  /** not to be requested now: refused for a time, or the server sends its pages unasked */
  | { state: 'blocked' }

export interface RoomJoinsWorld extends Timers {
  send(frame: ClientFrame): boolean
  /** Draws the gathered frames at once. */
  flushFrames(): void
  outbox(): Pick<Outbox, 'rooms' | 'flush'>
  isLeaving(room: string): boolean
  /** Makes a new connection, which begins with the room on screen. */
  reconnect(): void
  /** The room is not open to me. */
  refusedForGood(room: string): void
}

/** Rooms shown last that keep all of their rows. */
const KEPT_WHOLE = 20
/** Joins of rooms that are neither on screen nor have unsent messages. The server takes 60 frames at once, then 20 a second. */
const JOINS = { atOnce: 30, perSecond: 10 }

export class RoomJoins {
  readonly #store: StateStore
  readonly #world: RoomJoinsWorld
  readonly #joins = new Map<string, RoomJoin>()
  /** rooms whose messages and people were requested; not requested again, whatever the answer holds */
  readonly #inDepth = new Set<string>()
  /** requests under way by ref, or by `helloKey` if `hello` made them */
  readonly #requests = new Map<string, { room: string; countsOnly: boolean }>()
  #screen: string | null = null
  /** rooms that were on screen, the latest last */
  readonly #shown = new Set<string>()
  #joinsLeft = JOINS.atOnce
  /** the room on screen, if it was refused because the connection was already in the most rooms allowed */
  #roomOverLimit: string | null = null
  #refsGiven = 0

  constructor(store: StateStore, world: RoomJoinsWorld) {
    this.#store = store
    this.#world = world
  }

  /** The room comes on screen. @returns rooms shown long ago, which are to keep fewer rows from now on */
  show(room: string): string[] {
    this.#screen = room
    this.#inDepth.delete(room)
    this.#shown.delete(room)
    this.#shown.add(room)
    const longAgo = [...this.#shown].slice(0, -KEPT_WHOLE)
    for (const oldest of longAgo) this.#shown.delete(oldest)
    return longAgo
  }

  /**
   * Requests the rooms that are not up to date and are not requested yet.
   * @param stuck also those marked as syncing although no request is under way
   */
  requestMissing(stuck = false): void {
    // A room that seems to wait may have its last page among the gathered frames.
    if (stuck) this.#world.flushFrames()
    if (this.#store.get().connection.state !== 'live') return
    for (const room of this.#wanted()) {
      const join = this.#joins.get(room.room)
      if (join !== undefined && join.state !== 'joined') continue
      const { state } = room.sync
      if (state === 'live' ? !this.#lacksDepth(room) : state === 'syncing' && !stuck) continue
      if (!this.#isUrgent(room)) {
        if (this.#joinsLeft === 0 || (join === undefined && this.#isFull)) continue
        this.#joinsLeft -= 1
      }
      this.#request(room)
    }
  }

  /** Once a second: repeats requests without an answer. */
  patrol(isOverdue: (since: number) => boolean): void {
    this.#joinsLeft = Math.min(JOINS.atOnce, this.#joinsLeft + JOINS.perSecond)
    for (const [room, join] of this.#joins) {
      const known = this.#store.get().rooms[room]
      if (join.state === 'blocked' && known === undefined) this.#joins.delete(room)
      if (join.state !== 'requested') continue
      if (known === undefined) this.#joins.set(room, { state: 'joined' })
      else if (isOverdue(join.since)) this.#request(known)
    }
    this.requestMissing(true)
  }

  /** For a new connection: the rooms for `hello`, and joins of urgent rooms that I am no member of, since `hello` joins none. */
  firstRequests(): { known: (JoinPosition & { room: string })[]; joins: ClientFrame[] } {
    this.#joinsLeft = JOINS.atOnce
    const wanted = this.#wanted()
    const fresh = wanted.filter((room) => room.you === null && this.#isUrgent(room)).slice(0, JOINS.atOnce)
    const member = wanted.filter(({ you }) => you !== null).slice(0, LIMITS.rooms - fresh.length)
    const known = member.map((room) => ({ room: room.room, ...this.#positionOf(room) }))
    for (const room of member) this.#noteRequest(room, helloKey(room.room))
    const joins = fresh.map((room) => {
      const join = this.#joinOf(room)
      this.#noteRequest(room, join.ref)
      return join
    })
    return { known, joins }
  }

  /** Is the room requested or joined? A frame sent now arrives after the join. */
  maySendTo(room: string): boolean {
    const state = this.#joins.get(room)?.state
    return state === 'requested' || state === 'joined'
  }

  isConfirmed(room: string): boolean {
    return this.#joins.get(room)?.state === 'joined'
  }

  pageReceived({ room, ref, more }: ServerFrameOf<'sync'>): void {
    if (more) return this.awaitPage(room)
    const key = ref ?? helloKey(room)
    const request = this.#requests.get(key)
    this.#requests.delete(key)
    // If the room came on screen after this request, the answer replaces its people by counts: allow another request for them.
    if (request?.countsOnly) this.#inDepth.delete(room)
    if (this.#roomOverLimit === room) this.#roomOverLimit = null
    const wasExpected = this.maySendTo(room)
    if (!wasExpected && this.#world.isLeaving(room)) return this.closed(room)
    this.#joins.set(room, { state: 'joined' })
    if (!wasExpected) this.#world.outbox().flush()
  }

  /** More pages of the room are to come. */
  awaitPage(room: string): void {
    const since = this.#world.now()
    this.#joins.set(room, this.maySendTo(room) ? { state: 'requested', since } : { state: 'blocked' })
  }

  refused(ref: string, { code, retry, after = REFUSAL_PAUSE }: ServerFrameOf<'error'>): void {
    const request = this.#requests.get(ref)
    if (request === undefined) return
    const { room } = request
    this.#requests.delete(ref)
    // The connection is in too many rooms to add the room on screen.
    if (code === 'tooBig' && room === this.#screen && this.#roomOverLimit !== room) {
      this.#roomOverLimit = room
      return this.#world.reconnect()
    }
    if (!retry) return this.#world.refusedForGood(room)
    const join = this.#joins.get(room)
    // Another request has joined the room already.
    if (join === undefined || join.state === 'joined') return
    this.#joins.set(room, { state: 'blocked' })
    this.#inDepth.delete(room)
    this.#world.after(after, () => {
      if (this.#joins.get(room)?.state === 'blocked') this.#joins.delete(room)
      this.requestMissing(true)
    })
  }

  /** This page is no longer in the room. */
  closed(room: string): void {
    this.#joins.delete(room)
    this.#inDepth.delete(room)
  }

  /** This page is no longer in the room, and no longer shows it. */
  left(room: string): void {
    this.closed(room)
    if (this.#screen === room) this.#screen = null
    this.#shown.delete(room)
  }

  disconnected(): void {
    this.#joins.clear()
    this.#inDepth.clear()
    this.#requests.clear()
  }

  /** Rooms to be in, the most urgent first: on screen, with unsent messages, by their last visit, the others. */
  #wanted(): RoomState[] {
    const ranked = new Set([this.#screen, ...this.#world.outbox().rooms, ...[...this.#shown].reverse()])
    const ranks = new Map([...ranked].map((room, rank) => [room, rank]))
    const rankOf = ({ room }: RoomState) => ranks.get(room) ?? ranks.size
    return Object.values(this.#store.get().rooms)
      .filter((room) => room.sync.state !== 'closed')
      .sort((a, b) => rankOf(a) - rankOf(b))
  }

  #isUrgent({ room }: RoomState): boolean {
    return room === this.#screen || this.#world.outbox().rooms.includes(room)
  }

  /** The room has come on screen, and only its counts are known. */
  #isBare({ room, depth, you }: RoomState): boolean {
    return room === this.#screen && depth === 'counts' && you !== null
  }

  /** The room on screen lacks its people or its messages, and they have not been requested. */
  #lacksDepth({ room, depth }: RoomState): boolean {
    return room === this.#screen && depth !== 'all' && !this.#inDepth.has(room)
  }

  /** A connection may be in no more rooms. */
  get #isFull(): boolean {
    return [...this.#joins.keys()].filter((room) => this.maySendTo(room)).length >= LIMITS.rooms
  }

  #positionOf(room: RoomState): JoinPosition {
    const limit = room.room === this.#screen ? LIMITS.firstMessages : 0
    return this.#isBare(room) ? { seq: 0, id: null, limit } : { ...room.position, limit }
  }

  #joinOf(room: RoomState): ClientFrame & { ref: string } {
    const { seq, id, limit } = this.#positionOf(room)
    this.#refsGiven += 1
    return {
      type: 'join',
      ref: `join-${this.#refsGiven}`,
      room: room.room,
      ...(seq > 0 && { seq, id }),
      limit,
    }
  }

  #request(room: RoomState): void {
    const join = this.#joinOf(room)
    if (!this.#world.send(join)) return
    this.#noteRequest(room, join.ref)
    this.#world.outbox().flush()
  }

  #noteRequest(state: RoomState, key: string): void {
    const { room } = state
    const countsOnly = room !== this.#screen
    const now = this.#world.now()
    this.#requests.set(key, { room, countsOnly })
    this.#joins.set(room, { state: 'requested', since: now })
    if (countsOnly) this.#inDepth.delete(room)
    else this.#inDepth.add(room)
    this.#store.dispatch({ type: 'syncRequested', room, fromStart: this.#isBare(state) })
  }
}

function helloKey(room: string): string {
  return `hello ${room}`
}
