/** What is not needed at first draw, as a chunk of its own: older messages, going back to one, quotes, pins, changes of mine. */
import type { HistoryPage } from '../../../shared/model.ts'
import type { Api } from '../../net/api.ts'
import { addPendingChange } from '../../state/optimisticChanges.ts'
import { markRead, settleMarkRead, undoMarkRead } from '../../state/markAllRead.ts'
import * as past from '../../state/historyWindow.ts'
import { idOf, type RoomState, type State } from '../../state/state.ts'
import type { StateStore } from '../../state/store.ts'

export type Far = typeof far

/** Ids of one request. */
const IDS = 50

/** Ids and rooms of requests under way, so that none is asked for twice. */
const asked = new Set<string>()
/** The last jump of a room: an answer that comes behind another one is not wanted any more. */
const jumps = new Map<string, number>()

function change(
  store: StateStore,
  room: string,
  by: (room: RoomState, me: string | null) => RoomState,
): void {
  store.dispatch({ type: 'changed', room, by })
}

/** How often a page is asked for that is older than what the room has heard. */
const TIMES = 3

/** A page of a room, read no earlier than what the room has heard of; null: none came. */
async function pageOf(store: StateStore, api: Api, room: string, place: string): Promise<HistoryPage | null> {
  for (let times = 0; times < TIMES; times += 1) {
    const answer = await api.messages(room, place)
    if (!answer.ok) return null
    if (answer.value.head >= (store.get().rooms[room]?.recentChangesSince ?? 0)) return answer.value
  }
  return null
}

/** The room has its first page, or nothing is to be waited for. */
function hasBegun({ rooms, connection }: State, room: string): boolean {
  const known = rooms[room]
  if (known === undefined || known.position.seq > 0 || connection.state === 'stopped') return true
  return known.sync.state === 'live' || known.sync.state === 'closed'
}

/** Resolves once the room has its first page: what is asked for before that may be older. */
function begun(store: StateStore, room: string): Promise<void> {
  const end = new AbortController()
  return new Promise<void>((resolve) => {
    store.watch(
      (state) => hasBegun(state, room),
      (has) => has && resolve(),
      end.signal,
    )
  }).finally(() => end.abort())
}

/** How long (ms) it can be undone that all was marked read. */
const UNDO = 10_000
let settling = () => {}

