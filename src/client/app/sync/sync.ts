/** Keeps rooms in step with the server: wires the socket and the outbox to the state, and handles what the server sends. */
import { LIMITS } from '../../../shared/limits.ts'
import type { Activity } from '../../../shared/model.ts'
import type { ServerFrame } from '../../../shared/protocol.ts'
import type { Api } from '../../net/api.ts'
import { Outbox, type OutboxWorld } from '../../net/outbox.ts'
import { createSocket, type Socket, type SocketWorld } from '../../net/socket.ts'
import { needsTick } from '../../state/reduce.ts'
import { keyOf } from '../../state/rows.ts'
import { idOf, selfOf, type OutboxEntry, type State } from '../../state/state.ts'
import type { StateStore } from '../../state/store.ts'
import { RoomJoins } from './roomJoins.ts'
import { createRoomLeaves } from './roomLeaves.ts'

export interface SyncWorld extends Omit<SocketWorld, 'hasSession' | 'userId'>, OutboxWorld {
  api: Pick<Api, 'session'>
  /** Runs before the next paint, or soon in a page that paints nothing. */
  draw(run: () => void): void
  activity(): Activity
  /** Called with true once leaving the page would lose something, and with false once it would not. */
  unsavedChanged(isUnsaved: boolean): void
}

/** Close codes after which nothing is sent again by itself: the server may have refused one of the frames. */
const REFUSED = [1002, 1003, 1007, 1009]
/** ms without an answer until a request is repeated */
const UNANSWERED = 15_000
/** ms */
const TICK = 1_000
/** Frames gathered for one draw at most: a page that paints nothing must not pile them up. */
const GATHERED = 1_000

export type ChatSync = ReturnType<typeof createSync>

