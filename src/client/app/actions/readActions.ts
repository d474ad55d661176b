/** Tells the server and my other tabs what I have read. */
import type { Socket } from '../../net/socket.ts'
import type { TabChannel } from '../../net/tabChannel.ts'
import type { Timers } from '../../net/timers.ts'
import type { State } from '../../state/state.ts'
import type { StateStore } from '../../state/store.ts'
import type { ChatActions } from './actions.ts'

export interface ReadActions extends Pick<ChatActions, 'markReadUpTo' | 'markAllRead' | 'undoMarkAllRead'> {
  /** Tells at once what a timer was to tell: the page may go. */
  flush(): void
  /** The person has signed out: nothing more is told. */
  end(): void
}

/** How long (ms) reads are gathered before they are sent, and how long until they are tried again without a connection. */
const GATHER = 500
const RETRY = 5_000
/** How long (ms) it can be undone that all was marked read. */
const UNDO = 10_000

export function createReadActions(
  store: StateStore,
  socket: Pick<Socket, 'send'>,
  tabs: TabChannel,
  after: Timers['after'],
): ReadActions {
  /** room → seq that the server is still to hear of */
  const unsent = new Map<string, number>()
  let isScheduled = false
  let cancel = () => {}

  function send(): void {
    cancel()
    for (const [room, seq] of unsent) if (socket.send({ type: 'read', room, seq })) unsent.delete(room)
    isScheduled = unsent.size > 0
    if (isScheduled) cancel = after(RETRY, send)
  }

  function tell(room: string, seq: number): void {
    tabs.tell({ type: 'read', room, seq })
    unsent.set(room, Math.max(unsent.get(room) ?? 0, seq))
    if (isScheduled) return
    isScheduled = true
    cancel = after(GATHER, send)
  }

  const all = createMarkAllRead(store, after, tell)

  return {
    markReadUpTo(room, seq) {
      if (seq <= (store.get().rooms[room]?.you?.readSeq ?? seq)) return
      store.dispatch({ type: 'readUpTo', room, seq })
      tell(room, seq)
    },
    markAllRead: all.mark,
    undoMarkAllRead: all.undo,
    flush() {
      all.settle()
      send()
    },
    end() {
      all.end()
      cancel()
      isScheduled = false
      unsent.clear()
    },
  }
}

/**
 * All rooms are marked read here at once, and told after ten seconds unless that is undone.
 * What is to be told lies in the rooms' state, so it is gone with them on sign-out.
 * @param tell gets each room and up to where it is read, once that is settled
 */
export function createMarkAllRead(
  store: StateStore,
  after: Timers['after'],
  tell: (room: string, seq: number) => void,
): { mark(): void; undo(): void; settle(): void; end(): void } {
  let stop = () => {}

  /** Marks rooms that are still being joined once they are here. @param settles also tells what is marked */
  function followRooms(settles: boolean): () => void {
    const watching = new AbortController()
    /** rooms told: that they are settled is queued behind the present change */
    const told = new Set<string>()
    const look = (rooms: State['rooms']) => {
      for (const { room, markedRead, you, sync } of Object.values(rooms)) {
        // Only a joined room believes a read; until then it can be undone.
        if (you === null || sync.state !== 'live') continue
        if (markedRead?.state === 'pending') store.dispatch({ type: 'roomMarkedRead', room })
        if (!settles || markedRead?.state !== 'undoable' || told.has(room)) continue
        told.add(room)
        tell(room, you.readSeq)
        store.dispatch({ type: 'markReadSettled', room })
      }
    }
    store.watch(({ rooms }) => rooms, look, watching.signal)
    return () => watching.abort()
  }

  function end(): void {
    stop()
    stop = () => {}
  }

  function settle(): void {
    end()
    stop = followRooms(true)
  }

  return {
    mark() {
      end()
      store.dispatch({ type: 'allMarkedRead' })
      const cancel = after(UNDO, settle)
      const unfollow = followRooms(false)
      stop = () => {
        cancel()
        unfollow()
      }
    },
    undo() {
      end()
      store.dispatch({ type: 'markReadUndone' })
    },
    settle,
    end,
  }
}
