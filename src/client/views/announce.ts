import { isolated } from '../format.ts'
import { roomName } from '../state/title.ts'
import type { RoomState } from '../state/state.ts'
import type { Context } from './context.ts'
import type { Parts } from './parts.ts'

/** Says aloud what others write and what fails; never history, my own sends, acks, presence (A3, A4). */
export function announce(
  { store }: Context,
  room: string,
  { spoken: to, given }: Pick<Parts, 'spoken' | 'given'>,
  signal: AbortSignal,
): void {
  /** all up to this seq is known; null before the room was live for the first time */
  let known: number | null = null
  let failed: ReadonlySet<string> | null = null

  function messages(state: RoomState): void {
    if (state.sync.state !== 'live') return
    const last = state.position.seq
    if (known === null || last < known) {
      if (known === null) to.say(`${isolated(roomName(store.get(), room))}, ${state.count} here`)
      known = last
      return
    }
    if (last === known) return
    const since = known
    known = last
    const news = state.rows.filter(
      (row) => row.kind === 'message' && !row.own && row.seq !== null && row.seq > since && row.text !== null,
    )
    to.heard(news.map((row) => ({ name: isolated(row.user.name), text: row.text ?? '' })))
  }

  function failures(state: RoomState): void {
    const now = new Map(
      state.rows.flatMap(({ key, standing }) =>
        standing.status === 'failed' ? [[key, standing.reason]] : [],
      ),
    )
    if (failed !== null)
      for (const [key, reason] of now) if (!failed.has(key)) to.warn(given.reasonText(reason))
    failed = new Set(now.keys())
  }

  store.watch(
    (state) => state.rooms[room],
    (state) => {
      if (state === undefined) return
      messages(state)
      failures(state)
    },
    signal,
  )
}
