import { isolated } from '../ui/format.ts'
import type { Announcer } from '../ui/liveRegions.ts'
import { onlineIn } from '../state/presence.ts'
import { knownRoomName } from '../state/roomName.ts'
import { notifiesMe } from '../state/unreadCounts.ts'
import { idOf, type PresenceLine, type RoomState } from '../state/state.ts'
import type { Context } from '../app/context.ts'
import { plainText } from './formatText.ts'
import { failureText } from './message/message.ts'
import { condensePresence, MAX_ONLINE_FOR_PRESENCE } from './timelineItems.ts'
import { presenceText } from './timelineSeparator.ts'
import { words } from '../words/words.ts'

/**
 * Announces new messages of others, my failed messages and, if the person chose so, presence. History, messages of mine and
 * acks stay silent (A3, A4).
 */
export function announceRoom(
  { store }: Pick<Context, 'store'>,
  room: string,
  announcer: Pick<Announcer, 'say' | 'warn' | 'messages' | 'summary'>,
  signal: AbortSignal,
): void {
  /** messages up to this seq are not news; null before the room is live for the first time */
  let knownSeq: number | null = null
  let knownFailures: ReadonlySet<string> | null = null
  /** id of the newest presence line that is not news; null before the first */
  let knownLine: string | null = null
  const unspoken: PresenceLine[] = []

  function announceMessages({ sync, position, rows }: RoomState): void {
    if (sync.state !== 'live' || position.seq === knownSeq) return
    const { settings } = store.get()
    const since = knownSeq
    knownSeq = position.seq
    if (since === null || knownSeq < since || settings.spoken === 'nothing') return
    const me = idOf(store.get())
    announcer.messages(
      rows.flatMap((row) => {
        const { kind, own, seq, text, user } = row
        if (kind !== 'message' || own || seq === null || seq <= since || text === null) return []
        const name = isolated(user.name)
        return [{ name, text: plainText(text, name), mentions: notifiesMe(row, me) }]
      }),
    )
  }

  function announcePresence({ presenceLines, onlineCount }: RoomState): void {
    const from = presenceLines.findLastIndex(({ id }) => id === knownLine) + 1
    const news = knownLine === null ? [] : presenceLines.slice(from)
    knownLine = presenceLines.at(-1)?.id ?? ''
    const isCrowd = onlineCount > MAX_ONLINE_FOR_PRESENCE
    if (store.get().settings.spoken !== 'all' || news.length === 0 || isCrowd) return
    unspoken.push(...news)
    announcer.summary(() => presenceText(condensePresence(unspoken.splice(0))))
  }

  function announceFailures({ rows }: RoomState): void {
    const failed = new Set<string>()
    for (const { key, sendStatus } of rows) {
      if (sendStatus.status !== 'failed') continue
      failed.add(key)
      if (knownFailures?.has(key) === false) announcer.warn(failureText(sendStatus.reason))
    }
    knownFailures = failed
  }

  let hasEntered = false
  // The name comes with the list of rooms, which may be later than the room.
  store.watch(
    (state) => (state.rooms[room]?.sync.state === 'live' ? knownRoomName(state, room) : undefined),
    (name) => {
      if (name === undefined || hasEntered) return
      hasEntered = true
      announcer.say(words.announcements.entered(isolated(name), onlineIn(store.get().rooms[room])))
    },
    signal,
  )
  store.watch(
    (state) => state.rooms[room],
    (state) => {
      if (state === undefined) return
      announceMessages(state)
      announcePresence(state)
      announceFailures(state)
    },
    signal,
  )
}
