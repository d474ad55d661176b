import type { ClientFrame, ServerFrameOf } from '../../../shared/protocol.ts'
import { saveRooms, savedRooms } from '../../net/savedRooms.ts'
import type { Timers } from '../../net/timers.ts'

/** How long (ms) to wait after a refusal that names no time. */
export const REFUSAL_PAUSE = 2_000
const HELD = -1

/**
 * Rooms this page leaves. A leave is repeated until the server answers, and remembered so that a late answer does not undo it.
 * A leave is stored on the device, because a page without a connection may be closed before the server hears of the leave.
 */
export function createRoomLeaves(send: (frame: ClientFrame) => boolean, { now, after }: Timers) {
  /** whose leaves these are */
  let user = ''
  /** room without an answer yet → when (ms) the leave was sent; 0: not yet; `HELD`: to be sent later, unless it is undone */
  const leaving = new Map<string, number>()
  /** ref → room, of leaves sent on this connection */
  const refs = new Map<string, string>()
  /** room → the count when it was left */
  const left = new Map<string, number>()
  /** grows with each leave, so that it tells which leaves came after a given moment */
  let count = 0

  /** Stores on the device whether the server still has to be told. Other tabs store their rooms in the same list. */
  function save(room: string, isOwed: boolean): void {
    const others = savedRooms('left', user).filter((other) => other !== room)
    saveRooms('left', user, isOwed ? [room, ...others] : others)
  }

  function settle(room: string): void {
    leaving.delete(room)
    save(room, false)
  }

  function request(room: string): void {
    count += 1
    const ref = `leave-${count}`
    if (leaving.get(room) === HELD || !send({ type: 'leave', ref, room })) return
    refs.set(ref, room)
    leaving.set(room, now())
  }

  return {
    /** The server says that I am no longer in the room. */
    hasLeft(room: string): void {
      count += 1
      left.set(room, count)
    },
    /** From now on this person uses the page, and only the leaves that they stored are sent. */
    restore(newUser: string): void {
      user = newUser
      leaving.clear()
      for (const room of savedRooms('left', user)) leaving.set(room, 0)
    },
    /** The room counts as left in this tab only, because the leave may be undone. */
    hold: (room: string) => void leaving.set(room, HELD),
    /** Ends my membership, now or as soon as there is a connection. */
    leave(room: string): void {
      leaving.set(room, 0)
      save(room, true)
      request(room)
    },
    /** The room is opened again. */
    cancel(room: string): void {
      settle(room)
      left.delete(room)
    },
    isLeaving: (room: string) => leaving.has(room),
    /** Is a leave held or unanswered? The room's frames before the answer were sent before the server read the leave. */
    isUnanswered: (room: string) => leaving.get(room) === HELD || [...refs.values()].includes(room),
    /**
     * Sends again the unanswered leaves that are overdue; leaving twice changes nothing.
     * @param isOverdue gets the time (ms) a leave was sent, 0 if it was not
     */
    repeat(isOverdue: (since: number) => boolean): void {
      for (const [room, since] of leaving) if (isOverdue(since)) request(room)
    },
    answered(ref: string, room: string): void {
      refs.delete(ref)
      settle(room)
    },
    /** @returns false if `ref` was not a leave */
    refused(ref: string, { retry, after: pause = REFUSAL_PAUSE }: ServerFrameOf<'error'>): boolean {
      const room = refs.get(ref)
      if (room === undefined) return false
      refs.delete(ref)
      if (!retry) settle(room)
      after(pause, () => leaving.has(room) && request(room))
      return true
    },
    leaveCount: () => count,
    /**
     * Was the room left after `leaveCount()` gave `since`, or has a leave no answer yet? A room list requested at that count
     * may still show the room as joined.
     */
    leftSince: (room: string, since: number) => leaving.has(room) || (left.get(room) ?? 0) > since,
    disconnected: () => refs.clear(),
  }
}
