/**
 * What people write, as nodes: bold, italic, strike, code, quotes, lists and links; all else shows as typed (U20). Nothing
 * here makes HTML: `marked` cuts the text into tokens, and `h` makes elements of the few kinds that are named below.
 */
import { Lexer, Tokenizer, type MarkedToken, type Token, type Tokens, type TokensList } from 'marked'
import { isBlank } from '../../../shared/text.ts'
import { h } from '../../ui/dom.ts'
import { followable, hostBehind, linkTo, misleads, withLinks } from './links.ts'
import { words } from '../../words/words.ts'

type Part = Node | string

/** Deeper than this, text is as typed: nobody writes it, and every level costs. */
const DEPTH = 8

const NESTED = /^(?:[ \t]*(?:>|[-+*][ \t]|\d{1,9}[.)][ \t])){9}/m

const ARM = '\\_(ツ)_/¯'

const nothing = () => undefined

/** More addresses than this are text. */
const LINKS = 60
let left = 0

/** A text of more lines is drawn as typed. */
const LINES = 400
/** What a text may cost to cut into tokens, in steps of about 0.3 µs. Text that costs more is drawn as typed. */
const STEPS = 10_000
/** A mark that the lexer looks at. An underscore within a word is none. */
const MARK = /\*+|~+|(?:^|[^\p{L}\p{N}_])_+|`+|[\\[<]/gu
const DELIMITER = /\*+|~+|_+/g
/** Only what the subset has ends a paragraph. */
const PARAGRAPH =
  /^[^\n]+(?:\n(?! {0,3}(?:>|`{3,}[^`\n]*(?:\n|$)|~~~|(?:[*+-]|1[.)])[ \t]+[^ \t\n])|[ \t]+\n)[^\n]+)*/
/** Up to the next mark. A run too long to be one is passed at once: it would be looked at again from each of its marks. */
const PLAIN = /^(?:`+|~+|_{9,}|\*{9,}|[^])[^\\<[!`*_~]*/

const costly = new Error('the marks of this text cost too much')

/** Counts what it does: every opening mark may look at every mark behind it, and every block at all lines in it again. */
class Bounded extends Lexer {
  #left = STEPS

  #spend(steps: number): void {
    this.#left -= steps
    if (this.#left < 0) throw costly
  }

  override blockTokens(src: string, tokens?: Token[], lastParagraphClipped?: boolean): Token[]
  override blockTokens(src: string, tokens?: TokensList, lastParagraphClipped?: boolean): TokensList
  override blockTokens(src: string, tokens?: Token[], lastParagraphClipped?: boolean): Token[] {
    this.#spend(70 + 5 * src.split('\n').length)
    const blocks = super.blockTokens(src, tokens, lastParagraphClipped)
    this.#spend(blocks.reduce((sum, { type }) => sum + (type === 'code' ? 120 : 10), 0))
    return blocks
  }

  override inlineTokens(src: string, tokens?: Token[]): Token[] {
    // A long run is looked at from each of its marks.
    const marks = (src.match(MARK) ?? []).reduce(
      (sum, run) => sum + Math.max(1, Math.min(run.length, 8) - 2),
      0,
    )
    const runs = src.match(DELIMITER) ?? []
    // The search for the end of a strike goes letter by letter.
    const inRuns = runs.reduce(
      (sum, run) => sum + run.length ** 2 / 50 + (run.startsWith('~~') ? src.length / 10 : 0),
      0,
    )
    this.#spend(10 + 10 * runs.length + inRuns + marks * (10 + runs.length + src.length / 100))
    return super.inlineTokens(src, tokens)
  }
}

/** Of GitHub's Markdown only what the subset has; the rest is not seen, so it stays text. */
class Subset extends Tokenizer {
  override paragraph(src: string): Tokens.Paragraph | undefined {
    const [raw] = PARAGRAPH.exec(src) ?? []
    return raw === undefined
      ? undefined
      : { type: 'paragraph', raw, text: raw, tokens: this.lexer.inline(raw) }
  }
  override inlineText(src: string): Tokens.Text {
    const [raw = ''] = PLAIN.exec(src) ?? []
    return { type: 'text', raw, text: raw, escaped: false }
  }
  override code = nothing
  override heading = nothing
  override lheading = nothing
  override hr = nothing
  override html = nothing
  override def = nothing
  override table = nothing
  override tag = nothing
  override reflink = nothing
  override br = nothing
  override autolink = nothing
  override url = nothing
  /** The arm of a shrug is no escape. */
  override escape(src: string) {
    return src.startsWith(ARM) ? ({ type: 'escape', raw: ARM, text: ARM } as const) : super.escape(src)
  }
  override del(src: string, masked: string, before?: string) {
    return src.startsWith('~~') ? super.del(src, masked, before) : undefined
  }
}

/** The nodes of a text. One that `needsMarkdown` says no to costs less without it. */
export function markdownNodes(text: string): Node[] {
  left = LINKS
  const tokens = NESTED.test(text) ? null : tokensOf(text)
  const drawn = nodes(tokens === null ? linked(text) : blocks(tokens, 0))
  // Marks around nothing would be an empty row.
  return drawn.some(({ textContent }) => !isBlank(textContent ?? '')) ? drawn : nodes([text])
}

/** The addresses of a text as links, as long as there are not too many. */
function linked(text: string): Part[] {
  const parts = withLinks(text, left)
  left -= parts.filter((part) => part instanceof HTMLAnchorElement).length
  return parts
}

/** null: the text is drawn as typed. */
function tokensOf(text: string): Token[] | null {
  if (text.split('\n', LINES + 1).length > LINES) return null
  try {
    return new Bounded({ gfm: true, breaks: false, tokenizer: new Subset() }).lex(text)
  } catch {
    // Too costly; or one of the texts on which the lexer itself fails, such as a list item that quotes an empty one.
    return null
  }
}

function nodes(parts: readonly Part[]): Node[] {
  return parts.map((part) => (typeof part === 'string' ? document.createTextNode(part) : part))
}

/** Blocks of a text; a lone paragraph is its content. Lines that marked takes for paragraphs of their own are lines of one. */
function blocks(tokens: readonly Token[], depth: number): Part[] {
  const all: HTMLElement[] = []
  let open: HTMLElement | null = null
  for (const token of tokens as readonly MarkedToken[]) {
    // prettier-ignore
    switch (token.type) {
      case 'space': open = null; break
      case 'checkbox': break
      case 'code': open = null; all.push(codeBlock(token.text)); break
      case 'blockquote': open = null; all.push(h('blockquote', {}, ...inner(token, depth))); break
      case 'list': {
        open = null
        const items = token.items.map((item) => h('li', {}, ...(item.task ? [item.checked ? '[x] ' : '[ ] '] : []), ...inner(item, depth)))
        all.push(token.ordered ? h('ol', { start: token.start === '' ? null : token.start }, ...items) : h('ul', {}, ...items))
        break
      }
      default: {
        const content = 'tokens' in token && token.tokens ? inline(token.tokens, depth) : linked(token.raw)
        if (open === null) all.push(open = h('p', {}, ...content))
        else open.append('\n', ...content)
      }
    }
  }
  const [only] = all
  return all.length === 1 && only?.tagName === 'P' ? [...only.childNodes] : all
}

function inner(token: { raw: string; tokens?: Token[] }, depth: number): Part[] {
  return depth >= DEPTH || token.tokens === undefined ? [token.raw] : blocks(token.tokens, depth + 1)
}

function inline(tokens: readonly Token[], depth: number): Part[] {
  if (depth >= DEPTH) return tokens.map(({ raw }) => raw)
  const parts: Part[] = []
  let text = ''
  const flush = () => {
    parts.push(...linked(text))
    text = ''
  }
  const wrap = (tag: 'strong' | 'em' | 's', token: { tokens: Token[] }) => {
    flush()
    parts.push(h(tag, {}, ...inline(token.tokens, depth + 1)))
  }
  for (const [index, token] of (tokens as readonly MarkedToken[]).entries()) {
    // prettier-ignore
    switch (token.type) {
      case 'strong': wrap('strong', token); break
      case 'em': wrap('em', token); break
      case 'del': wrap('s', token); break
      case 'codespan': flush(); parts.push(h('code', { dir: 'ltr' }, token.text)); break
      case 'link': {
        const label = token.tokens.map(({ raw }) => raw).join('')
        const url = left > 0 && !isBlank(label) ? followable(token.href) : null
        if (url === null) { text += token.raw; break }
        const rawOf = (from: number, to: number) => tokens.slice(Math.max(0, from), to).map(({ raw }) => raw).join('')
        const around = { before: rawOf(index - 2, index), behind: rawOf(index + 1, index + 3) }
        flush()
        left -= 1
        parts.push(linkTo(url, 'auto', label))
        if (misleads(label, url, around)) parts.push(hostBehind(url))
        break
      }
      case 'escape': text += token.text; break
      default: text += token.raw
    }
  }
  flush()
  return parts
}

/** Code as it was written, and a button that copies it. */
function codeBlock(text: string): HTMLElement {
  const copy = h('button', {
    type: 'button',
    class: 'text-button',
    tabindex: -1,
    onClick: async () => {
      // Without https there is no clipboard to ask.
      const done = await navigator.clipboard?.writeText(text).then(
        () => true,
        () => false,
      )
      copy.textContent = done === true ? words.message.code.copied : words.message.code.failed
    },
  })
  copy.append(words.message.code.copy)
  return h('div', { class: 'code-block', dir: 'ltr' }, h('pre', {}, h('code', {}, text)), copy)
}
