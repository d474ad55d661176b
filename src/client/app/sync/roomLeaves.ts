/** Rooms this page leaves: asked until the server says so, and remembered so that a late answer does not bring them back. */
import type { ClientFrame, Heard } from '../../../shared/protocol.ts'
import type { Timers } from '../../net/timers.ts'

export interface RoomLeaves {
  /** Ends my membership, now or as soon as there is a connection. */
  leave(room: string): void
  /** The room is opened again. */
  cancel(room: string): void
  /** Am I to leave it, and the server has not said that I have? */
  isLeaving(room: string): boolean
  /** Is a leave of it under way on this connection? What comes of the room until its answer was sent before the leave. */
  isUnanswered(room: string): boolean
  /** The connection is live: what has no answer is asked for. */
  askAll(): void
  /** Asks again for what has waited too long. */
  askOverdue(isOverdue: (since: number) => boolean): void
  answered(ref: string, room: string): void
  /** False: `ref` was no leave. */
  refused(ref: string, error: Pick<Heard<'error'>, 'retry' | 'after'>): boolean
  /** I am no longer in the room, whoever ended that. */
  hasLeft(room: string): void
  leaveCount(): number
  leftSince(room: string, leaves: number): boolean
  /** Forgets the rooms left: there is no list that could bring them back. */
  clear(): void
  disconnected(): void
}

/** ms */
const ASK_AGAIN = 2_000

export function createRoomLeaves(send: (frame: ClientFrame) => boolean, timers: Timers): RoomLeaves {
  /** rooms to leave, since when (ms) it was asked for; 0: not yet */
  const leaving = new Map<string, number>()
  /** ref of a leave under way → room */
  const refs = new Map<string, string>()
  /** room → which leave it was */
  const left = new Map<string, number>()
  let leaves = 0
  let refsGiven = 0

  /** Until the server says `left` it may not have heard: a leave is asked for again, and again changes nothing. */
  function ask(room: string): void {
    refsGiven += 1
    const ref = `leave-${refsGiven}`
    if (!send({ type: 'leave', ref, room })) return
    refs.set(ref, room)
    leaving.set(room, timers.now())
  }

  function hasLeft(room: string): void {
    leaves += 1
    left.set(room, leaves)
  }

  return {
    leave(room) {
      leaving.set(room, 0)
      ask(room)
      hasLeft(room)
    },
    cancel(room) {
      leaving.delete(room)
      left.delete(room)
    },
    isLeaving: (room) => leaving.has(room),
    isUnanswered: (room) => [...refs.values()].includes(room),
    askAll() {
      for (const room of leaving.keys()) ask(room)
    },
    askOverdue(isOverdue) {
      for (const [room, since] of leaving) if (isOverdue(since)) ask(room)
    },
    answered(ref, room) {
      refs.delete(ref)
      leaving.delete(room)
    },
    refused(ref, { retry, after = ASK_AGAIN }) {
      const room = refs.get(ref)
      if (room === undefined) return false
      refs.delete(ref)
      if (!retry) leaving.delete(room)
      timers.after(after, () => leaving.has(room) && ask(room))
      return true
    },
    hasLeft,
    leaveCount: () => leaves,
    leftSince: (room, since) => leaving.has(room) || (left.get(room) ?? 0) > since,
    clear: () => left.clear(),
    disconnected: () => refs.clear(),
  }
}
