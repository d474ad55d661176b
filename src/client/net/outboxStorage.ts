/**
 * The outbox's storage: nothing rejects, and unconfirmed writes stay in memory. Before the page goes they are copied to
 * localStorage, which writes at once, since the browser may undo unfinished writes to IndexedDB (R21).
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

type RoomDraft = ComposerDraft & { user: string; room: string }
type Write = StoredEntry | RoomDraft

/** UTF-16 units of all that a copy holds; what does not fit is left to IndexedDB. */
export const MAX_COPIED = 256 * 1024

const isEntry = (write: Write): write is StoredEntry => 'nonce' in write
const isDraft = (write: Write): write is RoomDraft => !isEntry(write)
const entryKey = (user: string, nonce: string) => `entry ${user} ${nonce}`
const draftKey = (user: string, room: string) => `draft ${user} ${room}`
const copyPrefix = (user: string) => `unsent ${user} `

export interface OutboxStorageWorld {
  /** where drafts and unsent messages are stored */
  storage: DeviceStorage
  /** `localStorage`, or null where the browser refuses it: then there are no copies */
  localStorage: Storage | null
  /** the id of this tab */
  tab: string
  /** ms since the epoch */
  now(): number
}

export class OutboxStorage {
  readonly #world: OutboxStorageWorld
  readonly #refused: () => void
  readonly #unconfirmed = new Map<string, Write>()
  #hasRefused = false
  /** the person whose writes are copied; null once all of them are confirmed */
  #copiedUser: string | null = null

  /** @param refused called when the device refuses a write, which then lasts only as long as the page */
  constructor(world: OutboxStorageWorld, refused: () => void) {
    this.#world = world
    this.#refused = refused
  }

  /** Do entries stored now survive the page? */
  get isLasting(): boolean {
    return this.#world.storage.isLasting && !this.#hasRefused
  }

