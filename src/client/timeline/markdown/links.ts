/** Addresses in a text, as nodes (U21). Only those with a scheme are recognised: `readme.md` is no link. */
import { LinkifyIt, REBuilder } from 'linkify-it'
import { h, safeUrl } from '../../ui/dom.ts'

/** linkify-it's own pattern of a path takes 40 ms for a long address in Safari's engine. */
class PathBuilder extends REBuilder {
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

const finder = new LinkifyIt({ fuzzyEmail: false, urlAuth: true, rebuilder: new PathBuilder() })
  .add('ftp:', null)
  .add('//', null)

const SCRIPTS = ['Latin', 'Cyrillic', 'Greek', 'Armenian', 'Cherokee', 'Hebrew', 'Arabic']
  .map((script) => new RegExp(`\\p{Script=${script}}`, 'u'))
  .concat(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u)
/** A label of these scripts can imitate a Latin one, so it is not shown as typed before a Latin top-level domain. */
const LOOKS_LATIN = /^[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}\d-]+$/u

/** May this host be shown as typed? Not if a label mixes scripts or looks like a Latin one: `аррӏе.com`. */
function isHonest(host: string): boolean {
  const labels = host.split('.')
  const isLatinDomain = /^[a-z]+$/i.test(labels.at(-1) ?? '')
  return labels.every((label) => {
    if (!/[^\0-\x7f]/.test(label)) return true
    if (/[^\p{L}\p{M}\p{N}-]/u.test(label)) return false
    const isMixed = SCRIPTS.filter((script) => script.test(label)).length > 1
    return !isMixed && !(isLatinDomain && LOOKS_LATIN.test(label))
  })
}

/** @returns the URL if people may follow it (http, https, mailto), else null */
export function followable(address: string): URL | null {
  return safeUrl(address) === '#' ? null : URL.parse(address)
}

/** A link in a new tab that tells the other site nothing. Its `dir` isolates it from text before it (U121). */
export function linkTo(url: URL, dir: 'ltr' | 'auto', text: string): HTMLElement {
  const rel = 'noopener noreferrer nofollow ugc'
  return h('a', { href: url.href, dir, target: '_blank', rel }, text)
}

/** The host that a link leads to, to be shown behind the link. */
export function hostBehind({ protocol, pathname, hostname }: URL): HTMLElement {
  const host = protocol === 'mailto:' ? pathname.split('@').at(-1) : hostname
  return h('span', { class: 'text-muted', dir: 'ltr' }, ` (${host})`)
}

/** A text with its addresses as links. @param max how many possible addresses are looked at; the text after them stays as typed */
export function withLinks(text: string, max: number): (Node | string)[] {
  const parts: (Node | string)[] = []
  const excess = [...text.matchAll(/https?:|mailto:/gi)][max]
  const end = excess === undefined ? text.length : text.lastIndexOf(' ', excess.index) + 1
  let done = 0
  for (const { index, lastIndex, url: address } of finder.match(text.slice(0, end)) ?? []) {
    const url = followable(address)
    if (url === null) continue
    const typed = text.slice(index, lastIndex)
    const [, host = ''] = /^https?:\/\/(?:[^/?#]*@)?([^/?#]*?)(?::\d*)?(?:[/?#]|$)/i.exec(typed) ?? []
    const shown = isHonest(host) ? typed : typed.replace(host, () => url.hostname)
    parts.push(text.slice(done, index), linkTo(url, 'ltr', shown))
    // A user name before an @ may look like a host.
    if (url.username !== '') parts.push(hostBehind(url))
    done = lastIndex
  }
  parts.push(text.slice(done))
  return parts.filter((part) => part !== '')
}

/**
 * Do the words of a link written as `[words](address)` name its host? If so, the host is not shown behind them (U121).
 * @param around the characters next to the link: together with them, the words could read as another host
 */
export function namesHost(label: string, url: URL, around: string): boolean {
  if (around.trim() !== '' || url.username !== '') return false
  if (url.protocol === 'mailto:') return label.toLowerCase() === url.pathname.toLowerCase()
  const [, named] = /^(?:https?:\/\/)?(?:www\.)?([a-z\d.:-]+)(?:[/?#][\x21-\x7e]*)?$/i.exec(label) ?? []
  return named?.toLowerCase() === url.host.replace(/^www\./, '')
}
