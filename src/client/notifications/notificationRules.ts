/** Which messages are notified, in which of my tabs, and until when (U76). `startNotifications.ts` has the browser's part. */
import { fieldsOf, isRoom } from '../net/parseStored.ts'
import type { Timers } from '../net/timers.ts'
import { roomName } from '../state/roomName.ts'
import { type ReceivedMessage, isReceivedAfter, notifiesMe } from '../state/unreadCounts.ts'
import { idOf, type RoomState, type State } from '../state/state.ts'
import type { StateStore } from '../state/store.ts'
import { isolated } from '../ui/format.ts'
import { words } from '../words/words.ts'
import { RELEASE_AFTER } from './tabLeader.ts'

export interface NotificationContent {
  id: string
  room: string
  seq: number
  title: string
  body: string
}

/** `done`: these messages were seen or notified. `who`: is this room on screen in another tab? `here`: it is. */
export type NotificationTabMessage =
  { type: 'done'; ids: readonly string[] } | { type: 'who' | 'here'; room: string }

/** Another tab's message, or null: the tab may run another version. */
export function parseTabMessage(data: unknown): NotificationTabMessage | null {
  const { type, ids, room } = fieldsOf(data)
  if (type === 'done' && Array.isArray(ids) && ids.every((id) => typeof id === 'string')) return { type, ids }
  return (type === 'who' || type === 'here') && isRoom(room) ? { type, room } : null
}

export interface NotifierWorld extends Timers {
  /** Is the person looking at the newest messages of this room in this tab? */
  isAttended(room: string): boolean
  /** Does this tab notify for all my tabs? */
  leads(): boolean
  /** The words of a text without marks; `/me waves` with the author's name. */
  plainText(text: string, author: string): string
  /** Sends to my other tabs. */
  say(message: NotificationTabMessage): void
  /**
   * Shows a notification.
   * @param closed called when it closes, also by the person or the system
   * @returns a function that closes it, or null if the browser can show none
   */
  show(notification: NotificationContent, closed: () => void): (() => void) | null
  sound(): void
}

export interface Notifier {
  /** Handles a message of another tab. */
  hear(message: NotificationTabMessage): void
  /** Closes all notifications. */
  close(): void
}

/** Time (ms) for a tab in front to answer that it shows the room. */
const GRACE = 400
/** How long (ms) a new leader waits before it shows what the old one may have missed. */
const HANDOVER = RELEASE_AFTER + 2_000
/** The shortest time between two sounds, ms. */
const QUIET = 3_000
/** How many notifications are open at once; the oldest closes. */
const MAX_SHOWN = 5
/** How many ids of messages seen or notified in other tabs are kept. */
const MAX_DONE = 1_000
/** Characters of a message that are shown. */
const MAX_LETTERS = 200

