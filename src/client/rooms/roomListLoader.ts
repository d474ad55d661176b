/** Loads the list of rooms and finds rooms that the list does not hold. */
import type { RoomEntry } from '../../shared/model.ts'
import type { Timers } from '../net/timers.ts'
import type { Api } from '../net/api.ts'
import { idOf } from '../state/state.ts'
import type { StateStore } from '../state/store.ts'

/** Which rooms this page has left, so that an older answer does not bring them back. */
interface RoomsLeft {
  leaveCount(): number
  /** Was the room left after `leaveCount()` gave `since`? Then a room list requested at that count may still show it as joined. */
  leftSince(room: string, since: number): boolean
}

const SEARCH_DELAY_MS = 200
const RETRY_MS = { first: 1_000, max: 30_000 }
/** ms after which the list is loaded anew when the page is seen again */
const OUTDATED = 60_000
/** Rooms of others kept in the list, so that it does not grow with each search. */
const MAX_OTHERS = 1_000

export function createRoomListLoader(
  store: StateStore,
  { leaveCount, leftSince }: RoomsLeft,
  api: Pick<Api, 'rooms'>,
  { now, after }: Timers,
  signal: AbortSignal,
) {
  let requests = 0
  /** when (ms) the list was requested last */
  let requestedAt = 0
  /** the newest request whose answer is shown */
  let shown = 0
  let serverHasMore = false
  let searches = 0
  /** number of times that the client connected or lost its connection */
  let connections = 0
  let cancelSearch = () => {}

  /** The answer, corrected for rooms joined or left since the request. `isSamePerson`: nobody else has signed in since. */
  async function request(text?: string) {
    const leaves = leaveCount()
    const user = idOf(store.get())
    const answer = await api.rooms(text)
    if (!answer.ok) return answer
    const state = store.get()
    const rooms = answer.value.rooms.map((entry): RoomEntry => {
      const isMember = entry.joined || Boolean(state.rooms[entry.room]?.you)
      return { ...entry, joined: isMember && !leftSince(entry.room, leaves) }
    })
    return { ok: true, rooms, more: answer.value.more, isSamePerson: idOf(state) === user } as const
  }

  /** @returns false if there was no answer */
  async function load(): Promise<boolean> {
    const turn = (requests += 1)
    requestedAt = now()
    const before = store.get().roomList
    const answer = await request()
    if (!answer.ok) return false
    if (turn < shown || !answer.isSamePerson) return true
    shown = turn
    serverHasMore = answer.more
    // Rooms that the server announced since the request may be missing in the answer.
    const known = [...before, ...answer.rooms]
    const announced = store.get().roomList.filter(({ room }) => !known.some((entry) => entry.room === room))
    store.dispatch({ type: 'roomListChanged', roomList: [...answer.rooms, ...announced] })
    return true
  }

  /** Retries for as long as the connection lasts: rooms are followed only once the list is here (C121). */
  async function loadForConnection(isConnected: boolean): Promise<void> {
    const connection = (connections += 1)
    if (!isConnected) return
    for (let wait = RETRY_MS.first; !(await load()); wait = Math.min(RETRY_MS.max, 2 * wait)) {
      await new Promise<void>((resolve) => void after(wait, resolve))
      if (connection !== connections || signal.aborted) return
    }
  }

  async function search(text: string): Promise<void> {
    const turn = (searches += 1)
    const answer = await request(text)
    if (turn !== searches) return
    if (!answer.ok) {
      if (answer.code === 'rateLimited') cancelSearch = after(RETRY_MS.first, () => void search(text))
    } else if (answer.isSamePerson) {
      const found = new Set(answer.rooms.map(({ room }) => room))
      const rest = store.get().roomList.filter(({ room }) => !found.has(room))
      const mine = rest.filter(({ joined }) => joined)
      const others = rest.filter(({ joined }) => !joined).slice(0, MAX_OTHERS)
      store.dispatch({ type: 'roomListChanged', roomList: [...mine, ...answer.rooms, ...others] })
    }
  }

  store.watch(
    // A connection in doubt that proves alive is not a new connection.
    ({ connection }) => connection.state === 'live' || connection.state === 'suspect',
    (isConnected) => void loadForConnection(isConnected),
    signal,
  )

  return {
    /** Loads my rooms and the busiest rooms of others. */
    load,
    /** The page is seen again: which rooms are the busiest may have changed. */
    seen: () => void (idOf(store.get()) !== null && now() - requestedAt >= OUTDATED && load()),
    /** Searches rooms by a part of their name, 200 ms after the last call, unless the list holds all rooms (U144). */
    find(text: string): void {
      cancelSearch()
      searches += 1
      const wanted = text.trim()
      if (serverHasMore && wanted !== '') cancelSearch = after(SEARCH_DELAY_MS, () => void search(wanted))
    },
  }
}
