/** Addresses of a text as links (U21, U121). */
import { h, safeUrl } from '../../ui/dom.ts'

const SCRIPTS = ['Latin', 'Cyrillic', 'Greek', 'Armenian', 'Cherokee', 'Hebrew', 'Arabic']
  .map((script) => new RegExp(`\\p{Script=${script}}`, 'u'))
  .concat(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u)
/** A label of these scripts can imitate a Latin one, so it is not shown as typed before a Latin top-level domain. */
const LOOKS_LATIN = /^[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}\d-]+$/u
/** Latin letters other than those of European and Vietnamese spelling, some of which look like a to z: `ɡoogle.com`, `ıcloud.com`. */
const ODD_LATIN =
  /(?![a-z\u00c0-\u0130\u0132-\u0137\u0139-\u017e\u01a0\u01a1\u01af\u01b0\u0218-\u021b\u1e00-\u1eff])\p{Script=Latin}/iu

/** May this host be shown as typed? Not if a label mixes scripts or looks like a Latin one: `аррӏе.com`. */
function isHonest(host: string): boolean {
  const labels = host.split('.')
  const isLatinDomain = /^[a-z]+$/i.test(labels.at(-1) ?? '')
  return labels.every((label) => {
    if (!/[^\0-\x7f]/.test(label)) return true
    if (/[^\p{L}\p{M}\p{N}-]/u.test(label) || ODD_LATIN.test(label)) return false
    const isMixed = SCRIPTS.filter((script) => script.test(label)).length > 1
    return !isMixed && !(isLatinDomain && LOOKS_LATIN.test(label))
  })
}

/** @returns the URL if people may follow it (http, https, mailto), else null */
function followable(address: string): URL | null {
  return safeUrl(address) === '#' ? null : URL.parse(address)
}

/**
 * A link that tells another site nothing and opens in a new tab; a link to this site stays in the page. Its `dir` isolates it
 * from text before it (U121). The arrow keys of the list reach it (A8).
 */
function linkTo(url: URL, dir: 'ltr' | 'auto', content: readonly (Node | string)[]): HTMLElement {
  const isElsewhere = url.origin !== location.origin
  const away = isElsewhere && { target: '_blank', rel: 'noopener noreferrer nofollow ugc' }
  return h('a', { href: url.href, dir, tabindex: -1, ...away }, ...content)
}

/** The host that a link leads to, to be shown behind the link. */
function hostBehind({ protocol, pathname, hostname }: URL): HTMLElement {
  const host = protocol === 'mailto:' ? pathname.split('@').at(-1) : hostname
  return h('span', { class: 'text-muted', dir: 'ltr' }, ` (${host})`)
}

/** An address in a text. @returns null if the address is malformed or unsafe */
export function addressLink(address: string, text: string): HTMLElement[] | null {
  const url = followable(address)
  if (url === null) return null
  const [, host = ''] = /^https?:\/\/(?:[^/?#]*@)?([^/?#]*?)(?::\d*)?(?:[/?#]|$)/i.exec(text) ?? []
  const shown = isHonest(host) ? text : text.replace(host, () => url.hostname)
  // A user name before an @ may look like a host.
  const isDisguised = url.username !== '' && url.protocol !== 'mailto:'
  return [linkTo(url, 'ltr', [shown]), ...(isDisguised ? [hostBehind(url)] : [])]
}

/**
 * A link written as `[label](address)`, and behind it its host, unless the label names the host (U121).
 * @param around the characters next to the link: together with them, the label could read as another host
 * @returns null if the address is malformed or unsafe
 */
export function writtenLink(
  { address, label, around }: { address: string; label: string; around: string },
  content: readonly (Node | string)[],
): HTMLElement[] | null {
  const url = followable(address)
  if (url === null) return null
  return [linkTo(url, 'auto', content), ...(namesHost(label, url, around) ? [] : [hostBehind(url)])]
}

function namesHost(label: string, url: URL, around: string): boolean {
  if (around.trim() !== '' || url.username !== '') return false
  if (url.protocol === 'mailto:') return label.toLowerCase() === url.pathname.toLowerCase()
  const [, named] = /^(?:https?:\/\/)?(?:www\.)?([a-z\d.:-]+)(?:[/?#][\x21-\x7e]*)?$/i.exec(label) ?? []
  return named?.toLowerCase() === url.host.replace(/^www\./, '')
}
