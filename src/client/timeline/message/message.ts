import { h, type View } from '../../ui/dom.ts'
import { fullDate, isolated, isoTime, timeOfDay } from '../../ui/format.ts'
import type { Row, Settings } from '../../state/state.ts'
import { avatar, nameOf } from '../../ui/avatar.ts'
import { iconOf } from '../../ui/icons.ts'
import { sendFailureText } from './sendFailureText.ts'
import { messageDecorations, type DecorationEvents } from './messageDecorations.ts'
import { textButton } from './textButton.ts'
import type { MessageItem } from '../timelineItems.ts'
import { words } from '../../words/words.ts'

export interface MessageEvents extends DecorationEvents {
  /** Takes a message of mine that failed back into the composer. */
  edit(key: string, text: string): void
}

export interface MessageView extends View<MessageItem> {
  readonly row: Row
  /** Draws it anew: Markdown has come, or times are written otherwise. */
  redraw(clock: Settings['clock']): void
  /** Draws what time alone changes. Gives when (ms) it will next, or null for never. */
  age(now: number): number | null
  /** Is it long enough that it may have to be folded? Only then `overflows` is worth its layout. */
  readonly long: boolean
  overflows(): boolean
  offerFold(over: boolean): void
}

/** A message looks unconfirmed only after this long, so that a fast ack does not flicker (U45), and stuck after that (U46). */
const SENDING = 400
const WAITING = 10_000

function isLong({ text }: Row): boolean {
  return text !== null && (text.length > 320 || text.split('\n', 21).length > 20)
}

function sendingMark(): HTMLElement {
  const mark = h('span', { class: 'sending icon-small' })
  mark.append(iconOf('clock'), h('span', {}, words.message.sending))
  return mark
}

/** One message. Its element lives from pending to acked and over every change of its header: selection and focus survive. */
export function messageView(
  first: MessageItem,
  now: number,
  on: MessageEvents,
  clock: Settings['clock'],
): MessageView {
  let item = first
  let clockStyle = clock
  let pendingSince = now
  let stage = ''
  let drawnRow: Row | null = null
  const key = first.row.key
  const time = h('time', { dir: 'auto' })
  const when = h('span', { class: 'when' }, time)
  const text = h('div', { class: 'text', dir: 'auto' })
  const element = h('article', { class: 'message', tabindex: -1 }, when, text)
  const decorations = messageDecorations(element, text, on)
  let header: HTMLElement | null = null
  let statusNote: HTMLElement | null = null
  let fold: HTMLButtonElement | null = null
  let sending: HTMLElement | null = null

  function update(next: MessageItem): void {
    const before = item.row
    item = next
    const { row } = item
    if (header === null || before !== row) {
      element.toggleAttribute('data-own', row.own)
      drawTime()
      time.dateTime = isoTime(row.at)
      drawText()
    }
    decorations.update(item)
    if (before.sendStatus.status === 'failed' && row.sendStatus.status !== 'failed') pendingSince = Date.now()
    drawHeader()
    drawStage(stageOf(row, Date.now()))
  }

  function drawTime(): void {
    time.textContent = timeOfDay(item.row.at, clockStyle)
    time.title = fullDate(item.row.at, clockStyle)
  }

  function drawText(anew = false): void {
    const { row } = item
    if (!anew && drawnRow?.text === row.text && drawnRow?.edited === row.edited) return
    drawnRow = row
    text.classList.toggle('gone', row.text === null)
    text.classList.toggle('folded', isLong(row) && fold?.getAttribute('aria-expanded') !== 'true')
    if (row.text === null) text.textContent = words.message.deleted
    else decorations.writeText(row, clockStyle)
  }

  function drawHeader(): void {
    if (item.first === (header !== null) && header?.dataset.name === item.row.user.name) return
    element.toggleAttribute('data-first', item.first)
    for (const old of element.querySelectorAll(':scope > .avatar, :scope > .who')) old.remove()
    header = item.first ? h('div', { class: 'who' }, nameOf(item.row.user), when) : null
    if (header === null) element.prepend(when)
    else {
      header.dataset.name = item.row.user.name
      element.prepend(avatar(item.row.user), header)
    }
  }

  function stageOf({ sendStatus }: Row, at: number): string {
    if (sendStatus.status === 'acked') return ''
    if (sendStatus.status === 'failed') return `failed ${sendStatus.reason}`
    const age = at - pendingSince
    return age < SENDING ? 'fresh' : age < WAITING ? 'sending' : 'waiting'
  }

  function drawStage(to: string): void {
    if (to !== stage) {
      stage = to
      element.dataset.stage = to.split(' ')[0]
      const waits = to === 'sending' || to === 'waiting'
      if (waits) when.append((sending ??= sendingMark()))
      else sending?.remove()
      statusNote?.remove()
      statusNote = statusNoteOf()
      if (statusNote) element.append(statusNote)
    }
    const { spoken, spokenDeleted, spokenStatus } = words.message
    const status = (spokenStatus as Partial<Record<string, string>>)[stage.split(' ')[0] ?? '']
    const { user } = item.row
    const said = item.row.text === null ? spokenDeleted : decorations.spokenText()
    element.setAttribute('aria-label', spoken(isolated(user.name), time.textContent, status ?? '', said))
  }

  function statusNoteOf(): HTMLElement | null {
    const { sendStatus, text: failedText } = item.row
    if (sendStatus.status === 'failed')
      return h(
        'div',
        { class: 'note' },
        h('span', {}, sendFailureText(sendStatus.reason)),
        textButton(words.common.retry, () => on.retry(key)),
        textButton(words.common.edit, () => on.edit(key, failedText ?? '')),
        textButton(words.common.delete, () => on.drop(key)),
      )
    if (stage !== 'waiting') return null
    return h(
      'div',
      { class: 'note' },
      h('span', {}, words.message.waiting),
      textButton(words.common.cancel, () => on.drop(key)),
    )
  }

  update(first)

  return {
    element,
    update,
    get row() {
      return item.row
    },
    get long() {
      return isLong(item.row)
    },
    redraw(next) {
      clockStyle = next
      drawText(true)
      decorations.redrawQuote()
      drawTime()
      const drawn = stage
      stage = ''
      drawStage(drawn)
    },
    age(at) {
      const { status } = item.row.sendStatus
      if (status === 'acked' || status === 'failed') return null
      drawStage(stageOf(item.row, at))
      const age = at - pendingSince
      return age < SENDING ? pendingSince + SENDING : age < WAITING ? pendingSince + WAITING : null
    },
    overflows: () =>
      fold?.getAttribute('aria-expanded') === 'true' || text.scrollHeight > text.clientHeight + 1,
    offerFold(over) {
      if (!over) {
        fold?.remove()
        fold = null
        return
      }
      if (fold !== null) return
      fold = h(
        'button',
        { type: 'button', class: 'text-button fold', tabindex: -1, 'aria-expanded': 'false' },
        words.message.fold.more,
      )
      fold.addEventListener('click', () => {
        const open = text.classList.toggle('folded')
        fold?.setAttribute('aria-expanded', String(!open))
        if (fold) fold.textContent = open ? words.message.fold.more : words.message.fold.less
      })
      text.after(fold)
    },
  }
}

/** Offers "Show more" where a long text is cut off. All reads of the layout come before the first write (W9). */
export function offerFolds(views: readonly MessageView[]): void {
  const long = views.filter((view) => view.long)
  const over = long.map((view) => view.overflows())
  for (const [at, view] of long.entries()) view.offerFold(over[at] === true)
}
