/**
 * A copy of what IndexedDB has not confirmed yet when the page goes: it may undo it. It is written to localStorage, which
 * keeps it in the same moment, and taken back at the next start; not to sessionStorage, which no other tab could wipe.
 */
import {
  parseDraft,
  fieldsOf,
  isRoom,
  parseEntry,
  type ComposerDraft,
  type StoredEntry,
} from './parseStored.ts'

export interface Unconfirmed {
  entries: readonly StoredEntry[]
  drafts: readonly (ComposerDraft & { room: string })[]
}

export interface UnconfirmedCopies {
  /** Takes the place of this tab's copy; without anything in it there is none. */
  write(user: string, tab: string, what: Unconfirmed): void
  /** Takes away the copies of those tabs that `of` accepts. @param of `at`: when it was written (ms) */
  take(user: string, of: (tab: string, at: number) => boolean): Unconfirmed
  /** All copies of this person go. */
  wipe(user: string): void
}

/** UTF-16 units of all that a copy holds; what does not fit is left to IndexedDB. */
export const MAX_COPIED = 256 * 1024

/** What a copy holds; nothing, where it is none. */
function copyOf(text: string): ReturnType<typeof fieldsOf> {
  try {
    return fieldsOf(text.length > 2 * MAX_COPIED ? null : JSON.parse(text))
  } catch {
    return {}
  }
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])

/** @param device `localStorage`, or null where the browser refuses it: then there are no copies */
export function unconfirmedCopies(device: Storage | null, now: () => number): UnconfirmedCopies {
  const keyOf = (user: string, tab: string) => `unsent ${user} ${tab}`

  /** The keys of this person's copies, by tab. */
  function tabsOf(user: string): string[] {
    const start = keyOf(user, '')
    const keys = Array.from({ length: device?.length ?? 0 }, (_, at) => device?.key(at) ?? '')
    return keys.filter((key) => key.startsWith(start)).map((key) => key.slice(start.length))
  }

  /** Where the device refuses, nothing is done. */
  function attempt(run: () => void): void {
    try {
      run()
    } catch {
      // Full, or switched off: IndexedDB has it, or nothing does.
    }
  }

  return {
    write(user, tab, { entries, drafts }) {
      let left = MAX_COPIED
      const fits = (part: object) => {
        const { length } = JSON.stringify(part)
        if (length > left) return false
        left -= length
        return true
      }
      attempt(() => device?.removeItem(keyOf(user, tab)))
      const copy = { at: now(), entries: entries.filter(fits), drafts: drafts.filter(fits) }
      if (copy.entries.length + copy.drafts.length > 0)
        attempt(() => device?.setItem(keyOf(user, tab), JSON.stringify(copy)))
    },

    take(user, of) {
      const entries: StoredEntry[] = []
      const drafts: (ComposerDraft & { room: string })[] = []
      attempt(() => {
        for (const tab of tabsOf(user)) {
          const copy = copyOf(device?.getItem(keyOf(user, tab)) ?? '')
          if (!of(tab, Number(copy.at) || 0)) continue
          device?.removeItem(keyOf(user, tab))
          entries.push(...listOf(copy.entries).flatMap((row) => parseEntry(row, user) ?? []))
          for (const row of listOf(copy.drafts)) {
            const { room } = fieldsOf(row)
            const draft = parseDraft(row)
            if (draft !== null && isRoom(room)) drafts.push({ room, ...draft })
          }
        }
      })
      return { entries, drafts }
    },

    wipe(user) {
      attempt(() => {
        for (const tab of tabsOf(user)) device?.removeItem(keyOf(user, tab))
      })
    },
  }
}
