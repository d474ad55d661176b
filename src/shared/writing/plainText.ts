import type { Block, Inline } from './tree.ts'

/** Characters that force a direction: they could turn an address around, so nothing shows them. */
export function withoutOverrides(text: string): string {
  return text.replace(/[\u202d\u202e]/g, '')
}

function inlineText(nodes: readonly Inline[]): string {
  return nodes
    .map((node) => {
      if (!('children' in node)) return node.text
      const words = inlineText(node.children)
      return node.type === 'link' ? words + hostBehind(node.address, words) : words
    })
    .join('')
}

/** A hand-written link leads to this host, unless its words say so. */
function hostBehind(address: string, words: string): string {
  const [, host = ''] = /^(?:https?:\/\/(?:[^/?#]*@)?|mailto:[^@]*@)([^/?#:]*)/i.exec(address) ?? []
  return words.includes(host) ? '' : ` (${host})`
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
  const texts = blocks.map((block) => blockText(block, author))
  return withoutOverrides(texts.filter((text) => text !== '').join('\n'))
}
