/** Finds addresses in a text: `http`, `https` and `mailto` with their scheme, and e-mail addresses. `readme.md` is none. */
import { isUnspaced } from '../text.ts'
import { isForeignPunctuation, isSpacedWord, letterAt, letterBefore } from './letters.ts'

export interface FoundAddress {
  from: number
  to: number
  address: string
}

const START = /https?:\/\/|@/gi
/** What ends an address wherever it stands: blanks, quotes, brackets, marks of code, direction controls, punctuation of Han scripts. */
const END = String.raw`\s<>"\x60|\\\p{Ps}\p{Pe}“”«»‹›\u200b\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ufffc、-〃〈-〠〰！＂，：；＜＞？｜～｡､`
const PATH = new RegExp(`[^${END}]+`, 'uy')
const HOST = new RegExp(
  `(?:[^/?#@${END}]*@)?(?:\\[[\\da-f:.]+\\](?::\\d+)?|[\\p{L}\\p{N}_-][^/?#@,;!'*~${END}]*)`,
  'iuy',
)
/** Where a host may end: `example.com很好` ends before the script without spaces, while `www.gr` goes on in `www.grünen.de`. */
const ASCII_END = /(?:[\p{L}\p{N}]\.(?:[a-z]{2,}|\d+)|localhost|:\d+)(?::\d+)?(?=[^\x21-\x7e])/giu
const TRAILING = new Set(".,;:!?'‘’…([{")
const PAIRS: Partial<Record<string, string>> = { ')': '(', ']': '[', '}': '{' }

const LOCAL = /[\p{L}\p{N}._%+'-]/u
const ASCII_DOMAIN = /[a-z\d-]+(?:\.[a-z\d-]+)*/iy
const DOMAIN = /[\p{L}\p{N}\p{M}-]+(?:\.[\p{L}\p{N}\p{M}-]+)*/uy
const TOP_LEVEL = /^(?:[\p{L}\p{M}]{2,}|xn--[a-z\d-]+)$/iu
const MAX_LOCAL = 64
const MAX_DOMAIN = 253

/** Marks that may begin emphasis around an address. */
const OPENING = /(?<![\p{L}\p{N}])(?:\*+|_+|~~)(?=\S|$)/gu

function matchAt(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0] ?? ''
}

function hostAt(text: string, at: number): string {
  const host = matchAt(HOST, text, at)
  for (const { 0: found, index } of host.matchAll(ASCII_END)) {
    const end = index + found.length
    if (!isSpacedWord(letterAt(host, end))) return host.slice(0, end)
  }
  return host
}

/** Where the address that begins with a scheme ends. `opened`: marks before it, which belong to the text if they also end it. */
function endOfUrl(text: string, start: number, from: number, opened: ReadonlySet<string>): number | null {
  const host = hostAt(text, start)
  if (host === '') return null
  let end = start + host.length
  if (/[/?#]/.test(text[end] ?? '')) {
    const open: (string | undefined)[] = []
    for (;;) {
      end += matchAt(PATH, text, end).length
      const letter = text[end] ?? ''
      const opener = PAIRS[letter]
      if (!'([{)]}'.includes(letter) || letter === '') break
      if (opener === undefined) open.push(letter)
      else if (open.pop() !== opener) break
      end += 1
    }
  }
  for (; end > start;) {
    const letter = text[end - 1] ?? ''
    if (TRAILING.has(letter) || isForeignPunctuation(letter)) end -= 1
    else if ('*_~'.includes(letter)) {
      let begin = end - 1
      while (text[begin - 1] === letter) begin -= 1
      if (begin <= from || !opened.has(text.slice(begin, end))) break
      end = begin
    } else break
  }
  return end > start ? end : null
}

/** The e-mail address around the `@` at this index. @param floor where the address before it ends */
function emailAt(text: string, at: number, floor: number): FoundAddress | null {
  let from = at
  while (from > floor && at - from < MAX_LOCAL && LOCAL.test(text[from - 1] ?? '')) from -= 1
  // `メールはann@example.org`: in scripts without spaces a sentence stands before it.
  const isAscii = /[a-z\d]/i.test(text[at - 1] ?? '')
  if (isAscii) from += Array.from(text.slice(from, at)).findLastIndex(isUnspaced) + 1
  while (from < at && /[._%+'-]/.test(text[from] ?? '')) from += 1
  if (from === at) return null
  const hasScheme = /(?:^|[^a-z\d])mailto:$/i.test(text.slice(Math.max(floor, from - 8), from))
  if (!hasScheme && /[@/:\\]/.test(letterBefore(text, from))) return null
  let domain = matchAt(ASCII_DOMAIN, text, at + 1)
  if (isSpacedWord(letterAt(text, at + 1 + domain.length))) domain = matchAt(DOMAIN, text, at + 1)
  const labels = domain.split('.')
  const isHost = labels.every((label) => label !== '' && !/^-|-$/.test(label))
  if (!isHost || domain.length > MAX_DOMAIN) return null
  if (!hasScheme && (labels.length < 2 || !TOP_LEVEL.test(labels.at(-1) ?? ''))) return null
  let to = at + 1 + domain.length
  // `git@host.org:path` and `ann@host.org:/tmp` are not for writing letters to.
  if (/^(?:@|\/|:\S)/.test(text.slice(to, to + 2))) return null
  if (!hasScheme) return { from, to, address: `mailto:${text.slice(from, to)}` }
  if (text[to] === '?') to = endOfUrl(text, at + 1, from, new Set()) ?? to
  return { from: from - 'mailto:'.length, to, address: text.slice(from - 'mailto:'.length, to) }
}

/** The addresses of a text in order. Linear: each character is looked at a bounded number of times. */
export function addressesOf(text: string): FoundAddress[] {
  const found: FoundAddress[] = []
  const opened = new Set<string>()
  let done = 0
  let noted = 0
  for (const { 0: start, index } of text.matchAll(START)) {
    if (index < done) continue
    if (start === '@') {
      const email = emailAt(text, index, done)
      if (email === null) continue
      found.push(email)
      done = email.to
      continue
    }
    // `xhttp://` is another scheme.
    if (/[a-z\d+.-]/i.test(text[index - 1] ?? '')) continue
    for (const [mark] of text.slice(Math.max(done, noted), index).matchAll(OPENING)) opened.add(mark)
    noted = index
    const to = endOfUrl(text, index + start.length, index, opened)
    if (to === null) continue
    found.push({ from: index, to, address: text.slice(index, to) })
    done = to
  }
  return found
}
