/**
 * Copies writes that IndexedDB has not confirmed when the page goes, since the browser may undo them (R21). The copy lies in
 * localStorage, which writes at once and which every tab can wipe, and is taken back at the next start.
 */
import { cleanText } from '../../shared/text.ts'
import {
  fieldsOf,
  isRoom,
  parseDraft,
  parseEntry,
  type ComposerDraft,
  type StoredEntry,
} from './parseStored.ts'
import type { DeviceStorage } from './storage.ts'
import { keysWith, readItem, writeItem } from './webStorage.ts'

export interface CopiedStorage extends DeviceStorage {
  /** The page may go: copies what is not confirmed, and keeps the copy true while the page stays. */
  pageMayClose(user: string): void
  /** Copies none of the writes under way any more. */
  forgetUnconfirmed(): void
  /**
   * Stores what earlier pages could not store before they closed.
   * @param of chooses copies by the tab that left them and when (ms)
   * @param own the copies are this tab's own
   */
  takeBack(user: string, of: (tab: string, at: number) => boolean, own: boolean): Promise<void>
}

type UnsavedDraft = ComposerDraft & { user: string; room: string }

/** UTF-16 units of all that a copy holds; what does not fit is left to IndexedDB. */
export const MAX_COPIED = 256 * 1024

/**
 * Wraps the device's storage. A copy holds writes of one person only.
 * @param local `localStorage`, or null where the browser refuses it: then there are no copies
 */
export function withCopies(
  device: DeviceStorage,
  local: Storage | null,
  tab: string,
  now: () => number,
): CopiedStorage {
  const storing = new Map<string, StoredEntry>()
  const saving = new Map<string, UnsavedDraft>()
  /** the person whose writes are copied; null once all of them are confirmed */
  let copiedUser: string | null = null

  const keyOf = (user: string, what: string) => `${user} ${what}`
  const copyPrefix = (user: string) => `unsent ${user} `

  function copy(): void {
    if (copiedUser === null) return
    const user = copiedUser
    let left = MAX_COPIED
    const fits = (part: object) => {
      const { length } = JSON.stringify(part)
      if (length > left) return false
      left -= length
      return true
    }
    const unconfirmed = <T extends { user: string }>(all: Map<string, T>) =>
      [...all.values()].filter((part) => part.user === user)
    const [entries, drafts] = [unconfirmed(storing), unconfirmed(saving)]
    // Removed first: if the device is full, a former copy must not stay.
    writeItem(local, copyPrefix(user) + tab, null)
    if (entries.length + drafts.length === 0) copiedUser = null
    else {
      const copied = { at: now(), entries: entries.filter(fits), drafts: drafts.filter(fits) }
      writeItem(local, copyPrefix(user) + tab, JSON.stringify(copied))
    }
  }

  /** Removes a write that the device has confirmed, unless a newer one has taken its place. */
  function confirmed<T>(pending: Map<string, T>, key: string, written: T): void {
    if (pending.get(key) !== written) return
    pending.delete(key)
    copy()
  }

  function takeCopies(user: string, of: (tab: string, at: number) => boolean) {
    const entries: StoredEntry[] = []
    const drafts: UnsavedDraft[] = []
    for (const key of keysWith(local, copyPrefix(user))) {
      const found = parseCopy(readItem(local, key) ?? '')
      if (!of(key.slice(copyPrefix(user).length), Number(found.at) || 0)) continue
      writeItem(local, key, null)
      entries.push(...listOf(found.entries).flatMap((row) => parseEntry(row, user) ?? []))
      for (const row of listOf(found.drafts)) {
        const { room } = fieldsOf(row)
        const draft = parseDraft(row)
        if (draft !== null && isRoom(room)) drafts.push({ user, room, ...draft })
      }
    }
    return { entries, drafts }
  }

  function forgetUnconfirmed(): void {
    storing.clear()
    saving.clear()
    copiedUser = null
  }

  const storage: CopiedStorage = {
    get isLasting() {
      return device.isLasting
    },
    entries: device.entries,
    draft: device.draft,
    draftCount: device.draftCount,
    forgetUnconfirmed,

    async put(entry, dropDraft) {
      const key = keyOf(entry.user, entry.nonce)
      storing.set(key, entry)
      if (dropDraft) saving.delete(keyOf(entry.user, entry.room))
      copy()
      await device.put(entry, dropDraft)
      confirmed(storing, key, entry)
    },

    remove(user, nonce) {
      storing.delete(keyOf(user, nonce))
      copy()
      return device.remove(user, nonce)
    },

    async saveDraft(user, room, draft) {
      const key = keyOf(user, room)
      const unsaved = draft && { user, room, ...draft }
      if (unsaved === null) saving.delete(key)
      else saving.set(key, unsaved)
      copy()
      await device.saveDraft(user, room, draft)
      if (unsaved !== null) confirmed(saving, key, unsaved)
    },

    wipe(user) {
      forgetUnconfirmed()
      for (const key of keysWith(local, copyPrefix(user))) writeItem(local, key, null)
      return device.wipe(user)
    },

    pageMayClose(user) {
      copiedUser = user
      copy()
    },

    async takeBack(user, of, own) {
      const { entries, drafts } = takeCopies(user, of)
      // All at once: until they are stored, only this page has them.
      const stored = entries.map((entry) => storage.put(entry, false))
      for (const draft of drafts) saving.set(keyOf(user, draft.room), draft)
      await Promise.all(stored)
      for (const { kind, room, text } of entries) {
        if (kind !== 'message' || saving.has(keyOf(user, room))) continue
        const draft = await device.draft(user, room)
        // A draft that has become a message is no longer a draft (U34).
        if (draft && text.startsWith(cleanText(draft.text))) await device.saveDraft(user, room, null)
      }
      for (const { room, text, caret } of drafts) {
        // Another tab's draft must not replace what was written since.
        const since = own ? null : await device.draft(user, room)
        if (since !== null && !text.startsWith(since.text)) saving.delete(keyOf(user, room))
        else await storage.saveDraft(user, room, { text, caret })
      }
    },
  }
  return storage
}

/** The fields of a copy; none if it is not a copy, or longer than one can be. */
function parseCopy(text: string): ReturnType<typeof fieldsOf> {
  try {
    return fieldsOf(text.length > 2 * MAX_COPIED ? null : JSON.parse(text))
  } catch {
    return {}
  }
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])
