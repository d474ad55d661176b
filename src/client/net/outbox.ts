/**
 * My messages until their ack: MESSAGE of protocol §6. An entry is stored before its frame leaves; one of a room is on its
 * way at a time, so that no refusal lets a later one overtake. The owner is told what to draw, and never asks.
 */
import type { ErrorCode } from '../../shared/errors.ts'
import { LIMITS } from '../../shared/limits.ts'
import type { RoomEvent } from '../../shared/model.ts'
import type { ClientFrame, ServerFrame } from '../../shared/protocol.ts'
import type { FailureReason, OutboxEntry, OutgoingContent, SendStatus } from '../state/state.ts'
import { frameOf, hasText, isLate, OVERDUE, type UnsentEntry } from './outboxEntry.ts'
import { OutboxQueue } from './outboxQueue.ts'
import { fallBackToMemory, type DeviceStorage } from './storage.ts'
import type { ComposerDraft, StoredEntry } from './parseStored.ts'
import type { Timers } from './timers.ts'
import { withCopies, type CopiedStorage } from './unconfirmedWrites.ts'
import { unconfirmedCopies, type UnconfirmedCopies } from './unconfirmedCopy.ts'

export interface OutboxWorld extends Timers {
  random(): number
  nonce(): string
}

export interface OutboxOwner {
  /** False: not now. Then nothing was sent. */
  send(frame: ClientFrame): boolean
  /** Has this connection joined the room, or asked to? The server reads what follows the join after it. */
  maySendTo(room: string): boolean
  /** Has the server confirmed that join? */
  isConfirmed(room: string): boolean
  /** An entry that is to be drawn: a new one, or one found on this device. */
  queued(entry: OutboxEntry): void
  statusChanged(entry: OutboxEntry, status: SendStatus): void
  dropped(entry: OutboxEntry): void
  /** An ack is overdue. */
  ackOverdue(): void
  /** The device keeps nothing: from now on everything is in memory. */
  storageBlocked(): void
  /** Does leaving the page lose something? Called when that changes. */
  unsavedChanged(would: boolean): void
}

/** How many entries may be on their way at once. */
const MAX_IN_FLIGHT = 32
/** How long (ms) a refused entry waits: doubled each time, up to `max`. */
const BACKOFF = { first: 1_000, max: 30_000 }

export class Outbox {
  readonly #world: OutboxWorld
  readonly #owner: OutboxOwner
  readonly #tab: string
  readonly #storage: CopiedStorage
  #user: string | null = null
  readonly #queue: OutboxQueue
  readonly #failed = new Map<string, StoredEntry>()
  #order = 0
  #cancel: (() => void) | null = null
  #losesUnsaved = false

