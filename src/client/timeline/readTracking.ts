import { iconOf } from '../ui/icons.ts'
import { visibleRangeOf, watchVisible, type VisibleRange } from './visibleRange.ts'
import { button, h } from '../ui/dom.ts'
import { firstUnread } from '../state/unreadDivider.ts'
import type { RoomState } from '../state/state.ts'
import type { Context } from '../app/context.ts'
import type { MessageJumps } from './jumpToMessage.ts'
import type { MessageList } from './messageList.ts'
import { ARRIVAL_OFFSET } from './rows/scrollAnchor.ts'
import { words } from '../words/words.ts'

/**
 * Marks messages as read once they were on screen long enough while the person looked (U70). Unread messages above the view
 * stay unread until the reader has been there or has skipped them. The unread divider stays where it was on arrival (U72).
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
  let hasArrived = false

  const bar = h(
    'div',
    { class: 'floating unread-bar', hidden: true },
    button([iconOf('down'), words.timeline.jumpToFirstUnread], jump, { class: '[&>.icon]:rotate-180' }),
    button(words.timeline.markAsRead, skip, { class: 'font-normal text-muted' }),
  )
  messages.element.append(bar)

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

  function reachesUnread({ top }: VisibleRange): boolean {
    const first = firstUnreadNow()
    return first === null || (first !== 'above' && top <= first)
  }

  const watch = watchVisible(markSeen, signal)

  function markSeen(range: VisibleRange): void {
    if (!isPersonLooking()) return watch(null)
    if (!isPassed && !reachesUnread(range)) return
    isPassed = true
    bar.hidden = true
    messages.seen(range.bottom)
    actions.markReadUpTo(room, range.bottom)
  }

  function look(): void {
    if (!scroller.isConnected) return
    const range = visibleRangeOf(scroller, messages.rows, (row) => messages.rowOf(row)?.seq ?? null)
    const { unreadDivider = null, markedRead = null } = roomState() ?? {}
    bar.hidden = isPassed || unreadDivider === null || range === null || reachesUnread(range)
    // While "Mark all as read" can be undone, nothing is read, or there would be nothing to return to.
    watch(isPersonLooking() && markedRead === null ? range : null)
  }

  function arrive(): void {
    const state = roomState()
    if (state?.sync.state !== 'live' || state.you === null) return
    hasArrived = true
    const first = firstUnread(state)
    if (first === null) return
    isPassed = false
    showDivider()
    if (typeof first === 'number' && startsAtFirstUnread) {
      messages.show({ seq: first, offset: ARRIVAL_OFFSET })
      messages.seen(first - 1, true)
    }
  }

  /** The page gained or lost focus or visibility. If the person is back, the divider moves to their first unread message. */
  function onFocusChange(): void {
    if (!document.hidden && document.hasFocus() && hasArrived && firstUnreadNow() !== null) {
      isPassed = false
      showDivider()
    }
    look()
  }

  function jump(): void {
    const first = firstUnreadNow()
    if (typeof first === 'number') void jumps.to(first)
    else if (first === 'above') void jumps.toFirstAfter(roomState()?.you?.readSeq ?? 0)
  }

  function skip(): void {
    end()
    messages.toEnd()
    messages.focus()
  }

  /** As `pass`, and hides the unread divider. */
  function end(): void {
    pass()
    bar.hidden = true
    hideDivider()
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
    },
    signal,
  )
  scroller.addEventListener('scroll', look, { passive: true, signal })
  for (const type of ['focus', 'blur']) window.addEventListener(type, onFocusChange, { signal })
  document.addEventListener('visibilitychange', onFocusChange, { signal })
  // A dialog or drawer that closes returns the focus.
  document.addEventListener('focusin', look, { signal })
  signal.addEventListener('abort', hideDivider, { once: true })

  return { pass, end }
}
