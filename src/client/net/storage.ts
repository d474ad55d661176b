/** Drafts and unsent messages on this device, by person. One interface, in IndexedDB or in memory. */
import { createStore, promisifyRequest, type UseStore } from 'idb-keyval'
import { parseDraft, parseEntry, type ComposerDraft, type StoredEntry } from './parseStored.ts'

/** A call that rejects has changed nothing. */
export interface DeviceStorage {
  /** Do entries stored now survive the page? */
  readonly isLasting: boolean
  /** Stores an entry and, with `dropDraft`, deletes its room's draft in the same transaction: the text is always in one of them. */
  put(entry: StoredEntry, dropDraft: boolean): Promise<void>
  remove(user: string, nonce: string): Promise<void>
  /** in sending order */
  entries(user: string): Promise<StoredEntry[]>
  draft(user: string, room: string): Promise<ComposerDraft | null>
  /** in how many rooms there is a draft */
  draftCount(user: string): Promise<number>
  /** null deletes it */
  saveDraft(user: string, room: string, draft: ComposerDraft | null): Promise<void>
  /** Deletes everything of this person. */
  wipe(user: string): Promise<void>
}

const byOrder = (a: StoredEntry, b: StoredEntry) => a.order - b.order

/** @throws if the browser refuses storage, as a first read shows */
export async function openStorage(name = 'hubbub'): Promise<DeviceStorage> {
  const store: UseStore = createStore(name, 'kept')
  const all = (user: string, kind: 'sent' | 'draft') => IDBKeyRange.bound([user, kind], [user, kind, []])
  await store('readonly', (kept) => promisifyRequest(kept.count()))

  const write = (change: (kept: IDBObjectStore) => void) =>
    store('readwrite', (kept) => {
      change(kept)
      // A transaction still open when the page goes is undone, so it is committed at once.
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

/** For a browser that refuses storage: lasts as long as the page. */
export function memoryStorage(): DeviceStorage {
  const sent = new Map<string, StoredEntry>()
  const drafts = new Map<string, ComposerDraft>()
  const keysOf = (user: string, all: Map<string, unknown>) =>
    [...all.keys()].filter((key) => key.startsWith(`${user} `))
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
    draftCount: async (user) => keysOf(user, drafts).length,
    async saveDraft(user, room, draft) {
      if (draft === null) drafts.delete(`${user} ${room}`)
      else drafts.set(`${user} ${room}`, draft)
    },
    async wipe(user) {
      for (const all of [sent, drafts]) for (const key of keysOf(user, all)) all.delete(key)
    },
  }
}

/**
 * The device's storage, except that nothing rejects: what the device refuses (full, or switched off) is kept in memory, and
 * `refused` is called. After one refused entry all later ones stay in memory.
 */
export function fallBackToMemory(device: DeviceStorage, refused: () => void): DeviceStorage {
  const memory = memoryStorage()
  let isFull = false
  const both = [device, memory]
  const everywhere = async (change: (storage: DeviceStorage) => Promise<void>) => {
    await Promise.allSettled(both.map(change))
  }
  return {
    get isLasting() {
      return !isFull && device.isLasting
    },
    async put(entry, dropDraft) {
      if (!isFull) {
        try {
          await device.put(entry, dropDraft)
          if (dropDraft) await memory.saveDraft(entry.user, entry.room, null)
          return
        } catch {
          isFull = true
          refused()
        }
      }
      await memory.put(entry, dropDraft)
    },
    // An entry the device cannot remove is sent again one day and answered as a duplicate.
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
      const isRefused = await device.saveDraft(user, room, draft).then(
        () => false,
        () => draft !== null,
      )
      await memory.saveDraft(user, room, isRefused ? draft : null)
      if (isRefused) refused()
    },
    wipe: (user) => everywhere((storage) => storage.wipe(user)),
  }
}
