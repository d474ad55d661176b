import { isNamed } from '../../../shared/mentions.ts'
import type { User } from '../../../shared/model.ts'
import { button, h } from '../../ui/dom.ts'
import { briefTime, fullDate, isolated, timeOfDay } from '../../ui/format.ts'
import type { FailureReason, PendingChange, Row, Settings } from '../../state/state.ts'
import { avatar, nameOf } from '../../ui/avatar.ts'
import { iconOf } from '../../ui/icons.ts'
import { formatText, isLargeEmoji, plainText } from '../formatText.ts'
import { reactionChips } from './reactionChips.ts'
import { isSameMentions, type MessageItem } from '../timelineItems.ts'
import { words } from '../../words/words.ts'

export interface MessageEvents {
  react(id: string, emoji: string, on: boolean): void
  /** Shows who wrote a message, beside the element that was pressed. */
  showPerson(user: User, opener: HTMLElement): void
  /** Goes to the message with this seq. */
  jump(seq: number): void
  /** Sends a failed message or change of mine again. */
  retry(key: string): void
  /** Discards a message or change of mine that is pending or failed. */
  drop(key: string): void
  /** Moves the text of a failed message back into the composer. */
  edit(key: string, text: string): void
  /** my id */
  me(): string | null
  /** how the person wants times written */
  clock(): Settings['clock']
  /** Does the page say that the connection is lost? */
  isCutOff(): boolean
}

export type MessageView = ReturnType<typeof messageView>

/** More marks on one letter than any language writes: their ink would cover the rows beside. */
const STACKED = /\p{M}{6}/u
/** ms until a message of mine looks unconfirmed, so that a fast ack does not flicker (U45) */
const SENDING = 400
/** ms until such a message offers "Cancel" (U46) */
const WAITING = 10_000
/** ms between two looks whether the connection is lost: then such a message offers it at once */
const CUT_OFF_SEEN = 500

const QUOTE_STYLE =
  'quote hit flex max-w-full min-h-6 w-fit items-baseline gap-2 rounded-none border-s-2 border-line ps-2.5 text-start ' +
  'text-meta text-muted enabled:hover:border-accent enabled:hover:text-ink'

