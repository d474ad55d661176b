import { h } from '../ui/dom.ts'
import { iconOf } from '../ui/icons.ts'
import type { MessageList } from './messageList.ts'
import { ARRIVAL_OFFSET, type ReadingPosition } from './readingPosition.ts'
import type { HistoryWindow } from '../state/state.ts'
import type { Context } from '../app/context.ts'
import { words } from '../words/words.ts'

export interface MessageJumps {
  /** Goes to a message and marks it. @param withoutReturn offers no button back to where the reader was */
  to(seq: number, withoutReturn?: boolean): Promise<void>
  /** The same to the first message of others behind `after`, which may be further up than what is loaded. */
  toFirstAfter(after: number): Promise<void>
}

/** How long (ms) a message that was gone to is marked (U27). */
const MARKED = 2_000

/** Going to a message wherever it is, and back (U23, U27). */
export function messageJumps(
  { store, actions }: Context,
  room: string,
  messages: MessageList,
  {
    say,
    drawn,
  }: {
    say(message: string): void
    /** resolves once messages are drawn: before that none can be marked */
    drawn: Promise<void>
  },
  signal: AbortSignal,
): MessageJumps {
  const positionsLeft: { position: ReadingPosition; historyWindow: HistoryWindow | null }[] = []
  let unmark = () => {}
  signal.addEventListener('abort', () => unmark(), { once: true })
  const backButton = h('button', { type: 'button', class: 'way-back', hidden: true, onClick: () => goBack() })
  backButton.append(iconOf('down'), words.timeline.jumpBack)
  messages.element.append(backButton)

  const historyWindowOf = () => store.get().rooms[room]?.historyWindow ?? null

  function goBack(): void {
    const from = positionsLeft.pop()
    backButton.hidden = positionsLeft.length === 0
    if (from === undefined) return
    if (historyWindowOf() !== from.historyWindow) {
      if (from.historyWindow === null) actions.showLiveEnd(room)
      else actions.leaveHistory(room)
    }
    if (from.position === null) messages.toEnd()
    else messages.show(from.position)
    messages.focus()
  }

  function mark(seq: number): void {
    const row = [...messages.rows.querySelectorAll<HTMLElement>('.message')].find(
      (element) => messages.rowOf(element)?.row.seq === seq,
    )
    if (row === undefined) return
    unmark()
    row.toggleAttribute('data-marked', true)
    row.focus({ preventScroll: true })
    const timer = setTimeout(() => unmark(), MARKED)
    unmark = () => {
      clearTimeout(timer)
      row.removeAttribute('data-marked')
    }
  }

  // Whoever has come to the end by themselves needs no way back.
  messages.scroller.addEventListener(
    'scroll',
    () => {
      if (positionsLeft.length > 0 && messages.position() === null && historyWindowOf() === null) {
        positionsLeft.length = 0
        backButton.hidden = true
      }
    },
    { passive: true, signal },
  )

  async function go(find: () => Promise<number | null>, withoutReturn: boolean): Promise<void> {
    const from = { position: messages.position(), historyWindow: historyWindowOf() }
    const seq = await find()
    if (seq !== null) await drawn
    if (signal.aborted) return
    if (seq === null) return say(words.timeline.messageNotFound)
    if (!withoutReturn) {
      positionsLeft.push(from)
      backButton.hidden = false
    }
    messages.show({ seq, offset: ARRIVAL_OFFSET })
    mark(seq)
  }

  return {
    to: (seq, withoutReturn = false) =>
      go(async () => ((await actions.jumpTo(room, seq)) ? seq : null), withoutReturn),
    toFirstAfter: (after) => go(() => actions.jumpToFirstAfter(room, after), false),
  }
}
