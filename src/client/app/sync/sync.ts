/** Keeps rooms in step with the server: wires the socket and the outbox to the state, and answers what the server says. */
import { LIMITS } from '../../../shared/limits.ts'
import type { Activity } from '../../../shared/model.ts'
import type { Heard, ServerFrame } from '../../../shared/protocol.ts'
import type { Outbox, OutboxOwner } from '../../net/outbox.ts'
import type { Socket, SocketOwner } from '../../net/socket.ts'
import type { Timers } from '../../net/timers.ts'
import { needsTick } from '../../state/reduce.ts'
import { keyOf } from '../../state/rows.ts'
import { selfOf, type OutboxEntry, type State } from '../../state/state.ts'
import type { StateStore } from '../../state/store.ts'
import { createFrameBatch } from './frameBatch.ts'
import { createRoomJoins } from './roomJoins.ts'
import { createRoomLeaves } from './roomLeaves.ts'

export interface SyncWorld extends Timers {
  /** runs before the next paint; soon, where nothing is painted */
  draw(run: () => void): void
  activity(): Activity
}

/** Closes after which what was sent is not sent again by itself: it may be what was refused. */
const REFUSED = [1002, 1003, 1007, 1009]
/** ms */
const UNANSWERED = 15_000
const TICK = 1_000

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
      'send' | 'maySendTo' | 'isConfirmed' | 'queued' | 'statusChanged' | 'dropped' | 'ackOverdue'
    >,
  ) => Outbox,
  signal: AbortSignal,
): ChatSync {
  const batch = createFrameBatch(world.draw, (frames) =>
    store.dispatch({ type: 'framesReceived', frames, now: world.now() }),
  )
  const leaves = createRoomLeaves((frame) => socket.send(frame), world)
  const joins = createRoomJoins(store, {
    now: world.now,
    after: world.after,
    send: (frame) => socket.send(frame),
    flushFrames: batch.flush,
    flushOutbox: () => outbox.flush(),
    outboxRooms: () => outbox.rooms,
    isLeaving: leaves.isLeaving,
  })

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
        else joins.resetReceived(frame.room)
        break
      case 'left':
        if (frame.ref === undefined) {
          closed(frame.room)
          break
        }
        // Asked for here: the room is forgotten already, and may be joined again. A list that came meanwhile may have it.
        leaves.answered(frame.ref, frame.room)
        if (store.get().rooms[frame.room] !== undefined) return
        leaves.hasLeft(frame.room)
        return store.dispatch({ type: 'roomForgotten', room: frame.room, left: true })
      case 'error':
        if (frame.ref !== undefined) refused(frame.ref, frame)
        break
      default:
    }
    batch.add(frame)
  }

  function refused(ref: string, error: Heard<'error'>): void {
    if (leaves.refused(ref, error)) return
    const outcome = joins.refused(ref, error)
    if (outcome?.next === 'reconnect') {
      socket.stop()
      socket.start()
    } else if (outcome?.next === 'closed') {
      closed(outcome.room)
      batch.add({ type: 'reset', room: outcome.room, reason: 'access' })
    }
  }

  const socket = makeSocket({
    firstFrames() {
      batch.flush()
      const first = joins.firstJoins()
      return [{ type: 'hello', rooms: first.known, state: world.activity() }, ...first.joins]
    },
    received: receive,
    stateChanged(connection) {
      batch.flush()
      store.dispatch({ type: 'connectionChanged', connection, now: world.now() })
    },
    proven() {
      leaves.askAll()
      joins.askWanting(true)
      outbox.resend()
    },
    closed(code) {
      batch.flush()
      joins.disconnected()
      leaves.disconnected()
      outbox.disconnected(REFUSED.includes(code))
    },
  })

  const outbox = makeOutbox({
    send: (frame) => socket.send(frame),
    maySendTo: joins.maySendTo,
    isConfirmed: joins.isConfirmed,
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
    const self = selfOf(store.get())
    if (self === null) return
    store.dispatch({ type: 'entryQueued', entry, user: { id: self.id, name: self.name } })
  }

  /** Was it long enough? What lies ahead was asked before the clock was set back. */
  const isOverdue = (since: number) => Math.abs(world.now() - since) >= UNANSWERED

  /** All my rooms are followed, as many as a connection may have: their unread messages are counted, and told (U74). */
  function follow(list: State['roomList']): void {
    if (list.length === 0) leaves.clear()
    const { rooms } = store.get()
    const isOut = (room: string) =>
      (rooms[room]?.sync.state ?? 'closed') === 'closed' && !leaves.isLeaving(room)
    const missing = list.filter(({ room, joined }) => joined && isOut(room))
    for (const { room } of missing.slice(0, Math.max(0, LIMITS.rooms - Object.keys(rooms).length)))
      store.dispatch({ type: 'roomOpened', room })
  }

  store.watch(
    (state) => state.rooms,
    () => joins.askWanting(),
    signal,
  )
  store.watch((state) => state.roomList, follow, signal)
  let cancelTick = () => {}
  const tick = () => {
    joins.patrol(isOverdue)
    leaves.askOverdue(isOverdue)
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
  signal.addEventListener('abort', () => cancelTick(), { once: true })

  return {
    socket,
    outbox,
    open(room) {
      leaves.cancel(room)
      const longAgo = joins.show(room)
      store.dispatch({ type: 'roomOpened', room, shown: true })
      for (const entry of outbox.entries(room)) queued(entry)
      for (const oldest of longAgo) store.dispatch({ type: 'roomShortened', room: oldest })
      joins.askWanting()
    },
    leave(room) {
      leaves.leave(room)
      joins.left(room)
      store.dispatch({ type: 'roomForgotten', room, left: true })
    },
    leaveCount: leaves.leaveCount,
    leftSince: leaves.leftSince,
  }
}
