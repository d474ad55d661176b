/** Drafts and unsent messages on this device, by person, in IndexedDB. */
import { createStore, promisifyRequest, type UseStore } from 'idb-keyval'
import { parseDraft, parseEntry, type ComposerDraft, type StoredEntry } from './parseStored.ts'

/** A call that rejects has changed nothing. */
export interface DeviceStorage {
  /** Do entries stored now survive the page? */
  readonly isLasting: boolean
  /** Stores an entry and, with `dropDraft`, deletes its room's draft in the same transaction: the text is always in one of them. */
  put(entry: StoredEntry, dropDraft: boolean): Promise<void>
  remove(user: string, nonce: string): Promise<void>
  entries(user: string): Promise<StoredEntry[]>
  draft(user: string, room: string): Promise<ComposerDraft | null>
  /** the rooms with a draft */
  draftRooms(user: string): Promise<string[]>
  /** null deletes it */
  saveDraft(user: string, room: string, draft: ComposerDraft | null): Promise<void>
  /** Deletes everything of this person. */
  wipe(user: string): Promise<void>
}

/** The second part of the key of an unsent entry: devices already hold entries under this word. */
const ENTRY = 'sent'

/** ms for a first read: a browser with a damaged database may never answer, and signing in waits for it. */
const PATIENCE = 4_000

/** @throws if the browser refuses storage or does not answer: a first read tries it out */
export async function openStorage(name = 'hubbub', patience = PATIENCE): Promise<DeviceStorage> {
  const store: UseStore = createStore(name, 'kept')
  const all = (user: string, kind: string) => IDBKeyRange.bound([user, kind], [user, kind, []])
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new TypeError('no answer')), patience)
  await Promise.race([store('readonly', (kept) => promisifyRequest(kept.count())), late.promise])
  clearTimeout(timer)

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
        kept.put(entry, [entry.user, ENTRY, entry.nonce])
        if (dropDraft) kept.delete([entry.user, 'draft', entry.room])
      }),
    remove: (user, nonce) => write((kept) => kept.delete([user, ENTRY, nonce])),
    entries: (user) =>
      store('readonly', async (kept) => {
        const found: unknown[] = await promisifyRequest(kept.getAll(all(user, ENTRY)))
        return found.flatMap((row) => parseEntry(row, user) ?? [])
      }),
    draft: (user, room) =>
      store('readonly', async (kept) => parseDraft(await promisifyRequest(kept.get([user, 'draft', room])))),
    draftRooms: (user) =>
      store('readonly', async (kept) => {
        const requests = [kept.getAll(all(user, 'draft')), kept.getAllKeys(all(user, 'draft'))] as const
        const [rows, keys] = await Promise.all([
          promisifyRequest<unknown[]>(requests[0]),
          promisifyRequest(requests[1]),
        ])
        return keys.flatMap((key, index) => (parseDraft(rows[index]) ? ((key as string[])[2] ?? []) : []))
      }),
    saveDraft: (user, room, draft) =>
      write((kept) => {
        if (draft === null) kept.delete([user, 'draft', room])
        else kept.put(draft, [user, 'draft', room])
      }),
    wipe: (user) => write((kept) => kept.delete(IDBKeyRange.bound([user], [user, []]))),
  }
}

/** For a browser that refuses storage. */
export function noStorage(): DeviceStorage {
  const refuse = () => Promise.reject(new TypeError('refused'))
  const drafts = { draft: refuse, draftRooms: refuse, saveDraft: refuse }
  return { isLasting: false, put: refuse, remove: refuse, entries: refuse, ...drafts, wipe: refuse }
}
