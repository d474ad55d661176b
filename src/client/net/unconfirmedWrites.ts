/** What was given to the device and is not confirmed: a page that goes leaves a copy of it, which is taken back later. */
import { cleanText } from '../../shared/text.ts'
import type { DeviceStorage } from './storage.ts'
import type { ComposerDraft, StoredEntry } from './parseStored.ts'
import type { UnconfirmedCopies } from './unconfirmedCopy.ts'

export interface CopiedStorage extends DeviceStorage {
  /** The page may go: what is not confirmed is copied to where it is kept at once. */
  pageMayClose(user: string): void
  /** Nothing of what is under way is copied any more. */
  forgetUnconfirmed(): void
  /**
   * Stores what pages could not store before they closed.
   * @param of chooses copies by the tab that left them and when (ms)
   * @param own the copies are this tab's own
   */
  takeBack(user: string, of: (tab: string, at: number) => boolean, own: boolean): Promise<void>
}

type UnsavedDraft = ComposerDraft & { user: string; room: string }

/** Wraps the device's storage: unconfirmed writes are copied for their own person only. */
export function withCopies(device: DeviceStorage, copies: UnconfirmedCopies, tab: string): CopiedStorage {
  const storing = new Map<string, StoredEntry>()
  const saving = new Map<string, UnsavedDraft>()
  const keyOf = (user: string, what: string) => `${user} ${what}`
  /** whose copy lies on the device; it follows what is not confirmed until that is nothing */
  let copiedUser: string | null = null

  function copy(): void {
    if (copiedUser === null) return
    const isTheirs = ({ user }: { user: string }) => user === copiedUser
    const entries = [...storing.values()].filter(isTheirs)
    const drafts = [...saving.values()].filter(isTheirs)
    copies.write(copiedUser, tab, { entries, drafts })
    if (entries.length + drafts.length === 0) copiedUser = null
  }

  /** Confirmed, unless something newer has taken its place. */
  function confirmed<T>(under: Map<string, T>, key: string, what: T): void {
    if (under.get(key) !== what) return
    under.delete(key)
    copy()
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
      const kept = draft && { user, room, ...draft }
      if (kept === null) saving.delete(key)
      else saving.set(key, kept)
      copy()
      await device.saveDraft(user, room, draft)
      if (kept !== null) confirmed(saving, key, kept)
    },

    wipe(user) {
      forgetUnconfirmed()
      copies.wipe(user)
      return device.wipe(user)
    },

    pageMayClose(user) {
      copiedUser = user
      copy()
    },

    forgetUnconfirmed,

    async takeBack(user, of, own) {
      const { entries, drafts } = copies.take(user, of)
      // All at once: until they are stored, this page alone has them.
      const stored = entries.map((entry) => storage.put(entry, false))
      for (const draft of drafts) saving.set(keyOf(user, draft.room), { user, ...draft })
      await Promise.all(stored)
      for (const { kind, room, text } of entries) {
        if (kind !== 'message' || saving.has(keyOf(user, room))) continue
        const draft = await device.draft(user, room)
        // What has become a message is no draft any more (U34).
        if (draft && text.startsWith(cleanText(draft.text))) await device.saveDraft(user, room, null)
      }
      for (const { room, ...draft } of drafts) {
        // What another tab left is not to take the place of what was written since.
        const since = own ? null : await device.draft(user, room)
        if (since === null || draft.text.startsWith(since.text)) await storage.saveDraft(user, room, draft)
        else saving.delete(keyOf(user, room))
      }
    },
  }
  return storage
}
