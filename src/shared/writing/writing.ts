/**
 * What people write, as a tree. Rules fit for a chat, in docs/writing.md: addresses first, then code, then mentions, then
 * emphasis. When in doubt, a text shows as typed.
 */
import type { Mention } from '../model.ts'
import { isBlank } from '../text.ts'
import { blocksOf, type Line } from './blocks.ts'
import { inlinesOf, type Prose, type Writing } from './inline.ts'
import { plainTextOf } from './plainText.ts'
import type { Block, TextRange } from './tree.ts'

/** Further addresses of a text are shown as typed. */
const MAX_LINKS = 60
/** Further marks of emphasis are shown as typed: each costs about 1 µs. */
const MAX_MARKS = 400
/** Further rows of tables are shown as typed: `|` repeated would be 4,000 cells. */
const MAX_CELLS = 1_000
/** A text with more lines has no blocks. */
const MAX_LINES = 400

const limits = () => ({ links: MAX_LINKS, marks: MAX_MARKS, cells: MAX_CELLS })

/** `/me waves`; `//me` is how the composer sends a text that begins with `/me`. */
const ACTION = /^\/me[ \t]+(?=\S)/i
const ESCAPED_ACTION = /^\/{2,}me(?=[ \t]+\S)/i

function linesOf(text: string): Line[] {
  let at = 0
  return text.split('\n').map((line) => {
    const found = { text: line, at }
    at += line.length + 1
    return found
  })
}

function treeOf(text: string, writing: Writing): Block[] {
  const whole = (from: number): Prose => ({ text: text.slice(from), lines: [{ from: 0, at: from }] })
  const [action] = ACTION.exec(text) ?? []
  if (action !== undefined) return [{ type: 'action', children: inlinesOf(whole(action.length), writing) }]
  const lines = linesOf(text)
  if (lines.length > MAX_LINES) return [{ type: 'paragraph', children: inlinesOf(whole(0), writing) }]
  const [first] = lines
  if (first !== undefined && ESCAPED_ACTION.test(first.text))
    lines[0] = { text: first.text.slice(1), at: first.at + 1 }
  return blocksOf(lines, writing)
}

/** The tree of a text. Never throws; a text that would show nothing is one paragraph, as typed. */
export function parseText(text: string, mentions: readonly Mention[] = []): Block[] {
  const blocks = treeOf(text, { ...limits(), mentions })
  return isBlank(plainTextOf(blocks, ''))
    ? [{ type: 'paragraph', children: [{ type: 'text', text }] }]
    : blocks
}

/** Where mentions may stand: the text outside code and addresses, in order, in UTF-16 units. */
export function proseRanges(text: string): TextRange[] {
  const prose: TextRange[] = []
  treeOf(text, { ...limits(), mentions: [], prose })
  return prose.sort((a, b) => a.at - b.at)
}

/** Does the text begin with `/me` and say what its author does? */
export function isAction(text: string): boolean {
  return ACTION.test(text)
}
