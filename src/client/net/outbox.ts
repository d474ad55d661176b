/**
 * My messages until their ack: MESSAGE of protocol §6. An entry is stored before its frame leaves; one of a room is on its
 * way at a time, so that no refusal lets a later one overtake. What is drawn of it is told, never asked.
 */
import type { ErrorCode } from '../../shared/errors.ts'
import type { RoomEvent } from '../../shared/model.ts'
import type { ClientFrame, Durable, ServerFrame } from '../../shared/protocol.ts'
import type { OutboxEntry, OutgoingContent, SendStatus } from '../state/state.ts'
import { fallBackToMemory, type DeviceStorage } from './storage.ts'
import type { ComposerDraft, StoredEntry } from './parseStored.ts'
import { withCopies, type CopiedStorage } from './unconfirmedWrites.ts'
import { unloadCopies, type UnloadCopies } from './unloadCopy.ts'

export interface OutboxWorld {
  now(): number
  after(ms: number, run: () => void): () => void
  random(): number
  nonce(): string
}

export interface OutboxOwner {
  /** False: not now. Then nothing was sent. */
  send(frame: ClientFrame): boolean
  /** Has this connection joined the room? */
  isJoined(room: string): boolean
  /** Has the server said that it is in? */
  isConfirmed(room: string): boolean
  /** An entry that is to be drawn: a new one, or one found on this device. */
  queued(entry: OutboxEntry): void
  statusChanged(entry: OutboxEntry, standing: SendStatus): void
  dropped(entry: OutboxEntry): void
  /** An ack is overdue. */
  ackOverdue(): void
  /** The device keeps nothing: from now on everything is in memory. */
  storageBlocked(): void
  /** Does leaving the page lose something? Called when that changes. */
  unsavedChanged(would: boolean): void
}

/** In ms, but for counts. */
const OVERDUE = 5_000
const WHILE_LIVE = 5 * 60_000
const IN_ALL = 60 * 60_000
const QUEUED = 200
const ON_THE_WAY = 32
const AGAIN = { first: 1_000, most: 30_000 }

interface Waiting {
  entry: StoredEntry
  /** its transaction has ended */
  stored: boolean
  sentAt: number | null
  /** 0: as soon as it can. Any other time stays until it was woken for, whatever has looked at the clock meanwhile */
  retryAt: number
  refusals: number
  /** when this tab began to wait for it */
  since: number
}

export class Outbox {
  readonly #world: OutboxWorld
  readonly #owner: OutboxOwner
  readonly #tab: string
  readonly #storage: CopiedStorage
  #user: string | null = null
  /** by nonce, in the order in which they leave */
  readonly #waiting = new Map<string, Waiting>()
  readonly #failed = new Map<string, StoredEntry>()
  #order = 0
  #liveSince: number | null = null
  #lookedAt = 0
  #cancel: (() => void) | null = null
  #losing = false

