/** Which messages are notified outside of the page, by which of my tabs, and until when (U76). `startNotifications.ts` has the browser's part. */
import type { Timers } from '../net/timers.ts'
import { ROOM_SLUG } from '../../shared/names.ts'
import { mentionsName } from '../../shared/text.ts'
import { isolated } from '../ui/format.ts'
import { idOf, type RoomState, type Row, type State } from '../state/state.ts'
import type { StateStore } from '../state/store.ts'
import { roomName } from '../state/roomName.ts'
import { RELEASED } from './tabLeader.ts'
import { words } from '../words/words.ts'

export interface NotificationContent {
  id: string
  room: string
  seq: number
  title: string
  body: string
}

/** What my tabs say to each other. `done`: these were seen or notified. `who`: who looks at this room? `here`: I do. */
export type NotificationTabMessage =
  { type: 'done'; ids: readonly string[] } | { type: 'who' | 'here'; room: string }

/** What another tab has said, or null: it may be of another version, or say what is none of ours. */
export function tabMessageOf(data: unknown): NotificationTabMessage | null {
  const { type, ids, room } = (typeof data === 'object' && data !== null ? data : {}) as Record<
    string,
    unknown
  >
  if (type === 'done' && Array.isArray(ids) && ids.every((id) => typeof id === 'string')) return { type, ids }
  return (type === 'who' || type === 'here') && typeof room === 'string' && ROOM_SLUG.test(room)
    ? { type, room }
    : null
}

export interface NotifierWorld extends Timers {
  /** Does the person look at the newest messages of this room in this tab? */
  isAttended(room: string): boolean
  /** Is this the tab that notifies for all of mine? */
  leads(): boolean
  /** Sends to my other tabs. */
  say(message: NotificationTabMessage): void
  /**
   * Shows a notification. Returns what closes it, or null if the browser can show none.
   * @param closed called when it closes, whoever closed it
   */
  show(notification: NotificationContent, closed: () => void): (() => void) | null
  sound(): void
}

export interface Notifier {
  /** Handles a message of another tab. */
  hear(message: NotificationTabMessage): void
  /** Nothing stays on show. */
  close(): void
}

/** So long (ms) a tab in front has to say that the message, or its room, is looked at there. */
const GRACE = 400
/** How long (ms) a new leader waits before it shows what the old one may have missed. */
const HANDOVER = RELEASED + 2_000
/** Between two sounds, ms. */
const QUIET = 3_000
/** On show at once; the oldest goes (T15). */
const SHOWN = 5
/** How many ids of messages seen or notified in other tabs are kept. */
const DONE = 1_000
/** Characters of a message that are shown. */
const LETTERS = 200

/** Notifies of new messages as the settings say, until the signal aborts. */
export function createNotifier(store: StateStore, world: NotifierWorld, signal: AbortSignal): Notifier {
  /** up to which seq a room's messages are known */
  const known = new Map<string, number>()
  const done = new Set<string>()
  /** when (ms) another tab last said that it looks at this room */
  const attendedElsewhere = new Map<string, number>()
  const shown = new Map<string, { notification: NotificationContent; close(): void }>()
  let before: State['rooms'] = {}
  let sounded = Number.NEGATIVE_INFINITY

  function close(id: string): void {
    const entry = shown.get(id)
    shown.delete(id)
    entry?.close()
  }

  function closeAll(): void {
    for (const id of [...shown.keys()]) close(id)
  }

  function heard(room: RoomState): void {
    const news = newMessages(room, known).filter((row) => isWanted(store.get(), room.room, row))
    if (news.length === 0) return
    // It may come here long before it comes where somebody looks, so it is the room that is asked for.
    if (looksAt(room.room)) return world.say({ type: 'done', ids: idsOf(news) })
    if (world.leads()) return ask(room.room, news)
    const me = idOf(store.get())
    world.after(HANDOVER, () => {
      if (!signal.aborted && world.leads() && idOf(store.get()) === me) ask(room.room, news)
    })
  }

  function looksAt(room: string): boolean {
    return store.get().rooms[room]?.historyWindow === null && world.isAttended(room)
  }

  function ask(room: string, news: readonly Row[]): void {
    const asked = world.now()
    world.say({ type: 'who', room })
    world.after(GRACE, () => {
      if (signal.aborted) return
      if (!looksAt(room) && (attendedElsewhere.get(room) ?? 0) < asked) notify(room, news)
      world.say({ type: 'done', ids: idsOf(news) })
    })
  }

  function notify(room: string, rows: readonly Row[]): void {
    const state = store.get()
    const current = state.rooms[room]
    const missed = rows.filter((row) => current && !done.has(row.id ?? '') && !isSettled(current, row))
    if (missed.length === 0) return
    if (state.settings.sound === 'on' && world.now() - sounded >= QUIET) {
      sounded = world.now()
      world.sound()
    }
    if (state.settings.notify === 'on')
      for (const row of missed.slice(-SHOWN)) show(notificationOf(state, room, row))
  }

  function show(notification: NotificationContent): void {
    const end = world.show(notification, () => shown.delete(notification.id))
    if (end === null) return
    shown.set(notification.id, { notification, close: end })
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
      for (const { notification } of shown.values()) {
        const room = rooms[notification.room]
        if (room === undefined || isSettled(room, notification)) close(notification.id)
      }
      for (const room of Object.values(rooms)) if (room !== before[room.room]) heard(room)
      before = rooms
    },
    signal,
  )
  signal.addEventListener('abort', closeAll, { once: true })

  return {
    hear(message) {
      switch (message.type) {
        case 'done':
          for (const id of message.ids) done.add(id)
          for (const id of done) if (done.size > DONE) done.delete(id)
          break
        case 'who':
          if (looksAt(message.room)) world.say({ type: 'here', room: message.room })
          break
        case 'here':
          attendedElsewhere.set(message.room, world.now())
          break
        default:
        // A tab of a newer version says more.
      }
    },
    close: closeAll,
  }
}

/** Messages of others that came since the room was looked at last; at first, since it was live: its first page is no news. */
function newMessages(room: RoomState, known: Map<string, number>): Row[] {
  if (room.sync.state !== 'live') return []
  const last = room.position.seq
  const since = known.get(room.room) ?? room.firstLiveSeq ?? last
  known.set(room.room, last)
  if (last <= since) return []
  const from = room.rows.findLastIndex(({ seq }) => seq !== null && seq <= since)
  return room.rows
    .slice(from + 1)
    .filter(({ kind, own, seq, text }) => kind === 'message' && !own && seq !== null && text !== null)
}

const idsOf = (rows: readonly Row[]) => rows.flatMap(({ id }) => id ?? [])

function isWanted({ settings, self }: State, room: string, { text }: Row): boolean {
  if (settings.notify === 'off' && settings.sound === 'off') return false
  const level = settings.levels[room] ?? settings.level
  if (level !== 'mentions') return level === 'all'
  return self !== null && self !== 'unknown' && mentionsName(text ?? '', self.name)
}

/** Read, deleted, or in a room that is closed to me. */
function isSettled(room: RoomState, { id, seq }: { id: string | null; seq: number | null }): boolean {
  if (room.sync.state === 'closed' || (room.you?.readSeq ?? 0) >= (seq ?? 0)) return true
  return room.rows.some((row) => row.id === id && row.text === null)
}

function notificationOf(state: State, room: string, { id, seq, user, text }: Row): NotificationContent {
  const title = words.notifications.title(isolated(user.name), isolated(roomName(state, room)))
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
