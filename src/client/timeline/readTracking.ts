import { iconOf } from '../ui/icons.ts'
import { visibleRangeOf, watchVisible, type VisibleRange } from './visibleRange.ts'
import { h } from '../ui/dom.ts'
import { firstUnread } from '../state/unreadDivider.ts'
import type { RoomState } from '../state/state.ts'
import type { Context } from '../app/context.ts'
import type { MessageJumps } from './jumpToMessage.ts'
import type { MessageList } from './messageList.ts'
import { ARRIVAL_OFFSET } from './readingPosition.ts'
import { words } from '../words/words.ts'

export interface ReadTracker {
  /** What was not seen is passed over on purpose: from the next look on all that is seen is read, and all before it. */
  pass(): void
  /** The same, and the line goes. */
  end(): void
}

/**
 * What I have read: what was on screen long enough, while I looked (U70). What lies above is not read by that, unless I have
 * been there or passed it over. The line stays where I arrived, or came back to the page (U72).
 * @param arrives the list then goes to the first unread message: not where a link or the history says where to begin
 */
export function trackReading(
  { store, actions }: Context,
  { room, arrives }: { room: string; arrives: boolean },
  messages: MessageList,
  jumps: MessageJumps,
  signal: AbortSignal,
): ReadTracker {
  const { scroller } = messages
  let passed = false
  let arrived = false

  const jumpButton = h('button', { type: 'button', onClick: () => jump() })
  const up = iconOf('down')
  jumpButton.append(up, words.timeline.jumpToFirstUnread)
  const bar = h(
    'div',
    { class: 'unread-bar', hidden: true },
    jumpButton,
    h('button', { type: 'button', onClick: () => skip() }, words.timeline.markAsRead),
  )
  messages.element.append(bar)

  const roomState = () => store.get().rooms[room]
  const showDivider = () => store.dispatch({ type: 'unreadDividerShown', room })
  const hideDivider = () => store.dispatch({ type: 'unreadDividerHidden', room })

  /** T8: a visible page is not one that is read. */
  function isAttended(): boolean {
    return (
      !document.hidden &&
      document.hasFocus() &&
      document.querySelector('dialog[open]') === null &&
      scroller.closest('[inert]') === null
    )
  }

  function reachesUnread({ top }: VisibleRange): boolean {
    const state = roomState()
    const begin = state ? firstUnread(state) : null
    return begin === null || (begin !== 'above' && top <= begin)
  }

  const visible = watchVisible(
    { now: Date.now, after: later },
    (range) => {
      if (!isAttended()) return visible.look(null)
      if (!passed && !reachesUnread(range)) return
      passed = true
      bar.hidden = true
      messages.seen(range.bottom)
      actions.markReadUpTo(room, range.bottom)
    },
    signal,
  )

  function later(ms: number, run: () => void): () => void {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  }

  function look(): void {
    if (!scroller.isConnected) return
    const range = visibleRangeOf(scroller, messages.rows, (row) => messages.rowOf(row)?.row.seq ?? null)
    const state = roomState()
    bar.hidden =
      passed || state === undefined || state.unreadDivider === null || range === null || reachesUnread(range)
    // While all is marked read and that may be undone, what is seen says nothing.
    visible.look(isAttended() && (state?.markedRead ?? null) === null ? range : null)
  }

  function arrive(): void {
    const state = roomState()
    if (state?.sync.state !== 'live' || state.you === null) return
    arrived = true
    const begin = firstUnread(state)
    if (begin === null) return
    passed = false
    showDivider()
    if (typeof begin === 'number' && arrives) {
      messages.show({ seq: begin, offset: ARRIVAL_OFFSET })
      messages.seen(begin - 1, true)
    }
  }

  function onReturn(): void {
    const state = roomState()
    if (document.hidden || !document.hasFocus() || !arrived || state === undefined) return look()
    if (firstUnread(state) !== null) {
      passed = false
      showDivider()
    }
    look()
  }

  function jump(): void {
    const state = roomState()
    const begin = state ? firstUnread(state) : null
    if (typeof begin === 'number') void jumps.to(begin)
    else if (begin === 'above') void jumps.toFirstAfter(state?.you?.readSeq ?? 0)
  }

  function skip(): void {
    end()
    messages.toEnd()
    messages.focus()
  }

  function end(): void {
    pass()
    bar.hidden = true
    hideDivider()
  }

  function pass(): void {
    passed = true
    // What is on screen already is looked at once more: now it counts.
    visible.look(null)
    look()
  }

  store.watch(
    (state) => state.rooms[room],
    () => {
      if (!arrived) arrive()
      look()
    },
    signal,
  )
  // After a long absence the rows on screen are others: one arrives anew, where one stopped reading.
  store.watch(
    (state) => state.rooms[room]?.resetNotice,
    (notice) => {
      if (notice === 'away') arrive()
      look()
    },
    signal,
  )
  let was: RoomState['markedRead'] = null
  store.watch(
    (state) => state.rooms[room]?.markedRead ?? null,
    (markedRead) => {
      const state = roomState()
      if (markedRead?.state === 'undoable') messages.seen(state?.position.seq ?? 0)
      // Settled it is what it was; taken back the pill counts again.
      else if (was?.state === 'undoable') messages.seen(state?.you?.readSeq ?? 0, true)
      was = markedRead
    },
    signal,
  )
  scroller.addEventListener('scroll', look, { passive: true, signal })
  for (const type of ['focus', 'blur']) window.addEventListener(type, onReturn, { signal })
  document.addEventListener('visibilitychange', onReturn, { signal })
  // A dialog or the drawer gives the focus back when it is gone.
  document.addEventListener('focusin', look, { signal })
  signal.addEventListener('abort', hideDivider, { once: true })

  return { pass, end }
}
