import type { Reaction } from '../../../shared/model.ts'
import { nameOf } from '../../ui/avatar.ts'
import { h, list, type View } from '../../ui/dom.ts'
import { fullDate, isolated, isoTime, nameList } from '../../ui/format.ts'
import type { PendingChange, Row, Settings } from '../../state/state.ts'
import { formatText } from '../formatText.ts'
import { sendFailureText } from './sendFailureText.ts'
import { textButton } from './textButton.ts'
import type { MessageItem } from '../timelineItems.ts'
import { words } from '../../words/words.ts'

export interface DecorationEvents {
  react(id: string, emoji: string, on: boolean): void
  /** Goes to the message of this seq. */
  jump(seq: number): void
  /** Sends again, under its key, a message or a change of mine. */
  retry(key: string): void
  /** Drops it, waiting or failed. */
  drop(key: string): void
  /** Does this text name me? */
  mentionsMe(text: string): boolean
}

/** What a row has besides its author, its time and its state: formatted text, quote, reactions, refused changes. */
export interface MessageDecorations {
  /** Draws the row's text. @param clock how the time of an edit is written */
  writeText(row: Row, clock: Settings['clock']): void
  /** The text as it is read aloud, without the marks of its format. */
  spokenText(): string
  /** Draws what stands around the text. */
  update(item: MessageItem): void
  /** Draws the quote anew: Markdown has come. */
  redrawQuote(): void
}

/** Kinds of reaction drawn at a message; the rest is counted (U25). */
const KINDS = 20
/** Names of those who show an emoji, before the rest is counted. */
const NAMED = 10

/** What any emoji holds: a pictograph, half a flag, or the frame of a key. */
const EMOJI = /\p{Extended_Pictographic}|\p{RI}|\u20e3/u
let lone: RegExp | undefined

/** 1–3 emoji and nothing else. The pattern is thousands of strings: made where it may fit, not for every text (W3). */
function isLone(text: string): boolean {
  if (text.length >= 60 || !EMOJI.test(text) || /\p{L}/u.test(text)) return false
  lone ??= new RegExp('^\\s*(?:\\p{RGI_Emoji}\\s*){1,3}$', 'v')
  return lone.test(text)
}

/** What is read of the nodes of a text: what they say, without buttons. */
export function wordsOf(nodes: readonly Node[]): string {
  const read = h('div', {}, ...nodes)
  for (const button of read.querySelectorAll('button')) button.remove()
  return [...read.childNodes]
    .map(({ textContent }) => textContent)
    .join(' ')
    .trim()
}

/** The first line of a text as it is read, without its marks. */
function firstLineOf(text: string): string {
  return wordsOf(formatText(text.slice(0, 400))).split('\n', 1)[0] ?? ''
}

