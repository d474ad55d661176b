/**
 * What people write, as nodes: bold, italic, strike, code, quotes, lists and links; all else shows as typed (U20). Nothing
 * here makes HTML: `marked` cuts the text into tokens, and `h` makes elements of the few kinds that are named below.
 */
import { Lexer, Tokenizer, type MarkedToken, type Token } from 'marked'
import { h } from '../dom.ts'
import type * as Links from './links.ts'

type Part = Node | string

/** The links of a text are a chunk of their own: together with `marked` they would be too much for one (W1). */
let links: Pick<typeof Links, 'followable' | 'hostBehind' | 'linkTo' | 'misleads' | 'withLinks'>

/** Has it ready; before that nothing else here may be called. Rejects if it does not load. */
export async function prepare(): Promise<(text: string) => Node[]> {
  links = await import('./links.ts')
  return prose
}

/** Deeper than this, text is as typed: nobody writes it, and every level costs. */
const DEPTH = 8

/** Without any of these a text is only itself. */
const MARKS = /[*_~`>[\\]|^\s*(?:[-+]|\d{1,9}[.)])\s|\n[ \t]*\n|:\/\/|mailto:/im
const NESTED = /^(?:[ \t]*(?:>|[-+*][ \t]|\d{1,9}[.)][ \t])){9}/m

const ARM = '\\_(ツ)_/¯'

const nothing = () => undefined

/** Of GitHub's Markdown only what the subset has; the rest is not seen, so it stays text. */
class Subset extends Tokenizer {
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

/** The nodes of a text. */
function prose(text: string): Node[] {
  return nodes(MARKS.test(text) && !NESTED.test(text) ? blocks(tokensOf(text), 0) : [text])
}

function tokensOf(text: string): Token[] {
  return new Lexer({ gfm: true, breaks: false, tokenizer: new Subset() }).lex(text)
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
        const content = 'tokens' in token && token.tokens ? inline(token.tokens, depth) : links.withLinks(token.raw)
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
    parts.push(...links.withLinks(text))
    text = ''
  }
  const wrap = (tag: 'strong' | 'em' | 's', token: { tokens: Token[] }) => {
    flush()
    parts.push(h(tag, {}, ...inline(token.tokens, depth + 1)))
  }
  for (const token of tokens as readonly MarkedToken[]) {
    // prettier-ignore
    switch (token.type) {
      case 'strong': wrap('strong', token); break
      case 'em': wrap('em', token); break
      case 'del': wrap('s', token); break
      case 'codespan': flush(); parts.push(h('code', { dir: 'ltr' }, token.text)); break
      case 'link': {
        const url = links.followable(token.href)
        if (url === null) { text += token.raw; break }
        flush()
        const words = inline(token.tokens, DEPTH)
        parts.push(links.linkTo(url, ...words))
        if (links.misleads(token.text, url)) parts.push(links.hostBehind(url))
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
      copy.textContent = done === true ? 'Copied' : 'Not copied'
    },
  })
  copy.append('Copy')
  return h('div', { class: 'code-block', dir: 'ltr' }, h('pre', {}, h('code', {}, text)), copy)
}
