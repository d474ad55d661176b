/** Cuts a text into blocks: lines of code, quotes, lists, tables, headings, rules and paragraphs. */
import { inlinesOf, type Prose, type Writing } from './inline.ts'
import { holdsWord } from './letters.ts'
import type { Block, Inline, ListItem } from './tree.ts'

/** A line without the marks of the blocks around it, and where it stands in the whole text. */
export interface Line {
  text: string
  at: number
}

/** Blocks within more blocks than this are shown as typed. */
const MAX_DEPTH = 8

/** No part of it can match at two lengths: a long line that is no fence after all costs one look. */
const FENCE = /^ {0,3}(`{3,}|~{3,}(?!~))([^`]*)$/
/** `look: ```js`: words before a fence, if another fence follows. */
const LATE_FENCE = /^(.*[^`\s\\][ \t]+)(`{3,})[\w#+.-]*$/
const LANGUAGE = /^[\w#+.-]{1,32}[ \t]*$/
const HEADING = /^ {0,3}#{1,6}[ \t]+(?=\S)/
const RULE = /^ {0,3}-{3,}[ \t]*$/
const QUOTE = /^ {0,3}>[ \t](?=[ \t]*\S)/
/** A line of a quote without words: only between lines of a quote. */
const QUOTE_BLANK = /^ {0,3}>[ \t]*$/
const ITEM = /^([ \t]*)(?:[-*]|([1-9]\d{0,8}|0)\.)[ \t]+(?=\S)/
/** A list begins with a small number: `1986. What a year` is a sentence. */
const MAX_FIRST = 999
/**
 * Lines that begin with a mark and are no list: a further mark stands alone, as in `* * * * * /bin/backup`, `* waves *` and
 * `- - a`, or a rule of CSS follows: `* { margin: 0 }`.
 */
const LONE_MARK = /^[ \t]*(?:(?:[-*][ \t]+[-*]|\*[ \t].*[ \t]\*)(?:[ \t]|$)|\*[ \t]+\{)/
const TASK = /^\[([ xX])\][ \t]+(?=\S)/
const TABLE_LINE = /^\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?$/
/** A backslash before a mark at the start of a line. */
const ESCAPED = /^( {0,3}|[ \t]*\d{0,9})\\(?=[-*>#.])/

const isBlankLine = (line: Line | undefined) => line === undefined || line.text.trim() === ''

/** A line without its first characters. */
function cut({ text, at }: Line, count: number): Line {
  return { text: text.slice(count), at: at + count }
}

/** Columns of blanks before the text of a line; a tab counts four. */
function indentOf(text: string): number {
  const [blanks = ''] = /^[ \t]*/.exec(text) ?? []
  return blanks.replaceAll('\t', '    ').length
}

/** A line without up to so many columns of blanks. */
function unindented(line: Line, columns: number): Line {
  let count = 0
  for (let left = columns; left > 0 && /[ \t]/.test(line.text[count] ?? ''); count += 1)
    left -= line.text[count] === '\t' ? 4 : 1
  return cut(line, count)
}

/** The code before the fence that ends a line; null if none does. */
function beforeFence(line: string, fence: string): string | null {
  const text = line.trimEnd()
  if (!text.endsWith(fence)) return null
  let end = text.length
  while (end > 0 && text[end - 1] === fence[0]) end -= 1
  return text.slice(0, end).trimEnd()
}

function proseOf(lines: readonly Line[]): Prose {
  let from = 0
  const places = lines.map(({ text, at }) => {
    const place = { from, at }
    from += text.length + 1
    return place
  })
  return { text: lines.map(({ text }) => text).join('\n'), lines: places }
}

interface Item {
  indent: number
  /** where the words begin */
  width: number
  number: string | null
  mayBeginList: boolean
}

/** The mark of a list's item at the start of a line. Marks alone, as in `- - -`, are no item. */
function itemOf({ text }: Line): Item | null {
  const [mark = '', blanks = '', number] = ITEM.exec(text) ?? []
  if (mark === '' || !holdsContent(text.slice(mark.length))) return null
  const mayBeginList = Number(number ?? 0) <= MAX_FIRST && !LONE_MARK.test(text)
  return { indent: indentOf(blanks), width: mark.length, number: number ?? null, mayBeginList }
}

/** Is there something to list, other than marks? */
function holdsContent(text: string): boolean {
  return /[^\s*_~`>#|+=\\-]/.test(text)
}

/** The cells of a line of a table. */
function cellsOf({ text, at }: Line): Prose[] {
  const cells: Prose[] = []
  const begin = /^[ \t]*\|?/.exec(text)?.[0].length ?? 0
  const trimmed = text.trimEnd()
  const end = /[^\\]\|$/.test(trimmed) ? trimmed.length - 1 : trimmed.length
  let from = begin
  const add = (to: number) => {
    const raw = text.slice(from, to)
    const blanks = raw.length - raw.trimStart().length
    cells.push({ text: raw.trim(), lines: [{ from: 0, at: at + from + blanks }], isCell: true })
    from = to + 1
  }
  for (const { index } of text.matchAll(/(?<!\\)\|/g)) if (index >= begin && index < end) add(index)
  add(Math.max(from, end))
  return cells
}

/** Reads the lines of one container. */
class BlockReader {
  readonly #lines: Line[]
  readonly #blocks: Block[] = []
  #paragraph: Line[] = []
  #next = 0

  constructor(
    lines: readonly Line[],
    readonly writing: Writing,
    readonly depth: number,
    /** the lines of an item: its first line begins no list and no heading, as in `1. 2. 3. go!` */
    readonly isItem: boolean,
  ) {
    this.#lines = [...lines]
  }

  blocks(): Block[] {
    while (this.#next < this.#lines.length) {
      const line = this.#lines[this.#next]
      if (line === undefined) break
      const block = this.#blockAt(line)
      const late = block === null ? this.#beforeLateFence(line.text) : 0
      if (late > 0) {
        this.#paragraph.push({ text: line.text.slice(0, late).trimEnd(), at: line.at })
        this.#lines[this.#next] = cut(line, late)
      } else if (block !== null) {
        this.#endParagraph()
        this.#blocks.push(block)
      } else if (isBlankLine(line)) {
        this.#endParagraph()
        this.#next += 1
      } else {
        this.#paragraph.push(this.#unescaped(line))
        this.#next += 1
      }
    }
    this.#endParagraph()
    return this.#blocks
  }

  /** The block that begins with this line, which is read then; null for a line of a paragraph. */
  #blockAt(line: Line): Block | null {
    if (this.depth > MAX_DEPTH) return null
    const { text } = line
    // Most lines begin with a letter and hold no bar.
    if (!/^[ \t]*[`~#>*\-\d]|\|/.test(text)) return null
    const isFirst = this.isItem && this.#next === 0
    return (
      this.#code(text) ??
      this.#quote(text) ??
      (isFirst ? null : (this.#heading(line) ?? this.#rule(text) ?? this.#list(line))) ??
      this.#table(line)
    )
  }

  /** How much of a line stands before a fence that has an end. */
  #beforeLateFence(text: string): number {
    if (!text.includes('```') || this.depth > MAX_DEPTH) return 0
    const [, words = '', fence = ''] = LATE_FENCE.exec(text) ?? []
    if (fence === '') return 0
    const rest = this.#lines.slice(this.#next + 1)
    const end = rest.findIndex((line) => beforeFence(line.text, fence) !== null)
    const isEmpty = rest
      .slice(0, end + 1)
      .every((line) => (beforeFence(line.text, fence) ?? line.text).trim() === '')
    return end < 0 || isEmpty ? 0 : words.length
  }

  #endParagraph(): void {
    if (this.#paragraph.length > 0)
      this.#blocks.push({ type: 'paragraph', children: this.#inlines(proseOf(this.#paragraph)) })
    this.#paragraph = []
  }

  #inlines(prose: Prose): Inline[] {
    return inlinesOf(prose, this.writing)
  }

  #within(lines: readonly Line[], isItem = false): Block[] {
    return new BlockReader(lines, this.writing, this.depth + 1, isItem).blocks()
  }

  /** A line without the backslash before a mark that would have begun a block. */
  #unescaped(line: Line): Line {
    const [before, kept = ''] = ESCAPED.exec(line.text) ?? []
    if (before === undefined) return line
    const typed = { text: kept + line.text.slice(before.length), at: line.at }
    const hasEffect =
      [HEADING, RULE, QUOTE].some((mark) => mark.test(typed.text)) || itemOf(typed)?.mayBeginList === true
    // The text before the backslash is blanks, or a number; `at` stays right for what follows the backslash.
    return hasEffect ? { text: typed.text, at: line.at + 1 } : line
  }

  /** Code between fences, or from a fence to the end. A text behind the last line of code may end it, as in other chats. */
  #code(text: string): Block | null {
    const [, fence = '', behind = ''] = FENCE.exec(text) ?? []
    if (fence === '') return null
    const info = behind.trimStart()
    const isLanguage = LANGUAGE.test(info)
    const beginsWithCode = info !== '' && !isLanguage
    const code = beginsWithCode ? [info] : []
    let index = this.#next + 1
    let isOpen = true
    for (; isOpen && index < this.#lines.length; index += 1) {
      const { text: line = '' } = this.#lines[index] ?? {}
      const last = beforeFence(line, fence)
      isOpen = last === null
      if (last !== '') code.push(last ?? line)
    }
    // A fence of tildes needs an end and nothing but a language beside it: `~~~yay` is a cheer.
    if (code.join('').trim() === '' || (fence.startsWith('~') && (isOpen || beginsWithCode))) return null
    this.#next = index
    return { type: 'code', language: isLanguage ? info.trim() : '', text: code.join('\n') }
  }

  #quote(text: string): Block | null {
    if (!QUOTE.test(text)) return null
    const quoted: Line[] = []
    let end = this.#next
    for (let index = this.#next; index < this.#lines.length; index += 1) {
      const line = this.#lines[index]
      if (line === undefined) break
      const [mark] = QUOTE.exec(line.text) ?? []
      if (mark === undefined && !QUOTE_BLANK.test(line.text)) break
      quoted.push(mark === undefined ? { text: '', at: line.at } : cut(line, mark.length))
      if (mark !== undefined) end = index + 1
    }
    const lines = quoted.slice(0, end - this.#next)
    // A face such as `> ^ <` has no words to quote.
    if (!lines.some((line) => holdsWord(line.text))) return null
    this.#next = end
    return { type: 'quote', blocks: this.#within(lines) }
  }

  #heading(line: Line): Block | null {
    const [mark] = HEADING.exec(line.text) ?? []
    if (mark === undefined || !holdsWord(line.text)) return null
    this.#next += 1
    return { type: 'heading', children: this.#inlines(proseOf([cut(line, mark.length)])) }
  }

  #rule(text: string): Block | null {
    if (!RULE.test(text)) return null
    this.#next += 1
    return { type: 'rule' }
  }

  #list(first: Line): Block | null {
    const begin = itemOf(first)
    if (begin?.mayBeginList !== true) return null
    const items: ListItem[] = []
    for (;;) {
      const line = this.#lines[this.#next]
      const item = line === undefined ? null : itemOf(line)
      if (line === undefined || item === null) break
      if (item.indent > begin.indent + 1 || item.indent < begin.indent) break
      if ((item.number === null) !== (begin.number === null)) break
      items.push(this.#item(line, item))
      this.#skipBlanks(begin)
    }
    return { type: 'list', items }
  }

  /** Blank lines between the items of a list belong to it. */
  #skipBlanks(begin: Item): void {
    let index = this.#next
    while (index < this.#lines.length && isBlankLine(this.#lines[index])) index += 1
    const line = this.#lines[index]
    const item = line === undefined ? null : itemOf(line)
    if (item !== null && item.indent === begin.indent && (item.number === null) === (begin.number === null))
      this.#next = index
  }

  #item(first: Line, { indent, width, number }: Item): ListItem {
    let line = cut(first, width)
    const [task, state] = TASK.exec(line.text) ?? []
    if (task !== undefined) line = cut(line, task.length)
    const lines = [line]
    let end = this.#next + 1
    for (let index = end; index < this.#lines.length; index += 1) {
      const more = this.#lines[index]
      if (more === undefined) break
      if (isBlankLine(more)) {
        lines.push({ text: '', at: more.at })
        continue
      }
      if (indentOf(more.text) < indent + 2) break
      lines.push(unindented(more, Math.max(indent + 2, Math.min(indentOf(more.text), width))))
      end = index + 1
    }
    const blocks = this.#within(lines.slice(0, end - this.#next), true)
    this.#next = end
    return { number, done: state === undefined ? null : state !== ' ', blocks }
  }

  #table(head: Line): Block | null {
    const below = this.#lines[this.#next + 1]?.text ?? ''
    if (!head.text.includes('|') || !below.includes('|') || !TABLE_LINE.test(below.trim())) return null
    const cells = cellsOf(head)
    if (cells.length !== cellsOf({ text: below, at: 0 }).length || !holdsWord(head.text)) return null
    if (cells.length > this.writing.cells) return null
    this.writing.cells -= cells.length
    const rows = [cells]
    this.#next += 2
    for (; this.#lines[this.#next]?.text.includes('|') === true; this.#next += 1) {
      const line = this.#lines[this.#next]
      const row = line === undefined ? [] : cellsOf(line)
      if (row.length > this.writing.cells) break
      this.writing.cells -= row.length
      rows.push(row)
    }
    return { type: 'table', rows: rows.map((row) => row.map((cell) => this.#inlines(cell))) }
  }
}

/** The blocks of a text's lines. */
export function blocksOf(lines: readonly Line[], writing: Writing): Block[] {
  return new BlockReader(lines, writing, 1, false).blocks()
}
