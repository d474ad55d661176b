/** The text of a message as nodes. Markdown, with its links, is a chunk of its own: until it is here texts are as typed. */
import { retryImport } from '../ui/retryImport.ts'

/** Without any of these a text is only itself. */
const MARKS = /[*_~`>[\\]|^[ \t]*(?:[-+]|\d{1,9}[.)])\s|\n[ \t]*\n|:\/\/|mailto:/im

/** May Markdown draw this text otherwise than as typed? Cheap: it looks for a mark, a list, a blank line or an address. */
function needsMarkdown(text: string): boolean {
  return MARKS.test(text)
}

let markdown: ((text: string) => Node[]) | null = null
let loading: Promise<void> | null = null

/** Fetches the chunk, again and again until it comes; resolves then. */
export function loadMarkdown(): Promise<void> {
  loading ??= retryImport(() => import('./markdown/markdown.ts')).then((loaded) => {
    markdown = loaded?.markdownNodes ?? null
  })
  return loading
}

export function isMarkdownLoaded(): boolean {
  return markdown !== null
}

/** Would this text be drawn otherwise if Markdown were here? */
export function lacksMarkdown(text: string): boolean {
  return markdown === null && needsMarkdown(text)
}

export function formatText(text: string): Node[] {
  return markdown !== null && needsMarkdown(text) ? markdown(text) : [document.createTextNode(text)]
}
