/** Which messages are told outside of the page, by which of my tabs, and until when (U76). The browser is `outside.ts`. */
import { mentionsName } from '../shared/text.ts'
import { isolated } from './format.ts'
import { idOf, type RoomState, type Row, type State } from './state/state.ts'
import type { Store } from './state/store.ts'
import { roomName } from './state/title.ts'

export interface Note {
  id: string
  room: string
  seq: number
  title: string
  body: string
}

export interface TellingWorld {
  now(): number
  after(ms: number, run: () => void): () => void
  /** Does somebody look at the live end of this room here? */
  attended(room: string): boolean
  /** Is it this tab that tells for all of mine? */
  leads(): boolean
  /** Tells the others which messages are looked at here. */
  looking(ids: readonly string[]): void
  /** Shows it and gives what closes it, or null where nothing can be shown. `closed`: by whoever. */
  show(note: Note, closed: () => void): (() => void) | null
  sound(): void
}

export interface Telling {
  /** Another tab tells which messages are looked at there. */
  looked(ids: readonly string[]): void
  /** Nothing stays on show. */
  close(): void
}

/** So long (ms) a tab in front has to say that the message is looked at there. */
const GRACE = 400
/** Between two sounds, ms. */
const QUIET = 3_000
/** On show at once; the oldest goes (T15). */
const SHOWN = 5
/** Ids of messages looked at elsewhere that are kept. */
const LOOKED = 1_000
/** Characters of a message that are shown. */
const LETTERS = 200

/** Tells, until the signal aborts, what the person wants to be told. */
export function tellNews(store: Store, world: TellingWorld, signal: AbortSignal): Telling {
  /** up to which seq a room's messages are known */
  const known = new Map<string, number>()
  const looked = new Set<string>()
  const shown = new Map<string, { note: Note; close(): void }>()
  let before: State['rooms'] = {}
  let sounded = Number.NEGATIVE_INFINITY

  function close(id: string): void {
    const one = shown.get(id)
    shown.delete(id)
    one?.close()
  }

  function closeAll(): void {
    for (const id of [...shown.keys()]) close(id)
  }

  function heard(room: RoomState): void {
    const news = newsOf(room, known).filter((row) => isWanted(store.get(), room.room, row))
    if (news.length === 0) return
    if (room.past === null && world.attended(room.room)) {
      return world.looking(news.flatMap(({ id }) => id ?? []))
    }
    if (!world.leads()) return
    world.after(GRACE, () => {
      if (!signal.aborted) tell(room.room, news)
    })
  }

  function tell(room: string, rows: readonly Row[]): void {
    const state = store.get()
    const now = state.rooms[room]
    const missed = rows.filter((row) => now && !looked.has(row.id ?? '') && !isDone(now, row))
    if (missed.length === 0) return
    if (state.settings.sound === 'on' && world.now() - sounded >= QUIET) {
      sounded = world.now()
      world.sound()
    }
    if (state.settings.notify === 'on') for (const row of missed.slice(-SHOWN)) show(noteOf(state, room, row))
  }

  function show(note: Note): void {
    const end = world.show(note, () => shown.delete(note.id))
    if (end === null) return
    shown.set(note.id, { note, close: end })
    for (const oldest of [...shown.keys()].slice(0, -SHOWN)) close(oldest)
  }

  store.watch(
    idOf,
    () => {
      closeAll()
      known.clear()
    },
    signal,
  )
  store.watch(
    ({ rooms }) => rooms,
    (rooms) => {
      for (const { note } of shown.values()) {
        const room = rooms[note.room]
        if (room === undefined || isDone(room, note)) close(note.id)
      }
      for (const room of Object.values(rooms)) if (room !== before[room.room]) heard(room)
      before = rooms
    },
    signal,
  )
  signal.addEventListener('abort', closeAll, { once: true })

  return {
    looked(ids) {
      for (const id of ids) looked.add(id)
      for (const id of looked) if (looked.size > LOOKED) looked.delete(id)
    },
    close: closeAll,
  }
}

/** Messages of others that came since the room was looked at last; what was there when it came is none. */
function newsOf(room: RoomState, known: Map<string, number>): Row[] {
  if (room.sync.state !== 'live') return []
  const last = room.position.seq
  const since = known.get(room.room) ?? last
  known.set(room.room, last)
  if (last <= since) return []
  const from = room.rows.findLastIndex(({ seq }) => seq !== null && seq <= since)
  return room.rows
    .slice(from + 1)
    .filter(({ kind, own, seq, text }) => kind === 'message' && !own && seq !== null && text !== null)
}

function isWanted({ settings, self }: State, room: string, { text }: Row): boolean {
  if (settings.notify === 'off' && settings.sound === 'off') return false
  const level = settings.levels[room] ?? settings.level
  if (level !== 'mentions') return level === 'all'
  return self !== null && self !== 'unknown' && mentionsName(text ?? '', self.name)
}

/** Read, deleted, or in a room that is closed to me. */
function isDone(room: RoomState, { id, seq }: { id: string | null; seq: number | null }): boolean {
  if (room.sync.state === 'closed' || (room.you?.readSeq ?? 0) >= (seq ?? 0)) return true
  return room.rows.some((row) => row.id === id && row.text === null)
}

function noteOf(state: State, room: string, { id, seq, user, text }: Row): Note {
  const title = `${isolated(user.name)} in ${isolated(roomName(state, room))}`
  return { id: id ?? '', room, seq: seq ?? 0, title, body: shortened(text ?? '') }
}

/** Cut between words where there are some, never within a character. */
function shortened(text: string): string {
  const letters = [...text.trim()]
  if (letters.length <= LETTERS) return letters.join('')
  return `${letters
    .slice(0, LETTERS)
    .join('')
    .replace(/\s+\S*$/, '')}…`
}