/** One message. Its element survives acks, edits and header changes, so that selection and focus do (U18). */
export function messageView(initial: MessageItem, on: MessageEvents) {
  let item = initial
  let pendingSince = Date.now()
  let timer: ReturnType<typeof setTimeout> | undefined
  let stage = ''
  let spokenText = ''
  let isAction = false
  let quote: HTMLElement | null = null
  let statusNote: HTMLElement | null = null
  let fold: HTMLButtonElement | null = null
  let header: readonly Element[] = []
  const { key } = initial.row
  const time = h('time', { dir: 'auto' })
  const when = h('span', { class: 'when' }, time)
  const text = h('div', { class: 'text', dir: 'auto' })
  const sendingLabel = h('span', {}, words.message.sending)
  const sending = h('span', { class: 'sending icon-small' }, iconOf('clock'), sendingLabel)
  const refusals = h('div')
  const reactions = reactionChips((emoji, mine) => {
    if (item.row.id !== null) on.react(item.row.id, emoji, !mine)
  })
  const element = h('article', { class: 'message', tabindex: -1 }, when, text)

  function draw(before: MessageItem | null): void {
    const { row } = item
    const old = before?.row
    if (old !== row) {
      element.toggleAttribute('data-own', row.own)
      element.toggleAttribute('data-mention', !row.own && isNamed(row.mentions, on.me() ?? ''))
      drawReactions(row)
      drawRefusals(row.pendingChanges ?? [])
    }
    const isRenamed = old?.user.name !== row.user.name
    const isOther = old?.text !== row.text || old.edited !== row.edited || old.pinned !== row.pinned
    const isMentioning = !isSameMentions(before, item)
    if (isOther || isMentioning || before?.deleted !== item.deleted || (isRenamed && isAction)) drawText()
    if (old?.text !== row.text || before?.quote !== item.quote) drawQuote()
    if (before?.first !== item.first || isRenamed) {
      drawHeader()
      drawTime()
    }
    if (old?.sendStatus.status === 'failed' && row.sendStatus.status !== 'failed') pendingSince = Date.now()
    drawStage()
  }

  function drawTime(): void {
    const { at } = item.row
    // In the gutter there is no space for AM and PM.
    time.textContent = (item.first ? timeOfDay : briefTime)(at, on.clock())
    time.title = fullDate(at, on.clock())
    time.dateTime = new Date(at).toISOString()
  }

  function drawText(): void {
    const { row } = item
    const { mentions } = row
    const people = { mentions, names: item.names ?? [], me: on.me(), showPerson: on.showPerson }
    const context = { author: isolated(row.user.name), ...people }
    const drawn = row.text === null ? null : formatText(row.text, context)
    spokenText = drawn?.plain ?? words.message.spokenDeleted(item.deleted ?? 1)
    isAction = drawn?.isAction ?? false
    text.classList.toggle('action', isAction)
    text.classList.toggle('gone', row.text === null)
    text.classList.toggle('folded', isLong(row) && !isUnfolded())
    text.classList.toggle('stacked', STACKED.test(row.text ?? ''))
    text.classList.toggle('large-emoji', row.text !== null && isLargeEmoji(row.text))
    const nodes = drawn?.nodes ?? [words.message.deleted(item.deleted ?? 1)]
    text.replaceChildren(...(isAction ? [nameOf(row.user), ' '] : []), ...nodes)
    // The list is one Tab stop, in which the arrow keys reach them (A8).
    for (const control of text.querySelectorAll<HTMLElement>('a, button')) control.tabIndex = -1
    const last = text.lastElementChild
    const paragraph = last?.tagName === 'P' ? last : text
    if (row.edited !== null) {
      const datetime = new Date(row.edited).toISOString()
      const edited = { class: 'inline', datetime, title: fullDate(row.edited, on.clock()) }
      paragraph.append(' ', h('time', edited, words.message.edited))
    }
    if (row.pinned && row.text !== null) {
      const { pinned } = words.message
      paragraph.append(
        ' ',
        h('span', { class: 'pinned', title: pinned, role: 'img', 'aria-label': pinned }, iconOf('pin')),
      )
    }
  }

  function drawQuote(): void {
    quote?.remove()
    const { row, quote: answered } = item
    if (row.replyTo === undefined || row.text === null) return
    const seq = answered?.seq ?? null
    const isDeleted = answered?.text === null
    const line = answered ? firstLine(answered.text ?? '') : words.common.loading
    const content = isDeleted
      ? [h('span', {}, words.message.replyToDeleted)]
      : [
          h('span', { class: 'sr-only' }, words.message.replyTo),
          ...(answered ? [nameOf(answered.user), ' '] : []),
          h('span', { class: 'truncate', dir: 'auto' }, line),
        ]
    const disabled = isDeleted || seq === null
    const attributes = { class: QUOTE_STYLE, tabindex: -1, disabled }
    quote = button(content, () => seq !== null && on.jump(seq), attributes)
    text.before(quote)
  }

  function drawReactions(row: Row): void {
    if (row.reactions.length === 0) return reactions.element.remove()
    reactions.update(row.reactions)
    if (!reactions.element.isConnected) text.after(reactions.element)
  }

  /** Changes of mine to this message that the server refused. */
  function drawRefusals(changes: readonly PendingChange[]): void {
    const notes = changes.flatMap(({ key: change, entry, sendStatus }) => {
      if (sendStatus.status !== 'failed') return []
      const [retry, dismiss] = [() => on.retry(change), () => on.drop(change)]
      const actions = { [words.common.retry]: retry, [words.message.dismiss]: dismiss }
      return [messageNote(failureText(sendStatus.reason, entry.kind), actions, 'text-danger')]
    })
    refusals.replaceChildren(...notes)
    if (notes.length > 0) element.append(refusals)
    else refusals.remove()
  }

  function drawHeader(): void {
    const { user } = item.row
    element.toggleAttribute('data-first', item.first)
    for (const part of header) part.remove()
    const style = 'flex flex-wrap items-baseline gap-x-2'
    const disc = avatar(user)
    const name = button(nameOf(user), () => on.showPerson(user, name), { class: 'author hit', tabindex: -1 })
    // The name beside it does the same for the keyboard.
    disc.addEventListener('click', () => on.showPerson(user, name))
    header = item.first ? [disc, h('div', { class: style }, name, when)] : [when]
    element.prepend(...header)
  }

  /** Draws how far a message of mine has got, and sets a timer where time alone changes that. */
  function drawStage(): void {
    const { sendStatus, user } = item.row
    const age = Date.now() - pendingSince
    clearTimeout(timer)
    let next = ''
    if (sendStatus.status === 'failed') next = `failed ${sendStatus.reason}`
    else if (sendStatus.status !== 'acked') {
      next = age < SENDING ? 'fresh' : age < WAITING && !on.isCutOff() ? 'sending' : 'waiting'
      if (age < SENDING) timer = setTimeout(drawStage, SENDING - age)
      else if (age < WAITING) timer = setTimeout(drawStage, Math.min(CUT_OFF_SEEN, WAITING - age))
    }
    const [name = ''] = next.split(' ')
    if (next !== stage) {
      stage = next
      element.dataset['stage'] = name
      if (name === 'sending' || name === 'waiting') when.append(sending)
      else sending.remove()
      statusNote?.remove()
      statusNote = statusNoteOf(name)
      if (statusNote) element.append(statusNote)
    }
    const statuses: Partial<Record<string, string>> = words.message.spokenStatus
    const { spoken } = words.message
    const label = spoken(
      isolated(user.name),
      timeOfDay(item.row.at, on.clock()),
      statuses[name] ?? '',
      spokenText,
    )
    element.setAttribute('aria-label', label)
  }

  function statusNoteOf(name: string): HTMLElement | null {
    const { sendStatus, text: unsent } = item.row
    const { cancel, retry, edit, delete: remove } = words.common
    const drop = () => on.drop(key)
    if (name === 'waiting') return messageNote(words.message.waiting, { [cancel]: drop })
    if (sendStatus.status !== 'failed') return null
    const actions = { [retry]: () => on.retry(key), [edit]: () => on.edit(key, unsent ?? ''), [remove]: drop }
    return messageNote(failureText(sendStatus.reason), actions, 'text-danger')
  }

  const isUnfolded = () => fold?.getAttribute('aria-expanded') === 'true'

  function toggleFold(): void {
    if (fold === null) return
    const isFolded = text.classList.toggle('folded')
    fold.setAttribute('aria-expanded', String(!isFolded))
    fold.textContent = isFolded ? words.message.fold.more : words.message.fold.less
  }

  draw(null)

  return {
    element,
    update(next: MessageItem): void {
      const before = item
      item = next
      draw(before)
    },
    get row() {
      return item.row
    },
    /** Draws text and time again: Markdown has loaded, or the clock setting changed. */
    redraw(): void {
      drawTime()
      drawText()
      drawQuote()
      drawStage()
    },
    /**
     * Measures whether lines of a long text are cut off, and which blocks are wider than the row.
     * @returns a function that then offers "Show more" or removes it, and makes wide blocks Tab stops: not every browser
     * scrolls a block by keys otherwise
     */
    measureFold(): () => void {
      const isCut = isLong(item.row) && (isUnfolded() || text.scrollHeight > text.clientHeight + 1)
      const blocks = Array.from(text.querySelectorAll<HTMLElement>('.scrolls'), (block) => {
        return { block, tabIndex: block.scrollWidth > block.clientWidth ? 0 : -1 }
      })
      return () => {
        for (const { block, tabIndex } of blocks) block.tabIndex = tabIndex
        if (isCut === (fold !== null)) return
        fold?.remove()
        fold = isCut ? textButton(words.message.fold.more, toggleFold) : null
        if (fold === null) return
        fold.classList.add('justify-self-start', 'text-meta')
        fold.setAttribute('aria-expanded', 'false')
        text.after(fold)
      }
    },
  }
}