/** @param textElement the part of `element`, the message, that holds its text */
export function messageDecorations(
  element: HTMLElement,
  textElement: HTMLElement,
  on: DecorationEvents,
): MessageDecorations {
  let drawn: MessageItem | null = null
  let spoken = ''
  let quote: HTMLElement | null = null
  let reactions: View<Row> | null = null
  let faults: HTMLElement | null = null

  function drawReactions(row: Row): void {
    if (row.reactions.length === 0) return reactions?.element.remove()
    reactions ??= reactionChips((emoji, mine) => {
      const id = drawn?.row.id ?? null
      if (id !== null) on.react(id, emoji, !mine)
    })
    reactions.update(row)
    if (!reactions.element.isConnected) textElement.after(reactions.element)
  }

  function drawQuote({ row, quote: answered }: MessageItem): void {
    quote?.remove()
    quote = null
    if (row.replyTo === undefined || row.text === null) return
    const seq = answered?.seq ?? null
    const text = !answered ? words.common.loading : answered.text && firstLineOf(answered.text)
    const gone = text === null
    const content = gone
      ? [h('span', {}, words.message.replyToDeleted)]
      : [
          h('span', { class: 'heard' }, words.message.replyTo),
          answered ? nameOf(answered.user) : null,
          answered ? ' ' : null,
          h('span', { class: 'truncate', dir: 'auto' }, text),
        ]
    quote = h('button', {
      type: 'button',
      class: 'quote',
      tabindex: -1,
      disabled: gone || seq === null,
      onClick: () => seq !== null && on.jump(seq),
    })
    quote.append(...content.filter((part) => part !== null))
    textElement.before(quote)
  }

  function drawFaults(changes: readonly PendingChange[]): void {
    const failed = changes.filter(({ sendStatus }) => sendStatus.status === 'failed')
    if (failed.length === 0) return faults?.remove()
    faults ??= h('div', { class: 'note' })
    faults.replaceChildren(
      ...failed.flatMap(({ key, entry, sendStatus }) => [
        h(
          'span',
          { class: 'text-danger' },
          sendStatus.status === 'failed' ? sendFailureText(sendStatus.reason, entry.kind) : '',
        ),
        textButton(words.common.retry, () => on.retry(key)),
        textButton(words.message.dismiss, () => on.drop(key)),
      ]),
    )
    element.append(faults)
  }

  return {
    writeText(row, clock) {
      const text = row.text ?? ''
      const alone = isLone(text)
      textElement.classList.toggle('lone', alone)
      textElement.replaceChildren(...(alone ? [text] : formatText(text)))
      spoken = spokenOf(textElement)
      if (row.edited === null) return
      const mark = h(
        'time',
        { class: 'edited', datetime: isoTime(row.edited), title: fullDate(row.edited, clock) },
        words.message.edited,
      )
      const last = textElement.lastElementChild
      if (last?.tagName === 'P') last.append(' ', mark)
      else textElement.append(' ', mark)
    },
    spokenText: () => spoken,
    update(item) {
      const before = drawn
      if (before === item) return
      drawn = item
      const { row } = item
      if (before?.row !== row) {
        element.toggleAttribute('data-mention', !row.own && row.text !== null && on.mentionsMe(row.text))
        element.toggleAttribute('data-pinned', row.pinned)
        drawReactions(row)
        drawFaults(row.pendingChanges ?? [])
      }
      if (before?.quote !== item.quote || before?.row.text !== row.text) drawQuote(item)
    },
    redrawQuote() {
      if (drawn !== null) drawQuote(drawn)
    },
  }
}

/** A chip for each emoji; from `KINDS` on the rest is counted. */
function reactionChips(toggle: (emoji: string, mine: boolean) => void): View<Row> {
  const chips = h('span', { class: 'contents' })
  const rest = h('span', { class: 'text-meta text-muted' })
  const show = list<Reaction>(
    chips,
    ({ emoji }) => emoji,
    (reaction) => chip(reaction, toggle),
  )
  return {
    element: h(
      'div',
      { class: 'reactions', role: 'group', 'aria-label': words.message.reactions },
      chips,
      rest,
    ),
    update({ reactions }) {
      show(reactions.slice(0, KINDS))
      rest.textContent = reactions.length > KINDS ? `+${reactions.length - KINDS}` : ''
    },
  }
}

/** The text of what is drawn, a block behind the other, without the buttons in it. */
function spokenOf(textElement: HTMLElement): string {
  return [...textElement.childNodes]
    .map(
      (block) => (block instanceof HTMLElement ? (block.querySelector('pre') ?? block) : block).textContent,
    )
    .join('\n')
}

/** Who shows it, in words: `👍 2: Ann and Bo`. */
function reactionText({ emoji, count, users }: Reaction): string {
  const names = users.slice(0, NAMED).map(({ name }) => isolated(name))
  const rest = count - names.length
  const all = rest > 0 ? [...names, words.common.others(rest)] : names
  return words.message.reaction(emoji, count, nameList(all))
}

function chip(first: Reaction, toggle: (emoji: string, mine: boolean) => void): View<Reaction> {
  let shown = first
  const count = h('span', { class: 'tabular-nums' })
  const element = h('button', {
    type: 'button',
    class: 'chip',
    tabindex: -1,
    onClick: () => toggle(shown.emoji, shown.mine),
  })
  element.append(h('span', { 'aria-hidden': 'true' }, first.emoji), count)
  const update = (reaction: Reaction) => {
    shown = reaction
    count.textContent = String(reaction.count)
    element.setAttribute('aria-pressed', String(reaction.mine))
    element.setAttribute('aria-label', reactionText(reaction))
    element.title = reactionText(reaction)
  }
  update(first)
  return { element, update }
}
