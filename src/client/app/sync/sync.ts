/** What the wire asks for: hello, joining what has a gap, and frames gathered so that many of them are one draw (W9). */
import { LIMITS } from '../../../shared/limits.ts'
import type { Activity } from '../../../shared/model.ts'
import type { ClientFrame, Heard, ServerFrame } from '../../../shared/protocol.ts'
import type { Outbox, OutboxOwner } from '../../net/outbox.ts'
import type { Socket, SocketOwner } from '../../net/socket.ts'
import { needsTick } from '../../state/reduce.ts'
import { keyOf } from '../../state/rows.ts'
import type { OutboxEntry, RoomState, State } from '../../state/state.ts'
import type { StateStore } from '../../state/store.ts'

export interface SyncWorld {
  now(): number
  after(ms: number, run: () => void): () => void
  /** runs before the next paint; soon, where nothing is painted */
  draw(run: () => void): void
  activity(): Activity
}

/** Rooms shown last that keep all of their rows. */
const WHOLE = 20
/** Joins of rooms that are not on screen: so many at once, then so many a second. The server takes 20 frames a second, 60 at once. */
const JOINS = { atOnce: 30, perSecond: 10 }
/** Closes after which what was SENT is not sent again by itself: it may be what was refused. */
const REFUSED = [1002, 1003, 1007, 1009]
/** ms */
const ASK_AGAIN = 2_000
const UNANSWERED = 15_000
const TICK = 1_000
/** Frames gathered for one draw; more are drawn at once, so that a sleeping page does not pile them up. */
const GATHERED = 1_000

export interface ChatSync {
  readonly socket: Socket
  readonly outbox: Outbox
  /** The page shows this room. */
  open(room: string): void
  /** Ends my membership, now or as soon as there is a connection. */
  leave(room: string): void
  /** How often a room was left so far. */
  leaveCount(): number
  /** Was the room left after so many leaves, or is it about to be? A list asked for before that does not know it. */
  leftSince(room: string, leaves: number): boolean
}

