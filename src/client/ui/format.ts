/** Times, names and counts as people read them. `now` is an argument, `locale` too; without it, the language's of the page. */
import { graphemesOf } from '../../shared/text.ts'
import { locale as readerLocale, words } from '../words/words.ts'

/** 12-hour, 24-hour, or as the reader's system writes times. */
type ClockStyle = 'system' | 'h12' | 'h23'

// Creating a formatter costs a hundred times what using it does, and each message row needs one.
const formatters = new Map<string, Intl.DateTimeFormat>()

function formatDate(at: number, locale = readerLocale, options: Intl.DateTimeFormatOptions): string {
  const key = `${locale} ${JSON.stringify(options)}`
  const formatter = formatters.get(key) ?? new Intl.DateTimeFormat(locale, options)
  formatters.set(key, formatter)
  return formatter.format(at)
}

let systemCycle: Intl.LocaleHourCycleKey | undefined

/** Without a locale, 'system' is what the browser's own language uses: who reads another one keeps their clock. */
function hourCycle(clock: ClockStyle, locale?: string) {
  if (clock !== 'system') return { hourCycle: clock }
  if (locale !== undefined) return {}
  systemCycle ??= new Intl.DateTimeFormat(undefined, { timeStyle: 'short' }).resolvedOptions().hourCycle
  return { hourCycle: systemCycle }
}

/** Hour and minute as the locale, or `clock`, writes them: `14:02`, `2:02 PM`. */
export function timeOfDay(at: number, clock: ClockStyle = 'system', locale?: string): string {
  return formatDate(at, locale, { timeStyle: 'short', ...hourCycle(clock, locale) })
}

/** As `timeOfDay`, without AM and PM, for where the hour is clear from the messages around. */
export function briefTime(at: number, clock: ClockStyle = 'system', locale?: string): string {
  return timeOfDay(at, clock, locale).replace(/\s*\p{L}[\p{L}.\s]*$|^\p{L}[\p{L}.\s]*\s*/u, '')
}

/** Date and time in full, for a tooltip; the time as `timeOfDay` writes it, with seconds. */
export function fullDate(at: number, clock: ClockStyle = 'system', locale?: string): string {
  return formatDate(at, locale, { dateStyle: 'full', timeStyle: 'medium', ...hourCycle(clock, locale) })
}

/** The reader's calendar day of a time (ms), as a text to compare. */
export function dayOf(at: number): string {
  return new Date(at).toDateString()
}

/** `Today`, `Yesterday`, else the date, with its year unless it is this year. */
export function dayLabel(at: number, now: number, locale?: string): string {
  const day = dayOf(at)
  if (day === dayOf(now)) return words.common.today
  const yesterday = new Date(now).setDate(new Date(now).getDate() - 1)
  if (day === dayOf(yesterday)) return words.common.yesterday
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear()
  const year = !sameYear && { year: 'numeric' as const }
  return formatDate(at, locale, { weekday: 'long', day: 'numeric', month: 'long', ...year })
}

/** `Ann`, `Ann and Bo`, `Ann, Bo and Cy`; more than `limit` are counted: `Ann, Bo and 6 others`. */
export function nameList(names: readonly string[], limit = Number.POSITIVE_INFINITY): string {
  const lists = new Intl.ListFormat(readerLocale, { type: 'conjunction' })
  if (names.length <= limit) return lists.format(names)
  const rest = names.length - (limit - 1)
  return lists.format([...names.slice(0, limit - 1), words.common.others(rest)])
}

/** Orders names as the locale does, without regard to case and accents, numbers by value. For `sort`. */
export const compareNames = new Intl.Collator(undefined, { sensitivity: 'base', numeric: true }).compare

/** `7`, `99`, `99+`. */
export function countText(count: number): string {
  return count > 99 ? '99+' : String(count)
}

/** People have one of this many hues, far enough apart to be told from each other. */
const HUES = 12

/** The hue (0–359) of a person, from the user id: it survives a rename, and a later owner of the name gets another one. */
export function hueOf(id: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < id.length; at += 1) hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  return (((hash ^ (hash >>> 13)) >>> 0) % HUES) * (360 / HUES)
}

function firstGrapheme(text: string): string {
  // Two ASCII characters are two graphemes. Most names need no segmenter, whose first use takes 40 ms.
  if (/^[ -~]{2}/.test(text)) return text[0] ?? ''
  return graphemesOf(text)[0] ?? ''
}

/** In upper case. Georgian has none within a sentence, and many fonts lack it. */
const capital = (letter: string) => (/\p{sc=Georgian}/u.test(letter) ? letter : letter.toLocaleUpperCase())

/** The first grapheme of a name and of its second word, if that begins with a letter too; in upper case. */
export function initials(name: string): string {
  const [first = '', second = ''] = name.trim().split(/\s+/)
  const letters = /^\p{L}/u.test(first) && /^\p{L}/u.test(second) ? [first, second] : [first]
  const graphemes = letters.map((word) => firstGrapheme(capital(firstGrapheme(word))))
  // Two Arabic letters would join and read as a word.
  return graphemes.join(/\p{sc=Arabic}/u.test(first) ? '\u200c' : '')
}

/** A name for plain text, isolated so that its writing direction does not reorder the words around it (T12). */
export function isolated(name: string): string {
  return /[^ -~]/.test(name) ? `\u2068${name}\u2069` : name
}
