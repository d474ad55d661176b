import { mentionsName } from '../../../shared/text.ts'
import { roomName } from '../../state/roomName.ts'
import type { RoomState } from '../../state/state.ts'
import { markdownGate } from '../../timeline/formatText.ts'
import { messageJumps, type MessageJumps } from '../../timeline/jumpToMessage.ts'
import {
  messageActions,
  reportFailure,
  type MessageActionEvents,
} from '../../timeline/message/messageActions.ts'
import { messageList, type MessageList } from '../../timeline/messageList.ts'
import { trackReading, type ReadTracker } from '../../timeline/readTracking.ts'
import type { MessagePosition, ReadingPosition } from '../../timeline/rows/scrollAnchor.ts'
import { timelineItems } from '../../timeline/timelineItems.ts'
import { skeleton } from '../../timeline/timelineSeparator.ts'
import type { Context } from '../context.ts'

/** Whoever has not scrolled for so long (ms) stands where they read. */
const STANDS = 400

export interface RoomTimeline extends Pick<MessageList, 'element' | 'focus' | 'toEnd' | 'page' | 'position'> {
  readonly jumps: MessageJumps
  readonly reading: ReadTracker
  /** A message was sent: what waits to be drawn is drawn now. */
  sent(): void
}

export interface RoomTimelineEvents extends MessageActionEvents {
  /** Takes a message of mine that was not sent back into the composer. */
  takeBack(key: string, text: string): void
  /** Escape on the list: the composer takes the focus. */
  leave(): void
}

/** The messages of a room: what is drawn of its state, where the reader stands in it, and what one can do with a message. */
export function roomTimeline(
  context: Context,
  { room, seq, empty }: { room: string; seq: number | undefined; empty: HTMLElement },
  on: RoomTimelineEvents,
  signal: AbortSignal,
): RoomTimeline {
  const { store, actions, router } = context
  const bones = skeleton()

  const messages = messageList(
    { label: roomName(store.get(), room), empty },
    {
      older: () => actions.loadOlder(room),
      newer: () => actions.loadNewer(room),
      present: () => actions.showLiveEnd(room),
      act: (row) => rowActions.act(row),
      react: (id, emoji, isOn) => reportFailure(on, actions.react(room, id, emoji, isOn)),
      jump: (to) => void jumps.to(to),
      retry: (key) => reportFailure(on, actions.retry(room, key)),
      drop: (key) => actions.drop(room, key),
      edit: on.takeBack,
      mentionsMe(text) {
        const { self } = store.get()
        return self !== null && self !== 'unknown' && mentionsName(text, self.name)
      },
      ended: () => reading.pass(),
      leave: on.leave,
    },
    signal,
  )
  messages.element.append(bones)

  // Where the reader stood when this entry of the history was left (U82).
  const remembered = parsePosition(router.remembered())
  let wanted = remembered
  let items = timelineItems(store.get().settings.lines)
  const gate = markdownGate(() => draw(store.get().rooms[room]), signal)

  function draw(state: RoomState | undefined): void {
    const all = items(state)
    if (!gate.isReady(all)) return
    const hasMessages = all.some((item) => item.kind === 'message')
    const { older = 'none', newer = 'none' } = state?.historyWindow ?? { older: state?.older }
    const bare = state === undefined || state.depth === 'counts'
    empty.hidden = hasMessages || bare || state.sync.state !== 'live' || older !== 'none'
    bones.hidden = hasMessages || !empty.hidden || older === 'failed'
    // Of a room that was only followed nothing older is asked for: its first page is on its way.
    messages.update({
      items: all,
      older: bare && !state?.historyWindow ? 'none' : older,
      newer,
      missed: (after) => messagesOfOthers(state, after),
    })
    if (!hasMessages || wanted === null) return
    const { seq: wantedSeq } = wanted
    const isDrawn = all.some((item) => item.kind === 'message' && item.row.seq === wantedSeq)
    if (isDrawn || (!bare && state.sync.state === 'live')) goBack(wanted, isDrawn)
  }

  /** Shows the position that was left. After a reload it may be further up than what came. */
  function goBack(position: MessagePosition, isDrawn: boolean): void {
    wanted = null
    if (isDrawn) return messages.show(position)
    void actions.jumpTo(room, position.seq).then((reached) => {
      if (reached && !signal.aborted) messages.show(position)
    })
  }

  store.watch((state) => state.rooms[room], draw, signal)
  store.watch((state) => roomName(state, room), messages.setName, signal)
  store.watch(({ settings }) => settings.clock, messages.setClock, signal)
  store.watch(
    ({ settings }) => settings.lines,
    (lines) => {
      items = timelineItems(lines)
      draw(store.get().rooms[room])
    },
    signal,
  )
  loadQuotes(context, room, signal)
  rememberPosition(context, messages, signal)

  const jumps = messageJumps(context, room, messages, { say: on.say, drawn: gate.drawn }, signal)
  const rowActions = messageActions(context, room, messages, on, signal)
  const arrives = seq === undefined && remembered === null
  const reading = trackReading(context, { room, arrives }, messages, jumps, signal)

  return { ...messages, jumps, reading, sent: gate.hurry }
}

/** What messages answer is asked for where it is not here. */
function loadQuotes({ store, actions }: Context, room: string, signal: AbortSignal): void {
  store.watch(
    (state) => state.rooms[room],
    (state) => {
      if (state === undefined) return
      const answered = (state.historyWindow?.rows ?? state.rows).flatMap(({ replyTo, text }) =>
        replyTo && text !== null ? [replyTo] : [],
      )
      if (answered.length > 0) actions.loadQuotes(room, answered)
    },
    signal,
  )
}

/** Keeps where the reader stands with this entry of the history, for Back and for a reload (U82). */
function rememberPosition({ router }: Context, messages: MessageList, signal: AbortSignal): void {
  let timer: ReturnType<typeof setTimeout> | undefined
  const remember = () => router.remember(storedPosition(messages.position()))
  const moved = () => {
    clearTimeout(timer)
    timer = setTimeout(remember, STANDS)
  }
  messages.scroller.addEventListener('scroll', moved, { passive: true, signal })
  signal.addEventListener(
    'abort',
    () => {
      clearTimeout(timer)
      remember()
    },
    { once: true },
  )
}

/** A position as it is stored with an entry of the browser's history. */
function storedPosition(position: ReadingPosition): string {
  return position === null ? 'end' : `${position.seq} ${position.offset}`
}

/** Reads a stored position; null for the end and for anything else. */
function parsePosition(stored: string | number | undefined): ReadingPosition {
  const [seq, offset] = String(stored ?? '')
    .split(' ', 2)
    .map(Number)
  return seq && offset !== undefined && Number.isFinite(offset) ? { seq, offset } : null
}

/** How many messages of others lie behind `after`. */
function messagesOfOthers(state: RoomState | undefined, after: number): number {
  return state?.rows.filter((row) => row.kind === 'message' && !row.own && (row.seq ?? 0) > after).length ?? 0
}
