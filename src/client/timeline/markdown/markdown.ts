/**
 * The Markdown that people write, as nodes: bold, italic, strike, code, quotes, lists and links; anything else shows as typed
 * (U20). Nothing here makes HTML: `marked` cuts the text into tokens, and `h` makes elements of the few kinds named below.
 */
import { Lexer, Tokenizer, type MarkedToken, type Token, type Tokens, type TokensList } from 'marked'
import { isBlank } from '../../../shared/text.ts'
import { button, h } from '../../ui/dom.ts'
import { followable, hostBehind, linkTo, namesHost, withLinks } from './links.ts'
import { words } from '../../words/words.ts'

type Part = Node | string

/** Text nested deeper than this is drawn as typed. */
const MAX_DEPTH = 8
const TOO_DEEP = /^(?:[ \t]*(?:>|[-+*][ \t]|\d{1,9}[.)][ \t])){9}/m
/** Further addresses of a text are drawn as typed. */
const MAX_LINKS = 60
/** A text with more lines is drawn as typed. */
const MAX_LINES = 400
/** What cutting a text into tokens may cost, in steps of about 0.3 µs. A text that costs more is drawn as typed (U120). */
const MAX_STEPS = 10_000

/** The marks that the lexer looks at; an underscore within a word is not a mark. */
const MARK = /\*+|~+|(?:^|[^\p{L}\p{N}_])_+|`+|[\\[<]/gu
const DELIMITER = /\*+|~+|_+/g
/** Only the blocks we draw (quote, code, list) and a blank line end a paragraph. */
const PARAGRAPH =
  /^[^\n]+(?:\n(?! {0,3}(?:>|`{3,}[^`\n]*(?:\n|$)|~~~|(?:[*+-]|1[.)])[ \t]+[^ \t\n])|[ \t]+\n)[^\n]+)*/
/** Text up to the next mark. A run too long to be a mark is skipped whole, or each of its characters would be tried. */
const PLAIN = /^(?:`+|~+|_{9,}|\*{9,}|[^])[^\\<[!`*_~]*/
const SHRUG_ARM = '\\_(ツ)_/¯'

/** Counts its steps: each opening mark may look at each mark after it, and each block at all of its lines again. */
class BoundedLexer extends Lexer {
  #left = MAX_STEPS

  #spend(steps: number): void {
    this.#left -= steps
    if (this.#left < 0) throw new Error('the marks of this text cost too much')
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
    const sum = (runs: readonly string[], cost: (run: string) => number) =>
      runs.reduce((total, run) => total + cost(run), 0)
    const delimiters = src.match(DELIMITER) ?? []
    // A long run is tried from each of its characters, and the end of a strike is searched letter by letter.
    const marks = sum(src.match(MARK) ?? [], ({ length }) => Math.max(1, Math.min(length, 8) - 2))
    const stepsInRuns = sum(
      delimiters,
      (run) => run.length ** 2 / 50 + (run.startsWith('~~') ? src.length / 10 : 0),
    )
    this.#spend(
      10 + 10 * delimiters.length + stepsInRuns + marks * (10 + delimiters.length + src.length / 100),
    )
    return super.inlineTokens(src, tokens)
  }
}

/** Recognises only the subset of GitHub's Markdown; everything else stays text. */
class SubsetTokenizer extends Tokenizer {
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
  /** The backslash of a shrug is its arm, not an escape. */
  override escape(src: string) {
    return src.startsWith(SHRUG_ARM)
      ? ({ type: 'escape', raw: SHRUG_ARM, text: SHRUG_ARM } as const)
      : super.escape(src)
  }
  override del(src: string, masked: string, before?: string) {
    return src.startsWith('~~') ? super.del(src, masked, before) : undefined
  }
}

// prettier-ignore
const IGNORED = ['code', 'heading', 'lheading', 'hr', 'html', 'def', 'table', 'tag', 'reflink', 'br', 'autolink', 'url'] as const
for (const rule of IGNORED) SubsetTokenizer.prototype[rule] = () => undefined

/** How many links the text that is being drawn may still have. */
let linksLeft = 0

/** The nodes of a text; `formatText` skips this for a text without marks. */
export function markdownNodes(text: string): Node[] {
  linksLeft = MAX_LINKS
  const tokens = tokensOf(text)
  const drawn = nodes(tokens === null ? linked(text) : blocks(tokens, 0))
  // Marks around nothing would draw an empty message (U122).
  return drawn.some(({ textContent }) => !isBlank(textContent ?? '')) ? drawn : nodes([text])
}

function linked(text: string): Part[] {
  const parts = withLinks(text, linksLeft)
  linksLeft -= parts.filter((part) => part instanceof HTMLAnchorElement).length
  return parts
}

/** @returns null for a text that is drawn as typed */
function tokensOf(text: string): Token[] | null {
  if (TOO_DEEP.test(text) || text.split('\n', MAX_LINES + 1).length > MAX_LINES) return null
  try {
    return new BoundedLexer({ gfm: true, breaks: false, tokenizer: new SubsetTokenizer() }).lex(text)
  } catch {
    // Too costly, or a text on which the lexer itself fails, such as a list item that quotes an empty one.
    return null
  }
}

function nodes(parts: readonly Part[]): Node[] {
  return parts.map((part) => (typeof part === 'string' ? document.createTextNode(part) : part))
}

/** The blocks of a text, or the content of its only paragraph. Joins paragraphs that no blank line separates. */
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
  return depth >= MAX_DEPTH || token.tokens === undefined ? [token.raw] : blocks(token.tokens, depth + 1)
}

function inline(tokens: readonly Token[], depth: number): Part[] {
  if (depth >= MAX_DEPTH) return tokens.map(({ raw }) => raw)
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
        const url = linksLeft > 0 && !isBlank(label) ? followable(token.href) : null
        if (url === null) { text += token.raw; break }
        flush()
        linksLeft -= 1
        parts.push(linkTo(url, 'auto', label))
        const around = (tokens[index - 1]?.raw.slice(-1) ?? '') + (tokens[index + 1]?.raw.slice(0, 1) ?? '')
        if (!namesHost(label, url, around)) parts.push(hostBehind(url))
        break
      }
      case 'escape': text += token.text; break
      default: text += token.raw
    }
  }
  flush()
  return parts
}

function codeBlock(text: string): HTMLElement {
  const { copy, copied, failed } = words.message.code
  const press = async () => {
    try {
      // Without https there is no clipboard.
      await navigator.clipboard.writeText(text)
      copyButton.textContent = copied
    } catch {
      copyButton.textContent = failed
    }
  }
  // Not `textButton` of message.ts: a module shared with the chat would become a chunk, and a request, of its own.
  const corner = 'absolute inset-bs-2 end-3 text-meta pointer-coarse:-inset-bs-0.5 pointer-coarse:end-0'
  const copyButton = button(copy, press, { class: `text-button ${corner}`, tabindex: -1 })
  const code = h('pre', { class: 'py-2 ps-3 pe-18 whitespace-pre-wrap' }, h('code', {}, text))
  const style = 'code-block relative rounded-middle border border-line bg-sunken'
  return h('div', { class: style, dir: 'ltr' }, code, copyButton)
}
