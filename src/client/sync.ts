/** What the wire asks for: hello, joining what has a gap, and frames gathered so that many of them are one draw (W9). */
import type { Activity } from '../shared/model.ts'
import type { ServerFrame } from '../shared/protocol.ts'
import type { Outbox, OutboxOwner } from './net/outbox.ts'
import type { Socket, SocketOwner } from './net/socket.ts'
import { withFar } from './nearby.ts'
import { needsTick } from './state/reduce.ts'
import { keyOf } from './state/rows.ts'
import type { OutboxEntry, RoomState, State } from './state/state.ts'
import type { Store } from './state/store.ts'

export interface SyncWorld {
  now(): number
  after(ms: number, run: () => void): () => void
  /** runs before the next paint; soon, where nothing is painted */
  draw(run: () => void): void
  activity(): Activity
}

/** Rooms kept up to date at once; the one opened longest ago goes first. */
const OPEN = 20
/** Closes after which what was SENT is not sent again by itself: it may be what was refused. */
const REFUSED = [1002, 1003, 1007, 1009]
/** ms */
const ASK_AGAIN = 2_000
const UNANSWERED = 15_000
const TICK = 1_000
/** Frames gathered for one draw; more are drawn at once, so that a sleeping page does not pile them up. */
const GATHERED = 1_000

export interface Sync {
  readonly socket: Socket
  readonly outbox: Outbox
  /** The page shows this room. */
  open(room: string): void
  /** Ends my membership, now or as soon as there is a connection. */
  leave(room: string): void
}