  /** @param copies where a page that goes leaves what its device has not confirmed; left out: nowhere */
  constructor(
    storage: DeviceStorage,
    tab: string,
    world: OutboxWorld,
    owner: OutboxOwner,
    copies: UnloadCopies = unloadCopies(null, world.now),
  ) {
    this.#storage = withCopies(
      fallBackToMemory(storage, () => owner.storageBlocked()),
      copies,
      tab,
    )
    this.#tab = tab
    this.#world = world
    this.#owner = owner
  }

  /** Rooms that something waits for. */
  get rooms(): string[] {
    return [...new Set([...this.#waiting.values()].map(({ entry }) => entry.room))]
  }

  /** How much of mine no server has confirmed; what failed counts only if it has text. */
  get unsentCount(): number {
    return this.#waiting.size + [...this.#failed.values()].filter(hasText).length
  }

  /** So many wait that no more are taken. */
  get isFull(): boolean {
    return this.#waiting.size >= QUEUED
  }

  /** What of a room is not confirmed, in order, for a screen that opens it. */
  entries(room: string): OutboxEntry[] {
    return [...this.#failed.values(), ...[...this.#waiting.values()].map(({ entry }) => entry)]
      .filter((entry) => entry.room === room)
      .sort((one, other) => one.order - other.order)
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
    const isLeft = (tab: string, at: number) => (known ? !living.has(tab) : isLate(at, this.#look()))
    await this.#load((tab, at) => tab !== this.#tab && isLeft(tab, at), true)
  }

  async #load(mine: (tab: string, at: number) => boolean, adopting = false): Promise<void> {
    const user = this.#user
    if (user === null) return
    await this.#storage.takeBack(user, mine, !adopting)
    const found = await this.#storage.entries(user)
    for (const entry of found.filter(({ tab, at }) => mine(tab, at))) {
      if (this.#user !== user) return
      if (this.#waiting.has(entry.nonce) || this.#failed.has(entry.nonce)) continue
      const late = entry.failed === undefined && isLate(entry.at, this.#look())
      if (late && !hasText(entry)) {
        void this.#storage.remove(entry.user, entry.nonce)
        continue
      }
      const own: StoredEntry = { ...entry, tab: this.#tab, ...(late && { failed: 'late' }) }
      if (adopting || late) await this.#storage.put(own, false)
      if (this.#user !== user) return
      this.#order = Math.max(this.#order, own.order)
      if (own.failed === undefined) this.#waiting.set(own.nonce, this.#wait(own, true))
      else this.#failed.set(own.nonce, own)
      this.#owner.queued(own)
    }
    this.#sort()
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
    this.#waiting.clear()
    this.#failed.clear()
    this.#schedule()
  }

  /** What the clock shows. Where it was set back, nothing waits for that as well. */
  #look(): number {
    const now = this.#world.now()
    const back = this.#lookedAt - now
    this.#lookedAt = now
    if (back <= 0) return now
    for (const waiting of this.#waiting.values()) {
      waiting.since -= back
      if (waiting.sentAt !== null) waiting.sentAt -= back
      if (waiting.retryAt > 0) waiting.retryAt -= back
    }
    if (this.#liveSince !== null) this.#liveSince -= back
    return now
  }

  #wait(entry: StoredEntry, stored: boolean): Waiting {
    return { entry, stored, sentAt: null, retryAt: 0, refusals: 0, since: this.#look() }
  }

  #sort(): void {
    const sorted = [...this.#waiting].sort(([, one], [, other]) => one.entry.order - other.entry.order)
    this.#waiting.clear()
    for (const [nonce, waiting] of sorted) this.#waiting.set(nonce, waiting)
  }

  /** Shows a message at once; it leaves when it is stored. Null: too many wait, or nobody is signed in. */
  enqueueMessage(room: string, text: string, replyTo?: string): OutboxEntry | null {
    return this.enqueue(room, { kind: 'message', text, ...(replyTo !== undefined && { replyTo }) })
  }

  /** The same for whatever is said: a message, which its draft gives way to, or a change to one. */
  enqueue(room: string, said: OutgoingContent): OutboxEntry | null {
    const now = this.#look()
    if (this.#user === null || this.isFull) return null
    const entry: StoredEntry = {
      nonce: this.#world.nonce(),
      room,
      user: this.#user,
      ...said,
      at: now,
      order: this.#next(now),
      tab: this.#tab,
    }
    const waiting = this.#wait(entry, false)
    this.#waiting.set(entry.nonce, waiting)
    this.#owner.queued(entry)
    this.#schedule()
    void this.#store(waiting, said.kind === 'message')
    return entry
  }

  #next(now: number): number {
    this.#order = Math.max(this.#order + 1, now)
    return this.#order
  }

  async #store(waiting: Waiting, dropDraft: boolean): Promise<void> {
    await this.#storage.put(waiting.entry, dropDraft)
    waiting.stored = true
    this.flush()
  }

  /** Sends what may be sent now. */
  flush(): void {
    const now = this.#look()
    const busy = new Set<string>()
    let onTheWay = 0
    for (const { sentAt } of this.#waiting.values()) if (sentAt !== null) onTheWay += 1
    for (const waiting of this.#waiting.values()) {
      const { entry, sentAt } = waiting
      if (busy.has(entry.room)) continue
      busy.add(entry.room)
      if (sentAt !== null || !waiting.stored || waiting.retryAt > now || onTheWay >= ON_THE_WAY) continue
      if (this.#liveSince === null || !this.#owner.isJoined(entry.room)) continue
      if (!this.#owner.send(frameOf(entry))) break
      waiting.sentAt = now
      onTheWay += 1
      this.#owner.statusChanged(entry, { status: 'sent', since: waiting.since })
    }
    this.#schedule()
  }

  /** The connection is new, or has proven alive: what has no ack is sent again, in its order. */
  resend(): void {
    this.#liveSince ??= this.#look()
    this.#unsend(0)
    this.flush()
  }

  /** The connection is over. `refused`: by what was sent on it, so that it is not sent again by itself. */
  disconnected(refused: boolean): void {
    this.#liveSince = null
    if (refused)
      for (const waiting of [...this.#waiting.values()])
        if (waiting.sentAt !== null) this.#fail(waiting, 'refused')
    this.#unsend(0)
    this.#schedule()
  }

  #unsend(retryAt: number): void {
    for (const waiting of this.#waiting.values()) {
      if (waiting.sentAt === null) continue
      waiting.sentAt = null
      this.#requeue(waiting, Math.max(waiting.retryAt, retryAt))
    }
  }

  #requeue(waiting: Waiting, retryAt: number): void {
    waiting.sentAt = null
    waiting.retryAt = retryAt
    const later = retryAt > this.#look()
    this.#owner.statusChanged(waiting.entry, {
      status: 'queued',
      since: waiting.since,
      ...(later && { retryAt }),
    })
  }

  /** What the server says, as far as it is about messages of mine. */
  receive(frame: ServerFrame): void {
    // prettier-ignore
    switch (frame.type) {
      case 'ack': this.#settle(frame.nonce); break
      case 'event': this.#happened(frame); break
      case 'sync': for (const one of [...(frame.messages ?? []), ...frame.events]) this.#happened(one); break
      case 'error': this.#refused(frame.nonce, frame.code, frame.retry, frame.after); break
      default: return
    }
  }

  #happened({ user, nonce }: Pick<RoomEvent, 'user' | 'nonce'>): void {
    if (user?.id === this.#user && nonce !== undefined) this.#settle(nonce)
  }

  #settle(nonce: string): void {
    const entry = this.#waiting.get(nonce)?.entry ?? this.#failed.get(nonce)
    if (entry === undefined) return
    this.#waiting.delete(nonce)
    this.#failed.delete(nonce)
    void this.#storage.remove(entry.user, entry.nonce)
    this.flush()
  }

  #refused(nonce: string | undefined, code: ErrorCode, retry: boolean, after: number | undefined): void {
    const now = this.#look()
    if (nonce === undefined) {
      // Frames were dropped unread, and nobody says which.
      if (code === 'rateLimited') this.#unsend(now + (after ?? AGAIN.first))
      return this.#schedule()
    }
    const waiting = this.#waiting.get(nonce)
    if (waiting === undefined) return
    // It went behind a join that was refused for a time: it goes again behind the next one.
    if (code === 'notMember' && !this.#owner.isConfirmed(waiting.entry.room)) this.#requeue(waiting, 0)
    else if (!retry) this.#fail(waiting, code)
    else {
      waiting.refusals += 1
      const backoff = Math.min(AGAIN.most, AGAIN.first * 2 ** (waiting.refusals - 1))
      this.#requeue(waiting, now + (after ?? backoff * (0.5 + this.#world.random() / 2)))
    }
    this.flush()
  }

  #fail(waiting: Waiting, reason: ErrorCode | 'late' | 'refused'): void {
    const failed = { ...waiting.entry, failed: reason }
    this.#waiting.delete(failed.nonce)
    this.#failed.set(failed.nonce, failed)
    this.#owner.statusChanged(failed, { status: 'failed', reason })
    // What has no text is done again more easily than it is remembered.
    void (hasText(failed)
      ? this.#storage.put(failed, false)
      : this.#storage.remove(failed.user, failed.nonce))
  }

  /** The room is missing or not open to me: what waits for it will not leave. */
  failRoom(room: string): void {
    for (const waiting of [...this.#waiting.values()])
      if (waiting.entry.room === room) this.#fail(waiting, 'noRoom')
    this.#schedule()
  }

  /** Again, under the same nonce, behind what waits. */
  retry(nonce: string): void {
    const failed = this.#failed.get(nonce)
    if (failed === undefined || this.isFull) return
    const now = this.#look()
    const { failed: _, ...entry }: StoredEntry = { ...failed, at: now, order: this.#next(now) }
    this.#failed.delete(nonce)
    const waiting = this.#wait(entry, false)
    this.#waiting.set(nonce, waiting)
    this.#owner.statusChanged(entry, { status: 'queued', since: now })
    void this.#store(waiting, false)
  }

  /** Gives a message up. What is already on its way may still arrive. */
  drop(nonce: string): void {
    const entry = this.#waiting.get(nonce)?.entry ?? this.#failed.get(nonce)
    if (entry === undefined) return
    this.#waiting.delete(nonce)
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
    const losing = !this.#storage.isLasting && this.#waiting.size > 0
    if (losing !== this.#losing) {
      this.#losing = losing
      this.#owner.unsavedChanged(losing)
    }
    this.#cancel?.()
    this.#cancel = null
    const now = this.#look()
    let next = Number.POSITIVE_INFINITY
    for (const waiting of this.#waiting.values()) {
      next = Math.min(next, this.#endOf(waiting))
      if (waiting.sentAt !== null) next = Math.min(next, waiting.sentAt + OVERDUE)
      else if (waiting.retryAt > 0) next = Math.min(next, waiting.retryAt)
    }
    if (next === Number.POSITIVE_INFINITY) return
    this.#cancel = this.#world.after(Math.max(50, next - now), () => this.#wake())
  }

  #endOf({ entry, since }: Waiting): number {
    const live =
      this.#liveSince === null ? Number.POSITIVE_INFINITY : Math.max(this.#liveSince, since) + WHILE_LIVE
    return Math.min(entry.at + IN_ALL, live)
  }

  #wake(): void {
    this.#cancel = null
    const now = this.#look()
    let overdue = false
    for (const waiting of [...this.#waiting.values()]) {
      if (this.#endOf(waiting) <= now) this.#fail(waiting, 'late')
      else if (waiting.sentAt !== null && waiting.sentAt + OVERDUE <= now) {
        // Asked once for each time it was sent; if the answer comes, all of it is sent again.
        waiting.sentAt = now
        overdue = true
      } else if (waiting.retryAt <= now) waiting.retryAt = 0
    }
    if (overdue) this.#owner.ackOverdue()
    this.flush()
  }
}

const isLate = (at: number, now: number) => at + IN_ALL <= now

const hasText = ({ text }: OutgoingContent) => text !== undefined

/** What is said, without what only this device need know. */
function frameOf({ kind, nonce, room, ...entry }: OutboxEntry): Durable {
  const { user: _, at: _at, order: _order, failed: _failed, ...said } = { tab: '', ...entry }
  const { tab: _tab, ...content } = said
  return { type: kind === 'message' ? 'send' : kind, nonce, room, ...content } as Durable
}
