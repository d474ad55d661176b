import type { ComposerDraft, StoredEntry } from '../../../src/client/net/parseStored.ts'
import type { DeviceStorage } from '../../../src/client/net/storage.ts'

/** A device's storage in memory; several pages may share it. */
export function memoryDevice(): DeviceStorage {
  const entries = new Map<string, StoredEntry>()
  const drafts = new Map<string, ComposerDraft & { user: string; room: string }>()
  const draftKey = (user: string, room: string) => `${user} ${room}`
  return {
    isLasting: true,
    async put(entry, dropDraft) {
      entries.set(entry.nonce, entry)
      if (dropDraft) drafts.delete(draftKey(entry.user, entry.room))
    },
    async remove(_user, nonce) {
      entries.delete(nonce)
    },
    entries: async (user) => [...entries.values()].filter((entry) => entry.user === user),
    async draft(user, room) {
      const { text, caret } = drafts.get(draftKey(user, room)) ?? {}
      return text === undefined || caret === undefined ? null : { text, caret }
    },
    draftRooms: async (user) =>
      [...drafts.values()].flatMap((draft) => (draft.user === user ? draft.room : [])),
    async saveDraft(user, room, draft) {
      if (draft === null) drafts.delete(draftKey(user, room))
      else drafts.set(draftKey(user, room), { user, room, ...draft })
    },
    async wipe(user) {
      for (const all of [entries, drafts])
        for (const [key, value] of all) if (value.user === user) all.delete(key)
    },
  }
}

/** A `localStorage` or `sessionStorage` of its own. @param limit units of a value from which on it is full */
export function aWebStorage(stored: Record<string, string> = {}, limit = Infinity) {
  const items = new Map(Object.entries(stored))
  const storage: Storage = {
    clear: () => items.clear(),
    get length() {
      return items.size
    },
    key: (index) => [...items.keys()][index] ?? null,
    getItem: (key) => items.get(key) ?? null,
    setItem(key, value) {
      if (value.length >= limit) throw new DOMException('full', 'QuotaExceededError')
      items.set(key, value)
    },
    removeItem: (key) => void items.delete(key),
  }
  return { items, storage }
}
