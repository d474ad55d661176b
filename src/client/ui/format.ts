/** Times, names and counts as people read them. Pure: `now` and `locale` are arguments; no locale means the reader's own. */
import { graphemesOf } from '../../shared/names.ts'
import { dayFrom, dayOf } from './day.ts'
import { words } from '../words/words.ts'

export { dayFrom, dayOf }

/** Hours as the reader's system writes them, or always of 12, or of 24. */
export type ClockStyle = 'system' | 'h12' | 'h23'

// T10: making a formatter costs a hundred times what using it does.
const formatters = new Map<string, Intl.DateTimeFormat>()

function dates(locale: string | undefined, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${locale} ${JSON.stringify(options)}`
  const known = formatters.get(key)
  if (known !== undefined) return known
  const made = new Intl.DateTimeFormat(locale, options)
  formatters.set(key, made)
  return made
}

const cycle = (clock: ClockStyle) => clock !== 'system' && { hourCycle: clock }

/** Hour and minute as the locale, or `clock`, writes them: `14:02`, `2:02 PM`. */
export function timeOfDay(at: number, clock: ClockStyle = 'system', locale?: string): string {
  return dates(locale, { timeStyle: 'short', ...cycle(clock) }).format(at)
}

/** Date and time in full, for a title; the time as `timeOfDay` writes it, with seconds. */
export function fullDate(at: number, clock: ClockStyle = 'system', locale?: string): string {
  return dates(locale, { dateStyle: 'full', timeStyle: 'medium', ...cycle(clock) }).format(at)
}

/** For `<time datetime>`. */
export function isoTime(at: number): string {
  return new Date(at).toISOString()
}

/** `Today`, `Yesterday`, else the date; its year only where it is not this one. True until `dayFrom(now, 1)`. */
export function dayLabel(at: number, now: number, locale?: string): string {
  const day = dayOf(at)
  if (day === dayOf(now)) return words.common.today
  if (day === dayOf(dayFrom(now, -1))) return words.common.yesterday
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear()
  return dates(locale, {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    ...(!sameYear && { year: 'numeric' as const }),
  }).format(at)
}

// In the language of the sentences around the lists, whatever the reader's locale.
const lists = new Intl.ListFormat(words.locale, { type: 'conjunction' })

/** `Ann`, `Ann and Bo`, `Ann, Bo and Cy`; from `limit` on the rest is counted: `Ann, Bo and 6 others`. */
export function nameList(names: readonly string[], limit = Number.POSITIVE_INFINITY): string {
  if (names.length <= limit) return lists.format(names)
  const rest = names.length - (limit - 1)
  return lists.format([...names.slice(0, limit - 1), words.common.others(rest)])
}

const nameOrders = new Map<string | undefined, Intl.Collator>()

/** Orders names as the locale does: without regard to case and accents, numbers by value. For `sort`. */
export function compareNames(a: string, b: string, locale?: string): number {
  const known = nameOrders.get(locale)
  if (known !== undefined) return known.compare(a, b)
  const order = new Intl.Collator(locale, { sensitivity: 'base', numeric: true })
  nameOrders.set(locale, order)
  return order.compare(a, b)
}

/** `7`, `99`, `99+`. */
export function countText(count: number): string {
  return count > 99 ? '99+' : String(count)
}

/** A colour of one's own, 0–359, from a user id: a renamed person keeps it, somebody else under the name has another. */
export function hueOf(id: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < id.length; at += 1) hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  return ((hash ^ (hash >>> 13)) >>> 0) % 360
}

function firstGrapheme(text: string): string {
  // Two plain letters are two characters: most names need no more (W3).
  if (/^[ -~]{2}/.test(text)) return text[0] ?? ''
  for (const { segment } of graphemesOf(text)) return segment
  return ''
}

/** The first character a person would see of the first word, upper-cased. */
export function initials(name: string, locale?: string): string {
  return firstGrapheme(firstGrapheme(name.trim()).toLocaleUpperCase(locale))
}

/** A name for titles, labels and sentences without markup: its direction stays its own (T12). */
export function isolated(name: string): string {
  return /[^ -~]/.test(name) ? `\u2068${name}\u2069` : name
}
