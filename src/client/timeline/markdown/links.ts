/** Addresses in a text, as nodes (U21). Recognised with their scheme only: `readme.md` is no link. */
import { LinkifyIt, REBuilder } from 'linkify-it'
import { h, safeUrl } from '../../ui/dom.ts'

/** The package's own pattern of a path takes Safari's engine 40 ms for a long address. */
class Path extends REBuilder {
  override get_path(): RegExp {
    const pair = (open: string, close: string) => {
      const inside = `[^\\s<>\uff5c\\${open}\\${close}]`
      return `\\${open}(?:${inside}|\\${open}${inside}*\\${close})*\\${close}`
    }
    const pairs = `${pair('(', ')')}|${pair('[', ']')}|${pair('{', '}')}`
    const marks = `[\\\\/:%@#&=_~*-]|[.,;!?']+(?=[\\w/%&=-])`
    return (this.cache.src_path ??= new RegExp(
      `(?:[/?#](?:${pairs}|${marks}|(?!${this.src_ZPCc}|[><\uff5c]).)*)?`,
    ))
  }
}

const finder = new LinkifyIt({ fuzzyEmail: false, urlAuth: true, rebuilder: new Path() })
  .add('ftp:', null)
  .add('//', null)

const SCRIPTS = [
  /\p{Script=Latin}/u,
  /\p{Script=Cyrillic}/u,
  /\p{Script=Greek}/u,
  /\p{Script=Armenian}/u,
  /\p{Script=Cherokee}/u,
  /\p{Script=Hebrew}/u,
  /\p{Script=Arabic}/u,
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u,
]
/** Letters that look like Latin ones: a name of them alone under a Latin ending is not what it seems. */
const ALIKE = /^[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}\d-]+$/u

/** Is a host as people read it what the browser goes to? Not where a label mixes scripts, or only looks Latin. */
function honest(host: string): boolean {
  const labels = host.split('.')
  const latinEnd = /^[a-z]+$/i.test(labels.at(-1) ?? '')
  return labels.every((label) => {
    if (!/[^\0-\x7f]/.test(label)) return true
    if (/[^\p{L}\p{M}\p{N}-]/u.test(label)) return false
    return SCRIPTS.filter((script) => script.test(label)).length <= 1 && !(latinEnd && ALIKE.test(label))
  })
}

/** An address as the browser takes it, if a person may follow it (http, https, mailto), else null. */
export function followable(address: string): URL | null {
  if (safeUrl(address) === '#' || !URL.canParse(address)) return null
  return new URL(address)
}

/** The host as typed in an address, `''` where there is none. */
function typedHost(address: string): string {
  const [, rest = ''] = /^https?:\/\/([^/?#]*)/i.exec(address) ?? []
  return rest.slice(rest.lastIndexOf('@') + 1).replace(/:\d*$/, '')
}

/**
 * A link that opens elsewhere and tells the other side nothing. Its `dir` also keeps what stands before it from turning the
 * address round.
 */
export function linkTo(url: URL, dir: 'ltr' | 'auto', ...content: (Node | string)[]): HTMLElement {
  return h(
    'a',
    { href: url.href, dir, target: '_blank', rel: 'noopener noreferrer nofollow ugc' },
    ...content,
  )
}

/** A text with its addresses as links, the first `most` of what may be one. */
export function withLinks(text: string, most: number): (Node | string)[] {
  const parts: (Node | string)[] = []
  let at = 0
  const beyond = [...text.matchAll(/https?:|mailto:/gi)][most]
  const end = beyond === undefined ? text.length : text.lastIndexOf(' ', beyond.index) + 1
  for (const { index, lastIndex, url: address } of finder.match(text.slice(0, end)) ?? []) {
    const url = followable(address)
    if (url === null) continue
    const shown = text.slice(index, lastIndex)
    const host = typedHost(shown)
    const said = host !== '' && !honest(host) ? shown.replace(host, () => url.hostname) : shown
    parts.push(text.slice(at, index), linkTo(url, 'ltr', said))
    // What stands before an @ may look like a host.
    if (url.username !== '') parts.push(hostBehind(url))
    at = lastIndex
  }
  parts.push(text.slice(at))
  return parts.filter((part) => part !== '')
}

/** Where a link really leads, for behind it. */
export function hostBehind(url: URL): HTMLElement {
  return h('span', { class: 'text-muted', dir: 'ltr' }, ` (${hostOf(url)})`)
}

function hostOf(url: URL): string {
  return url.protocol === 'mailto:' ? (url.pathname.split('@').at(-1) ?? '') : url.hostname
}

/** Longer link texts always get the note: they are not read to the end. */
const WORDS = 200
/** Directions are changed with these, so that the words may stand in another order than they are drawn in. */
const BIDI = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/
/** What is not seen, and the marks of a format, which stay as typed in the words of a link. */
const UNSEEN = /[\p{Default_Ignorable_Code_Point}\\*_~`]/gu
/** Anything but a hyphen, an apostrophe, & and + between two letters or digits; also marks and letters that look like a dot. */
const JOINED =
  /[\p{L}\p{N}](?:[^\p{L}\p{N}\p{M}\s'’&+-]+|[\u0307\u0323\u0358\u0660\u06f0\u119e\u1427\ua4f8\ua78f]+)[\p{L}\p{N}]/u
const DOTTED = /[^\s.]\s*[.·•∙⋅・。]+\s*[^\s.)\]"”’'!?]/
const NAMED = /^[./:@]|[./:@]$|\/\/|@|\\|::|www|https?|ftp|mailto|localhost|xn--|\d{8}|0x/i
/** A mark of another script on a Latin letter, a sign above or below the line, another script's letter: drawn, they may be a dot. */
const ODD =
  /[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}]\p{M}|[\p{L}\p{N}][\p{Sk}\u02b0-\u02ff][\p{L}\p{N}]|\p{Script=Latin}(?!\p{Script=Latin})\p{L}\p{Script=Latin}/u
/** The words of a link go on in the text around it, as an address would. */
const GLUED = /[\p{L}\p{N}][./:@][\p{L}\p{N}]|\w[^\s\w'’()[\]"-]\w/u

/**
 * May the words of a link written by hand look like an address elsewhere? When in doubt they do.
 * @param around the text before and behind them
 */
export function misleads(label: string, url: URL, around: { before: string; behind: string }): boolean {
  if (label.length > WORDS || BIDI.test(label) || url.username !== '' || url.password !== '') return true
  if (ODD.test(label.normalize('NFC'))) return true
  const bare = (text: string) => text.replace(UNSEEN, '')
  const seen = bare(label.normalize('NFKC')).normalize('NFKC')
  if (GLUED.test(bare(around.before).slice(-2) + seen.slice(0, 2))) return true
  if (GLUED.test(seen.slice(-2) + bare(around.behind).slice(0, 2))) return true
  if (!JOINED.test(seen) && !DOTTED.test(seen) && !NAMED.test(seen)) return false
  const said = label.trim().toLowerCase()
  if (url.protocol === 'mailto:') return said.replace(/^mailto:/, '') !== url.pathname.toLowerCase()
  const [, host = ''] = /^(?:https?:\/\/)?([^/?#]+)[\x21-\x7e]*$/.exec(said) ?? []
  const address = `https://${host}`
  if (!honest(host.replace(/:\d+$/, '')) || !URL.canParse(address)) return true
  const plain = (name: string) => name.replace(/^www\./, '')
  const { host: named, username } = new URL(address)
  return username !== '' || plain(named) !== plain(url.host)
}
