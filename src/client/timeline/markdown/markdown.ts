/** The tree of a text as nodes. Nothing here makes HTML: `h` makes elements of the few kinds named below (U20, S2). */
import { plainTextOf, withoutOverrides } from '../../../shared/writing/plainText.ts'
import type { Block, Inline, ListItem } from '../../../shared/writing/tree.ts'
import { addressesOf } from '../../../shared/writing/addresses.ts'
import { parseText } from '../../../shared/writing/writing.ts'
import { h } from '../../ui/dom.ts'
import { words } from '../../words/words.ts'
import { codeBlock, type CodeTools } from './codeBlock.ts'
import { addressLink, writtenLink } from './links.ts'
import { mentionPill, type MentionContext } from './mentionPill.ts'

/** What a text is drawn with. */
export interface DrawingContext extends CodeTools, MentionContext {
  /** the name before what `/me` says */
  author: string
}

/** How a text is drawn, and its words without marks. `isAction`: the author's name belongs before the nodes. */
export interface DrawnText {
  nodes: Node[]
  plain: string
  isAction: boolean
}

const textNode = (text: string) => document.createTextNode(withoutOverrides(text))

const TAGS = { strong: 'strong', em: 'em', strike: 's' } as const

function inlines(nodes: readonly Inline[], context: DrawingContext): Node[] {
  return nodes.flatMap((node): Node[] => {
    // prettier-ignore
    switch (node.type) {
      case 'text': return [textNode(node.text)]
      case 'code': return [h('code', { dir: 'ltr' }, textNode(node.text))]
      case 'address': return addressLink(node.address, node.text) ?? [textNode(node.text)]
      case 'link': return writtenLink(node, inlines(node.children, context)) ?? [textNode(node.text)]
      case 'mention': return [mentionPill(node.user, node.text, context)]
      default: return [h(TAGS[node.type], {}, ...inlines(node.children, context))]
    }
  })
}

/** The content of a container: without a paragraph around it if that is all there is. */
function content(blocks: readonly Block[], context: DrawingContext): Node[] {
  const [only] = blocks
  if (blocks.length === 1 && only?.type === 'paragraph') return inlines(only.children, context)
  return blocks.map((block) => blockNode(block, context))
}

function blockNode(block: Block, context: DrawingContext): Node {
  // prettier-ignore
  switch (block.type) {
    case 'paragraph':
    case 'action': return h('p', { dir: 'auto' }, ...inlines(block.children, context))
    // Not h1 to h6: a message must not change the outline of the page.
    case 'heading': return h('p', { dir: 'auto' }, h('strong', {}, ...inlines(block.children, context)))
    case 'quote': return h('blockquote', { dir: 'auto' }, ...content(block.blocks, context))
    case 'code': return codeBlock(withoutOverrides(block.text), block.language, context)
    case 'rule': return h('hr')
    case 'list': return list(block.items, context)
    case 'table': return table(block.rows, context)
  }
}

function list(items: readonly ListItem[], context: DrawingContext): HTMLElement {
  const isNumbered = items.some(({ number }) => number !== null)
  const rows = items.map(({ number, done, blocks }) => {
    const { taskDone, taskOpen } = words.message
    const label = { 'aria-label': done === true ? taskDone : taskOpen }
    const box = done !== null && h('input', { type: 'checkbox', disabled: true, checked: done, ...label })
    const attributes = { value: number, class: done === null ? null : 'task' }
    // The item has the direction of its list, so its sign stands on the list's side. The style sheet gives its words their own.
    const [only] = blocks
    const isLine = blocks.length === 1 && only?.type === 'paragraph'
    const parts = content(blocks, context)
    return h('li', attributes, box, ...(isLine ? [h('span', {}, ...parts)] : parts))
  })
  return h(isNumbered ? 'ol' : 'ul', { dir: 'auto' }, ...rows)
}

function table([head = [], ...rows]: readonly Inline[][][], context: DrawingContext): HTMLElement {
  const cell = (tag: 'th' | 'td', scope: string | null) => (nodes: readonly Inline[]) =>
    h(tag, { scope }, ...inlines(nodes, context))
  const body = rows.map((row) => h('tr', {}, ...row.map(cell('td', null))))
  const grid = h(
    'table',
    {},
    h('thead', {}, h('tr', {}, ...head.map(cell('th', 'col')))),
    h('tbody', {}, ...body),
  )
  return h('div', { class: 'table-block scrolls', tabindex: -1 }, grid)
}

/** A text as typed, its addresses as links in the order of Tab: the topic of a room. */
export function linkedText(text: string): Node[] {
  let done = 0
  const nodes = addressesOf(text).flatMap(({ from, to, address }) => {
    const before = textNode(text.slice(done, from))
    done = to
    const typed = text.slice(from, to)
    const link = addressLink(address, typed) ?? []
    link[0]?.removeAttribute('tabindex')
    return [before, ...(link.length > 0 ? link : [textNode(typed)])]
  })
  return [...nodes, textNode(text.slice(done))]
}

/** Draws a text; `formatText` skips this for a text without marks. */
export function drawText(text: string, context: DrawingContext): DrawnText {
  const blocks = parseText(text, context.mentions)
  const [only] = blocks
  const isAction = only?.type === 'action'
  const nodes = isAction ? inlines(only.children, context) : content(blocks, context)
  return { nodes, plain: plainTextOf(blocks, context.author), isAction }
}

/** The words of a text without marks. */
export function wordsOf(text: string, author: string): string {
  return plainTextOf(parseText(text), author)
}
