/**
 * A line or more of prose as a tree: addresses, then code and links, then mentions, then emphasis. Linear: each step passes
 * over the text once, and what looks ahead is bounded.
 */
import type { Mention } from '../model.ts'
import { addressesOf } from './addresses.ts'
import { joinRuns, type Token } from './emphasis.ts'
import { isBlank, isWord, mayJoinNext } from '../text.ts'
import { isSpacedWord, letterAt, letterBefore } from './letters.ts'
import type { Inline, TextRange } from './tree.ts'

/** A part of a text without the marks of its blocks. `lines`: where a piece of it, from `from` on, stands in the whole text. */
export interface Prose {
  text: string
  lines: readonly { from: number; at: number }[]
  /** in a cell of a table `\|` is a bar */
  isCell?: boolean
}

/** What the parts of one text share. */
export interface Writing {
  mentions: readonly Mention[]
  /** how many more addresses may become links */
  links: number
  /** how many more runs of `*`, `_` and `~` are looked at */
  marks: number
  /** how many more cells tables may have */
  cells: number
  /** collects where mentions may stand */
  prose?: TextRange[]
}

const NEXT = /[*_~`[\\\n]/g
const RUN: Partial<Record<string, RegExp>> = { '*': /(?:\\?\*)+/y, _: /(?:\\?_)+/y, '~': /(?:\\?~)+/y }
const DESTINATION = /\(((?:https?:\/\/|mailto:)[^\s<>()`]*(?:\([^\s<>()`]*\)[^\s<>()`]*)*)\)/iy
const MAX_LABEL = 1_000
/** Text between two backticks that are the cheeks of faces, and mark no code: ``(`･ω･´) (`･ω･´)``, ``(´･ω･`) (`･ω･´)``. */
const FACES = /´|^`[)）].*[(（]$/su

/** A part that is one whole: no mark within it counts. */
interface Whole {
  from: number
  to: number
  node: Inline
}

/** For each opening bracket the one that closes it. */
function bracketsOf(text: string): Map<number, number> {
  const open: number[] = []
  const pairs = new Map<number, number>()
  if (!text.includes('](')) return pairs
  for (const { 0: bracket, index } of text.matchAll(/[[\]]/g)) {
    if (bracket === '[') open.push(index)
    else {
      const from = open.pop()
      if (from !== undefined) pairs.set(from, index)
    }
  }
  return pairs
}

function endOfBackticks(text: string, from: number): number {
  let to = from
  while (text[to] === '`') to += 1
  return to
}

/** For each run of backticks the next one of the same length. */
function backticksOf(text: string): Map<number, number> {
  const pairs = new Map<number, number>()
  const last = new Map<number, number>()
  let to = 0
  for (let at = text.indexOf('`'); at !== -1; at = text.indexOf('`', to)) {
    to = endOfBackticks(text, at)
    const from = last.get(to - at)
    if (from !== undefined) pairs.set(from, at)
    last.set(to - at, at)
  }
  return pairs
}

/** Code without the blank that keeps a backtick in it from its marks. */
function codeText(raw: string, isCell: boolean): string {
  const isPadded = raw.startsWith(' ') && raw.endsWith(' ')
  const text = isPadded ? raw.slice(1, -1) : raw
  return isCell ? text.replaceAll('\\|', '|') : text
}

/** Cuts prose into tokens for `joinRuns`. @param plain inside a label: no links, no mentions */
class Scanner {
  readonly #tokens: Token[] = []
  readonly #brackets: Map<number, number>
  readonly #backticks: Map<number, number>
  /** addresses and mentions in order */
  readonly #wholes: readonly Whole[]
  /** closing marks of code or of a link whose opening mark is escaped */
  readonly #literal = new Set<number>()
  #line = 0
  #at = 0
  /** up to where tokens are made */
  #done = 0
  /** where the prose begins that is being read */
  #proseFrom = 0