export function createSync(
  store: StateStore,
  world: SyncWorld,
  makeSocket: (owner: SocketOwner) => Socket,
  makeOutbox: (
    owner: Pick<
      OutboxOwner,
      'send' | 'isJoined' | 'isConfirmed' | 'queued' | 'statusChanged' | 'dropped' | 'ackOverdue'
    >,
  ) => Outbox,
  signal: AbortSignal,
): ChatSync {
  /** rooms this connection has joined */
  const joined = new Set<string>()
  /** rooms asked for and not answered to the end, since when (ms), or since their last page */
  const asked = new Map<string, number>()
  /** ref → room */
  const refs = new Map<string, string>()
  /** rooms I left and the server has not said so yet, since when (ms) it was asked; 0: not yet */
  const leaving = new Map<string, number>()
  /** room → which leave it was */
  const left = new Map<string, number>()
  let leaves = 0
  /** the room on screen: its messages and people are asked for, of others the counts */
  let screen: string | null = null
  /** rooms that were on screen, the latest last */
  const shown = new Set<string>()
  /** rooms asked for their messages and people on this connection: whatever was answered, that is not asked again */
  const inDepth = new Set<string>()
  /** requests for counts alone, by their ref, or the room where it was `hello` */
  const shallow = new Set<string>()
  let joinsLeft = JOINS.atOnce
  /** the room on screen that a connection had no place for */
  let full: string | null = null
  let gathered: ServerFrame[] = []
  let drawing = false
  let refsGiven = 0

  function draw(): void {
    drawing = false
    if (gathered.length === 0) return
    const frames = gathered
    gathered = []
    store.dispatch({ type: 'framesReceived', frames, now: world.now() })
  }

  function gather(frame: ServerFrame): void {
    gathered.push(frame)
    if (gathered.length >= GATHERED) return draw()
    if (drawing) return
    drawing = true
    world.draw(draw)
  }

  /** Rooms to be in: the one on screen, those that something of mine waits for, those shown last, the others. */
  function wanted(): RoomState[] {
    const rank = new Map<string, number>()
    for (const room of [screen ?? '', ...outbox.rooms, ...[...shown].reverse()])
      if (!rank.has(room)) rank.set(room, rank.size)
    const of = ({ room }: RoomState) => rank.get(room) ?? rank.size
    return Object.values(store.get().rooms)
      .filter((room) => room.sync.state !== 'closed')
      .sort((one, other) => of(one) - of(other))
  }

  /** On screen, or something of mine waits for it. */
  const isUrgent = ({ room }: RoomState) => room === screen || outbox.rooms.includes(room)
  /** It has come on screen, and only its counts are here. */
  const isBare = ({ room, depth, you }: RoomState) => room === screen && depth === 'counts' && you !== null
  /** It is on screen, and its people, or its messages too, are not here. */
  const lacks = ({ room, depth }: RoomState) => room === screen && depth !== 'all' && !inDepth.has(room)

  /** Where a room is asked from: its position, or the start, and how many messages of a first page. */
  function placeOf(room: RoomState): { seq: number; id: string | null; limit: number } {
    const limit = room.room === screen ? LIMITS.firstMessages : 0
    return isBare(room) ? { seq: 0, id: null, limit } : { ...room.position, limit }
  }

  function joinOf(room: RoomState): ClientFrame & { ref: string } {
    const { seq, id, limit } = placeOf(room)
    refsGiven += 1
    return { type: 'join', ref: `join-${refsGiven}`, room: room.room, ...(seq > 0 && { seq, id }), limit }
  }

  function ask(room: RoomState): void {
    const join = joinOf(room)
    if (!socket.send(join)) return
    isAsked(room, join.ref)
    outbox.flush()
  }

  function isAsked(of: RoomState, ref?: string): void {
    const { room } = of
    if (ref !== undefined) refs.set(ref, room)
    joined.add(room)
    asked.set(room, world.now())
    if (room === screen) inDepth.add(room)
    else {
      inDepth.delete(room)
      shallow.add(ref ?? room)
    }
    if (isBare(of)) store.dispatch({ type: 'roomRestarted', room })
    store.dispatch({ type: 'syncRequested', room, now: world.now() })
  }

  /** Until the server says `left` it may not have heard: a leave is asked for again, and again changes nothing. */
  function askToLeave(room: string): void {
    refsGiven += 1
    const ref = `leave-${refsGiven}`
    if (!socket.send({ type: 'leave', ref, room })) return
    refs.set(ref, room)
    leaving.set(room, world.now())
  }

  /** @param missing also for what waits for pages that nobody was asked for */
  function askWanting(missing = false): void {
    // The last page of a room may have come and not be drawn.
    if (missing) draw()
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
  function isIn(room: string): void {
    if (full === room) full = null
    asked.delete(room)
    if (joined.has(room) || leaving.has(room)) return
    joined.add(room)
    outbox.flush()
  }

  /** It is mine no more. */
  function parted(room: string): void {
    leaves += 1
    left.set(room, leaves)
  }

  /** What is heard of it was said before the leave that was asked for, though it may be asked for again. */
  function isParting(room: string): boolean {
    return [...refs].some(([ref, of]) => of === room && ref.startsWith('leave-'))
  }

  function closed(room: string): void {
    joined.delete(room)
    asked.delete(room)
    parted(room)
    outbox.failRoom(room)
  }

  function receive(frame: ServerFrame): void {
    outbox.receive(frame)
    switch (frame.type) {
      case 'sync':
        if (isParting(frame.room)) return
        if (frame.ref !== undefined && !frame.more) refs.delete(frame.ref)
        // Asked before the room came on screen and answered late: it brings counts in place of the people that were here.
        if (!frame.more && shallow.delete(frame.ref ?? frame.room)) inDepth.delete(frame.room)
        if (frame.more) asked.set(frame.room, world.now())
        else isIn(frame.room)
        break
      case 'reset':
        if (frame.reason === 'access') closed(frame.room)
        else asked.set(frame.room, world.now())
        break
      case 'left':
        if (frame.ref === undefined) {
          closed(frame.room)
          break
        }
        // Asked for here: the room is forgotten already, and may be joined again. A list that came meanwhile may have it.
        refs.delete(frame.ref)
        leaving.delete(frame.room)
        if (store.get().rooms[frame.room] !== undefined) return
        parted(frame.room)
        return store.dispatch({ type: 'roomForgotten', room: frame.room, left: true })
      case 'error':
        if (frame.ref !== undefined) refused(frame.ref, frame)
        break
      default:
    }
    gather(frame)
  }

  function refused(ref: string, { code, retry, after = ASK_AGAIN }: Heard<'error'>): void {
    const room = refs.get(ref)
    if (room === undefined) return
    refs.delete(ref)
    if (ref.startsWith('leave-')) {
      if (!retry) leaving.delete(room)
      world.after(after, () => leaving.has(room) && askToLeave(room))
      return
    }
    if (code === 'tooBig' && room === screen && full !== room) {
      // This connection has all the rooms it may have: another one begins with the room on screen.
      full = room
      socket.stop()
      return socket.start()
    }
    if (!retry) {
      closed(room)
      return gather({ type: 'reset', room, reason: 'access' })
    }
    // Asked twice and answered once: it is in.
    if (!asked.has(room)) return
    joined.delete(room)
    world.after(after, () => {
      if (!joined.has(room)) asked.delete(room)
      askWanting(true)
    })
  }

  const socket = makeSocket({
    firstFrames() {
      draw()
      joinsLeft = JOINS.atOnce
      // `hello` makes no member: what this page was not in yet is joined.
      const all = wanted()
      const fresh = all.filter((room) => room.you === null && isUrgent(room)).slice(0, JOINS.atOnce)
      const known = all.filter(({ you }) => you !== null).slice(0, LIMITS.rooms - fresh.length)
      const rooms = known.map((room) => ({ room: room.room, ...placeOf(room) }))
      for (const room of known) isAsked(room)
      const joins = fresh.map((room) => {
        const join = joinOf(room)
        isAsked(room, join.ref)
        return join
      })
      return [{ type: 'hello', rooms, state: world.activity() }, ...joins]
    },
    received: receive,
    stateChanged(connection) {
      draw()
      store.dispatch({ type: 'connectionChanged', connection, now: world.now() })
    },
    proven() {
      for (const room of leaving.keys()) {
        askToLeave(room)
      }
      askWanting(true)
      outbox.resend()
    },
    closed(code) {
      draw()
      joined.clear()
      asked.clear()
      refs.clear()
      inDepth.clear()
      shallow.clear()
      outbox.disconnected(REFUSED.includes(code))
    },
  })

  const outbox = makeOutbox({
    send: (frame) => socket.send(frame),
    isJoined: (room) => joined.has(room),
    isConfirmed: (room) => joined.has(room) && !asked.has(room),
    ackOverdue: () => socket.probe(),
    queued(entry) {
      // Whatever waits for a room is only sent from within it.
      store.dispatch({ type: 'roomOpened', room: entry.room })
      queued(entry)
    },
    statusChanged: (entry, sendStatus) =>
      store.dispatch({
        type: 'sendStatusChanged',
        room: entry.room,
        key: keyOf(entry.user, entry.nonce),
        sendStatus,
      }),
    dropped: (entry) =>
      store.dispatch({ type: 'entryDropped', room: entry.room, key: keyOf(entry.user, entry.nonce) }),
  })

  function queued(entry: OutboxEntry): void {
    const { self } = store.get()
    if (self === null || self === 'unknown') return
    store.dispatch({ type: 'entryQueued', entry, user: { id: self.id, name: self.name } })
  }

  /** The room comes on screen; of those that were there long ago fewer rows are kept. */
  function show(room: string): void {
    screen = room
    inDepth.delete(room)
    store.dispatch({ type: 'roomOpened', room, shown: true })
    for (const entry of outbox.entries(room)) queued(entry)
    shown.delete(room)
    shown.add(room)
    for (const oldest of [...shown].slice(0, -WHOLE)) {
      shown.delete(oldest)
      store.dispatch({ type: 'roomShortened', room: oldest })
    }
    askWanting()
  }

  /** Was it long enough? What lies ahead was asked before the clock was set back. */
  const isOver = (since: number) => Math.abs(world.now() - since) >= UNANSWERED

  /** Asks again for what nobody answered. */
  function patrol(): void {
    joinsLeft = Math.min(JOINS.atOnce, joinsLeft + JOINS.perSecond)
    for (const [room, since] of asked) {
      const known = store.get().rooms[room]
      if (known === undefined) asked.delete(room)
      else if (isOver(since) && joined.has(room)) ask(known)
    }
    askWanting(true)
    for (const [room, since] of leaving) if (isOver(since)) askToLeave(room)
  }

  /** All my rooms are followed, as many as a connection may have: what is not read is counted, and told, wherever it is said (U74). */
  function follow(list: State['roomList']): void {
    if (list.length === 0) left.clear()
    const { rooms } = store.get()
    const isOut = (room: string) => (rooms[room]?.sync.state ?? 'closed') === 'closed' && !leaving.has(room)
    const missing = list.filter(({ room, joined: mine }) => mine && isOut(room))
    for (const { room } of missing.slice(0, Math.max(0, LIMITS.rooms - Object.keys(rooms).length)))
      store.dispatch({ type: 'roomOpened', room })
  }

  store.watch(
    (state) => state.rooms,
    () => askWanting(),
    signal,
  )
  store.watch((state) => state.roomList, follow, signal)
  let ticking = () => {}
  const tick = () => {
    patrol()
    if (needsTick(store.get())) store.dispatch({ type: 'tick', now: world.now() })
    ticking = world.after(TICK, tick)
  }
  store.watch(
    (state) => needsTick(state) || state.connection.state === 'live',
    (needed) => {
      ticking()
      if (needed) ticking = world.after(TICK, tick)
    },
    signal,
  )
  signal.addEventListener('abort', () => ticking(), { once: true })

  return {
    socket,
    outbox,
    open(room) {
      leaving.delete(room)
      left.delete(room)
      show(room)
    },
    leave(room) {
      leaving.set(room, 0)
      joined.delete(room)
      asked.delete(room)
      askToLeave(room)
      parted(room)
      if (screen === room) screen = null
      shown.delete(room)
      store.dispatch({ type: 'roomForgotten', room, left: true })
    },
    leaveCount: () => leaves,
    leftSince: (room, since) => leaving.has(room) || (left.get(room) ?? 0) > since,
  }
}
