import type { Reaction, User } from '../../shared/model.ts'
import { h, list, type View } from '../ui/dom.ts'
import { isolated, isoTime, nameList } from '../ui/format.ts'
import type { MyChange, Row } from '../state/state.ts'
import type { MessageItem, Rich } from './message.ts'
import { reasonText } from './failureText.ts'
import { words } from '../words/words.ts'

export interface ExtrasEvents {
  react(id: string, emoji: string, on: boolean): void
  /** to the message of this seq */
  jump(seq: number): void
  /** the change of mine with this key */
  retry(key: string): void
  drop(key: string): void
  /** Is it I whom this text names? */
  mentionsMe(text: string): boolean
  /** Date and time (ms) in full. */
  when(at: number): string
  /** The text as nodes. */
  format(text: string): Node[]
  nameOf(user: User): HTMLElement
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

interface Parts {
  item: MessageItem | null
  quote: HTMLElement | null
  chips: ((reactions: readonly Reaction[]) => void) | null
  reactions: HTMLElement
  faults: HTMLElement
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

/** Draws what a row has besides its author, its time and its plain text: format, quote, reactions, what was refused. */
export function extras(on: ExtrasEvents): Rich {
  const known = new WeakMap<HTMLElement, Parts>()
  const spoken = new WeakMap<HTMLElement, string>()

  function partsOf(element: HTMLElement): Parts {
    const before = known.get(element)
    if (before !== undefined) return before
    const parts = {
      item: null,
      quote: null,
      chips: null,
      reactions: h('div', { class: 'reactions', role: 'group', 'aria-label': words.message.reactions }),
      faults: h('div', { class: 'note' }),
    }
    known.set(element, parts)
    return parts
  }

  /** The first line of a text as it is read, without its marks. */
  const plain = (text: string) => wordsOf(on.format(text.slice(0, 400))).split('\n', 1)[0] ?? ''

  function drawReactions(parts: Parts, place: HTMLElement, { id, reactions }: Row): void {
    if (reactions.length === 0) return parts.reactions.remove()
    if (parts.chips === null) {
      const chips = h('span', { class: 'contents' })
      const rest = h('span', { class: 'text-meta text-muted' })
      const show = list<Reaction>(
        chips,
        ({ emoji }) => emoji,
        (reaction) => chip(reaction, (emoji, mine) => id !== null && on.react(id, emoji, !mine)),
      )
      parts.reactions.replaceChildren(chips, rest)
      parts.chips = (all) => {
        show(all.slice(0, KINDS))
        rest.textContent = all.length > KINDS ? `+${all.length - KINDS}` : ''
      }
    }
    parts.chips(reactions)
    if (!parts.reactions.isConnected) place.after(parts.reactions)
  }

  function drawQuote(parts: Parts, place: HTMLElement, { row, quote }: MessageItem): void {
    parts.quote?.remove()
    parts.quote = null
    if (row.replyTo === undefined || row.text === null) return
    const seq = quote?.seq ?? null
    const text = !quote ? words.common.loading : quote.text && plain(quote.text)
    const gone = text === null
    const content = gone
      ? [h('span', {}, words.message.replyToDeleted)]
      : [
          h('span', { class: 'heard' }, words.message.replyTo),
          quote ? on.nameOf(quote.user) : null,
          quote ? ' ' : null,
          h('span', { class: 'truncate', dir: 'auto' }, text),
        ]
    parts.quote = h('button', {
      type: 'button',
      class: 'quote',
      tabindex: -1,
      disabled: gone || seq === null,
      onClick: () => seq !== null && on.jump(seq),
    })
    parts.quote.append(...content.filter((one) => one !== null))
    place.before(parts.quote)
  }

  function drawFaults(parts: Parts, element: HTMLElement, changes: readonly MyChange[]): void {
    const failed = changes.filter(({ standing }) => standing.status === 'failed')
    if (failed.length === 0) return parts.faults.remove()
    parts.faults.replaceChildren(
      ...failed.flatMap(({ key, entry, standing }) => [
        h(
          'span',
          { class: 'text-danger' },
          standing.status === 'failed' ? reasonText(standing.reason, entry.kind) : '',
        ),
        press(words.common.retry, () => on.retry(key)),
        press(words.message.dismiss, () => on.drop(key)),
      ]),
    )
    element.append(parts.faults)
  }

  return {
    text(place, row) {
      const text = row.text ?? ''
      const alone = isLone(text)
      place.classList.toggle('lone', alone)
      place.replaceChildren(...(alone ? [text] : on.format(text)))
      spoken.set(place, spokenOf(place))
      if (row.edited === null) return
      const mark = h(
        'time',
        { class: 'edited', datetime: isoTime(row.edited), title: on.when(row.edited) },
        words.message.edited,
      )
      const last = place.lastElementChild
      if (last?.tagName === 'P') last.append(' ', mark)
      else place.append(' ', mark)
    },
    words: (place) => spoken.get(place),
    reason: reasonText,
    around(element, place, item) {
      const parts = partsOf(element)
      const before = parts.item
      if (before === item) return
      parts.item = item
      const { row } = item
      if (before?.row !== row) {
        element.toggleAttribute('data-mention', !row.own && row.text !== null && on.mentionsMe(row.text))
        element.toggleAttribute('data-pinned', row.pinned)
        drawReactions(parts, place, row)
        drawFaults(parts, element, row.changes ?? [])
      }
      if (before?.quote !== item.quote || before?.row.text !== row.text) drawQuote(parts, place, item)
    },
  }
}

/** The text of what is drawn, a block behind the other, without the buttons in it. */
function spokenOf(place: HTMLElement): string {
  return [...place.childNodes]
    .map(
      (block) => (block instanceof HTMLElement ? (block.querySelector('pre') ?? block) : block).textContent,
    )
    .join('\n')
}

function press(label: string, then: () => void): HTMLButtonElement {
  return h('button', { type: 'button', class: 'text-button', tabindex: -1, onClick: then }, label)
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
