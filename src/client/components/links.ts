/** Addresses in a text, as nodes (U21). Recognised with their scheme only: `readme.md` is no link. */
import { LinkifyIt } from 'linkify-it'
import { h, safeUrl } from '../dom.ts'

const finder = new LinkifyIt({ fuzzyEmail: false, urlAuth: true }).add('ftp:', null).add('//', null)

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

/** A link that opens elsewhere and tells the other side nothing. */
export function linkTo(url: URL, ...content: (Node | string)[]): HTMLElement {
  return h('a', { href: url.href, target: '_blank', rel: 'noopener noreferrer nofollow ugc' }, ...content)
}

/** A text with its addresses as links. */
export function withLinks(text: string): (Node | string)[] {
  const parts: (Node | string)[] = []
  let at = 0
  for (const { index, lastIndex, url: address } of finder.match(text) ?? []) {
    const url = followable(address)
    if (url === null) continue
    const shown = text.slice(index, lastIndex)
    const host = typedHost(shown)
    const said = host !== '' && !honest(host) ? shown.replace(host, () => url.hostname) : shown
    parts.push(text.slice(at, index), linkTo(url, said))
    // What stands before an @ may look like a host.
    if (url.username !== '') parts.push(hostBehind(url))
    at = lastIndex
  }
  parts.push(text.slice(at))
  return parts.filter((part) => part !== '')
}

/** Where a link really leads, for behind it. */
export function hostBehind(url: URL): HTMLElement {
  return h('span', { class: 'text-muted' }, ` (${hostOf(url)})`)
}

function hostOf(url: URL): string {
  return url.protocol === 'mailto:' ? (url.pathname.split('@').at(-1) ?? '') : url.hostname
}

/** Do the words of a link written by hand look like an address elsewhere? */
export function misleads(words: string, url: URL): boolean {
  const [, named = ''] = /(?:^|[\s/@(])((?:[\p{L}\p{N}-]+\.)+[\p{L}][\p{L}\p{N}-]+)/u.exec(words) ?? []
  if (named === '') return false
  const plain = (host: string) => host.toLowerCase().replace(/^www\./, '')
  return plain(named) !== plain(hostOf(url))
}
