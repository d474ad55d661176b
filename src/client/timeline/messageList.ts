import { button, h, list, type View } from '../ui/dom.ts'
import { countText, isolated } from '../ui/format.ts'
import { iconOf } from '../ui/icons.ts'
import { lastSeqOf, type TimelineItem } from './timelineItems.ts'
import type { HistoryEdge, Row, Settings } from '../state/state.ts'
import { isMarkdownLoaded, loadMarkdown } from './formatText.ts'
import { messageView, offerFolds, type MessageEvents, type MessageView } from './message/message.ts'
import { rowFocus } from './rows/rowFocus.ts'
import { windowAround, AT_THE_END, windowItems, extendWindow, type RowWindow } from './rows/rowWindow.ts'
import { holdAnchor, readingAnchor, type MessagePosition, type ScrollAnchor } from './rows/scrollAnchor.ts'
import { timelineSeparator } from './timelineSeparator.ts'
import { words } from '../words/words.ts'

export interface TimelineView {
  items: readonly TimelineItem[]
  older: HistoryEdge
  /** what lies below the last item; 'none' at the live end */
  newer: HistoryEdge
  /** how many messages of others, drawn or not, came after this seq */
  missed(seq: number): number
}

export interface MessageListEvents extends MessageEvents {
  /** The line of a day was pressed. @param at some time (ms) of it */
  pickDay(at: number): void
  roomName(): string
  /** The reader is near the top. */
  loadOlder(): void
  /** The reader is near the bottom, away from the live end. */
  loadNewer(): void
  /** Returns from history to the live end. */
  showLiveEnd(): void
  /** The reader jumped to the end and skips the messages between. */
  skippedToEnd(): void
  /** The focus leaves the list: Escape was pressed, or the focused row is gone. */
  leave(): void
  /** @returns false if the row has no actions */
  openActions(row: HTMLElement): boolean
}

export type MessageList = ReturnType<typeof messageList>

/** Within this distance (px) of the end, the list follows new messages. */
const STICKS = 80
/** Within this distance (px) of the edge of what is drawn, more is drawn or loaded. */
const EDGE = 800
const MINUTE = 60_000

/**
 * The timeline. At the end it follows new messages, and further up the row being read never moves (U13–U16). All layout reads
 * come before the writes, so that a batch costs one layout (W9). The caller shows and hides `empty`.
 */
