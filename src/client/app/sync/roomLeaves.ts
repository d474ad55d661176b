import type { ClientFrame, Heard } from '../../../shared/protocol.ts'
import type { Timers } from '../../net/timers.ts'

/** How long (ms) to wait after a refusal that does not say. */
export const REFUSAL_PAUSE = 2_000

/** Rooms this page leaves. A leave is repeated until the server answers, and remembered so that a late answer does not undo it. */
export class RoomLeaves {
  readonly #send: (frame: ClientFrame) => boolean
  readonly #timers: Timers
  /** rooms without an answer yet, and when (ms) the leave was sent; 0: not yet */
  readonly #leaving = new Map<string, number>()
  /** ref → room, of leaves sent on this connection */
  readonly #refs = new Map<string, string>()
  /** room → number of the leave */
  readonly #left = new Map<string, number>()
  #count = 0
  #refsGiven = 0

  constructor(send: (frame: ClientFrame) => boolean, timers: Timers) {
    this.#send = send
    this.#timers = timers
  }

  /** Ends my membership, now or as soon as there is a connection. */
  leave(room: string): void {
    this.#leaving.set(room, 0)
    this.#ask(room)
    this.hasLeft(room)
  }

  /** The room is opened again. */
  cancel(room: string): void {
    this.#leaving.delete(room)
    this.#left.delete(room)
  }

  isLeaving(room: string): boolean {
    return this.#leaving.has(room)
  }

  /** Is a leave under way on this connection? Then frames of the room were sent before the server heard it. */
  isUnanswered(room: string): boolean {
    return [...this.#refs.values()].includes(room)
  }

  /** Repeats the leaves that were sent at a time (ms) that is overdue. Leaving twice changes nothing. */
  repeat(isOverdue: (since: number) => boolean): void {
    for (const [room, since] of this.#leaving) if (isOverdue(since)) this.#ask(room)
  }

  answered(ref: string, room: string): void {
    this.#refs.delete(ref)
    this.#leaving.delete(room)
  }

  /** False: `ref` was not a leave. */
  refused(ref: string, { retry, after = REFUSAL_PAUSE }: Pick<Heard<'error'>, 'retry' | 'after'>): boolean {
    const room = this.#refs.get(ref)
    if (room === undefined) return false
    this.#refs.delete(ref)
    if (!retry) this.#leaving.delete(room)
    this.#timers.after(after, () => this.#leaving.has(room) && this.#ask(room))
    return true
  }

  /** I am no longer in the room, by my leave or by the server's word. */
  hasLeft(room: string): void {
    this.#count += 1
    this.#left.set(room, this.#count)
  }

  /** How often a room was left so far. */
  get count(): number {
    return this.#count
  }

  /** Was the room left since the count was `leaves`, or is it about to be? A room list requested then does not know. */
  leftSince(room: string, leaves: number): boolean {
    return this.#leaving.has(room) || (this.#left.get(room) ?? 0) > leaves
  }

  disconnected(): void {
    this.#refs.clear()
  }

  #ask(room: string): void {
    this.#refsGiven += 1
    const ref = `leave-${this.#refsGiven}`
    if (!this.#send({ type: 'leave', ref, room })) return
    this.#refs.set(ref, room)
    this.#leaving.set(room, this.#timers.now())
  }
}
