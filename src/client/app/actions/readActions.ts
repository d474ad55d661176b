/** Tells the server and my other tabs what I have read. */
import type { Socket } from '../../net/socket.ts'
import type { TabChannel } from '../../net/tabChannel.ts'
import type { Timers } from '../../net/timers.ts'
import type { State } from '../../state/state.ts'
import type { StateStore } from '../../state/store.ts'

/** How long (ms) reads are gathered before they are sent, and until they are tried again without a connection. */
const GATHER = 500
const RETRY = 5_000
/** How long (ms) marking all rooms read can be undone. */
const UNDO = 10_000

export function createReadActions(
  store: StateStore,
  socket: Pick<Socket, 'send'>,
  tabs: TabChannel,
  after: Timers['after'],
) {
  /** room → seq that the server does not know yet */
  const unsent = new Map<string, number>()
  let cancel: (() => void) | null = null

  function send(): void {
    cancel?.()
    for (const [room, seq] of unsent) if (socket.send({ type: 'read', room, seq })) unsent.delete(room)
    cancel = unsent.size > 0 ? after(RETRY, send) : null
  }

  function tell(room: string, seq: number): void {
    tabs.tell({ type: 'read', room, seq })
    unsent.set(room, Math.max(unsent.get(room) ?? 0, seq))
    cancel ??= after(GATHER, send)
  }

  const all = createMarkAllRead(store, after, tell)

  return {
    markReadUpTo(room: string, seq: number): void {
      if (seq <= (store.get().rooms[room]?.you?.readSeq ?? seq)) return
      store.dispatch({ type: 'readUpTo', room, seq })
      tell(room, seq)
    },
    markAllRead: all.mark,
    undoMarkAllRead: all.undo,
    /** Sends at once what a timer would send: the page may be closing. */
    flush(): void {
      all.settle()
      send()
    },
    /** The person has signed out: nothing more is sent. */
    end(): void {
      all.end()
      cancel?.()
      cancel = null
      unsent.clear()
    },
  }
}

/**
 * Marks all rooms read here at once, and tells the server after ten seconds unless the person undoes it.
 * The read positions to tell are kept in the rooms' state, so a sign-out removes them.
 * @param tell gets each room and the seq up to which it is read
 */
export function createMarkAllRead(
  store: StateStore,
  after: Timers['after'],
  tell: (room: string, seq: number) => void,
): { mark(): void; undo(): void; settle(): void; end(): void } {
  let settling = new AbortController()
  let cancel = () => {}

  function end(): void {
    cancel()
    settling.abort()
  }

  /** Tells the server of each marked room, as soon as it is joined: the server accepts no read position before. */
  function settle(): void {
    end()
    settling = new AbortController()
    // `markReadSettled` is queued behind the present change, so the state does not show it yet.
    const settled = new Set<string>()
    const look = (rooms: State['rooms']) => {
      for (const { room, markedRead, you, sync } of Object.values(rooms)) {
        if (you === null || markedRead === null || sync.state !== 'live' || settled.has(room)) continue
        settled.add(room)
        tell(room, you.readSeq)
        store.dispatch({ type: 'markReadSettled', room })
      }
    }
    store.watch(({ rooms }) => rooms, look, settling.signal)
  }

  return {
    mark() {
      end()
      store.dispatch({ type: 'allMarkedRead' })
      cancel = after(UNDO, settle)
    },
    undo() {
      end()
      store.dispatch({ type: 'markReadUndone' })
    },
    settle,
    end,
  }
}
