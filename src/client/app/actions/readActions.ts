/** Tells the server and my other tabs what I have read. */
import type { Socket } from '../../net/socket.ts'
import type { TabChannel } from '../../net/tabChannel.ts'
import type { Timers } from '../../net/timers.ts'
import type { State } from '../../state/state.ts'
import type { StateStore } from '../../state/store.ts'

/** ms until gathered reads are sent */
const GATHER = 500
/** ms until reads that could not be sent are tried again */
const RETRY = 5_000
/** ms after which a sent position counts as received: a connection that ended unnoticed is closed before */
const RECEIVED = 90_000
/** How long (ms) marking all rooms read can be undone, unless the page is hidden meanwhile. */
const UNDO = 10_000

interface SentPosition {
  seq: number
  /** where it waits if it is sent again */
  queue: Map<string, number>
  /** its connection has ended */
  wasCut: boolean
  /** stops the timer that forgets it */
  forget(): void
}

export function createReadActions(
  store: StateStore,
  socket: Pick<Socket, 'send'>,
  tabs: TabChannel,
  after: Timers['after'],
  signal: AbortSignal,
) {
  /** room → seq that the server does not know yet */
  const unsent = new Map<string, number>()
  /** room → seq to which the read position goes back */
  const back = new Map<string, number>()
  /** room → a sent position that the server may not have received */
  const sent = new Map<string, SentPosition>()
  let cancelSend: (() => void) | null = null
  let cancelUndoTimer = () => {}
  let settling = new AbortController()

  /** Not yet, in a new connection: the server would ignore the position. */
  const isJoined = (room: string) => store.get().rooms[room]?.sync.state !== 'unsynced'

  function send(): void {
    cancelSend?.()
    for (const [room, seq] of unsent)
      if (isJoined(room) && socket.send({ type: 'read', room, seq })) noteSent(room, seq, unsent)
    for (const [room, seq] of back)
      if (isJoined(room) && socket.send({ type: 'read', room, seq, back: true })) noteSent(room, seq, back)
    cancelSend = unsent.size + back.size > 0 ? after(RETRY, send) : null
  }

  function noteSent(room: string, seq: number, queue: Map<string, number>): void {
    queue.delete(room)
    sent.get(room)?.forget()
    const forget = after(RECEIVED, () => sent.delete(room))
    sent.set(room, { seq, queue, wasCut: false, forget })
  }

  /** Sends again what a connection took along when it ended, unless the person has read elsewhere since. */
  function sendAgain(rooms: State['rooms']): void {
    for (const [room, position] of sent) {
      const { you, sync } = rooms[room] ?? {}
      if (sync?.state === 'unsynced') {
        position.wasCut = true
        position.forget()
      } else if (position.wasCut && sync?.state === 'live') {
        sent.delete(room)
        if (you?.readSeq !== position.seq || unsent.has(room) || back.has(room)) continue
        position.queue.set(room, position.seq)
        cancelSend ??= after(GATHER, send)
      }
    }
  }
  store.watch(({ rooms }) => rooms, sendAgain, signal)

  function tell(room: string, seq: number): void {
    back.delete(room)
    tabs.tell({ type: 'read', room, seq })
    unsent.set(room, Math.max(unsent.get(room) ?? 0, seq))
    cancelSend ??= after(GATHER, send)
  }

  function stopSettling(): void {
    cancelUndoTimer()
    settling.abort()
  }

  /** Tells the server of each room marked read, as soon as it is joined: the server accepts no read position before that. */
  function settle(): void {
    stopSettling()
    settling = new AbortController()
    // `markReadSettled` is queued behind the present change, so the state does not show it yet.
    const settled = new Set<string>()
    const tellJoined = (rooms: State['rooms']) => {
      for (const { room, markedRead, you, sync } of Object.values(rooms)) {
        if (you === null || markedRead === null || sync.state !== 'live' || settled.has(room)) continue
        settled.add(room)
        tell(room, you.readSeq)
        store.dispatch({ type: 'markReadSettled', room })
      }
    }
    store.watch(({ rooms }) => rooms, tellJoined, settling.signal)
  }

  return {
    markUnreadFrom(room: string, seq: number): void {
      if (seq > (store.get().rooms[room]?.you?.readSeq ?? 0)) return
      store.dispatch({ type: 'unreadFrom', room, seq })
      back.set(room, seq - 1)
      // What was read before goes first: the server refuses to go back to where it has not been.
      send()
    },
    markReadUpTo(room: string, seq: number): void {
      if (seq <= (store.get().rooms[room]?.you?.readSeq ?? seq)) return
      store.dispatch({ type: 'readUpTo', room, seq })
      tell(room, seq)
    },
    /** Marks all rooms read here at once. The rooms' state keeps what to tell the server, so a sign-out removes it. */
    markAllRead(): void {
      stopSettling()
      store.dispatch({ type: 'allMarkedRead' })
      cancelUndoTimer = after(UNDO, settle)
    },
    undoMarkAllRead(): void {
      stopSettling()
      store.dispatch({ type: 'markReadUndone' })
    },
    /** Sends at once what a timer would send: the page may be closing. */
    flush(): void {
      settle()
      send()
    },
    /** The person has signed out: nothing more is sent. */
    end(): void {
      stopSettling()
      cancelSend?.()
      cancelSend = null
      unsent.clear()
      back.clear()
      for (const { forget } of sent.values()) forget()
      sent.clear()
    },
  }
}
