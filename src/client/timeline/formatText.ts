/** The text of a message as nodes. Markdown and links are a chunk of their own; until it is loaded, text shows as typed. */
import { copyText } from '../ui/transfer/copyText.ts'
import { retryImport } from '../ui/retryImport.ts'
import type * as Markdown from './markdown/markdown.ts'
import type { CodeTools } from './markdown/codeBlock.ts'
import type { DrawnText, DrawingContext } from './markdown/markdown.ts'
import type { TimelineItem } from './timelineItems.ts'

/** A mark, an address, a blank line, `/me`. A text without any of these looks the same with Markdown. */
const MARKDOWN =
  /[*_~`\\|\u202d\u202e]|\]\(|:\/\/|@[^\s@]+\.|mailto:|^[ \t]*(?:[-*]|\d{1,9}\.|#{1,6}|>)[ \t]|^ *---|\n[ \t]*\n|^\/+me[ \t]/im

let markdown: typeof Markdown | null = null
let loading: Promise<void> | null = null

/** Resolves once the Markdown chunk is loaded, after as many attempts as that takes. */
export function loadMarkdown(): Promise<void> {
  loading ??= retryImport(() => import('./markdown/markdown.ts')).then((chunk) => {
    markdown = chunk
  })
  return loading
}

export function isMarkdownLoaded(): boolean {
  return markdown !== null
}

let highlighter: ReturnType<DrawingContext['loadHighlighter']> | undefined
const loadHighlighter = () => (highlighter ??= retryImport(() => import('./markdown/highlight.ts')))

const needsMarkdown = (text: string) => MARKDOWN.test(text) && !isLargeEmoji(text)

/** Until Markdown is loaded, mentions show as typed. */
export function formatText(text: string, context: Omit<DrawingContext, keyof CodeTools>): DrawnText {
  if (markdown === null || !(context.mentions.length > 0 || needsMarkdown(text)))
    return { nodes: [document.createTextNode(text)], plain: text, isAction: false }
  return markdown.drawText(text, { ...context, copyText, loadHighlighter })
}

/** A text as typed, its addresses as links. */
export function linkedText(text: string): (Node | string)[] {
  return markdown?.linkedText(text) ?? [text]
}

/** The words of a text without marks. @param author the name before what `/me` says */
export function plainText(text: string, author: string): string {
  return markdown !== null && needsMarkdown(text) ? markdown.wordsOf(text, author) : text
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
      if (markdown === null && stored.some(({ text }) => needsMarkdown(text ?? ''))) {
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
