/**
 * My messages and changes until their ack (protocol §6, MESSAGE). An entry is stored before its frame is sent, and each room has
 * one frame in flight, so that a refusal never lets a later entry overtake. The owner is told what to draw.
 */
import type { ErrorCode } from '../../shared/errors.ts'
import { LIMITS } from '../../shared/limits.ts'
import type { RoomEvent } from '../../shared/model.ts'
import { isBlank } from '../../shared/text.ts'
import type { ClientFrame, Durable, ServerFrame } from '../../shared/protocol.ts'
import type { FailureReason, OutboxEntry, OutgoingContent, SendStatus } from '../state/state.ts'
import { OutboxStorage, type OutboxStorageWorld } from './outboxStorage.ts'
import type { ComposerDraft, StoredEntry } from './parseStored.ts'
import type { Timers } from './timers.ts'

export interface OutboxWorld extends Timers, OutboxStorageWorld {
  random(): number
  nonce(): string
}

export interface OutboxOwner {
  /** Returns false if the connection is not live; then nothing was sent. */
  send(frame: ClientFrame): boolean
  /** Has this connection joined the room, or asked to? Frames are handled in order, so an entry may follow the join at once. */
  maySendTo(room: string): boolean
  /** Has the server confirmed that join? */
  isConfirmed(room: string): boolean
  /** An entry is to be drawn: a new one, or one found on this device. */
  queued(entry: OutboxEntry): void
  statusChanged(entry: OutboxEntry, status: SendStatus): void
  dropped(entry: OutboxEntry): void
  ackOverdue(): void
  /** The device has refused a write, which is now in memory only. */
  storageBlocked(): void
  /** Called when it changes whether leaving the page would lose unsent entries. */
  unsavedChanged(isUnsaved: boolean): void
}

/** How many entries may be in flight at once. */
const MAX_IN_FLIGHT = 32
/** How long (ms) a refused entry waits: doubled each time, up to `max`. */
const BACKOFF = { first: 1_000, max: 30_000 }
/** ms */
const ACK_OVERDUE = 5_000
/** An entry fails after `LIVE_PATIENCE` (ms) on a live connection, and after `PATIENCE` (ms) in all. */
const LIVE_PATIENCE = 5 * 60_000
const PATIENCE = 60 * 60_000

/** An entry without an ack. It waits by timers, not by the clock, which may be set back (M68, M77). */
interface UnconfirmedEntry {
  entry: StoredEntry
  /** `storing`: the device has not confirmed the entry, so it is not sent yet. `waiting`: it was refused for a time */
  state: 'storing' | 'queued' | 'waiting' | 'sent' | 'failed'
  /** how many times the server has refused it with "try again" */
  refusals: number
  /** cancels the next retry, or the report of an overdue ack */
  cancelNext(): void
  cancelFailure(): void
}

/** The frame of an entry, without what only this device needs to know. */
function frameOf({ tab: _t, user: _u, at: _a, order: _o, failed: _f, kind, ...content }: StoredEntry) {
  return { type: kind === 'message' ? 'send' : kind, ...content } as Durable
}

/** A failed change without text is easier to repeat than to remember, so only entries with text are kept on failure. */
const hasText = ({ text }: OutgoingContent): boolean => text !== undefined

export class Outbox {
  readonly #world: OutboxWorld
  readonly #owner: OutboxOwner
  readonly #storage: OutboxStorage
  /** by nonce, in sending order; failed ones anywhere */
  #entries = new Map<string, UnconfirmedEntry>()
  #user: string | null = null
  #order = 0
  #isLive = false
  #isUnsaved = false

  constructor(world: OutboxWorld, owner: OutboxOwner) {
    this.#storage = new OutboxStorage(world, () => owner.storageBlocked())
    this.#world = world
    this.#owner = owner
  }

  /** Entries that are still to be sent or acknowledged, in sending order. */
  get #unsent(): UnconfirmedEntry[] {
    return [...this.#entries.values()].filter(({ state }) => state !== 'failed')
  }

