import { h, list, type View } from '../ui/dom.ts'
import { dayFrom, isolated } from '../ui/format.ts'
import { lastSeqOf, type TimelineItem } from './timelineItems.ts'
import type { HistoryEdge, Row, Settings } from '../state/state.ts'
import { isMarkdownLoaded, loadMarkdown } from './formatText.ts'
import { messageView, offerFolds, type MessageEvents, type MessageView } from './message/message.ts'
import { jumpToNewestButton } from './jumpToNewest.ts'
import type { MessagePosition, ReadingPosition } from './readingPosition.ts'
import { rowFocus } from './rows/rowFocus.ts'
import { windowAround, AT_THE_END, windowItems, extendWindow, type RowWindow } from './rows/rowWindow.ts'
import { holdAnchor, readingAnchor, type ScrollAnchor } from './rows/scrollAnchor.ts'
import { timelineSeparator } from './timelineSeparator.ts'
import { words } from '../words/words.ts'

export interface TimelineView {
  items: readonly TimelineItem[]
  older: HistoryEdge
  /** what lies behind the last of them; 'none' at the live end */
  newer: HistoryEdge
  /** how many messages of others have come after this seq, drawn or not */
  missed(seq: number): number
}

export interface MessageListEvents extends MessageEvents {
  /** The top is near: the page before it is wanted. */
  older(): void
  /** The same at the bottom, away from the live end. */
  newer(): void
  /** The live end is wanted. */
  present(): void
  /** The reader goes to the end, and passes over what is between. */
  ended(): void
  /** Escape on the list, or the row that had the focus is gone. */
  leave(): void
  /** Opens what can be done with a row; false: nothing can. */
  act(row: HTMLElement): boolean
}

export interface MessageList extends View<TimelineView> {
  toEnd(): void
  /** Pages up or down. */
  page(direction: -1 | 1): void
  focus(): void
  position(): ReadingPosition
  /** Goes there, as soon as the list is in the page and has rows; nowhere if the message is not among the items. */
  show(position: MessagePosition): void
  /** All up to this seq is no news; the pill counts what is behind it. `anew`: and no more than that. */
  seen(seq: number, anew?: boolean): void
  /** Writes the times so from now on. */
  clock(clock: Settings['clock']): void
  /** What is drawn in an element of the list, or null. */
  rowOf(element: Element | null): { row: Row; element: HTMLElement } | null
  readonly rows: HTMLElement
  /** the element that scrolls, with the rows in it */
  readonly scroller: HTMLElement
  /** The room as people call it, once that is known. */
  name(room: string): void
}

/** This near (px) to the end the list follows; this near to an edge of what is drawn, more is drawn. */
const STICKS = 80
const EDGE = 800

/**
 * The timeline: it follows at the end, and further up what is read never moves (U13–U16). Reads come before writes, and a
 * batch costs one layout (W9). `empty` is shown by whoever made it, where nothing has been said.
 */