  /** @param copies where a page that goes leaves what its device has not confirmed; left out: nowhere */
  constructor(
    storage: DeviceStorage,
    tab: string,
    world: OutboxWorld,
    owner: OutboxOwner,
    copies: UnconfirmedCopies = unconfirmedCopies(null, world.now),
  ) {
    this.#storage = withCopies(
      fallBackToMemory(storage, () => owner.storageBlocked()),
      copies,
      tab,
    )
    this.#tab = tab
    this.#world = world
    this.#queue = new OutboxQueue(world.now)
    this.#owner = owner
  }

  /** Rooms that something waits for. */
  get rooms(): string[] {
    return [...new Set(this.#queue.all().map(({ entry }) => entry.room))]
  }

  /** How much of mine no server has confirmed; what failed counts only if it has text. */
  get unsentCount(): number {
    return this.#queue.size + [...this.#failed.values()].filter(hasText).length
  }

  /** So many wait that no more are taken. */
  get isFull(): boolean {
    return this.#queue.size >= LIMITS.unsent
  }

  /** What of a room is not confirmed, in order, for a screen that opens it. */
  entries(room: string): OutboxEntry[] {
    return [...this.#failed.values(), ...this.#queue.all().map(({ entry }) => entry)]
      .filter((entry) => entry.room === room)
      .sort((a, b) => a.order - b.order)
  }

  /** Works for this person from now on, and for nobody else: entries of others stay where they are (U48). */
  async start(user: string): Promise<void> {
    if (this.#user === user) return
    this.stop()
    this.#user = user
    await this.#load((tab) => tab === this.#tab)
  }

  /**
   * Takes over the entries of closed tabs. `living`: the open ones, as far as the browser tells. If this tab is missing there,
   * it does not tell: then only entries are taken that no open tab would still send, those after the 60 minutes of U46.
   */
  async adopt(living: ReadonlySet<string>): Promise<void> {
    const known = living.has(this.#tab)
    const isLeft = (tab: string, at: number) => (known ? !living.has(tab) : isLate(at, this.#queue.now()))
    await this.#load((tab, at) => tab !== this.#tab && isLeft(tab, at), true)
  }

  async #load(mine: (tab: string, at: number) => boolean, adopting = false): Promise<void> {
    const user = this.#user
    if (user === null) return
    await this.#storage.takeBack(user, mine, !adopting)
    const found = await this.#storage.entries(user)
    for (const entry of found.filter(({ tab, at }) => mine(tab, at))) {
      if (this.#user !== user) return
      if (this.#queue.get(entry.nonce) || this.#failed.has(entry.nonce)) continue
      const late = entry.failed === undefined && isLate(entry.at, this.#queue.now())
      if (late && !hasText(entry)) {
        void this.#storage.remove(entry.user, entry.nonce)
        continue
      }
      const own: StoredEntry = { ...entry, tab: this.#tab, ...(late && { failed: 'late' }) }
      if (adopting || late) await this.#storage.put(own, false)
      if (this.#user !== user) return
      this.#order = Math.max(this.#order, own.order)
      if (own.failed === undefined) this.#queue.add(own, 'queued')
      else this.#failed.set(own.nonce, own)
      this.#owner.queued(own)
    }
    this.#queue.sort()
    this.flush()
  }

  /** The page may go: what the device has not confirmed is there again at the next start. */
  pageMayClose(): void {
    if (this.#user !== null) this.#storage.pageMayClose(this.#user)
  }

  /** Forgets who it works for; what is stored stays stored. */
  stop(): void {
    this.#user = null
    this.#storage.forgetUnconfirmed()
    this.#queue.clear()
    this.#failed.clear()
    this.#schedule()
  }

  /**
   * Shows a message, which replaces the room's draft, or a change to one at once; it leaves when it is stored. Null: too many
   * wait, or nobody is signed in.
   */
  enqueue(room: string, content: OutgoingContent): OutboxEntry | null {
    const now = this.#queue.now()
    if (this.#user === null || this.isFull) return null
    const entry: StoredEntry = {
      nonce: this.#world.nonce(),
      room,
      user: this.#user,
      ...content,
      at: now,
      order: this.#next(now),
      tab: this.#tab,
    }
    const unsent = this.#queue.add(entry, 'storing')
    this.#owner.queued(entry)
    this.#schedule()
    void this.#store(unsent, content.kind === 'message')
    return entry
  }

  #next(now: number): number {
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
    const busy = new Set<string>()
    let { onTheWay } = this.#queue
    for (const unsent of this.#queue.all()) {
      const { entry, progress } = unsent
      if (busy.has(entry.room)) continue
      busy.add(entry.room)
      if (progress.state !== 'queued' || progress.retryAt > now || onTheWay >= MAX_IN_FLIGHT) continue
      if (!this.#queue.isLive || !this.#owner.maySendTo(entry.room)) continue
      if (!this.#owner.send(frameOf(entry))) break
      unsent.progress = { state: 'sent', sentAt: now }
      onTheWay += 1
      this.#owner.statusChanged(entry, { status: 'sent', since: unsent.since })
    }
    this.#schedule()
  }

  /** The connection is new, or has proven alive: what has no ack is sent again, in its order. */
  resend(): void {
    this.#queue.connected()
    this.#requeueSent(0)
    this.flush()
  }

  /** The connection is over. `refused`: by what was sent on it, so that it is not sent again by itself. */
  disconnected(refused: boolean): void {
    this.#queue.disconnected()
    if (refused)
      for (const unsent of this.#queue.all())
        if (unsent.progress.state === 'sent') this.#fail(unsent, 'refused')
    this.#requeueSent(0)
    this.#schedule()
  }

  /** What is on its way goes again, not before `retryAt`. */
  #requeueSent(retryAt: number): void {
    for (const unsent of this.#queue.all())
      if (unsent.progress.state === 'sent') this.#requeue(unsent, retryAt)
  }

  #requeue(unsent: UnsentEntry, retryAt: number): void {
    unsent.progress = { state: unsent.progress.state === 'storing' ? 'storing' : 'queued', retryAt }
    const isLater = retryAt > this.#queue.now()
    const { entry, since } = unsent
    this.#owner.statusChanged(entry, { status: 'queued', since, ...(isLater && { retryAt }) })
  }

  /** What the server says, as far as it is about messages of mine. */
  receive(frame: ServerFrame): void {
    // prettier-ignore
    switch (frame.type) {
      case 'ack': this.#settle(frame.nonce); break
      case 'event': this.#happened(frame); break
      case 'sync': for (const said of [...(frame.messages ?? []), ...frame.events]) this.#happened(said); break
      case 'error': this.#refused(frame.nonce, frame.code, frame.retry, frame.after); break
      default: return
    }
  }

  #happened({ user, nonce }: Pick<RoomEvent, 'user' | 'nonce'>): void {
    if (user?.id === this.#user && nonce !== undefined) this.#settle(nonce)
  }

  #settle(nonce: string): void {
    const entry = this.#queue.get(nonce)?.entry ?? this.#failed.get(nonce)
    if (entry === undefined) return
    this.#queue.remove(nonce)
    this.#failed.delete(nonce)
    void this.#storage.remove(entry.user, entry.nonce)
    this.flush()
  }

  #refused(nonce: string | undefined, code: ErrorCode, retry: boolean, after: number | undefined): void {
    const now = this.#queue.now()
    if (nonce === undefined) {
      // Frames were dropped unread, and nobody says which.
      if (code === 'rateLimited') this.#requeueSent(now + (after ?? BACKOFF.first))
      return this.#schedule()
    }
    const unsent = this.#queue.get(nonce)
    if (unsent === undefined) return
    // It went behind a join that was refused for a time: it goes again behind the next one.
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
    this.#queue.remove(failed.nonce)
    this.#failed.set(failed.nonce, failed)
    this.#owner.statusChanged(failed, { status: 'failed', reason })
    // What has no text is done again more easily than it is remembered.
    void (hasText(failed)
      ? this.#storage.put(failed, false)
      : this.#storage.remove(failed.user, failed.nonce))
  }

  /** The room is missing or not open to me: what waits for it will not leave. */
  failRoom(room: string): void {
    for (const unsent of this.#queue.all()) if (unsent.entry.room === room) this.#fail(unsent, 'noRoom')
    this.#schedule()
  }

  /** Again, under the same nonce, behind what waits. */
  retry(nonce: string): void {
    const failed = this.#failed.get(nonce)
    if (failed === undefined || this.isFull) return
    const now = this.#queue.now()
    const { failed: _, ...entry }: StoredEntry = { ...failed, at: now, order: this.#next(now) }
    this.#failed.delete(nonce)
    const unsent = this.#queue.add(entry, 'storing')
    this.#owner.statusChanged(entry, { status: 'queued', since: now })
    void this.#store(unsent, false)
  }

  /** Gives a message up. What is already on its way may still arrive. */
  drop(nonce: string): void {
    const entry = this.#queue.get(nonce)?.entry ?? this.#failed.get(nonce)
    if (entry === undefined) return
    this.#queue.remove(nonce)
    this.#failed.delete(nonce)
    this.#owner.dropped(entry)
    void this.#storage.remove(entry.user, entry.nonce)
    this.flush()
  }

  async draft(room: string): Promise<ComposerDraft | null> {
    return this.#user === null ? null : this.#storage.draft(this.#user, room)
  }

  /** In how many rooms this person has one. */
  async draftCount(): Promise<number> {
    return this.#user === null ? 0 : this.#storage.draftCount(this.#user)
  }

  async saveDraft(room: string, text: string, caret: number): Promise<void> {
    if (this.#user === null) return
    await this.#storage.saveDraft(this.#user, room, text === '' ? null : { text, caret })
  }

  /** Everything of this person leaves the device. */
  async wipe(): Promise<void> {
    const user = this.#user
    this.stop()
    if (user !== null) await this.#storage.wipe(user)
  }

  /** Wakes for whatever comes first: a retry, an overdue ack, an end of patience. */
  #schedule(): void {
    const losing = !this.#storage.isLasting && this.#queue.size > 0
    if (losing !== this.#losesUnsaved) {
      this.#losesUnsaved = losing
      this.#owner.unsavedChanged(losing)
    }
    this.#cancel?.()
    this.#cancel = null
    const now = this.#queue.now()
    const next = this.#queue.wakesAt()
    if (next === Number.POSITIVE_INFINITY) return
    this.#cancel = this.#world.after(Math.max(50, next - now), () => this.#wake())
  }

  #wake(): void {
    this.#cancel = null
    const now = this.#queue.now()
    let overdue = false
    for (const unsent of this.#queue.all()) {
      const { progress } = unsent
      if (this.#queue.hasExpired(unsent, now)) this.#fail(unsent, 'late')
      else if (progress.state !== 'sent') {
        if (progress.retryAt <= now) progress.retryAt = 0
      } else if (progress.sentAt + OVERDUE <= now) {
        // Asked once for each time it was sent; if the answer comes, all of it is sent again.
        progress.sentAt = now
        overdue = true
      }
    }
    if (overdue) this.#owner.ackOverdue()
    this.flush()
  }
}
