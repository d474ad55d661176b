/**
 * My messages and changes until their ack (protocol §6, MESSAGE). An entry is stored before its frame is sent, and each room has
 * one frame in flight, so that a refusal never lets a later entry overtake. The owner is told what to draw.
 */
import type { ErrorCode } from '../../shared/errors.ts'
import { LIMITS } from '../../shared/limits.ts'
import type { RoomEvent } from '../../shared/model.ts'
import type { ClientFrame, ServerFrame } from '../../shared/protocol.ts'
import type { FailureReason, OutboxEntry, OutgoingContent, SendStatus } from '../state/state.ts'
import { ACK_OVERDUE, frameOf, isLate, OutboxQueue, type UnsentEntry } from './outboxQueue.ts'
import type { ComposerDraft, StoredEntry } from './parseStored.ts'
import { fallBackToMemory, type DeviceStorage } from './storage.ts'
import type { Timers } from './timers.ts'
import { withCopies, type CopiedStorage } from './unconfirmedWrites.ts'

export interface OutboxWorld extends Timers {
  random(): number
  nonce(): string
}

export interface OutboxOwner {
  /** Returns false if the connection is not live; then nothing was sent. */
  send(frame: ClientFrame): boolean
  /** Has this connection joined the room, or asked to? The server reads frames behind a join after it. */
  maySendTo(room: string): boolean
  /** Has the server confirmed that join? */
  isConfirmed(room: string): boolean
  /** An entry is to be drawn: a new one, or one found on this device. */
  queued(entry: OutboxEntry): void
  statusChanged(entry: OutboxEntry, status: SendStatus): void
  dropped(entry: OutboxEntry): void
  ackOverdue(): void
  /** The device stores nothing: from now on entries are kept in memory. */
  storageBlocked(): void
  /** Called when it changes whether leaving the page loses something. */
  unsavedChanged(isUnsaved: boolean): void
}

/** How many entries may be in flight at once. */
const MAX_IN_FLIGHT = 32
/** How long (ms) a refused entry waits: doubled each time, up to `max`. */
const BACKOFF = { first: 1_000, max: 30_000 }

/** A failed change without text is easier to repeat than to remember, so only entries with text are kept on failure. */
const hasText = ({ text }: OutgoingContent): boolean => text !== undefined

export class Outbox {
  readonly #world: OutboxWorld
  readonly #owner: OutboxOwner
  readonly #tab: string
  readonly #storage: CopiedStorage
  readonly #queue: OutboxQueue
  readonly #failed = new Map<string, StoredEntry>()
  #user: string | null = null
  #order = 0
  #cancelTimer = () => {}
  #isUnsaved = false

  /** @param local `localStorage` for copies of unconfirmed writes when the page goes; null: no copies */
  constructor(
    storage: DeviceStorage,
    tab: string,
    world: OutboxWorld,
    owner: OutboxOwner,
    local: Storage | null = null,
  ) {
    const device = fallBackToMemory(storage, () => owner.storageBlocked())
    this.#storage = withCopies(device, local, tab, world.now)
    this.#tab = tab
    this.#world = world
    this.#queue = new OutboxQueue(world.now)
    this.#owner = owner
  }

