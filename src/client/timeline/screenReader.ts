import { mentionsName } from '../../shared/text.ts'
import { isolated } from '../ui/format.ts'
import type { Announcer } from '../ui/liveRegions.ts'
import { roomName } from '../state/roomName.ts'
import { selfOf, type PresenceLine, type RoomState } from '../state/state.ts'
import type { Context } from '../app/context.ts'
import { formatText } from './formatText.ts'
import { sendFailureText } from './message/sendFailureText.ts'
import { wordsOf } from './message/messageDecorations.ts'
import { condensePresence, MAX_ONLINE_FOR_PRESENCE } from './timelineItems.ts'
import { presenceText } from './timelineSeparator.ts'
import { words } from '../words/words.ts'

/** Says aloud what others write and what fails, who comes and goes if asked to; never history, my own sends, acks (A3, A4). */
export function announceRoom(
  { store }: Pick<Context, 'store'>,
  room: string,
  announcer: Pick<Announcer, 'say' | 'warn' | 'messages' | 'summary'>,
  signal: AbortSignal,
): void {
  /** all up to this seq is known; null before the room was live for the first time */
  let known: number | null = null
  let failed: ReadonlySet<string> | null = null
  /** the last line known of who came and went; null: none yet */
  let line: string | null = null
  const said: PresenceLine[] = []

  function messages(state: RoomState): void {
    if (state.sync.state !== 'live') return
    const last = state.position.seq
    if (known === null || last < known) {
      if (known === null)
        announcer.say(words.announcements.entered(isolated(roomName(store.get(), room)), state.onlineCount))
      known = last
      return
    }
    if (last === known) return
    const since = known
    known = last
    const news = state.rows.filter(
      (row) => row.kind === 'message' && !row.own && row.seq !== null && row.seq > since && row.text !== null,
    )
    if (store.get().settings.spoken === 'nothing') return
    const me = selfOf(store.get())?.name ?? null
    announcer.messages(
      news.map(({ user, text }) => ({
        name: isolated(user.name),
        text: wordsOf(formatText(text ?? '')),
        mentions: me !== null && mentionsName(text ?? '', me),
      })),
    )
  }

  /** Who came and went, for those who asked for it; in a crowd nobody is told. */
  function comings({ presenceLines, onlineCount }: RoomState): void {
    const from = presenceLines.findLastIndex(({ id }) => id === line) + 1
    const news = line === null ? [] : presenceLines.slice(from)
    line = presenceLines.at(-1)?.id ?? ''
    if (store.get().settings.spoken !== 'all' || news.length === 0 || onlineCount > MAX_ONLINE_FOR_PRESENCE)
      return
    said.push(...news)
    announcer.summary(() => presenceText(condensePresence(said.splice(0))))
  }

  function failures(state: RoomState): void {
    const now = new Map(
      state.rows.flatMap(({ key, sendStatus }) =>
        sendStatus.status === 'failed' ? [[key, sendStatus.reason]] : [],
      ),
    )
    if (failed !== null)
      for (const [key, reason] of now) if (!failed.has(key)) announcer.warn(sendFailureText(reason))
    failed = new Set(now.keys())
  }

  store.watch(
    (state) => state.rooms[room],
    (state) => {
      if (state === undefined) return
      messages(state)
      comings(state)
      failures(state)
    },
    signal,
  )
}
