/** Rules of mentions that hub, store and client share. Pure. */
import { LIMITS } from './limits.ts'
import type { Mention } from './model.ts'

/**
 * What writers of Arabic, Persian and Hebrew leave out or add: points, stretches, joiners and marks of direction. No two names
 * differ by these alone.
 */
const OPTIONAL = /[\u0591-\u05bd\u05bf-\u05c7\u064b-\u0652\u0670\u200c\u200e\u200f\u061c\u2066-\u2069\u0640]/g

/**
 * A name as names are compared: case, composition of accents, the kind of space, apostrophe or hyphen, and points of Arabic and
 * Hebrew make no difference.
 */
export function foldedName(name: string): string {
  const oneSpaced = name.replace(/\s+/g, ' ')
  if (/^[ -~]*$/.test(name)) return oneSpaced.toLowerCase()
  // By way of capitals, since ß and ss have the same ones, and so have σ and ς.
  const folded = oneSpaced.normalize('NFC').toLowerCase().toUpperCase().toLowerCase()
  // A dotted İ becomes i and a dot; people type a plain i for it, and the apostrophe that their keyboard has.
  return folded
    .replaceAll('i\u0307', 'i')
    .replace(/[\u2018\u2019\u02bc]/g, "'")
    .replace(/[\u2010\u2011\u05be]/g, '-')
    .replace(OPTIONAL, '')
}

/** Does the text name this person among the first that it names? */
export function isNamed(mentions: readonly Mention[], user: string): boolean {
  return firstNamed(mentions).includes(user)
}

/** The people whom a message notifies: the first it names, without its author and without those whom an edit added. */
export function notifiedBy(mentions: readonly Mention[], author: string): string[] {
  const isQuiet = (user: string) => mentions.some((mention) => mention.user === user && mention.quiet)
  return firstNamed(mentions).filter((user) => user !== author && !isQuiet(user))
}

/** The mentions of an edited message: those of people whom it did not notify before are `quiet`. */
export function mentionsAfterEdit(before: readonly Mention[], after: readonly Mention[]): Mention[] {
  const notified = notifiedBy(before, '')
  return after.map(({ user, at, length }) =>
    notified.includes(user) ? { user, at, length } : { user, at, length, quiet: true },
  )
}

function firstNamed(mentions: readonly Mention[]): string[] {
  return [...new Set(mentions.map(({ user }) => user))].slice(0, LIMITS.notified)
}