  /** Rooms with unsent entries. */
  get rooms(): string[] {
    return [...new Set(this.#unsent.map(({ entry }) => entry.room))]
  }

  /** How many entries no server has confirmed; failed ones count only if they have text. */
  get unsentCount(): number {
    return this.#queue.size + [...this.#failed.values()].filter(hasText).length
  }

  get isFull(): boolean {
    return this.#queue.size >= LIMITS.unsent
  }

  /** The unconfirmed entries of a room, in order, for a screen that opens it. */
  entries(room: string): OutboxEntry[] {
    return [...this.#failed.values(), ...this.#unsent.map(({ entry }) => entry)]
      .filter((entry) => entry.room === room)
      .sort((a, b) => a.order - b.order)
  }

  get #unsent(): UnsentEntry[] {
    return [...this.#queue.values()]
  }

  /** Works for this person from now on; entries of other people stay on the device (U48). */
  async start(user: string): Promise<void> {
    if (this.#user === user) return
    this.stop()
    this.#user = user
    await this.#load((tab) => tab === this.#tab)
  }

  /**
   * Adopts the entries of closed tabs. Without locks nobody knows which tabs are open; then only entries are taken that no open
   * tab would still send, those after the 60 minutes of U46.
   * @param openTabs the open tabs, this one included; empty without locks
   */
  async adopt(openTabs: ReadonlySet<string>): Promise<void> {
    const isKnown = openTabs.has(this.#tab)
    const isOrphan = (tab: string, at: number) =>
      isKnown ? !openTabs.has(tab) : isLate(at, this.#queue.now())
    await this.#load((tab, at) => tab !== this.#tab && isOrphan(tab, at), true)
  }

  async #load(isMine: (tab: string, at: number) => boolean, isAdopting = false): Promise<void> {
    const user = this.#user
    if (user === null) return
    await this.#storage.takeBack(user, isMine, !isAdopting)
    const found = await this.#storage.entries(user)
    for (const entry of found.filter(({ tab, at }) => isMine(tab, at))) {
      if (this.#user !== user) return
      if (this.#queue.has(entry.nonce) || this.#failed.has(entry.nonce)) continue
      const isExpired = entry.failed === undefined && isLate(entry.at, this.#queue.now())
      if (isExpired && !hasText(entry)) {
        void this.#storage.remove(entry.user, entry.nonce)
        continue
      }
      const own: StoredEntry = { ...entry, tab: this.#tab, ...(isExpired && { failed: 'late' }) }
      if (isAdopting || isExpired) await this.#storage.put(own, false)
      if (this.#user !== user) return
      this.#order = Math.max(this.#order, own.order)
      if (own.failed === undefined) this.#queue.add(own, 'queued')
      else this.#failed.set(own.nonce, own)
      this.#owner.queued(own)
    }
    this.#queue.sort()
    this.flush()
  }

  /** The page may go: what the device has not confirmed is copied, and is there at the next start. */
  pageMayClose(): void {
    if (this.#user !== null) this.#storage.pageMayClose(this.#user)
  }

  /** Works for nobody; what is stored stays stored. */
  stop(): void {
    this.#user = null
    this.#storage.forgetUnconfirmed()
    this.#queue.clear()
    this.#failed.clear()
    this.#schedule()
  }

  /**
   * Shows a message or a change at once and sends it when it is stored; a message replaces the room's draft.
   * @returns null if the outbox is full or nobody is signed in
   */
  enqueue(room: string, content: OutgoingContent): OutboxEntry | null {
    if (this.#user === null || this.isFull) return null
    const at = this.#queue.now()
    const nonce = this.#world.nonce()
    const named = { nonce, room, user: this.#user, at, order: this.#nextOrder(at), tab: this.#tab }
    const entry: StoredEntry = { ...named, ...content }
    const unsent = this.#queue.add(entry, 'storing')
    this.#owner.queued(entry)
    this.#schedule()
    void this.#store(unsent, content.kind === 'message')
    return entry
  }

  #nextOrder(now: number): number {
    this.#order = Math.max(this.#order + 1, now)
    return this.#order
  }

  async #store(unsent: UnsentEntry, dropDraft: boolean): Promise<void> {
    await this.#storage.put(unsent.entry, dropDraft)
    if (unsent.progress.state === 'storing') unsent.progress.state = 'queued'
    this.flush()
  }

  /** Sends what may be sent now. */
  flush(): void {
    const now = this.#queue.now()
    const busyRooms = new Set<string>()
    let { inFlight } = this.#queue
    for (const unsent of this.#unsent) {
      const { entry, progress } = unsent
      if (busyRooms.has(entry.room)) continue
      busyRooms.add(entry.room)
      if (progress.state !== 'queued' || progress.retryAt > now || inFlight >= MAX_IN_FLIGHT) continue
      if (!this.#queue.isLive || !this.#owner.maySendTo(entry.room)) continue
      if (!this.#owner.send(frameOf(entry))) break
      unsent.progress = { state: 'sent', sentAt: now }
      inFlight += 1
      this.#owner.statusChanged(entry, { status: 'sent', since: unsent.since })
    }
    this.#schedule()
  }

  /** The connection is new, or has proven alive: entries without an ack are sent again, in their order. */
  resend(): void {
    this.#queue.connected()
    this.#requeueSent(0)
    this.flush()
  }

  /** @param refused what was sent on the connection may have ended it, so it is not sent again automatically */
  disconnected(refused: boolean): void {
    this.#queue.disconnected()
    if (refused)
      for (const unsent of this.#unsent) if (unsent.progress.state === 'sent') this.#fail(unsent, 'refused')
    this.#requeueSent(0)
    this.#schedule()
  }

  #requeueSent(retryAt: number): void {
    for (const unsent of this.#unsent) if (unsent.progress.state === 'sent') this.#requeue(unsent, retryAt)
  }

  #requeue(unsent: UnsentEntry, retryAt: number): void {
    unsent.progress = { state: unsent.progress.state === 'storing' ? 'storing' : 'queued', retryAt }
    const isLater = retryAt > this.#queue.now()
    const { entry, since } = unsent
    this.#owner.statusChanged(entry, { status: 'queued', since, ...(isLater && { retryAt }) })
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

  #remove(nonce: string): StoredEntry | undefined {
    const entry = this.#queue.get(nonce)?.entry ?? this.#failed.get(nonce)
    this.#queue.delete(nonce)
    this.#failed.delete(nonce)
    return entry
  }

  #refused(nonce: string | undefined, code: ErrorCode, retry: boolean, after: number | undefined): void {
    const now = this.#queue.now()
    if (nonce === undefined) {
      // The server dropped frames unread and cannot say which, so all of them are sent again.
      if (code === 'rateLimited') this.#requeueSent(now + (after ?? BACKOFF.first))
      return this.#schedule()
    }
    const unsent = this.#queue.get(nonce)
    if (unsent === undefined) return
    // The join before it was refused for a time; the entry is sent again behind the next join (M76).
    if (code === 'notMember' && !this.#owner.isConfirmed(unsent.entry.room)) this.#requeue(unsent, 0)
    else if (!retry) this.#fail(unsent, code)
    else {
      unsent.refusals += 1
      const backoff = Math.min(BACKOFF.max, BACKOFF.first * 2 ** (unsent.refusals - 1))
      this.#requeue(unsent, now + (after ?? backoff * (0.5 + this.#world.random() / 2)))
    }
    this.flush()
  }

  #fail(unsent: UnsentEntry, reason: FailureReason): void {
    const failed = { ...unsent.entry, failed: reason }
    this.#queue.delete(failed.nonce)
    this.#failed.set(failed.nonce, failed)
    this.#owner.statusChanged(failed, { status: 'failed', reason })
    if (hasText(failed)) void this.#storage.put(failed, false)
    else void this.#storage.remove(failed.user, failed.nonce)
  }

  /** The room is missing or not open to me, so its entries cannot be sent. */
  failRoom(room: string): void {
    for (const unsent of this.#unsent) if (unsent.entry.room === room) this.#fail(unsent, 'noRoom')
    this.#schedule()
  }

  /** Sends a failed entry again, under the same nonce, behind those that wait. */
  retry(nonce: string): void {
    const failed = this.#failed.get(nonce)
    if (failed === undefined || this.isFull) return
    const now = this.#queue.now()
    const { failed: _, ...entry }: StoredEntry = { ...failed, at: now, order: this.#nextOrder(now) }
    this.#failed.delete(nonce)
    const unsent = this.#queue.add(entry, 'storing')
    this.#owner.statusChanged(entry, { status: 'queued', since: now })
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

  /** In how many rooms this person has a draft. */
  async draftCount(): Promise<number> {
    return this.#user === null ? 0 : this.#storage.draftCount(this.#user)
  }

  async saveDraft(room: string, text: string, caret: number): Promise<void> {
    if (this.#user === null) return
    await this.#storage.saveDraft(this.#user, room, text === '' ? null : { text, caret })
  }

  /** Deletes everything of this person from the device. */
  async wipe(): Promise<void> {
    const user = this.#user
    this.stop()
    if (user !== null) await this.#storage.wipe(user)
  }

  /** Sets the timer to the next retry, overdue ack or failure. */
  #schedule(): void {
    const isUnsaved = !this.#storage.isLasting && this.#queue.size > 0
    if (isUnsaved !== this.#isUnsaved) {
      this.#isUnsaved = isUnsaved
      this.#owner.unsavedChanged(isUnsaved)
    }
    this.#cancelTimer()
    const now = this.#queue.now()
    const next = this.#queue.wakesAt()
    if (next < Infinity) this.#cancelTimer = this.#world.after(Math.max(50, next - now), () => this.#wake())
  }

  #wake(): void {
    const now = this.#queue.now()
    let isOverdue = false
    for (const unsent of this.#unsent) {
      const { progress } = unsent
      if (this.#queue.failsAt(unsent) <= now) this.#fail(unsent, 'late')
      else if (progress.state !== 'sent') {
        if (progress.retryAt <= now) progress.retryAt = 0
      } else if (progress.sentAt + ACK_OVERDUE <= now) {
        // Reported once for each time it was sent; if the connection proves alive, all of them are sent again.
        progress.sentAt = now
        isOverdue = true
      }
    }
    if (isOverdue) this.#owner.ackOverdue()
    this.flush()
  }
}