  /** Rooms with unsent entries. */
  get rooms(): string[] {
    return [...new Set(this.#unsent.map(({ entry }) => entry.room))]
  }

  /** How many entries no server has confirmed; failed ones count only if they have text. */
  get unsentCount(): number {
    return [...this.#entries.values()].filter(({ entry, state }) => state !== 'failed' || hasText(entry))
      .length
  }

  get isFull(): boolean {
    return this.#unsent.length >= LIMITS.unsent
  }

  /** The unconfirmed entries of a room, in order, for a screen that opens it. */
  entries(room: string): OutboxEntry[] {
    return [...this.#entries.values()]
      .flatMap(({ entry }) => (entry.room === room ? entry : []))
      .sort((a, b) => a.order - b.order)
  }

  /** Sends this person's entries from now on; entries of other people stay on the device (U48). */
  async start(user: string): Promise<void> {
    if (this.#user === user) return
    this.stop()
    this.#user = user
    await this.#load((tab) => tab === this.#world.tab)
  }

  /**
   * Adopts the entries of closed tabs. Without locks the open tabs are unknown; then only entries are taken that no open tab
   * would still send, those older than 60 minutes (U46).
   * @param openTabs the open tabs, this one included; empty without locks
   */
  async adopt(openTabs: ReadonlySet<string>): Promise<void> {
    const isKnown = openTabs.has(this.#world.tab)
    const isOrphan = (tab: string, at: number) => (isKnown ? !openTabs.has(tab) : this.#isLate(at))
    await this.#load((tab, at) => tab !== this.#world.tab && isOrphan(tab, at), true)
  }

  /** Has an entry written at `at` waited so long that it is no longer sent automatically? */
  #isLate(at: number): boolean {
    return at + PATIENCE <= this.#world.now()
  }

  /** @param isTaken chooses entries by the tab that left them and when (ms) */
  async #load(isTaken: (tab: string, at: number) => boolean, isAdopting = false): Promise<void> {
    const user = this.#user
    if (user === null) return
    await this.#storage.takeBack(user, isTaken, isAdopting)
    const found = await this.#storage.entries(user)
    for (const entry of found.filter(({ tab, at }) => isTaken(tab, at))) {
      if (this.#user !== user) return
      if (this.#entries.has(entry.nonce)) continue
      const isExpired = entry.failed === undefined && this.#isLate(entry.at)
      if (isExpired && !hasText(entry)) {
        void this.#storage.remove(entry.user, entry.nonce)
        continue
      }
      const own: StoredEntry = { ...entry, tab: this.#world.tab, ...(isExpired && { failed: 'late' }) }
      if (isAdopting || isExpired) await this.#storage.put(own, false)
      if (this.#user !== user) return
      this.#order = Math.max(this.#order, own.order)
      this.#insert(own, own.failed === undefined ? 'queued' : 'failed')
      this.#owner.queued(own)
    }
    this.#entries = new Map([...this.#entries].sort(([, a], [, b]) => a.entry.order - b.entry.order))
    this.flush()
  }

  /** The page may go: what the device has not confirmed is copied, and is there at the next start. */
  pageMayClose(): void {
    if (this.#user !== null) this.#storage.pageMayClose(this.#user)
  }

  /** Stops sending for this person; stored entries stay on the device. */
  stop(): void {
    this.#user = null
    for (const nonce of this.#entries.keys()) this.#remove(nonce)
    this.#reportUnsaved()
  }

  /**
   * Shows a message or a change at once and sends it when it is stored; a message replaces the room's draft.
   * @returns null if the outbox is full or nobody is signed in
   */
  enqueue(room: string, content: OutgoingContent): OutboxEntry | null {
    if (this.#user === null || this.isFull) return null
    const at = this.#world.now()
    const nonce = this.#world.nonce()
    const named = { nonce, room, user: this.#user, at, order: this.#nextOrder(at), tab: this.#world.tab }
    const entry: StoredEntry = { ...named, ...content }
    const unsent = this.#insert(entry, 'storing')
    this.#owner.queued(entry)
    this.#reportUnsaved()
    void this.#store(unsent, content.kind === 'message')
    return entry
  }

  #insert(entry: StoredEntry, state: 'storing' | 'queued' | 'failed'): UnconfirmedEntry {
    const timers = { cancelNext() {}, cancelFailure() {} }
    const added: UnconfirmedEntry = { entry, state, refusals: 0, ...timers }
    this.#entries.set(entry.nonce, added)
    if (state !== 'failed') this.#limitWait(added)
    return added
  }

  #remove(nonce: string): StoredEntry | undefined {
    const removed = this.#entries.get(nonce)
    removed?.cancelNext()
    removed?.cancelFailure()
    this.#entries.delete(nonce)
    return removed?.entry
  }

  /** The entry fails 60 minutes after it was written, or after 5 minutes of this connection. */
  #limitWait(unsent: UnconfirmedEntry): void {
    unsent.cancelFailure()
    const left = unsent.entry.at + PATIENCE - this.#world.now()
    unsent.cancelFailure = this.#world.after(Math.min(left, this.#isLive ? LIVE_PATIENCE : PATIENCE), () => {
      this.#fail(unsent, 'late')
      this.flush()
    })
  }

  #nextOrder(now: number): number {
    this.#order = Math.max(this.#order + 1, now)
    return this.#order
  }

  async #store(unsent: UnconfirmedEntry, dropDraft: boolean): Promise<void> {
    await this.#storage.put(unsent.entry, dropDraft)
    if (unsent.state === 'storing') unsent.state = 'queued'
    this.flush()
  }

  /** Sends what may be sent now. */
  flush(): void {
    this.#reportUnsaved()
    const busyRooms = new Set<string>()
    let inFlight = this.#unsent.filter(({ state }) => state === 'sent').length
    for (const unsent of this.#unsent) {
      const { entry, state } = unsent
      if (busyRooms.has(entry.room)) continue
      busyRooms.add(entry.room)
      if (state !== 'queued' || inFlight >= MAX_IN_FLIGHT) continue
      if (!this.#isLive || !this.#owner.maySendTo(entry.room)) continue
      if (!this.#owner.send(frameOf(entry))) break
      unsent.state = 'sent'
      inFlight += 1
      this.#awaitAck(unsent)
      this.#owner.statusChanged(entry, { status: 'sent' })
    }
  }

  #awaitAck(unsent: UnconfirmedEntry): void {
    unsent.cancelNext = this.#world.after(ACK_OVERDUE, () => {
      this.#awaitAck(unsent)
      // If the connection proves alive, all entries without an ack are sent again.
      this.#owner.ackOverdue()
    })
  }

  /** The connection is new, or has proven alive: entries without an ack are sent again, in their order. */
  resend(): void {
    this.#setLive(true)
    this.#requeueSent()
    this.flush()
  }

  /** @param refused the server may have closed because of a frame, so entries in flight fail and are not sent again automatically */
  disconnected(refused: boolean): void {
    this.#setLive(false)
    if (refused) for (const unsent of this.#unsent) if (unsent.state === 'sent') this.#fail(unsent, 'refused')
    this.#requeueSent()
    this.#reportUnsaved()
  }

  #setLive(isLive: boolean): void {
    if (this.#isLive === isLive) return
    this.#isLive = isLive
    for (const unsent of this.#unsent) this.#limitWait(unsent)
  }

  #requeueSent(delay = 0): void {
    for (const unsent of this.#unsent) if (unsent.state === 'sent') this.#requeue(unsent, delay)
  }

  /** @param delay ms until it may be sent again */
  #requeue(unsent: UnconfirmedEntry, delay = 0): void {
    unsent.cancelNext()
    unsent.state = delay > 0 ? 'waiting' : 'queued'
    if (delay > 0)
      unsent.cancelNext = this.#world.after(delay, () => {
        unsent.state = 'queued'
        this.flush()
      })
    this.#owner.statusChanged(unsent.entry, { status: 'queued' })
  }

  /** Handles the frames that answer entries of mine. */
  receive(frame: ServerFrame): void {
    // prettier-ignore
    switch (frame.type) {
      case 'ack': this.#settle(frame.nonce); break
      case 'event': this.#settleOwn(frame); break
      case 'sync': for (const event of [...(frame.messages ?? []), ...frame.events]) this.#settleOwn(event); break
      case 'error': this.#refused(frame.nonce, frame.code, frame.retry, frame.after); break
      default:
    }
  }

  /** Others see my nonces and may copy them, so an event settles only what I sent (M60). */
  #settleOwn({ user, nonce }: Pick<RoomEvent, 'user' | 'nonce'>): void {
    if (user?.id === this.#user && nonce !== undefined) this.#settle(nonce)
  }

  #settle(nonce: string): void {
    const entry = this.#remove(nonce)
    if (entry === undefined) return
    void this.#storage.remove(entry.user, nonce)
    this.flush()
  }

  #refused(nonce: string | undefined, code: ErrorCode, retry: boolean, after: number | undefined): void {
    // The server dropped frames unread and cannot say which, so all of them are sent again.
    if (nonce === undefined && code === 'rateLimited') this.#requeueSent(after ?? BACKOFF.first)
    const unsent = this.#entries.get(nonce ?? '')
    if (unsent === undefined || unsent.state === 'failed') return
    // The server refused to join us to the room for now: the entry is sent again after the next join request (M76).
    if (code === 'notMember' && !this.#owner.isConfirmed(unsent.entry.room)) this.#requeue(unsent)
    else if (!retry) this.#fail(unsent, code)
    else {
      const backoff = Math.min(BACKOFF.max, BACKOFF.first * 2 ** unsent.refusals)
      unsent.refusals += 1
      this.#requeue(unsent, after ?? backoff * (0.5 + this.#world.random() / 2))
    }
    this.flush()
  }

  #fail(unsent: UnconfirmedEntry, reason: FailureReason): void {
    const failed = { ...unsent.entry, failed: reason }
    this.#remove(failed.nonce)
    this.#insert(failed, 'failed')
    this.#owner.statusChanged(failed, { status: 'failed', reason })
    if (hasText(failed)) void this.#storage.put(failed, false)
    else void this.#storage.remove(failed.user, failed.nonce)
  }

  /** The room is missing or not open to me, so its entries cannot be sent. */
  failRoom(room: string): void {
    for (const unsent of this.#unsent) if (unsent.entry.room === room) this.#fail(unsent, 'noRoom')
    this.#reportUnsaved()
  }

  /** Sends a failed entry again, under the same nonce, behind those that wait. */
  retry(nonce: string): void {
    const known = this.#entries.get(nonce)
    if (known?.state !== 'failed' || this.isFull) return
    const now = this.#world.now()
    const { failed: _, ...entry }: StoredEntry = { ...known.entry, at: now, order: this.#nextOrder(now) }
    this.#remove(nonce)
    const unsent = this.#insert(entry, 'storing')
    this.#owner.statusChanged(entry, { status: 'queued' })
    void this.#store(unsent, false)
  }

  /** Cancels an entry. If it is in flight it may still arrive. */
  drop(nonce: string): void {
    const entry = this.#remove(nonce)
    if (entry === undefined) return
    this.#owner.dropped(entry)
    void this.#storage.remove(entry.user, nonce)
    this.flush()
  }

  async draft(room: string): Promise<ComposerDraft | null> {
    return this.#user === null ? null : this.#storage.draft(this.#user, room)
  }

  /** The rooms in which this person has a draft. */
  async draftRooms(): Promise<string[]> {
    return this.#user === null ? [] : [...(await this.#storage.draftRooms(this.#user))]
  }

  async saveDraft(room: string, text: string, caret: number): Promise<void> {
    if (this.#user === null) return
    await this.#storage.saveDraft(this.#user, room, isBlank(text) ? null : { text, caret })
  }

  /** Deletes everything of this person from the device. */
  async wipe(): Promise<void> {
    const user = this.#user
    this.stop()
    if (user !== null) await this.#storage.wipe(user)
  }

  #reportUnsaved(): void {
    const isUnsaved = !this.#storage.isLasting && this.#unsent.length > 0
    if (isUnsaved === this.#isUnsaved) return
    this.#isUnsaved = isUnsaved
    this.#owner.unsavedChanged(isUnsaved)
  }
}
