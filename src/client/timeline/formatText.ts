/** The text of a message as nodes. Markdown and links are a chunk of their own; until it is loaded, text shows as typed. */
import { retryImport } from '../ui/retryImport.ts'
import type { TimelineItem } from './timelineItems.ts'

/** A mark, a list, a blank line or an address. A text without any of these looks the same with Markdown. */
const MARKDOWN = /[*_~`>[\\]|^[ \t]*(?:[-+]|\d{1,9}[.)])\s|\n[ \t]*\n|:\/\/|mailto:/im

let markdown: ((text: string) => Node[]) | null = null
let loading: Promise<void> | null = null

/** Resolves once the Markdown chunk is loaded, after as many attempts as that takes. */
export function loadMarkdown(): Promise<void> {
  loading ??= retryImport(() => import('./markdown/markdown.ts')).then((chunk) => {
    markdown = chunk?.markdownNodes ?? null
  })
  return loading
}

export function isMarkdownLoaded(): boolean {
  return markdown !== null
}

export function formatText(text: string): Node[] {
  if (isLargeEmoji(text)) return [document.createTextNode(text)]
  return markdown !== null && MARKDOWN.test(text) ? markdown(text) : [document.createTextNode(text)]
}

const BLOCK = /^(?:P|DIV|PRE|UL|OL|LI|BLOCKQUOTE)$/

/** The words of formatted text, without Markdown's marks and without the labels of buttons. */
export function plainText(nodes: Iterable<Node>): string {
  const textOf = (node: Node): string => {
    if (!(node instanceof Element)) return node.textContent ?? ''
    if (node.tagName === 'BUTTON') return ''
    return Array.from(node.childNodes, textOf).join('') + (BLOCK.test(node.tagName) ? ' ' : '')
  }
  return Array.from(nodes, textOf).join('').trim()
}

/** What every emoji contains: a pictograph, half a flag, or the frame of a keycap. */
const EMOJI = /\p{Extended_Pictographic}|\p{RI}|\u20e3/u
let onlyEmoji: RegExp | undefined

/** Is this text 1–3 emoji and nothing else? Compiling the pattern is slow, so most texts are ruled out without it (W3). */
export function isLargeEmoji(text: string): boolean {
  if (text.length >= 60 || !EMOJI.test(text) || /\p{L}/u.test(text)) return false
  onlyEmoji ??= new RegExp('^\\s*(?:\\p{RGI_Emoji}\\s*){1,3}$', 'v')
  return onlyEmoji.test(text)
}

/** ms that the first page of a room waits for Markdown, once in the life of the page */
const PATIENCE = 3_000
let patience: Promise<unknown> | null = null

/** Keeps the first messages of a room from being drawn as typed and then again, formatted, which would move them (U152). */
export function markdownGate(draw: () => void, signal: AbortSignal) {
  const { promise: drawn, resolve: markDrawn } = Promise.withResolvers<void>()
  let isOpen = false

  function open(): void {
    isOpen = true
    markDrawn()
  }

  /** Draws now: the person has sent a message, which must not wait. */
  function hurry(): void {
    if (isOpen || signal.aborted) return
    open()
    draw()
  }

  return {
    /** May these items be drawn? Not while the first page waits for the Markdown that one of its messages needs. */
    isReady(items: readonly TimelineItem[]): boolean {
      if (isOpen) return true
      // A message of mine that has no seq yet never waits.
      const stored = items.flatMap((item) =>
        item.kind === 'message' && item.row.seq !== null ? [item.row] : [],
      )
      if (stored.length === 0) return true
      if (markdown === null && stored.some(({ text }) => MARKDOWN.test(text ?? ''))) {
        patience ??= Promise.race([loadMarkdown(), new Promise((resolve) => setTimeout(resolve, PATIENCE))])
        void patience.then(hurry)
        return false
      }
      open()
      return true
    },
    hurry,
    /** resolves once messages may be drawn */
    drawn,
  }
}
