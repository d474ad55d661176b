import { roomName } from '../../state/roomName.ts'
import { isReceivedAfter } from '../../state/unreadCounts.ts'
import { idOf, type RoomState } from '../../state/state.ts'
import { markdownGate } from '../../timeline/formatText.ts'
import { messageJumps } from '../../timeline/jumpToMessage.ts'
import {
  messageActions,
  reportFailure,
  type MessageActionEvents,
} from '../../timeline/message/messageActions.ts'
import { messageList, type MessageList } from '../../timeline/messageList.ts'
import { trackReading } from '../../timeline/readTracking.ts'
import type { MessagePosition } from '../../timeline/rows/scrollAnchor.ts'
import { timelineItems } from '../../timeline/timelineItems.ts'
import { skeleton } from '../../timeline/timelineSeparator.ts'
import { words } from '../../words/words.ts'
import { bannerOf } from './banner.ts'
import type { Context } from '../context.ts'
import { parseRoute, pathOfClick } from '../router.ts'

/** ms without scrolling until a reading position is remembered */
const SCROLL_SETTLES = 400

export interface RoomTimelineEvents extends Omit<MessageActionEvents, 'markUnread'> {
  /** Moves a message that failed back into the composer. */
  takeBack(key: string, text: string): void
  /** The focus leaves the list: the composer takes it. */
  leave(): void
}

/** The messages of a room: draws its state, keeps the reading position, and connects the actions of a message. */
export function roomTimeline(
  context: Context,
  { room, seq, empty }: { room: string; seq: number | undefined; empty: HTMLElement },
  on: RoomTimelineEvents,
  signal: AbortSignal,
) {
  const { store, actions, router } = context
  const placeholder = skeleton()

  const messages = messageList(
    empty,
    {
      loadOlder: () => actions.loadOlder(room),
      loadNewer: () => actions.loadNewer(room),
      showLiveEnd: () => actions.showLiveEnd(room),
      openActions: (row) => messageMenu.open(row),
      react: (id, emoji, isOn) => reportFailure(on, actions.react(room, id, emoji, isOn)),
      jump: (to) => void jumps.to(to),
      pickDay: (at) => jumps.toDay(at),
      showPerson: context.showPerson,
      retry: (key) => reportFailure(on, actions.retry(room, key)),
      drop: (key) => actions.drop(room, key),
      edit: on.takeBack,
      me: () => idOf(store.get()),
      skippedToEnd: () => reading.pass(),
      roomName: () => roomName(store.get(), room),
      clock: () => store.get().settings.clock,
      isCutOff: () => bannerOf(store.get(), Date.now())?.isLost === true,
      leave: on.leave,
    },
    signal,
  )
  messages.element.append(placeholder)

  // The reading position when this history entry was left; null or undefined: none (U82).
  const remembered = router.remembered() as MessagePosition | null | undefined
  let toRestore = remembered
  let itemsOf = timelineItems(store.get().settings.lines)
  const gate = markdownGate(() => draw(store.get().rooms[room]), signal)

  function draw(state: RoomState | undefined): void {
    const items = itemsOf(state)
    if (!gate.isReady(items)) return
    const hasMessages = items.some((item) => item.kind === 'message')
    const { older = 'none', newer = 'none' } = state?.historyWindow ?? { older: state?.older }
    const hasCountsOnly = state === undefined || state.depth === 'counts'
    // What was empty stays so on screen while there is no connection.
    empty.hidden =
      hasMessages || hasCountsOnly || older !== 'none' || (empty.hidden && state.sync.state !== 'live')
    placeholder.hidden = hasMessages || !empty.hidden || older === 'failed'
    messages.update({
      items,
      // The first page is on its way: do not request older messages yet.
      older: hasCountsOnly && !state?.historyWindow ? 'none' : older,
      newer,
      missed: (after) => state?.rows.filter(isReceivedAfter(after)).length ?? 0,
    })
    const position = toRestore
    if (!hasMessages || !position) return
    const isDrawn = items.some((item) => item.kind === 'message' && item.row.seq === position.seq)
    if (!isDrawn && (hasCountsOnly || state.sync.state !== 'live')) return
    toRestore = null
    if (isDrawn) return messages.show(position)
    // After a reload the position may be further up than the loaded rows.
    void actions.jumpTo(room, position.seq).then((reached) => {
      if (reached && !signal.aborted) messages.show(position)
    })
  }

  store.watch((state) => state.rooms[room], draw, signal)
  store.watch((state) => roomName(state, room), messages.setName, signal)
  store.watch(({ settings }) => settings.clock, messages.redrawMessages, signal)
  store.watch(({ settings }) => settings.density, messages.setDensity, signal)
  store.watch(
    ({ settings }) => settings.lines,
    (lines) => {
      itemsOf = timelineItems(lines)
      draw(store.get().rooms[room])
    },
    signal,
  )
  // A link to a message of this room is a jump, also a second time.
  messages.rows.addEventListener('click', (event) => {
    const route = parseRoute(pathOfClick(event, location.origin) ?? '')
    if (route.name !== 'room' || route.room !== room || route.seq === undefined) return
    event.preventDefault()
    void jumps.to(route.seq)
  })
  loadQuotes(context, room, signal)
  rememberPosition(context, messages, signal)

  const jumps = messageJumps(context, room, messages, { say: on.say, drawn: gate.drawn }, signal)
  function markUnread(from: number): void {
    reading.markUnread(from)
    on.say(words.message.markedUnread)
  }
  const messageMenu = messageActions(context, room, messages, { ...on, markUnread }, signal)
  store.watch((state) => state.rooms[room], messageMenu.drawn, signal)
  const startsAtFirstUnread = seq === undefined && !remembered
  const reading = trackReading(context, { room, startsAtFirstUnread }, messages, jumps, signal)

  return {
    ...messages,
    jumps,
    reading,
    showPins: () => messageMenu.showPins((to) => void jumps.to(to)),
    /** Marks the message that is being edited, and no other. */
    markEditing(id: string | null): void {
      for (const row of messages.rows.children)
        row.toggleAttribute('data-editing', id !== null && messages.rowOf(row)?.id === id)
    },
    /** A message was sent: messages that wait for Markdown are drawn now. */
    sent: gate.hurry,
  }
}

/** Fetches the messages that replies quote. */
function loadQuotes({ store, actions }: Context, room: string, signal: AbortSignal): void {
  store.watch(
    (state) => state.rooms[room]?.historyWindow?.rows ?? state.rooms[room]?.rows,
    (rows) => {
      const quoted = rows?.flatMap(({ replyTo, text }) => (replyTo && text !== null ? [replyTo] : [])) ?? []
      if (quoted.length > 0) actions.loadQuotes(room, quoted)
    },
    signal,
  )
}

/** Keeps the reading position with this history entry, for Back and for a reload (U82). Null: at the end. */
function rememberPosition({ router }: Context, messages: MessageList, signal: AbortSignal): void {
  let timer: ReturnType<typeof setTimeout> | undefined
  const remember = () => router.remember(messages.position())
  const moved = () => {
    clearTimeout(timer)
    timer = setTimeout(remember, SCROLL_SETTLES)
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