export function createSync(
  store: Store,
  world: SyncWorld,
  makeSocket: (owner: SocketOwner) => Socket,
  makeOutbox: (
    owner: Pick<OutboxOwner, 'send' | 'joined' | 'entered' | 'queued' | 'standing' | 'dropped' | 'doubt'>,
  ) => Outbox,
  signal: AbortSignal,
): Sync {
  /** rooms this connection has joined */
  const joined = new Set<string>()
  /** rooms asked for and not answered to the end, since when (ms), or since their last page */
  const asked = new Map<string, number>()
  /** ref → room */
  const refs = new Map<string, string>()
  /** rooms I left and the server has not said so yet, since when (ms) it was asked; 0: not yet */
  const leaving = new Map<string, number>()
  /** rooms that are mine no more, though an older list may say so */
  const left = new Set<string>()
  let gathered: ServerFrame[] = []
  let drawing = false
  let refsGiven = 0

  function draw(): void {
    drawing = false
    if (gathered.length === 0) return
    const frames = gathered
    gathered = []
    store.dispatch({ type: 'heard', frames, now: world.now() })
  }

  function gather(frame: ServerFrame): void {
    gathered.push(frame)
    if (gathered.length >= GATHERED) return draw()
    if (drawing) return
    drawing = true
    world.draw(draw)
  }

  function wanted(): RoomState[] {
    return Object.values(store.get().rooms).filter((room) => room.sync.state !== 'closed')
  }

  function ask(room: RoomState): void {
    const { seq, id } = room.position
    refsGiven += 1
    const ref = `join-${refsGiven}`
    if (!socket.send({ type: 'join', ref, room: room.room, ...(seq > 0 && { seq, id }) })) return
    refs.set(ref, room.room)
    isAsked(room.room)
    outbox.flush()
  }

  function isAsked(room: string): void {
    joined.add(room)
    asked.set(room, world.now())
    store.dispatch({ type: 'asked', room, now: world.now() })
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
    if (store.get().link.state !== 'live') return
    for (const room of wanted()) {
      const { state } = room.sync
      const open = state !== 'live' && (missing || state !== 'syncing')
      if (open && !asked.has(room.room)) ask(room)
    }
  }

  /** The server says so, whatever it has refused meanwhile. */
  function isIn(room: string): void {
    asked.delete(room)
    if (joined.has(room) || leaving.has(room)) return
    joined.add(room)
    outbox.flush()
  }

  /** What is heard of it was said before the leave that was asked for, though it may be asked for again. */
  function isParting(room: string): boolean {
    return [...refs].some(([ref, of]) => of === room && ref.startsWith('leave-'))
  }

  function closed(room: string): void {
    joined.delete(room)
    asked.delete(room)
    outbox.closed(room)
  }

  function receive(frame: ServerFrame): void {
    outbox.heard(frame)
    switch (frame.type) {
      case 'sync':
        if (isParting(frame.room)) return
        if (frame.ref !== undefined && !frame.more) refs.delete(frame.ref)
        if (frame.more) asked.set(frame.room, world.now())
        else isIn(frame.room)
        break
      case 'reset':
        if (frame.reason === 'access') closed(frame.room)
        else asked.set(frame.room, world.now())
        break
      case 'left':
        // Asked for here: the room is forgotten already, and may be joined again.
        if (frame.ref !== undefined) {
          refs.delete(frame.ref)
          leaving.delete(frame.room)
          return
        }
        closed(frame.room)
        break
      case 'error':
        if (frame.ref !== undefined) refused(frame.ref, frame.retry, frame.after)
        break
      default:
    }
    gather(frame)
  }

  function refused(ref: string, retry: boolean, after = ASK_AGAIN): void {
    const room = refs.get(ref)
    if (room === undefined) return
    refs.delete(ref)
    if (ref.startsWith('leave-')) {
      if (!retry) leaving.delete(room)
      world.after(after, () => leaving.has(room) && askToLeave(room))
      return
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
    hello() {
      draw()
      const rooms = wanted().slice(0, 100)
      for (const { room } of rooms) isAsked(room)
      return {
        type: 'hello',
        rooms: rooms.map(({ room, position }) => ({ room, ...position })),
        state: world.activity(),
      }
    },
    heard: receive,
    link(link) {
      draw()
      store.dispatch({ type: 'link', link, now: world.now() })
    },
    back() {
      for (const room of leaving.keys()) {
        askToLeave(room)
      }
      askWanting(true)
      outbox.back()
    },
    closed(code) {
      draw()
      joined.clear()
      asked.clear()
      refs.clear()
      outbox.lost(REFUSED.includes(code))
    },
  })

  const outbox = makeOutbox({
    send: (frame) => socket.send(frame),
    joined: (room) => joined.has(room),
    entered: (room) => joined.has(room) && !asked.has(room),
    doubt: () => socket.doubt(),
    queued(entry) {
      // Whatever waits for a room is only sent from within it.
      store.dispatch({ type: 'opened', room: entry.room })
      show(entry)
    },
    standing: (entry, standing) =>
      store.dispatch({
        type: 'standing',
        room: entry.room,
        key: keyOf(entry.user, entry.nonce),
        standing,
      }),
    dropped: (entry) =>
      store.dispatch({ type: 'dropped', room: entry.room, key: keyOf(entry.user, entry.nonce) }),
  })

  function show(entry: OutboxEntry): void {
    const { self } = store.get()
    if (self === null || self === 'unknown') return
    const user = { id: self.id, name: self.name }
    if (entry.kind === 'message') return store.dispatch({ type: 'queued', entry, user })
    withFar(({ withMine }) => {
      // It may have been settled while the chunk was on its way.
      const still = outbox.entries(entry.room).find(({ nonce }) => nonce === entry.nonce)
      if (still === undefined || still.kind === 'message') return
      store.dispatch({ type: 'changed', room: entry.room, by: (room) => withMine(room, still, user) })
    })
  }

  function forgetOldest(but: string): void {
    const rooms = Object.values(store.get().rooms)
    const idle = rooms.filter(
      ({ room, rows, changes, marked }) =>
        room !== but && marked === undefined && changes.length === 0 && rows.every((row) => row.seq !== null),
    )
    for (const { room } of idle.slice(0, Math.max(0, rooms.length - OPEN))) {
      asked.delete(room)
      store.dispatch({ type: 'forgotten', room })
    }
  }

  /** Was it long enough? What lies ahead was asked before the clock was set back. */
  const isOver = (since: number) => Math.abs(world.now() - since) >= UNANSWERED

  /** Asks again for what nobody answered. */
  function patrol(): void {
    for (const [room, since] of asked) {
      const known = store.get().rooms[room]
      if (known === undefined) asked.delete(room)
      else if (isOver(since) && joined.has(room)) ask(known)
    }
    askWanting(true)
    for (const [room, since] of leaving) if (isOver(since)) askToLeave(room)
  }

  /** All my rooms are kept up to date, as far as they fit: what is not read is counted, and told, wherever it is said (U74). */
  function follow(list: State['list']): void {
    if (list.length === 0) left.clear()
    const { rooms } = store.get()
    const missing = list.filter(({ room, joined: mine }) => mine && !rooms[room] && !left.has(room))
    for (const { room } of missing.slice(0, Math.max(0, OPEN - Object.keys(rooms).length)))
      store.dispatch({ type: 'opened', room })
  }

  store.watch(
    (state) => state.rooms,
    () => askWanting(),
    signal,
  )
  store.watch((state) => state.list, follow, signal)
  let ticking = () => {}
  const tick = () => {
    patrol()
    if (needsTick(store.get())) store.dispatch({ type: 'tick', now: world.now() })
    ticking = world.after(TICK, tick)
  }
  store.watch(
    (state) => needsTick(state) || state.link.state === 'live',
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
      store.dispatch({ type: 'opened', room })
      for (const entry of outbox.entries(room)) show(entry)
      forgetOldest(room)
    },
    leave(room) {
      leaving.set(room, 0)
      joined.delete(room)
      asked.delete(room)
      askToLeave(room)
      left.add(room)
      store.dispatch({ type: 'forgotten', room, left: true })
    },
  }
}
