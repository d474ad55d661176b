import type { ClientFrame, ServerFrameOf } from '../../../shared/protocol.ts'
import type { Timers } from '../../net/timers.ts'

/** How long (ms) to wait after a refusal that names no time. */
export const REFUSAL_PAUSE = 2_000

/** Rooms this page leaves. A leave is repeated until the server answers, and remembered so that a late answer does not undo it. */
export function createRoomLeaves(send: (frame: ClientFrame) => boolean, { now, after }: Timers) {
  /** room without an answer yet → when (ms) the leave was sent; 0: not yet */
  const leaving = new Map<string, number>()
  /** rooms whose leave is to be sent later, unless it is undone */
  const held = new Set<string>()
  /** ref → room, of leaves sent on this connection */
  const refs = new Map<string, string>()
  /** room → the count when it was left */
  const left = new Map<string, number>()
  /** grows with each leave, so that it tells which leaves came after a given moment */
  let count = 0

  function request(room: string): void {
    count += 1
    const ref = `leave-${count}`
    if (!send({ type: 'leave', ref, room })) return
    refs.set(ref, room)
    leaving.set(room, now())
  }

  /** I am no longer in the room: I left, or the server says so. */
  function hasLeft(room: string): void {
    count += 1
    left.set(room, count)
  }

  return {
    hasLeft,
    /** The room counts as left here, and the server is not told yet. */
    hold(room: string): void {
      held.add(room)
      hasLeft(room)
    },
    /** Ends my membership, now or as soon as there is a connection. */
    leave(room: string): void {
      held.delete(room)
      leaving.set(room, 0)
      request(room)
      hasLeft(room)
    },
    /** The room is opened again. */
    cancel(room: string): void {
      held.delete(room)
      leaving.delete(room)
      left.delete(room)
    },
    isLeaving: (room: string) => held.has(room) || leaving.has(room),
    /** Is a leave held or unanswered? The room's frames before the answer were sent before the server read the leave. */
    isUnanswered: (room: string) => held.has(room) || [...refs.values()].includes(room),
    /**
     * Sends again the unanswered leaves that are overdue; leaving twice changes nothing.
     * @param isOverdue gets the time (ms) a leave was sent, 0 if it was not
     */
    repeat(isOverdue: (since: number) => boolean): void {
      for (const [room, since] of leaving) if (isOverdue(since)) request(room)
    },
    answered(ref: string, room: string): void {
      refs.delete(ref)
      leaving.delete(room)
    },
    /** @returns false if `ref` was not a leave */
    refused(ref: string, { retry, after: pause = REFUSAL_PAUSE }: ServerFrameOf<'error'>): boolean {
      const room = refs.get(ref)
      if (room === undefined) return false
      refs.delete(ref)
      if (!retry) leaving.delete(room)
      after(pause, () => leaving.has(room) && request(room))
      return true
    },
    leaveCount: () => count,
    /**
     * Was the room left after `leaveCount()` gave `since`, or has a leave no answer yet? A room list requested at that count
     * may still show the room as joined.
     */
    leftSince: (room: string, since: number) =>
      held.has(room) || leaving.has(room) || (left.get(room) ?? 0) > since,
    disconnected: () => refs.clear(),
  }
}