/** Notifies of new messages as the settings say, until the signal aborts. */
export function createNotifier(store: StateStore, world: NotifierWorld, signal: AbortSignal): Notifier {
  /** by room: the seq up to which this tab has considered messages for a notification */
  const knownSeqs = new Map<string, number>()
  const done = new Set<string>()
  /** when (ms) another tab last said that it shows this room */
  const attendedElsewhere = new Map<string, number>()
  const shown = new Map<string, { notification: NotificationContent; close(): void }>()
  let before: State['rooms'] = {}
  let soundedAt = -Infinity

  function close(id: string): void {
    const entry = shown.get(id)
    shown.delete(id)
    entry?.close()
  }

  function closeAll(): void {
    for (const id of [...shown.keys()]) close(id)
  }

  function onRoomChange(room: RoomState): void {
    const news = newMessages(room, knownSeqs).filter((row) => isWanted(store.get(), room.room, row))
    if (news.length === 0) return
    if (isSeen(room.room)) return world.say({ type: 'done', ids: idsOf(news) })
    if (world.leads()) return ask(room.room, news)
    const me = idOf(store.get())
    world.after(HANDOVER, () => {
      if (!signal.aborted && world.leads() && idOf(store.get()) === me) ask(room.room, news)
    })
  }

  function isSeen(room: string): boolean {
    return store.get().rooms[room]?.historyWindow === null && world.isAttended(room)
  }

  /** Notifies unless another tab shows the room. That tab may not have the message yet: it is asked about the room. */
  function ask(room: string, news: readonly ReceivedMessage[]): void {
    const asked = world.now()
    world.say({ type: 'who', room })
    world.after(GRACE, () => {
      if (signal.aborted) return
      if (!isSeen(room) && (attendedElsewhere.get(room) ?? 0) < asked) notify(room, news)
      world.say({ type: 'done', ids: idsOf(news) })
    })
  }

  function notify(room: string, news: readonly ReceivedMessage[]): void {
    const state = store.get()
    const current = state.rooms[room]
    const missed = news.filter((message) => current && !done.has(message.id) && !isObsolete(current, message))
    if (missed.length === 0) return
    if (state.settings.sound === 'on' && world.now() - soundedAt >= QUIET) {
      soundedAt = world.now()
      world.sound()
    }
    if (state.settings.notify === 'on')
      for (const message of missed.slice(-MAX_SHOWN)) show(notificationOf(world, state, room, message))
  }

  function show(notification: NotificationContent): void {
    const end = world.show(notification, () => shown.delete(notification.id))
    if (end === null) return
    shown.set(notification.id, { notification, close: end })
    for (const oldest of [...shown.keys()].slice(0, -MAX_SHOWN)) close(oldest)
  }

  store.watch(
    idOf,
    () => {
      closeAll()
      knownSeqs.clear()
    },
    signal,
  )
  store.watch(
    ({ rooms }) => rooms,
    (rooms) => {
      for (const { notification } of shown.values()) {
        const room = rooms[notification.room]
        if (room === undefined || isObsolete(room, notification)) close(notification.id)
      }
      for (const room of Object.values(rooms)) if (room !== before[room.room]) onRoomChange(room)
      before = rooms
    },
    signal,
  )
  signal.addEventListener('abort', closeAll)

  return {
    hear(message) {
      if (message.type === 'done') {
        for (const id of message.ids) done.add(id)
        for (const id of done) if (done.size > MAX_DONE) done.delete(id)
      } else if (message.type === 'here') attendedElsewhere.set(message.room, world.now())
      else if (isSeen(message.room)) world.say({ type: 'here', room: message.room })
    },
    close: closeAll,
  }
}

/** Messages of others since the last call. The first call counts from when the room became live: its first page is no news. */
function newMessages(room: RoomState, knownSeqs: Map<string, number>): ReceivedMessage[] {
  if (room.sync.state !== 'live') return []
  const last = room.position.seq
  const since = knownSeqs.get(room.room) ?? room.firstLiveSeq ?? last
  knownSeqs.set(room.room, last)
  return last <= since ? [] : room.rows.filter(isReceivedAfter(since))
}

const idsOf = (messages: readonly ReceivedMessage[]) => messages.map(({ id }) => id)

function isWanted(state: State, room: string, message: ReceivedMessage): boolean {
  const { settings } = state
  if (settings.notify === 'off' && settings.sound === 'off') return false
  const level = settings.levels[room] ?? settings.level
  return level === 'all' || (level === 'mentions' && notifiesMe(message, idOf(state)))
}

/** Is the message read, deleted, or in a room that is closed to me? */
function isObsolete(room: RoomState, { id, seq }: { id: string; seq: number }): boolean {
  if (room.sync.state === 'closed' || (room.you?.readSeq ?? 0) >= seq) return true
  return room.rows.some((row) => row.id === id && row.text === null)
}

function notificationOf(
  { plainText }: Pick<NotifierWorld, 'plainText'>,
  state: State,
  room: string,
  { id, seq, user, text }: ReceivedMessage,
): NotificationContent {
  const title = words.notifications.title(isolated(user.name), isolated(roomName(state, room)))
  return { id, room, seq, title, body: shortened(plainText(text, isolated(user.name))) }
}

/** Cuts between words if possible, never within a character. */
function shortened(text: string): string {
  const letters = [...text.trim()]
  const cut = letters.slice(0, MAX_LETTERS).join('')
  return letters.length <= MAX_LETTERS ? cut : `${cut.replace(/\s+\S*$/, '')}…`
}
