/** The list of rooms: when it is asked for, and which answer counts. */
import type { RoomEntry } from '../../shared/model.ts'
import type { Timers } from '../net/timers.ts'
import type { Api } from '../net/api.ts'
import { idOf, type State } from '../state/state.ts'
import type { StateStore } from '../state/store.ts'

/** Which rooms this page has left, so that an older answer does not bring them back. */
export interface RoomsLeft {
  /** how often a room was left so far */
  leaveCount(): number
  /** Was the room left after so many leaves, or is it about to be? */
  leftSince(room: string, leaves: number): boolean
}

export interface RoomListLoader {
  /** Asks for my rooms and those of others with most people. */
  load(): Promise<void>
  /** Asks for rooms whose name holds this text, a moment after the last call, where not all rooms are here. */
  find(text: string): void
}

/** How long (ms) typing rests before the server is asked, and how long after it said too fast. */
const RESTS = 200
const RETRY_AFTER = { first: 1_000, max: 30_000 }
/** Entries kept besides mine, so that searching does not pile them up. */
const OTHERS = 1_000

export function createRoomListLoader(
  store: StateStore,
  { leaveCount, leftSince }: RoomsLeft,
  api: Pick<Api, 'rooms'>,
  after: Timers['after'],
  signal: AbortSignal,
): RoomListLoader {
  /** requests so far, and the latest of those whose answer is shown: an older one does not replace it */
  let asked = 0
  let shown = 0
  /** the server has more rooms than it listed */
  let more = false
  let searches = 0
  let connections = 0
  let waiting = () => {}
  /** rooms asked for because the list did not have them */
  const unlisted = new Set<string>()

  /** An answer as it is true now: it does not know of rooms joined or left since it was asked for. */
  function trueNow(rooms: readonly RoomEntry[], since: number): RoomEntry[] {
    const known = store.get().rooms
    return rooms.map((entry) => {
      const joined = !leftSince(entry.room, since) && (entry.joined || Boolean(known[entry.room]?.you))
      return joined === entry.joined ? entry : { ...entry, joined }
    })
  }

  /** False: there was no answer. */
  async function ask(): Promise<boolean> {
    const [turn, since, me] = [(asked += 1), leaveCount(), idOf(store.get())]
    const answer = await api.rooms()
    if (!answer.ok) return false
    if (turn < shown || idOf(store.get()) !== me) return true
    shown = turn
    more = answer.value.more
    store.dispatch({ type: 'roomListChanged', roomList: trueNow(answer.value.rooms, since) })
    return true
  }

  /** A new connection needs the list: without it no room is followed. */
  async function insist(): Promise<void> {
    const mine = (connections += 1)
    for (let ms = RETRY_AFTER.first; !(await ask()); ms = Math.min(RETRY_AFTER.max, 2 * ms)) {
      await new Promise<void>((resolve) => void after(ms, resolve))
      if (mine !== connections || !isConnected(store.get()) || signal.aborted) return
    }
  }

  async function search(text: string): Promise<void> {
    const [turn, since, me] = [(searches += 1), leaveCount(), idOf(store.get())]
    const answer = await api.rooms(text)
    if (turn !== searches || idOf(store.get()) !== me) return
    if (answer.ok) {
      const found = trueNow(answer.value.rooms, since)
      const rest = store.get().roomList.filter(({ room }) => !found.some((entry) => entry.room === room))
      const mine = rest.filter(({ joined }) => joined)
      const others = rest.filter(({ joined }) => !joined).slice(0, OTHERS)
      store.dispatch({ type: 'roomListChanged', roomList: [...mine, ...found, ...others] })
    } else if (answer.code === 'rateLimited') waiting = after(RETRY_AFTER.first, () => void search(text))
  }

  store.watch(isConnected, (connected) => void (connected && insist()), signal)
  let listed: { list: State['roomList']; rooms: ReadonlySet<string> } = { list: [], rooms: new Set() }
  store.watch(
    ({ rooms, roomList }) => {
      if (roomList.length === 0) return undefined
      if (roomList !== listed.list)
        listed = { list: roomList, rooms: new Set(roomList.map(({ room }) => room)) }
      return Object.values(rooms).find(
        ({ room, sync: { state } }) => state === 'live' && !unlisted.has(room) && !listed.rooms.has(room),
      )?.room
    },
    (room) => {
      if (room === undefined) return
      // A room that the list does not have was made since it came, or is not among those listed.
      unlisted.add(room)
      void ask()
    },
    signal,
  )

  return {
    load: async () => void (await ask()),
    find(text) {
      waiting()
      searches += 1
      const wanted = text.trim()
      if (more && wanted !== '') waiting = after(RESTS, () => void search(wanted))
    },
  }
}

/** A doubt about a connection that proves alive is no new connection. */
function isConnected({ connection }: State): boolean {
  return connection.state === 'live' || connection.state === 'suspect'
}
