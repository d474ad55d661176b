/** Drafts and unsent messages on this device, each under its person. One interface, in IndexedDB or in memory. */
import { createStore, promisifyRequest, type UseStore } from 'idb-keyval'
import { parseDraft, parseEntry, type ComposerDraft, type StoredEntry } from './parseStored.ts'

/** What rejects has changed nothing. */
export interface DeviceStorage {
  /** does what is put now survive the page? */
  readonly isLasting: boolean
  /** Stores an entry; its room's draft goes in the same transaction, so that the text is always in one of the two (U34). */
  put(entry: StoredEntry, dropDraft: boolean): Promise<void>
  remove(user: string, nonce: string): Promise<void>
  /** in the order in which they leave */
  entries(user: string): Promise<StoredEntry[]>
  draft(user: string, room: string): Promise<ComposerDraft | null>
  /** in how many rooms there is one */
  draftCount(user: string): Promise<number>
  /** null deletes it */
  saveDraft(user: string, room: string, draft: ComposerDraft | null): Promise<void>
  /** Everything of this person goes. */
  wipe(user: string): Promise<void>
}

const byOrder = (a: StoredEntry, b: StoredEntry) => a.order - b.order

/** @throws if the browser refuses storage; asks it by a first read */
export async function openStorage(name = 'hubbub'): Promise<DeviceStorage> {
  const store: UseStore = createStore(name, 'kept')
  const all = (user: string, kind: 'sent' | 'draft') => IDBKeyRange.bound([user, kind], [user, kind, []])
  await store('readonly', (kept) => promisifyRequest(kept.count()))

  const write = (change: (kept: IDBObjectStore) => void) =>
    store('readwrite', (kept) => {
      change(kept)
      // Told at once that nothing follows, it is kept even if the page goes away in the same moment.
      kept.transaction.commit?.()
      return promisifyRequest<undefined>(kept.transaction)
    })

  return {
    isLasting: true,
    put: (entry, dropDraft) =>
      write((kept) => {
        kept.put(entry, [entry.user, 'sent', entry.nonce])
        if (dropDraft) kept.delete([entry.user, 'draft', entry.room])
      }),
    remove: (user, nonce) => write((kept) => kept.delete([user, 'sent', nonce])),
    entries: (user) =>
      store('readonly', async (kept) => {
        const found: unknown[] = await promisifyRequest(kept.getAll(all(user, 'sent')))
        return found.flatMap((row) => parseEntry(row, user) ?? []).sort(byOrder)
      }),
    draft: (user, room) =>
      store('readonly', async (kept) => parseDraft(await promisifyRequest(kept.get([user, 'draft', room])))),
    draftCount: (user) =>
      store('readonly', async (kept) => {
        const found: unknown[] = await promisifyRequest(kept.getAll(all(user, 'draft')))
        return found.filter((row) => parseDraft(row) !== null).length
      }),
    saveDraft: (user, room, draft) =>
      write((kept) => {
        if (draft === null) kept.delete([user, 'draft', room])
        else kept.put(draft, [user, 'draft', room])
      }),
    wipe: (user) => write((kept) => kept.delete(IDBKeyRange.bound([user], [user, []]))),
  }
}

/** Where the browser keeps nothing: as long as the page lives. */
export function memoryStorage(): DeviceStorage {
  const sent = new Map<string, StoredEntry>()
  const drafts = new Map<string, ComposerDraft>()
  return {
    isLasting: false,
    async put(entry, dropDraft) {
      sent.set(`${entry.user} ${entry.nonce}`, entry)
      if (dropDraft) drafts.delete(`${entry.user} ${entry.room}`)
    },
    async remove(user, nonce) {
      sent.delete(`${user} ${nonce}`)
    },
    entries: async (user) => [...sent.values()].filter((entry) => entry.user === user).sort(byOrder),
    draft: async (user, room) => drafts.get(`${user} ${room}`) ?? null,
    draftCount: async (user) => [...drafts.keys()].filter((key) => key.startsWith(`${user} `)).length,
    async saveDraft(user, room, draft) {
      if (draft === null) drafts.delete(`${user} ${room}`)
      else drafts.set(`${user} ${room}`, draft)
    },
    async wipe(user) {
      for (const kept of [sent, drafts])
        for (const key of kept.keys()) if (key.startsWith(`${user} `)) kept.delete(key)
    },
  }
}

/**
 * The same, and nothing rejects: what the device refuses (it is full, or storage was switched off) is kept in memory, and
 * `refused` is called; after a message, all that follow are. What stays behind on the device is sent one day and answered as
 * a duplicate.
 */
export function fallBackToMemory(device: DeviceStorage, refused: () => void): DeviceStorage {
  const memory = memoryStorage()
  let full = false
  const both = [device, memory]
  const everywhere = async (change: (storage: DeviceStorage) => Promise<void>) => {
    await Promise.allSettled(both.map(change))
  }
  return {
    get isLasting() {
      return !full && device.isLasting
    },
    async put(entry, dropDraft) {
      if (!full) {
        try {
          await device.put(entry, dropDraft)
          if (dropDraft) await memory.saveDraft(entry.user, entry.room, null)
          return
        } catch {
          // Not told to anybody but `refused`: there is nothing else to be done about it.
          full = true
          refused()
        }
      }
      await memory.put(entry, dropDraft)
    },
    remove: (user, nonce) => everywhere((storage) => storage.remove(user, nonce)),
    async entries(user) {
      const found = await Promise.all(both.map((storage) => storage.entries(user).catch(() => [])))
      return [...new Map(found.flat().map((entry) => [entry.nonce, entry])).values()].sort(byOrder)
    },
    draft: async (user, room) =>
      (await memory.draft(user, room)) ?? device.draft(user, room).catch(() => null),
    draftCount: async (user) =>
      (await memory.draftCount(user)) + (await device.draftCount(user).catch(() => 0)),
    async saveDraft(user, room, draft) {
      const homeless = await device.saveDraft(user, room, draft).then(
        () => null,
        () => draft,
      )
      await memory.saveDraft(user, room, homeless)
      if (homeless) refused()
    },
    wipe: (user) => everywhere((storage) => storage.wipe(user)),
  }
}
