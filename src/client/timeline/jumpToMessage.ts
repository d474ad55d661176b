import { button } from '../ui/dom.ts'
import { openMenu } from './loadMenu.ts'
import { iconOf } from '../ui/icons.ts'
import type { MessageList } from './messageList.ts'
import { ARRIVAL_OFFSET, type MessagePosition } from './rows/scrollAnchor.ts'
import type { HistoryWindow } from '../state/state.ts'
import type { Context } from '../app/context.ts'
import { words } from '../words/words.ts'

export type MessageJumps = ReturnType<typeof messageJumps>

/** ms that a message is marked after a jump (U27), and until the mark has faded */
const MARKED = 2_000
const FADED = 3_000

/** Jumps to any message of a room, loaded or not, and back (U23, U27). */
export function messageJumps(
  { store, actions }: Context,
  room: string,
  messages: MessageList,
  on: {
    say(message: string): void
    /** resolves once messages are drawn: only then can one be marked */
    drawn: Promise<void>
  },
  signal: AbortSignal,
) {
  const returnTo: { position: MessagePosition | null; historyWindow: HistoryWindow | null }[] = []
  let unmark = () => {}
  const backButton = button([iconOf('down'), words.timeline.jumpBack], goBack, {
    class: '[&>.icon]:rotate-90',
    hidden: true,
  })
  messages.bars.append(backButton)

  const historyWindowOf = () => store.get().rooms[room]?.historyWindow ?? null

  function goBack(): void {
    const from = returnTo.pop()
    backButton.hidden = returnTo.length === 0
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
    const row = messages.elementOf(seq)
    if (row === undefined) return
    unmark()
    row.dataset['marked'] = ''
    const timers = [
      setTimeout(() => (row.dataset['marked'] = 'fading'), MARKED),
      setTimeout(() => unmark(), FADED),
    ]
    unmark = () => {
      for (const timer of timers) clearTimeout(timer)
      row.removeAttribute('data-marked')
    }
  }

  // A reader who has scrolled to the end needs no way back.
  messages.scroller.addEventListener(
    'scroll',
    () => {
      if (backButton.hidden || messages.position() !== null || historyWindowOf() !== null) return
      returnTo.length = 0
      backButton.hidden = true
    },
    { passive: true, signal },
  )

  async function jump(
    find: () => Promise<number | null>,
    { withoutReturn = false, isFirstUnread = false }: { withoutReturn?: boolean; isFirstUnread?: boolean },
  ): Promise<void> {
    const from = { position: messages.position(), historyWindow: historyWindowOf() }
    const seq = await find()
    if (seq !== null) await on.drawn
    if (signal.aborted) return
    if (seq === null) return on.say(words.timeline.messageNotFound)
    if (!withoutReturn) {
      returnTo.push(from)
      backButton.hidden = false
    }
    messages.show({ seq, offset: isFirstUnread ? ARRIVAL_OFFSET : 'centre' })
    mark(seq)
    // After a press or a key. On a page that was opened at a message, the composer has the focus.
    if (!withoutReturn) messages.elementOf(seq)?.focus({ preventScroll: true })
  }

  const find = async (seq: number) => ((await actions.jumpTo(room, seq)) ? seq : null)

  return {
    /** Asks for a day and jumps to its first message. @param at some time (ms) of the day to begin with */
    toDay(at: number): void {
      const toTime = (day: number) => void jump(() => actions.jumpToTime(room, day), { isFirstUnread: true })
      void openMenu((chunk) => chunk.openDayDialog(at, toTime, signal), on.say, signal)
    },
    /** Jumps to a message and marks it. @param withoutReturn offers no way back to where the reader was */
    to: (seq: number, withoutReturn = false) => jump(() => find(seq), { withoutReturn }),
    /** Jumps to the first unread message: to `seq`, or to the first of others after this seq, which need not be loaded. */
    toFirstUnread: (first: { seq: number } | { after: number }) =>
      jump(() => ('seq' in first ? find(first.seq) : actions.jumpToFirstAfter(room, first.after)), {
        isFirstUnread: true,
      }),
  }
}