  constructor(
    readonly prose: Prose,
    readonly writing: Writing,
    readonly plain: boolean,
  ) {
    const { text } = prose
    this.#brackets = bracketsOf(text)
    this.#backticks = backticksOf(text)
    this.#wholes = plain
      ? []
      : [...addresses(text), ...mentionsIn(prose, writing.mentions)].sort((a, b) => a.from - b.from)
  }

  tokens(): Token[] {
    const { text } = this.prose
    let next = 0
    for (;;) {
      NEXT.lastIndex = this.#at
      const mark = NEXT.exec(text)?.index ?? text.length
      while ((this.#wholes[next]?.from ?? Infinity) < this.#at) next += 1
      const whole = this.#wholes[next]
      if (whole !== undefined && whole.from <= mark) {
        next += 1
        this.#whole(whole)
      } else if (mark < text.length) {
        this.#at = mark
        this.#mark(text[mark] ?? '')
      } else break
    }
    this.#flush(text.length)
    this.#endProse(text.length)
    return this.#tokens
  }

  #whole({ from, to, node }: Whole): void {
    const { writing } = this
    if (node.type === 'mention') {
      this.#flush(from)
      this.#tokens.push({ node })
      this.#at = this.#done = to
    } else if (writing.links > 0) {
      writing.links -= 1
      this.#push({ from, to, node })
    } else this.#push({ from, to, node: { type: 'text', text: this.prose.text.slice(from, to) } })
  }

  #mark(mark: string): void {
    const { text, isCell = false } = this.prose
    const at = this.#at
    if (mark === '\n') {
      this.#at = at + 1
      this.#line = this.#at
    } else if (mark === '\\') {
      const escaped = text[at + 1] ?? ''
      if (escaped in RUN) this.#run(escaped)
      else if (escaped === '`' && (this.#literal.has(at + 1) || this.#codeEnd(at + 1) !== null))
        this.#escape('`')
      else if (escaped === '[' && this.#link(at + 1) !== null) this.#escape('[')
      else if (escaped === '|' && isCell) this.#escape('|')
      else this.#at = at + 1
    } else if (mark === '`') this.#code()
    else if (mark === '[') {
      const link = this.plain ? null : this.#link(at)
      if (link === null) this.#at = at + 1
      else this.#push(link)
    } else this.#run(mark)
  }

  #run(mark: string): void {
    const { text } = this.prose
    const run = RUN[mark]
    if (run === undefined) return
    run.lastIndex = this.#at
    const raw = run.exec(text)?.[0] ?? mark
    const to = this.#at + raw.length
    // A keycap is an emoji that begins with an asterisk.
    if (this.writing.marks <= 0 || /^\ufe0f?\u20e3/.test(text.slice(to, to + 2))) {
      this.#at = to
      return
    }
    this.writing.marks -= 1
    this.#flush(this.#at)
    this.#tokens.push({ mark, raw, from: this.#at, to, line: this.#line })
    this.#at = this.#done = to
  }

  /** Where the code that begins with these backticks ends, without its closing backticks. */
  #codeEnd(at: number): number | null {
    const { text } = this.prose
    const end = this.#backticks.get(at)
    if (end === undefined || this.#literal.has(at)) return null
    const before = letterBefore(text, text[at - 1] === '\\' ? at - 1 : at)
    const to = endOfBackticks(text, end)
    // Behind a prefix of Hebrew, unless both are apostrophes: ``צ`יפס``.
    if (isSpacedWord(before) && !(mayJoinNext(before) && !isWord(letterAt(text, to)))) return null
    // These backticks begin other code, or a quotation as in ``this'' and ``that''.
    if (/\s/.test(text[end - 1] ?? '') && isSpacedWord(letterAt(text, to))) return null
    const code = text.slice(at, end)
    return /^`+(?!`)\s*\S/.test(code) && !FACES.test(code) ? end : null
  }

  #code(): void {
    const { text, isCell = false } = this.prose
    const at = this.#at
    const to = endOfBackticks(text, at)
    const end = this.#codeEnd(at)
    if (end === null) {
      this.#at = to
      return
    }
    const code = codeText(text.slice(to, end), isCell)
    this.#push({ from: at, to: end + to - at, node: { type: 'code', text: code } })
  }