export function messageList(empty: HTMLElement, on: MessageListEvents, signal: AbortSignal) {
  const rows = h('div')
  const above = h('div')
  const below = h('div')
  const loading = h('div', { class: 'aside', hidden: true })
  const content = h('div', { class: 'column' }, above, loading, rows, below)
  const log = h('div', { class: 'log', role: 'log', 'aria-live': 'off', tabindex: 0 }, empty, content)
  const pillLabel = h('span')
  const pill = button([pillLabel, iconOf('down')], toEnd, {
    class: 'pill',
    hidden: true,
  })
  // Slim lines at the top edge of the list, one for each way that is offered.
  const bars = h('div', { class: 'list-bars' })
  const element = h('div', { class: 'stage' }, log, bars, pill)

  let items: readonly TimelineItem[] = []
  let older: HistoryEdge = 'none'
  let newer: HistoryEdge = 'none'
  let missed = (_seq: number) => 0
  let shown: RowWindow = AT_THE_END
  let isAtEnd = true
  /** how far (px) the list could scroll when it last scrolled */
  let lastScrollRange = 0
  /** newest seq seen; −1 until something is drawn */
  let seenSeq = -1
  /** the row being read; null at the end */
  let held: ScrollAnchor | null = null
  let width = 0
  /** where to scroll once the list is in the page and has rows */
  let wanted: { seq: number; offset: number | 'centre' } | null = null
  let newViews: MessageView[] = []
  const views = new WeakMap<Element, { key: string; message: MessageView | null; redraw(): void }>()
  const drawRows = list<TimelineItem>(rows, (item) => item.key, createView)
  const keepFocus = rowFocus(log, rows, { ...on, end: toEnd, near: () => held?.element ?? null })

  function createView(item: TimelineItem): View<TimelineItem> {
    if (item.kind !== 'message') {
      const view = timelineSeparator(item, on)
      views.set(view.element, { key: item.key, message: null, redraw: () => view.update(item) })
      return view
    }
    const message = messageView(item, on)
    views.set(message.element, { key: item.key, message, redraw: message.redraw })
    newViews.push(message)
    return { element: message.element, update: (next) => next.kind === 'message' && message.update(next) }
  }

  const keyOf = (row: Element) => views.get(row)?.key ?? ''
  const messageViews = () => [...rows.children].flatMap((row) => views.get(row)?.message ?? [])
  const elementOf = (seq: number) => messageViews().find(({ row }) => row.seq === seq)?.element
  const anchorAmong = (stays: (key: string) => boolean = () => true) =>
    readingAnchor(log, rows, (row) => Boolean(views.get(row)?.message) && stays(keyOf(row)))
  const focusLog = () => log.focus({ preventScroll: true })
  const scrollRange = () => log.scrollHeight - log.clientHeight
  const isNearEnd = () => scrollRange() - log.scrollTop <= STICKS
  /** Are the newest messages loaded and drawn? */
  const isLive = () => shown.live && newer === 'none'

  function scrollToEnd(): void {
    log.scrollTop = log.scrollHeight
    lastScrollRange = scrollRange()
  }

  /** Restores what the reader saw before a change: the end, or the row being read. */
  function restore(anchor: ScrollAnchor | null): void {
    if (isAtEnd && isLive()) scrollToEnd()
    else holdAnchor(log, anchor)
  }

  function redraw(): void {
    const isUpperHalf = !isAtEnd && log.scrollTop < scrollRange() - log.scrollTop
    const drop = isUpperHalf || newer !== 'none' ? 'bottom' : 'top'
    let next = windowItems(items, shown, drop)
    // The row being read stays, however many rows came at once.
    const read = held && keyOf(held.element)
    if (read && !next.drawn.some(({ key }) => key === read))
      next = windowItems(items, windowAround(items, read) ?? shown, drop)
    const keys = new Set(next.drawn.map(({ key }) => key))
    const follows = isAtEnd && next.shown.live && newer === 'none'
    const anchor = follows ? null : anchorAmong((key) => keys.has(key))
    const moveFocus = keepFocus()
    shown = next.shown
    // An empty column would move to make room for the first rows, which counts as a layout shift (W3).
    content.hidden = items.length === 0 && older !== 'failed'
    drawRows(next.drawn)
    drawLoading()
    offerFolds(newViews)
    newViews = []
    restore(anchor)
    moveFocus((row) => items.some(({ key }) => key === keyOf(row)))
    afterLayout()
  }

  function drawLoading(): void {
    const hadFocus = loading.contains(document.activeElement)
    loading.hidden = older === 'none' || content.hidden
    loading.textContent = older === 'failed' ? words.timeline.olderFailed : words.timeline.loadingOlder
    // "Retry" is gone while it loads.
    if (hadFocus) focusLog()
    if (older !== 'failed') return
    const retry = button(words.common.retry, on.loadOlder, { class: 'text-button' })
    loading.append(' ', retry)
  }

  function drawPill(count: number | null): void {
    const { jumpToLatest, newCount, jumpToNew } = words.timeline
    const hadFocus = document.activeElement === pill
    pill.hidden = count === null
    if (count === null) {
      if (hadFocus) focusLog()
      return
    }
    pillLabel.textContent = count === 0 ? '' : newCount(countText(count))
    pill.title = jumpToLatest
    pill.setAttribute('aria-label', count === 0 ? jumpToLatest : jumpToNew(count))
  }

  /** After each drawing and scroll: notes what was seen, counts what was not, and watches the edges. */
  function afterLayout(): void {
    held = isAtEnd ? null : anchorAmong()
    const isFollowing = isAtEnd && isLive()
    if (isFollowing && !document.hidden) seenSeq = Math.max(seenSeq, lastSeqOf(items))
    drawPill(isFollowing ? null : missed(seenSeq))
    watchEdges()
  }

  /** Draws the text and time of each message again, without moving the row being read. */
  function redrawMessages(): void {
    const anchor = isAtEnd ? null : anchorAmong()
    const moveFocus = keepFocus()
    const all = messageViews()
    for (const view of all) view.redraw()
    offerFolds(all)
    restore(anchor)
    moveFocus(() => true)
  }

  /** Takes more or less space for each message, without moving the row being read. */
  function setDensity(density: Settings['density']): void {
    const anchor = isAtEnd ? null : anchorAmong()
    element.dataset.density = density
    restore(anchor)
  }

  // "Today" becomes "Yesterday" at midnight. A timer set for midnight would be late if the machine slept meanwhile.
  const dayTimer = setInterval(() => {
    for (const row of rows.querySelectorAll('.day')) views.get(row)?.redraw()
  }, MINUTE)

  const edges = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        if (!isIntersecting || signal.aborted) continue
        const isTop = target === above
        const extended = extendWindow(items, shown, isTop ? 'top' : 'bottom')
        if (extended !== shown) {
          shown = windowItems(items, extended, isTop ? 'bottom' : 'top').shown
          if (!isLive()) isAtEnd = false
          redraw()
        } else if (isTop && older === 'more') on.loadOlder()
        else if (!isTop && newer === 'more') on.loadNewer()
      }
    },
    { root: log, rootMargin: `${EDGE}px 0px` },
  )
  // An observer reports only changes. Observing the edges anew makes it report at once whether one is near.
  function watchEdges(): void {
    edges.disconnect()
    if (items.length === 0) {
      if (older === 'more') on.loadOlder()
      return
    }
    edges.observe(above)
    if (!isLive()) edges.observe(below)
  }

  function toEnd(): void {
    if (newer !== 'none') on.showLiveEnd()
    if (!shown.live) shown = AT_THE_END
    isAtEnd = true
    held = null
    redraw()
    on.skippedToEnd()
  }

  log.addEventListener(
    'scroll',
    () => {
      // If the range changed, the reader did not scroll: something grew in this frame, and the observer `sizes` scrolls to the end.
      const hasGrown = lastScrollRange !== scrollRange()
      lastScrollRange = scrollRange()
      if (isAtEnd && isLive() && hasGrown) return
      isAtEnd = isLive() && isNearEnd()
      held = isAtEnd ? null : anchorAmong()
      if (isAtEnd) afterLayout()
      else if (pill.hidden) drawPill(missed(seenSeq))
    },
    { passive: true, signal },
  )

  /** @returns whether there was a position to go to, and its message is here */
  function showWanted(): boolean {
    if (wanted === null || items.length === 0 || !log.isConnected) return false
    const { seq, offset } = wanted
    wanted = null
    const item = items.find((candidate) => candidate.kind === 'message' && candidate.row.seq === seq)
    const around = item && windowAround(items, item.key)
    if (!item || !around) return false
    shown = around
    isAtEnd = false
    held = null
    redraw()
    const row = elementOf(seq)
    const centre = (log.clientHeight - (row?.offsetHeight ?? 0)) / 2
    if (row) holdAnchor(log, { element: row, top: offset === 'centre' ? Math.max(0, centre) : offset })
    // A message too near to the end to be scrolled to its offset counts as the end.
    isAtEnd = isLive() && isNearEnd()
    lastScrollRange = scrollRange()
    afterLayout()
    return true
  }

  const sizes = new ResizeObserver(() => {
    if (!log.isConnected) return
    if (width !== log.clientWidth) {
      width = log.clientWidth
      offerFolds(messageViews())
    }
    if (!showWanted()) restore(held)
  })
  sizes.observe(log)
  sizes.observe(content)

  if (!isMarkdownLoaded())
    void loadMarkdown().then(() => {
      if (!signal.aborted) redrawMessages()
    })

  const onVisible = () => {
    if (!document.hidden) afterLayout()
  }
  document.addEventListener('visibilitychange', onVisible, { signal })
  window.addEventListener('focus', onVisible, { signal })
  signal.addEventListener(
    'abort',
    () => {
      edges.disconnect()
      sizes.disconnect()
      clearInterval(dayTimer)
    },
    { once: true },
  )

  return {
    element,
    update(next: TimelineView): void {
      ;({ items, older, newer, missed } = next)
      // What is there on entry, or after a reset, is not new.
      const last = lastSeqOf(items)
      if (newer === 'none' && last > 0 && (seenSeq < 0 || last < seenSeq)) seenSeq = last
      // Near the top, draws the rows just loaded in this same update, not only once `edges` reports that the top is near.
      if (!isAtEnd && log.isConnected && log.scrollTop < EDGE) shown = extendWindow(items, shown, 'top')
      redraw()
      showWanted()
    },
    toEnd,
    /** Scrolls a page up or down. */
    page: (direction: -1 | 1) => (log.scrollTop += direction * Math.max(40, log.clientHeight - 40)),
    focus: focusLog,
    /** The message being read; null at the end. */
    position(): MessagePosition | null {
      const anchor = isAtEnd || !log.isConnected ? null : anchorAmong()
      const seq = (anchor && views.get(anchor.element)?.message?.row.seq) ?? null
      return anchor && seq !== null ? { seq, offset: anchor.top } : null
    },
    /** Scrolls to a message, once the list has rows; does nothing if the message is not among the items. */
    show(position: NonNullable<typeof wanted>): void {
      wanted = position
      showWanted()
    },
    /** Messages up to this seq are seen; the pill counts those after it. @param reset goes back to this seq */
    seen(seq: number, reset = false): void {
      seenSeq = reset ? seq : Math.max(seenSeq, seq)
      drawPill(isAtEnd && isLive() ? null : missed(seenSeq))
    },
    rows,
    bars,
    elementOf,
    /** the element that scrolls */
    scroller: log,
    setName(room: string): void {
      const start = rows.firstElementChild
      if (start?.matches('.aside')) views.get(start)?.redraw()
      log.setAttribute('aria-label', words.timeline.messagesIn(isolated(room)))
    },
    redrawMessages,
    setDensity,
    /** The message that is drawn in this element of the list, or null. */
    rowOf: (element: Element): Row | null => views.get(element)?.message?.row ?? null,
  }
}