export function createSync(store: StateStore, world: SyncWorld, signal: AbortSignal) {
  const leaves = createRoomLeaves((frame) => socket.send(frame), world)
  const joins = new RoomJoins(store, {
    now: world.now,
    after: world.after,
    send: (frame) => socket.send(frame),
    flushFrames,
    outbox: () => outbox,
    isLeaving: leaves.isLeaving,
    reconnect() {
      socket.stop()
      socket.start()
    },
    refusedForGood(room) {
      closed(room)
      gather({ type: 'reset', room, reason: 'access' })
    },
  })
  let gathered: ServerFrame[] = []

  /** Frames that come before the next paint change the state together, so that many of them are drawn once (W9). */
  function gather(frame: ServerFrame): void {
    gathered.push(frame)
    if (gathered.length >= GATHERED) flushFrames()
    else if (gathered.length === 1) world.draw(flushFrames)
  }

  function flushFrames(): void {
    const frames = gathered
    gathered = []
    if (frames.length > 0) store.dispatch({ type: 'framesReceived', frames, now: world.now() })
  }

  /** The room is missing or not open to me, or I am no longer in it. */
  function closed(room: string): void {
    joins.closed(room)
    leaves.hasLeft(room)
    outbox.failRoom(room)
  }

  function receive(frame: ServerFrame): void {
    outbox.receive(frame)
    switch (frame.type) {
      case 'sync':
        if (leaves.isUnanswered(frame.room)) return
        joins.pageReceived(frame)
        break
      case 'reset':
        if (frame.reason === 'access') closed(frame.room)
        else joins.awaitPage(frame.room)
        break
      case 'left':
        if (frame.ref === undefined) {
          closed(frame.room)
          break
        }
        leaves.answered(frame.ref, frame.room)
        // `leave` removed the room from the state. If the state has it again, it was opened since.
        if (store.get().rooms[frame.room] !== undefined) return
        // A room list requested meanwhile may still show the room as joined.
        leaves.hasLeft(frame.room)
        return store.dispatch({ type: 'roomForgotten', room: frame.room, left: true })
      case 'room':
        // Sent before the server read the leave.
        if (leaves.isLeaving(frame.entry.room)) return
        break
      case 'error':
        if (frame.ref !== undefined && !leaves.refused(frame.ref, frame)) joins.refused(frame.ref, frame)
        break
      default:
    }
    gather(frame)
  }

  async function hasSession(): Promise<'yes' | 'no' | 'unknown'> {
    const answer = await world.api.session()
    if (answer.ok) return 'yes'
    return answer.code === 'unauthenticated' ? 'no' : 'unknown'
  }

  const socket: Socket = createSocket(
    { ...world, hasSession, userId: () => idOf(store.get()) },
    {
      firstFrames() {
        flushFrames()
        const first = joins.firstRequests()
        return [{ type: 'hello', rooms: first.known, state: world.activity() }, ...first.joins]
      },
      received: receive,
      stateChanged(connection) {
        flushFrames()
        store.dispatch({ type: 'connectionChanged', connection, now: world.now() })
      },
      proven() {
        leaves.repeat(() => true)
        joins.requestMissing(true)
        outbox.resend()
      },
      closed(code) {
        flushFrames()
        joins.disconnected()
        leaves.disconnected()
        outbox.disconnected(REFUSED.includes(code))
      },
    },
  )

  const rowOf = ({ room, user, nonce }: OutboxEntry) => ({ room, key: keyOf(user, nonce) })
  const outbox: Outbox = new Outbox(world, {
    send: (frame) => socket.send(frame),
    maySendTo: (room) => joins.maySendTo(room),
    isConfirmed: (room) => joins.isConfirmed(room),
    ackOverdue: () => socket.probe(),
    queued(entry) {
      // The server takes messages only from people in the room.
      store.dispatch({ type: 'roomOpened', room: entry.room })
      queued(entry)
    },
    statusChanged: (entry, sendStatus) =>
      store.dispatch({ type: 'sendStatusChanged', ...rowOf(entry), sendStatus }),
    dropped: (entry) => store.dispatch({ type: 'entryDropped', ...rowOf(entry) }),
    storageBlocked: () => store.dispatch({ type: 'storageBlocked' }),
    unsavedChanged: (isUnsaved) => world.unsavedChanged(isUnsaved),
  })

  function queued(entry: OutboxEntry): void {
    const self = selfOf(store.get())
    if (self === null) return
    store.dispatch({ type: 'entryQueued', entry, user: { id: self.id, name: self.name } })
  }

  /** A time that lies ahead is overdue too: the clock was set back. */
  const isOverdue = (since: number) => Math.abs(world.now() - since) >= UNANSWERED

  /** Opens my rooms, as many as a connection may join, so that their messages are counted and may notify (U74). */
  function follow(list: State['roomList']): void {
    const { rooms } = store.get()
    const isOut = (room: string) =>
      (rooms[room]?.sync.state ?? 'closed') === 'closed' && !leaves.isLeaving(room)
    const missing = list.filter(({ room, joined }) => joined && isOut(room))
    for (const { room } of missing.slice(0, Math.max(0, LIMITS.rooms - Object.keys(rooms).length)))
      store.dispatch({ type: 'roomOpened', room })
  }

  const requestMissing = () => joins.requestMissing()
  store.watch(({ rooms }) => rooms, requestMissing, signal)
  store.watch((state) => state.roomList, follow, signal)
  let cancelTick = () => {}
  const tick = () => {
    joins.patrol(isOverdue)
    leaves.repeat(isOverdue)
    if (needsTick(store.get())) store.dispatch({ type: 'tick', now: world.now() })
    cancelTick = world.after(TICK, tick)
  }
  store.watch(
    (state) => needsTick(state) || state.connection.state === 'live',
    (needed) => {
      cancelTick()
      if (needed) cancelTick = world.after(TICK, tick)
    },
    signal,
  )
  signal.addEventListener('abort', () => cancelTick())

  return {
    socket,
    outbox,
    /** The page shows this room. */
    open(room: string): void {
      leaves.cancel(room)
      const longAgo = joins.show(room)
      store.dispatch({ type: 'roomOpened', room, shown: true })
      for (const entry of outbox.entries(room)) queued(entry)
      for (const oldest of longAgo) store.dispatch({ type: 'roomShortened', room: oldest })
      joins.requestMissing()
    },
    /** The room is to be left, but this can still be undone: the server is not told. */
    holdLeave(room: string): void {
      leaves.hold(room)
      joins.left(room)
    },
    /** Ends my membership, now or as soon as there is a connection. */
    leave(room: string): void {
      leaves.leave(room)
      joins.left(room)
      store.dispatch({ type: 'roomForgotten', room, left: true })
    },
    restoreLeaves: leaves.restore,
    leaveCount: leaves.leaveCount,
    leftSince: leaves.leftSince,
  }
}