  put(entry: StoredEntry, dropDraft: boolean): Promise<void> {
    if (dropDraft) this.#unconfirmed.delete(draftKey(entry.user, entry.room))
    return this.#write(entryKey(entry.user, entry.nonce), entry, () =>
      this.#world.storage.put(entry, dropDraft),
    )
  }

  /** If the device fails to remove an entry, a later page sends it again, and the server sees that it is a duplicate. */
  remove(user: string, nonce: string): Promise<void> {
    return this.#write(entryKey(user, nonce), null, () => this.#world.storage.remove(user, nonce))
  }

  /** @param draft null deletes it */
  saveDraft(user: string, room: string, draft: ComposerDraft | null): Promise<void> {
    const write = draft && { user, room, ...draft }
    return this.#write(draftKey(user, room), write, () => this.#world.storage.saveDraft(user, room, draft))
  }

  /** @param write null: a deletion */
  async #write(key: string, write: Write | null, store: () => Promise<void>): Promise<void> {
    if (write === null) this.#unconfirmed.delete(key)
    else this.#unconfirmed.set(key, write)
    this.#copy()
    try {
      await store()
    } catch {
      if (write === null) return
      this.#hasRefused = true
      return this.#refused()
    }
    // A newer write may have taken its place.
    if (this.#unconfirmed.get(key) !== write) return
    this.#unconfirmed.delete(key)
    this.#copy()
  }

  #unconfirmedOf(user: string): Write[] {
    return [...this.#unconfirmed.values()].filter((write) => write.user === user)
  }

  /** in sending order */
  async entries(user: string): Promise<StoredEntry[]> {
    const stored = await this.#world.storage.entries(user).catch(() => [])
    const all = [...stored, ...this.#unconfirmedOf(user).filter(isEntry)]
    return [...new Map(all.map((entry) => [entry.nonce, entry])).values()].sort((a, b) => a.order - b.order)
  }

  async draft(user: string, room: string): Promise<ComposerDraft | null> {
    const unconfirmed = this.#unconfirmed.get(draftKey(user, room)) as RoomDraft | undefined
    if (unconfirmed === undefined) return this.#storedDraft(user, room)
    const { text, caret } = unconfirmed
    return { text, caret }
  }

  #storedDraft(user: string, room: string): Promise<ComposerDraft | null> {
    return this.#world.storage.draft(user, room).catch(() => null)
  }

  /** The rooms with a draft. */
  async draftRooms(user: string): Promise<ReadonlySet<string>> {
    const stored = await this.#world.storage.draftRooms(user).catch(() => [])
    const unconfirmed = this.#unconfirmedOf(user).filter(isDraft)
    return new Set([...stored, ...unconfirmed.map(({ room }) => room)])
  }

  /** Deletes everything of this person. */
  async wipe(user: string): Promise<void> {
    for (const [key, write] of this.#unconfirmed) if (write.user === user) this.#unconfirmed.delete(key)
    for (const key of keysWith(this.#world.localStorage, copyPrefix(user)))
      writeItem(this.#world.localStorage, key, null)
    await this.#world.storage.wipe(user).catch(() => {})
  }

  /** The page may go: copies what is not confirmed, and keeps the copy up to date while the page stays. */
  pageMayClose(user: string): void {
    this.#copiedUser = user
    this.#copy()
  }

  #copy(): void {
    if (this.#copiedUser === null) return
    const key = copyPrefix(this.#copiedUser) + this.#world.tab
    const writes = this.#unconfirmedOf(this.#copiedUser)
    // Removed first: if localStorage is full, a former copy must not stay.
    writeItem(this.#world.localStorage, key, null)
    if (writes.length === 0) {
      this.#copiedUser = null
      return
    }
    let left = MAX_COPIED
    const fitting = writes.filter((write) => {
      const { length } = JSON.stringify(write)
      const fits = length <= left
      if (fits) left -= length
      return fits
    })
    writeItem(this.#world.localStorage, key, JSON.stringify({ at: this.#world.now(), writes: fitting }))
  }

  /**
   * Stores what earlier pages could not store before they closed.
   * @param isTaken chooses copies by the tab that left them and when (ms)
   * @param isAdopting the copies are of other tabs
   */
  async takeBack(
    user: string,
    isTaken: (tab: string, at: number) => boolean,
    isAdopting: boolean,
  ): Promise<void> {
    const writes = this.#takeCopies(user, isTaken)
    const entries = writes.filter(isEntry)
    const drafts = writes.filter(isDraft)
    // All at once: until they are stored, only this page has them.
    for (const draft of drafts) {
      const key = draftKey(user, draft.room)
      if (!isAdopting || !this.#unconfirmed.has(key)) this.#unconfirmed.set(key, draft)
    }
    await Promise.all(entries.map((entry) => this.put(entry, false)))
    for (const { kind, room, text } of entries) {
      if (kind !== 'message' || this.#unconfirmed.has(draftKey(user, room))) continue
      const stored = await this.#storedDraft(user, room)
      // A draft that has become a message is no longer a draft (U34).
      if (stored && text.startsWith(cleanText(stored.text))) await this.saveDraft(user, room, null)
    }
    for (const draft of drafts) {
      const { room, text, caret } = draft
      // Another tab's draft must not replace what was written since.
      const stored = isAdopting ? await this.#storedDraft(user, room) : null
      const key = draftKey(user, room)
      // Meanwhile the person wrote in this tab, or signed out.
      if (this.#unconfirmed.get(key) !== draft) continue
      if (stored !== null && !text.startsWith(stored.text)) this.#unconfirmed.delete(key)
      else await this.saveDraft(user, room, { text, caret })
    }
  }

  #takeCopies(user: string, isTaken: (tab: string, at: number) => boolean): Write[] {
    const prefix = copyPrefix(user)
    return keysWith(this.#world.localStorage, prefix).flatMap((key) => {
      const { at, writes } = parseCopy(readItem(this.#world.localStorage, key) ?? '')
      if (!isTaken(key.slice(prefix.length), Number(at) || 0)) return []
      writeItem(this.#world.localStorage, key, null)
      return (Array.isArray(writes) ? writes : []).flatMap((row) => parseWrite(row, user) ?? [])
    })
  }
}

/** The fields of a copy; none if it is not a copy, or longer than one can be. */
function parseCopy(text: string): ReturnType<typeof fieldsOf> {
  try {
    return fieldsOf(text.length > 2 * MAX_COPIED ? null : JSON.parse(text))
  } catch {
    return {}
  }
}

function parseWrite(row: unknown, user: string): Write | null {
  const { room, nonce } = fieldsOf(row)
  if (nonce !== undefined) return parseEntry(row, user)
  const draft = parseDraft(row)
  return draft !== null && isRoom(room) ? { user, room, ...draft } : null
}
