import { iconButton, iconOf } from '../ui/icons.ts'
import { visibleRangeOf, watchVisible, type VisibleRange } from './visibleRange.ts'
import { button, h } from '../ui/dom.ts'
import { isReceivedAfter } from '../state/unreadCounts.ts'
import { firstBelowDivider, firstUnread } from '../state/unreadDivider.ts'
import type { RoomState } from '../state/state.ts'
import type { Context } from '../app/context.ts'
import type { MessageJumps } from './jumpToMessage.ts'
import type { MessageList } from './messageList.ts'
import { ARRIVAL_OFFSET } from './rows/scrollAnchor.ts'
import { words } from '../words/words.ts'

/**
 * Marks messages as read once they were on screen long enough while the person looked (U70). Once that is true of the newest,
 * the whole room is read; until then, unread messages above the view keep all of it unread. The unread divider stays where it
 * was on arrival (U72).
 * @param startsAtFirstUnread false where a link or the browser's history names the position to start at
 */
export function trackReading(
  { store, actions }: Context,
  { room, startsAtFirstUnread }: { room: string; startsAtFirstUnread: boolean },
  messages: MessageList,
  jumps: MessageJumps,
  signal: AbortSignal,
) {
  const { scroller } = messages
  /** the reader has reached or skipped the unread messages above the view */
  let isPassed = false
  /** the reader has reached the divider, or wants no way to it */
  let isDividerDone = false
  /** the reader has seen the newest message and still looks at the end of the list */
  let isAtSeenEnd = false
  /** the reader has marked messages as unread: until the room is left or something is sent, nothing is read */
  let isHeld = false
  let hasArrived = false

  const markButton = button(words.timeline.markAsRead, markRead, { class: 'text-muted' })
  const bar = h(
    'div',
    { class: 'unread-bar', hidden: true },
    button([iconOf('down'), words.timeline.jumpToFirstUnread], jump, { class: '[&>.icon]:rotate-180' }),
    markButton,
    iconButton('close', words.common.close, closeBar),
  )
  messages.bars.append(bar)

  const roomState = () => store.get().rooms[room]
  const firstUnreadNow = () => {
    const state = roomState()
    return state ? firstUnread(state) : null
  }
  const showDivider = () => store.dispatch({ type: 'unreadDividerShown', room })
  const hideDivider = () => store.dispatch({ type: 'unreadDividerHidden', room })

  /** A visible page may still be unattended: behind another window, a dialog or the drawer. */
  function isPersonLooking(): boolean {
    const isCovered = document.querySelector('dialog[open]') !== null || scroller.closest('[inert]') !== null
    return !document.hidden && document.hasFocus() && !isCovered
  }

  /** Is this message, or one before it, in view? */
  const reaches = (seq: number | 'above' | null, { top }: VisibleRange) =>
    seq === null || (seq !== 'above' && top <= seq)

  /** No message of others follows this seq. */
  function isNewest(seq: number): boolean {
    const state = roomState()
    return state?.historyWindow === null && !state.rows.some(isReceivedAfter(seq))
  }

  const watch = watchVisible(markSeen, signal)

  function markSeen(range: VisibleRange): void {
    if (!isPersonLooking()) return watch(null)
    // More may have come since, which is read already.
    isAtSeenEnd ||= isNewest(range.bottom)
    if (!isPassed && !isAtSeenEnd && !reaches(firstUnreadNow(), range)) return
    isPassed = true
    messages.seen(range.bottom)
    actions.markReadUpTo(room, range.bottom)
    look()
  }

  function look(): void {
    if (!scroller.isConnected) return
    const range = visibleRangeOf(scroller, messages.rows, (row) => messages.rowOf(row)?.seq ?? null)
    const state = roomState()
    const isLooking = isPersonLooking()
    if (!isLooking || messages.position() !== null) isAtSeenEnd = false
    const isBelow = range !== null && state !== undefined && !reaches(firstBelowDivider(state), range)
    // Once the divider was in view, no way to it is offered any more.
    if (isPassed && range !== null && !isBelow) isDividerDone = true
    const focused = bar.contains(document.activeElement) ? document.activeElement : null
    bar.hidden = isDividerDone || !isBelow
    markButton.hidden = state?.you?.unread === 0
    if (focused !== null && (bar.hidden || focused.closest('[hidden]') !== null)) messages.focus()
    // While "Mark all as read" can be undone, nothing is read, or there would be nothing to return to.
    watch(isLooking && !isHeld && !state?.markedRead ? range : null)
  }

  function arrive(): void {
    const state = roomState()
    if (state?.sync.state !== 'live' || state.you === null) return
    hasArrived = true
    const first = firstUnread(state)
    if (first === null) return
    isPassed = isDividerDone = false
    showDivider()
    if (typeof first === 'number' && startsAtFirstUnread) {
      messages.show({ seq: first, offset: ARRIVAL_OFFSET })
      messages.seen(first - 1, true)
    }
  }

  /** The page gained or lost focus or visibility. If the person is back, the divider moves to their first unread message. */
  function onFocusChange(): void {
    if (!document.hidden && document.hasFocus() && hasArrived && firstUnreadNow() !== null) {
      isPassed = isDividerDone = false
      showDivider()
    }
    look()
  }

  function jump(): void {
    const state = roomState()
    const first = state ? firstBelowDivider(state) : null
    if (typeof first === 'number') void jumps.toFirstUnread({ seq: first })
    else if (first === 'above') void jumps.toFirstUnread({ after: state?.unreadDivider ?? 0 })
  }

  /** Marks the room read without moving the list. */
  function markRead(): void {
    const seq = roomState()?.position.seq ?? 0
    isHeld = false
    messages.seen(seq)
    actions.markReadUpTo(room, seq)
    closeBar()
  }

  function closeBar(): void {
    isDividerDone = true
    messages.focus()
    look()
  }

  /** As `pass`, and hides the unread divider. */
  function end(): void {
    isHeld = false
    hideDivider()
    pass()
  }

  /** The reader skips unseen messages: each message seen from now on marks all before it as read, too. */
  function pass(): void {
    isPassed = true
    // Forgets what is on screen, so that it counts from now on.
    watch(null)
    look()
  }

  let last: Partial<RoomState> = {}
  store.watch(
    (state) => state.rooms[room],
    (state) => {
      const before = last
      last = state ?? {}
      // After a long absence other rows are on screen, so the reader arrives again, where they stopped reading.
      const isReset = state?.resetNotice === 'away' && before.resetNotice !== 'away'
      if (!hasArrived || isReset) arrive()
      const isMarked = Boolean(state?.markedRead)
      const wasMarked = Boolean(before.markedRead)
      if (state && isMarked && !wasMarked) messages.seen(state.position.seq)
      // Undone or confirmed: the pill counts from the read position again.
      if (wasMarked && !isMarked) messages.seen(state?.you?.readSeq ?? 0, true)
      look()
      // What arrives while the person looks at the end is read at once: the room never flashes as unread.
      if (isAtSeenEnd && state?.you?.unread) actions.markReadUpTo(room, state.position.seq)
    },
    signal,
  )
  scroller.addEventListener('scroll', look, { passive: true, signal })
  for (const type of ['focus', 'blur']) window.addEventListener(type, onFocusChange, { signal })
  document.addEventListener('visibilitychange', onFocusChange, { signal })
  // A dialog or drawer that closes returns the focus.
  document.addEventListener('focusin', look, { signal })
  signal.addEventListener('abort', hideDivider)

  return {
    pass,
    end,
    /** Marks this message and all after it as unread. */
    markUnread(seq: number): void {
      isHeld = true
      isAtSeenEnd = isDividerDone = false
      actions.markUnreadFrom(room, seq)
    },
  }
}