  #link(at: number): Whole | null {
    const { text } = this.prose
    const close = this.#brackets.get(at)
    if (close === undefined || this.writing.links <= 0 || text[close + 1] !== '(') return null
    if (text[close - 1] === '\\') return null
    const label = text.slice(at + 1, close)
    if (label.length > MAX_LABEL || isBlank(label.replace(/[*_~`\\]/g, '')) || /\n\s*\n/.test(label))
      return null
    DESTINATION.lastIndex = close + 1
    const [destination = '', address = ''] = DESTINATION.exec(text) ?? []
    // Each attempt may look at the rest of the text, so failed ones count too.
    this.writing.links -= 1
    if (address === '') return null
    const from = text[at - 1] === '!' ? at - 1 : at
    const to = close + 1 + destination.length
    const around = letterBefore(text, from) + text.slice(to, to + 1)
    const inside: Prose = { ...this.prose, text: label, lines: [] }
    const children = joinRuns(label, new Scanner(inside, this.writing, true).tokens())
    return { from, to, node: { type: 'link', address, text: text.slice(from, to), label, children, around } }
  }

  /** Drops the backslash before a mark that would have taken effect, and keeps the mark. */
  #escape(mark: string): void {
    const { text } = this.prose
    this.#flush(this.#at)
    this.#done = this.#at + 1
    let to = this.#done
    while (text[to] === mark) to += 1
    const end = mark === '`' ? this.#backticks.get(this.#done) : undefined
    if (end !== undefined) this.#literal.add(end)
    this.#at = to
  }

  #push({ from, to, node }: Whole): void {
    this.#flush(from)
    this.#endProse(from)
    this.#tokens.push({ node })
    this.#at = this.#done = this.#proseFrom = to
  }

  #flush(to: number): void {
    if (to > this.#done)
      this.#tokens.push({ node: { type: 'text', text: this.prose.text.slice(this.#done, to) } })
    this.#done = Math.max(this.#done, to)
  }

  /** Notes the prose up to an index, by the lines of the whole text. */
  #endProse(to: number): void {
    const { prose, writing } = this
    if (writing.prose === undefined) return
    let line = prose.lines.findLastIndex(({ from }) => from <= this.#proseFrom)
    for (let from = this.#proseFrom; from < to && line >= 0; line += 1) {
      const end = Math.min(to, prose.lines[line + 1]?.from ?? to)
      const { from: begin, at } = prose.lines[line] ?? { from, at: 0 }
      writing.prose.push({ at: at + from - begin, length: end - from })
      from = end
    }
  }
}

function addresses(text: string): Whole[] {
  return addressesOf(text).map(({ from, to, address }) => {
    return { from, to, node: { type: 'address', address, text: text.slice(from, to) } }
  })
}

/** The mentions of the whole text that lie in one line of this prose. */
function mentionsIn({ text, lines }: Prose, mentions: readonly Mention[]): Whole[] {
  return mentions.flatMap(({ user, at, length }) => {
    const index = lines.findLastIndex((line) => line.at <= at)
    const line = lines[index]
    if (line === undefined || length < 1) return []
    const from = line.from + at - line.at
    const to = from + length
    if (to > (lines[index + 1]?.from ?? text.length)) return []
    return [{ from, to, node: { type: 'mention', user, text: text.slice(from, to) } } satisfies Whole]
  })
}

/** The tree of prose. */
export function inlinesOf(prose: Prose, writing: Writing): Inline[] {
  return joinRuns(prose.text, new Scanner(prose, writing, false).tokens())
}
