/** Loads what the log holds beyond the live rows: older messages, the messages around a jump, quotes and pins. */
import type { HistoryPage } from '../../../shared/model.ts'
import type { Api } from '../../net/api.ts'
import type { Timers } from '../../net/timers.ts'
import { findMessage, nextPage, type Side } from '../../state/historyWindow.ts'
import { rowById } from '../../state/rows.ts'
import { idOf } from '../../state/state.ts'
import type { StateStore } from '../../state/store.ts'

const IDS_PER_REQUEST = 50
/** At most this many requests for one page, while the answers are older than the frames that the room has received. */
const ATTEMPTS = 3
/** ms until a request that the server refused as too early is repeated, if the server names no time */
const EARLY = 1_000

export function createHistoryActions(store: StateStore, api: Pick<Api, 'messages'>, after: Timers['after']) {
  /** Requests under way, and the number of the last jump in each room. A sign-out replaces both, so later answers are dropped. */
  let session = { pending: new Set<string>(), jumps: new Map<string, number>() }

  /** Continues the requests that the server refused as too early. The newest goes first: its room is the one on screen. */
  const early: (() => void)[] = []

  /** Resolves after `ms`, or when it is the turn of the newest request. */
  function turn(ms = EARLY): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const next = () => {
      early.pop()?.()
      if (early.length > 0) after(ms, next)
    }
    if (early.push(resolve) === 1) after(ms, next)
    return promise
  }

  /**
   * A page at least as new as the frames that the room has received.
   * @returns null if a request failed, all answers were too old or the person signed out
   */
  async function pageOf(room: string, query: string): Promise<HistoryPage | null> {
    const requestedIn = session
    if (early.length > 0) await turn()
    for (let attempt = 0; attempt < ATTEMPTS && requestedIn === session;) {
      const answer = await api.messages(room, query)
      if (answer.ok) {
        attempt += 1
        const isFresh = answer.value.head >= (store.get().rooms[room]?.recentChangesSince ?? 0)
        if (isFresh && requestedIn === session) return answer.value
      } else if (answer.code === 'rateLimited') await turn(answer.after)
      else return null
    }
    return null
  }

  async function loadPage(room: string, side: Side): Promise<void> {
    const known = store.get().rooms[room]
    const place = known ? nextPage(known, side) : null
    if (place === null) return
    const requestedIn = session
    store.dispatch({ type: 'pageRequested', room, place })
    // A dispatch made during another is queued. Until it runs, the state does not show this request, and the list may ask again.
    const key = `${room} ${Object.values(place).join(' ')}`
    if (requestedIn.pending.has(key)) return
    requestedIn.pending.add(key)
    const page = await pageOf(room, `${side === 'older' ? 'before' : 'after'}=${place.edge}`)
    requestedIn.pending.delete(key)
    if (requestedIn === session) store.dispatch({ type: 'pageLoaded', room, place, page })
  }

  async function jumpTo(room: string, seq: number): Promise<boolean> {
    const known = store.get().rooms[room]
    if (known === undefined) return false
    const { jumps } = session
    const jump = (jumps.get(room) ?? 0) + 1
    jumps.set(room, jump)
    const where = findMessage(known, seq)
    if (where === 'end') store.dispatch({ type: 'historyLeft', room, to: 'live' })
    if (where !== null) return true
    await firstPageOf(store, room)
    const page = await pageOf(room, `around=${seq}`)
    // A later jump has replaced this one.
    if (page === null || jumps.get(room) !== jump) return false
    store.dispatch({ type: 'historyEntered', room, seq, page })
    const after = store.get().rooms[room]
    return after !== undefined && findMessage(after, seq) === 'drawn'
  }

  async function loadQuotes(room: string, ids: readonly string[]): Promise<void> {
    const known = store.get().rooms[room]
    const { pending } = session
    const wanted = ids
      .filter((id) => known && !rowById(known, id) && !pending.has(id))
      .slice(0, IDS_PER_REQUEST)
    if (wanted.length === 0) return
    for (const id of wanted) pending.add(id)
    for (let missing = wanted; missing.length > 0;) {
      const page = await pageOf(room, `ids=${missing.join()}`)
      const found = page?.messages.map(({ id }) => id) ?? []
      // `older`: not all of them fitted into the answer, so the missing ones may still exist.
      const isPartial = page !== null && page.older && found.length > 0
      const done = isPartial ? found : missing
      if (page) store.dispatch({ type: 'quotesLoaded', room, ids: done, page })
      missing = missing.filter((id) => !done.includes(id))
    }
    for (const id of wanted) pending.delete(id)
  }

  async function loadPins(room: string): Promise<void> {
    const key = `pins ${room}`
    const { pending } = session
    if (store.get().rooms[room]?.pins !== null || pending.has(key)) return
    pending.add(key)
    const page = await pageOf(room, 'pinned=true')
    pending.delete(key)
    if (page) store.dispatch({ type: 'pinsLoaded', room, page })
  }

  return {
    loadOlder: (room: string) => void loadPage(room, 'older'),
    loadNewer: (room: string) => void loadPage(room, 'newer'),
    jumpTo,
    async jumpToFirstAfter(room: string, after: number): Promise<number | null> {
      const me = idOf(store.get())
      const page = await pageOf(room, `around=${after + 1}`)
      const later = page?.messages.filter(({ seq }) => seq > after) ?? []
      const seq = (later.find(({ user }) => user?.id !== me) ?? later[0])?.seq
      return seq !== undefined && (await jumpTo(room, seq)) ? seq : null
    },
    async jumpToTime(room: string, time: number): Promise<number | null> {
      const page = await pageOf(room, `time=${time}`)
      const said = page?.messages.filter(({ kind, gone }) => kind === 'message' && gone === undefined) ?? []
      const seq = (said.find(({ at }) => at >= time) ?? said.at(-1))?.seq
      return seq !== undefined && (await jumpTo(room, seq)) ? seq : null
    },
    leaveHistory: (room: string) => store.dispatch({ type: 'historyLeft', room, to: 'previous' }),
    showLiveEnd: (room: string) => store.dispatch({ type: 'historyLeft', room, to: 'live' }),
    loadQuotes: (room: string, ids: readonly string[]) => void loadQuotes(room, ids),
    loadPins: (room: string) => void loadPins(room),
    /** The person has signed out. */
    end(): void {
      session = { pending: new Set(), jumps: new Map() }
    },
  }
}

/** Resolves once the room has its first page or will get none. Until then an answer by HTTP may be older than that page. */
function firstPageOf(store: StateStore, room: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const waiting = new AbortController()
  store.watch(
    ({ rooms, connection }) => {
      const known = rooms[room]
      if (known === undefined || known.position.seq > 0 || connection.state === 'stopped') return true
      return known.sync.state === 'live' || known.sync.state === 'closed'
    },
    (isSettled) => {
      if (!isSettled) return
      waiting.abort()
      resolve()
    },
    waiting.signal,
  )
  return promise
}
