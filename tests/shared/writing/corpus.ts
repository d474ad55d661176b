/**
 * What people type, what is shown of it, and its tree. A line of `corpus.txt` has these three with tabs between, or one if the
 * text shows as typed. `⏎` is a newline, `⟲` is U+202E, `␣` a blank at the end.
 */
import { join } from 'node:path'
import type { Block, Inline, ListItem } from '../../../src/shared/writing/tree.ts'

export interface Sample {
  typed: string
  visible: string
  tree: string
}

const unfolded = (cell: string) => cell.replaceAll('⏎', '\n').replaceAll('⟲', '\u202e').replace(/␣$/, ' ')

const lines = (await Bun.file(join(import.meta.dir, 'corpus.txt')).text()).split('\n').slice(0, -1)

/** The names of the sections, most of them scripts. */
export const SECTIONS = lines.filter((line) => line.startsWith('## '))
export const CORPUS: readonly Sample[] = lines
  .filter((line) => !line.startsWith('## '))
  .map((line) => {
    const [typed = '', visible = typed, tree = visible] = line.split('\t').map(unfolded)
    return { typed, visible, tree }
  })

const LETTERS = { strong: 'b', em: 'i', strike: 's' } as const

function inline(nodes: readonly Inline[]): string {
  const one = (node: Inline): string => {
    // prettier-ignore
    switch (node.type) {
      case 'text': return node.text
      case 'code': return `c(${node.text})`
      case 'address': return `a(${node.text})`
      case 'link': return `l(${inline(node.children)}|${node.address})`
      case 'mention': return `m(${node.text}|${node.user})`
      default: return `${LETTERS[node.type]}(${inline(node.children)})`
    }
  }
  return nodes.map(one).join('')
}

function item({ number, done, blocks }: ListItem): string {
  const mark = (number === null ? '' : `${number}:`) + (done === null ? '' : done ? '[x]' : '[ ]')
  return mark + blocks.map(block).join(' ')
}

function block(node: Block): string {
  // prettier-ignore
  switch (node.type) {
    case 'paragraph': return `p(${inline(node.children)})`
    case 'heading': return `h(${inline(node.children)})`
    case 'action': return `me(${inline(node.children)})`
    case 'quote': return `q(${node.blocks.map(block).join(' ')})`
    case 'code': return `pre[${node.language}](${node.text})`
    case 'table': return `table(${node.rows.map((row) => row.map(inline).join('|')).join('/')})`
    case 'list': return `${node.items[0]?.number === null ? 'ul' : 'ol'}(${node.items.map(item).join(';')})`
    case 'rule': return 'hr'
  }
}

/** A tree in one line; the paragraph of a text that has nothing else is left out. */
export function compact(blocks: readonly Block[]): string {
  const [only] = blocks
  if (blocks.length === 1 && only?.type === 'paragraph') return inline(only.children)
  return blocks.map(block).join(' ')
}