export function messageList(
  { label, empty }: { label: string; empty: HTMLElement },
  on: MessageListEvents,
  signal: AbortSignal,
): MessageList {
  const rows = h('div', {})
  const above = h('div')
  const below = h('div')
  const loading = h('div', { class: 'aside', hidden: true })
  const content = h('div', { class: 'column' }, above, loading, rows, below)
  const log = h('div', {
    class: 'log',
    role: 'log',
    'aria-live': 'off',
    'aria-label': words.timeline.messagesIn(isolated(label)),
    tabindex: 0,
  })
  log.append(empty, content)
  const jump = jumpToNewestButton({ press: () => toEnd() })
  const element = h('div', { class: 'stage' }, log, jump.element)

  let items: readonly TimelineItem[] = []
  let older: HistoryEdge = 'none'
  let newer: HistoryEdge = 'none'
  let missed = (_seq: number) => 0
  let shown: RowWindow = AT_THE_END
  let atEnd = true
  /** how far it could be scrolled when it was last seen at its end, or put there */
  let lastScrollRange = 0
  /** −1 until something is drawn */
  let seen = -1
  let held: ScrollAnchor | null = null
  let width = 0
  let isStale = false
  // A screen is made before it is in the page and before its rows may be drawn: a position to go to waits until then.
  let wanted: MessagePosition | null = null
  let clock: Settings['clock'] = 'system'
  let newViews: MessageView[] = []
  const views = new WeakMap<Element, { key: string; message: MessageView | null; again(): void }>()
  const draw = list<TimelineItem>(rows, (item) => item.key, make)
  const focus = rowFocus(log, rows, {
    end: () => toEnd(),
    top: () => (log.scrollTop = 0),
    near: () => held?.element ?? null,
    leave: on.leave,
    act: (row) => on.act(row),
  })

  function make(item: TimelineItem): View<TimelineItem> {
    if (item.kind !== 'message') {
      const view = timelineSeparator(item, Date.now)
      views.set(view.element, { key: item.key, message: null, again: () => view.update(item) })
      return view
    }
    const message = messageView(item, Date.now(), on, clock)
    views.set(message.element, { key: item.key, message, again: () => {} })
    newViews.push(message)
    const update = (next: TimelineItem) => next.kind === 'message' && message.update(next)
    return { element: message.element, update: (next) => void update(next) }
  }

  const anchor = (stays: (key: string) => boolean = () => true) =>
    readingAnchor(log, rows, (row) => {
      const view = views.get(row)
      return Boolean(view?.message && stays(view.key))
    })

  const hold = (kept: ScrollAnchor | null) => holdAnchor(log, kept)

  function redraw(): void {
    if (document.hidden && items.length > 0 && rows.childElementCount > 0) {
      isStale = true
      return
    }
    isStale = false
    const far = !atEnd && log.scrollTop < log.scrollHeight - log.scrollTop - log.clientHeight
    const drop = far || newer !== 'none' ? 'bottom' : 'top'
    let next = windowItems(items, shown, drop)
    // What is read stays, however much came at once.
    const read = held && views.get(held.element)?.key
    if (read && !next.drawn.some(({ key }) => key === read))
      next = windowItems(items, windowAround(items, read) ?? shown, drop)
    const keys = new Set(next.drawn.map((item) => item.key))
    const kept = atEnd && next.shown.live && newer === 'none' ? null : anchor((key) => keys.has(key))
    const keepFocus = focus.keep()
    shown = next.shown
    // What is empty would move to make room, and that is what one sees of a page that loads (W3).
    content.hidden = items.length === 0 && older !== 'failed'
    draw(next.drawn)
    loading.hidden = older === 'none' || content.hidden
    loading.textContent = older === 'failed' ? words.timeline.olderFailed : words.timeline.loadingOlder
    if (older === 'failed')
      loading.append(
        ' ',
        h('button', { type: 'button', class: 'text-button', onClick: () => on.older() }, words.common.retry),
      )
    offerFolds(newViews)
    newViews = []
    if (kept === null && atEnd && isLive()) scrollToEnd()
    else hold(kept)
    keepFocus((row) => items.some(({ key }) => key === views.get(row)?.key))
    afterLayout()
  }

  /** After every drawing and every scroll: what was seen, what the pill says, whether an edge is near. */
  function afterLayout(): void {
    held = atEnd ? null : anchor()
    const end = atEnd && isLive()
    if (end && !document.hidden) seen = Math.max(seen, lastSeqOf(items))
    jump.update(end ? null : missed(seen))
    watchEdges()
    scheduleAging()
  }

  /** Every row anew, without moving what is read. */
  function redrawMessages(): void {
    const kept = atEnd ? null : anchor()
    const all = messageViews()
    for (const view of all) view.redraw(clock)
    offerFolds(all)
    if (atEnd && isLive()) scrollToEnd()
    else hold(kept)
  }

  function messageViews(): MessageView[] {
    return [...rows.children].flatMap((row) => views.get(row)?.message ?? [])
  }

  // Time alone changes two things: how a message of mine looks that waits, and what is called today. One timer for both.
  let timer: ReturnType<typeof setTimeout> | null = null
  let midnight = dayFrom(Date.now(), 1)
  function scheduleAging(): void {
    if (timer !== null) clearTimeout(timer)
    const now = Date.now()
    if (now >= midnight) {
      midnight = dayFrom(now, 1)
      for (const row of rows.querySelectorAll('.day')) views.get(row)?.again()
    }
    const next = [...rows.querySelectorAll('[data-stage=fresh], [data-stage=sending]')]
      .map((row) => views.get(row)?.message?.age(now) ?? midnight)
      .reduce((a, b) => Math.min(a, b), midnight)
    // Rechecked every hour, since a timer that slept through midnight would be late.
    if (!signal.aborted) timer = setTimeout(scheduleAging, Math.min(Math.max(next - now, 16), 3_600_000))
  }

  const edges = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        if (!isIntersecting || signal.aborted) continue
        const side = target === above ? 'top' : 'bottom'
        const extended = extendWindow(items, shown, side)
        if (extended !== shown) {
          shown = extended
          redrawDropping(side === 'top' ? 'bottom' : 'top')
        } else if (side === 'top' && older === 'more') on.older()
        else if (side === 'bottom' && newer === 'more') on.newer()
      }
    },
    { root: log, rootMargin: `${EDGE}px 0px` },
  )
  // An observer speaks only of changes: asked anew, it says at once where things stand.
  function watchEdges(): void {
    edges.disconnect()
    if (items.length === 0) {
      // There is no edge to come near to.
      if (older === 'more') on.older()
      return
    }
    edges.observe(above)
    if (!isLive()) edges.observe(below)
  }

  function redrawDropping(drop: 'top' | 'bottom'): void {
    shown = windowItems(items, shown, drop).shown
    if (!isLive()) atEnd = false
    redraw()
  }

  function toEnd(): void {
    if (newer !== 'none') on.present()
    if (!shown.live) shown = AT_THE_END
    atEnd = true
    held = null
    redraw()
    on.ended()
  }

  log.addEventListener(
    'scroll',
    () => {
      // What grew in this very frame was not scrolled away from: the observer of sizes is about to follow it.
      const grew = lastScrollRange !== scrollRange()
      lastScrollRange = scrollRange()
      if (atEnd && isLive() && grew) return
      atEnd = isLive() && isNearEnd()
      held = atEnd ? null : anchor()
      if (atEnd) afterLayout()
      else if (jump.element.hidden) jump.update(missed(seen))
    },
    { passive: true, signal },
  )

  function scrollRange(): number {
    return log.scrollHeight - log.clientHeight
  }

  function isNearEnd(): boolean {
    return scrollRange() - log.scrollTop <= STICKS
  }

  function scrollToEnd(): void {
    log.scrollTop = log.scrollHeight
    lastScrollRange = scrollRange()
  }

  /** Do the items go on to the live end, and are they drawn to it? */
  function isLive(): boolean {
    return shown.live && newer === 'none'
  }

  function showPosition({ seq, offset }: MessagePosition): boolean {
    const item = items.find((candidate) => candidate.kind === 'message' && candidate.row.seq === seq)
    const near = item && windowAround(items, item.key)
    if (!item || !near) return false
    shown = near
    atEnd = false
    held = null
    redraw()
    const row = [...rows.children].find((child) => views.get(child)?.key === item.key)
    if (row) hold({ element: row, top: offset })
    // What lies that near to the end that it cannot go further up is at the end.
    atEnd = isLive() && isNearEnd()
    lastScrollRange = scrollRange()
    afterLayout()
    return true
  }

  /** True: it went where it was told to go before it could. */
  function showWanted(): boolean {
    if (wanted === null || items.length === 0 || !log.isConnected) return false
    const position = wanted
    wanted = null
    return showPosition(position)
  }

  const sizes = new ResizeObserver(() => {
    if (!log.isConnected) return
    if (width !== log.clientWidth) {
      width = log.clientWidth
      offerFolds(messageViews())
    }
    if (showWanted()) return
    if (atEnd && isLive()) scrollToEnd()
    else hold(held)
  })
  sizes.observe(log)
  sizes.observe(content)

  if (!isMarkdownLoaded())
    void loadMarkdown().then(() => {
      if (!signal.aborted) redrawMessages()
    })

  const onVisible = () => {
    if (document.hidden) return
    if (isStale) redraw()
    else afterLayout()
  }
  document.addEventListener('visibilitychange', onVisible, { signal })
  window.addEventListener('focus', onVisible, { signal })
  signal.addEventListener(
    'abort',
    () => {
      edges.disconnect()
      sizes.disconnect()
      if (timer !== null) clearTimeout(timer)
    },
    { once: true },
  )

  return {
    element,
    update(next) {
      ;({ items, older, newer, missed } = next)
      // What was there on entry is not news, wherever the reader then stands; nor is a history that begins anew.
      const last = lastSeqOf(items)
      if (newer === 'none' && last > 0 && (seen < 0 || last < seen)) seen = last
      // Drawn together with what came above: the day of the row that was first moves up to it, and at the very top
      // there is no way to hold still where a row goes before others come.
      if (!atEnd && log.isConnected && log.scrollTop < EDGE) shown = extendWindow(items, shown, 'top')
      redraw()
      showWanted()
    },
    toEnd,
    page(direction) {
      log.scrollTop += direction * Math.max(40, log.clientHeight - 40)
    },
    focus: () => log.focus({ preventScroll: true }),
    position() {
      if (atEnd || !log.isConnected) return null
      const at = anchor()
      const key = at && views.get(at.element)?.key
      const item = items.find((candidate) => candidate.key === key)
      if (!at || item?.kind !== 'message' || item.row.seq === null) return null
      return { seq: item.row.seq, offset: at.top }
    },
    show(position) {
      wanted = position
      showWanted()
    },
    seen(seq, anew = false) {
      seen = anew ? seq : Math.max(seen, seq)
      jump.update(atEnd && isLive() ? null : missed(seen))
    },
    rows,
    scroller: log,
    name: (room) => log.setAttribute('aria-label', words.timeline.messagesIn(isolated(room))),
    clock(next) {
      if (next === clock) return
      clock = next
      redrawMessages()
    },
    rowOf(element) {
      const row = element?.closest('.message')
      const message = row && rows.contains(row) ? views.get(row)?.message : null
      return message ? { row: message.row, element: message.element } : null
    },
  }
}