function isLong({ text }: Row): boolean {
  return text !== null && (text.length > 320 || text.split('\n', 21).length > 20)
}

/** The first line of a message without its marks, for the line of a reply. */
export function firstLine(text: string): string {
  return plainText(text.slice(0, 400), '').split('\n', 1)[0] ?? ''
}

/** Offers "Show more" where a long text is cut off. Every layout read comes before the first write (W9). */
export function offerFolds(views: readonly MessageView[]): void {
  const offers = views.map((view) => view.measureFold())
  for (const offer of offers) offer()
}

/** A text button in a message. Tab skips it; the arrow keys of the list reach it. */
function textButton(label: string, press: () => void): HTMLButtonElement {
  return button(label, press, { class: 'text-button', tabindex: -1 })
}

/** A line under a message: what is pending or has failed, and a button for each action, by its label. */
function messageNote(text: string, actions: Record<string, () => void>, colour = ''): HTMLElement {
  const style = 'note flex flex-wrap items-center gap-x-3 text-meta text-muted'
  const buttons = Object.entries(actions).map(([label, press]) => textButton(label, press))
  return h('div', { class: style }, h('span', { class: colour }, text), ...buttons)
}

/** @param kind what failed: a message, or which change to one */
export function failureText(
  reason: FailureReason,
  kind: keyof typeof words.message.failed = 'message',
): string {
  const reasons: Partial<Record<string, string>> = words.errors.send
  const why = kind !== 'message' && reason === 'gone' ? words.errors.changeGone : reasons[reason]
  return `${words.message.failed[kind]} ${why ?? words.errors.send.other}`
}