export const far = {
  addPendingChange,

  async older(store: StateStore, api: Api, room: string): Promise<void> {
    const before = store.get().rooms[room]
    if (before === undefined) return
    if (before.historyWindow !== null) return await far.load(store, api, room, 'older')
    if (before.older !== 'more' && before.older !== 'failed') return
    const edge = past.oldestSeq(before)
    change(store, room, past.requestOlder)
    // What the list wants while a state is told it may want twice; a room that began anew is answered by what is under way.
    const key = `${room} ${edge}`
    if (asked.has(key)) return
    asked.add(key)
    const page = await pageOf(store, api, room, `before=${edge}`)
    asked.delete(key)
    change(store, room, (now, me) =>
      // A reset meanwhile: these rows hang together with nothing any more.
      page === null || past.oldestSeq(now) !== edge
        ? past.olderFailed(now)
        : past.prependOlder(now, page, me),
    )
  },

  async load(store: StateStore, api: Api, room: string, side: 'older' | 'newer'): Promise<void> {
    const at = store.get().rooms[room]?.historyWindow
    if (!at || (at[side] !== 'more' && at[side] !== 'failed')) return
    const edge = side === 'older' ? `before=${at.rows[0]?.seq}` : `after=${at.rows.at(-1)?.seq}`
    change(store, room, (now) => past.requestPage(now, side))
    const page = await pageOf(store, api, room, edge)
    change(store, room, (now, me) => past.appendPage(now, at, side, page, me))
  },

  /** False: the message cannot be reached, or is no more; then nothing has changed. */
  async jump(store: StateStore, api: Api, room: string, seq: number): Promise<boolean> {
    const before = store.get().rooms[room]
    if (before === undefined) return false
    const mine = (jumps.get(room) ?? 0) + 1
    jumps.set(room, mine)
    const where = past.findMessage(before, seq)
    if (where === 'end') change(store, room, (now) => ({ ...now, historyWindow: null }))
    if (where !== null) return true
    await begun(store, room)
    const page = await pageOf(store, api, room, `around=${seq}`)
    if (page === null || jumps.get(room) !== mine) return false
    change(store, room, (now, me) => past.enterHistory(now, seq, page, me))
    const after = store.get().rooms[room]
    return after !== undefined && past.findMessage(after, seq) === 'drawn'
  },

  /** Goes to the first message of others behind `after`. Gives its seq, null where it cannot be reached. */
  async jumpBehind(store: StateStore, api: Api, room: string, after: number): Promise<number | null> {
    const me = idOf(store.get())
    const page = await pageOf(store, api, room, `around=${after + 1}`)
    const behind = page?.messages.filter(({ seq }) => seq > after) ?? []
    const seq = (behind.find(({ user }) => user?.id !== me) ?? behind[0])?.seq
    return seq !== undefined && (await far.jump(store, api, room, seq)) ? seq : null
  },

  back: (store: StateStore, room: string) => change(store, room, past.leaveHistory),

  async quotes(store: StateStore, api: Api, room: string, ids: readonly string[]): Promise<void> {
    const known = store.get().rooms[room]
    const wanted = ids.filter((id) => known && !past.isLoaded(known, id) && !asked.has(id)).slice(0, IDS)
    if (wanted.length === 0) return
    for (const id of wanted) asked.add(id)
    for (let missing = wanted; missing.length > 0;) {
      const page = await pageOf(store, api, room, `ids=${missing.join()}`)
      const found = page?.messages.map(({ id }) => id) ?? []
      // Not all of them fitted into the answer: those that are missing may still be there.
      const partly = page !== null && page.older && found.length > 0
      const answered = partly ? found : missing
      if (page) change(store, room, (now, me) => past.withQuotes(now, answered, page, me))
      missing = missing.filter((id) => !answered.includes(id))
    }
    for (const id of wanted) asked.delete(id)
  },

  async pins(store: StateStore, api: Api, room: string): Promise<void> {
    const key = `pins ${room}`
    if (store.get().rooms[room]?.pins !== null || asked.has(key)) return
    asked.add(key)
    const page = await pageOf(store, api, room, 'pinned=true')
    asked.delete(key)
    if (page) change(store, room, (now, me) => past.withPins(now, page, me))
  },

  /**
   * What is to be told lies in the rooms, so that it goes with them when somebody signs out.
   * @param told gets each room and up to where it is read, once that stands
   */
  allRead(
    store: StateStore,
    what: 'mark' | 'undo' | 'tell',
    after: (ms: number, run: () => void) => () => void,
    told: (room: string, seq: number) => void,
  ): void {
    const names = () => Object.keys(store.get().rooms)
    settling()
    settling = () => {}
    if (what === 'undo') {
      for (const room of names()) change(store, room, undoMarkRead)
      return
    }
    let cancel = () => {}
    if (what === 'mark') {
      for (const room of names()) change(store, room, markRead)
      cancel = after(UNDO, () => far.allRead(store, 'tell', after, told))
    }
    const end = new AbortController()
    settling = () => {
      cancel()
      end.abort()
    }
    /** rooms told: that they are settled is queued behind the present change */
    const done = new Set<string>()
    const come = (rooms: State['rooms']) => {
      for (const { room, marked: is, you, sync } of Object.values(rooms)) {
        // Only within the room is it believed; until then it can be undone.
        if (you === null || sync.state !== 'live') continue
        if (is === null) change(store, room, markRead)
        if (what === 'mark' || !is || done.has(room)) continue
        done.add(room)
        told(room, you.readSeq)
        change(store, room, settleMarkRead)
      }
    }
    store.watch(({ rooms }) => rooms, come, end.signal)
  },

  /** Gives null, or in words why not. */
  async setTopic(store: StateStore, api: Api, room: string, topic: string): Promise<string | null> {
    const answer = await api.setTopic(room, topic)
    if (!answer.ok) return answer.words
    const roomList = store.get().roomList.map((entry) => (entry.room === room ? answer.value : entry))
    store.dispatch({ type: 'roomListChanged', roomList })
    return null
  },
}
