import type { Block, Inline } from './tree.ts'

function inlineText(nodes: readonly Inline[]): string {
  return nodes.map((node) => ('children' in node ? inlineText(node.children) : node.text)).join('')
}

function blockText(block: Block, author: string): string {
  // prettier-ignore
  switch (block.type) {
    case 'paragraph':
    case 'heading': return inlineText(block.children)
    case 'action': return `${author} ${inlineText(block.children)}`.trimStart()
    case 'code': return block.text
    case 'quote': return plainTextOf(block.blocks, author)
    case 'list': return block.items.map(({ number, done, blocks }) => {
      const mark = (number === null ? '' : `${number}. `) + (done === null ? '' : done ? '[x] ' : '[ ] ')
      return mark + plainTextOf(blocks, author)
    }).join('\n')
    case 'table': return block.rows.map((row) => row.map(inlineText).join(' ')).join('\n')
    case 'rule': return ''
  }
}

/**
 * The words of a text without marks, for quotes, notifications and screen readers: blocks, items and rows on lines of
 * their own, cells with a blank between. @param author the name before what `/me` says
 */
export function plainTextOf(blocks: readonly Block[], author: string): string {
  return blocks
    .map((block) => blockText(block, author))
    .filter((text) => text !== '')
    .join('\n')
}
