import { CLOSE } from '../shared/errors.ts'
import { TIMES } from '../shared/limits.ts'
import { isGreeted, type ClientConnection, type GreetedConnection } from './connections.ts'
import type { Feed } from './messages/feed.ts'
import type { PresenceTracker } from './presence/presence.ts'

/** ms that a connection may take to answer a beat before it counts as less alive than the person's others */
const ANSWER_TIME = 5_000

/**
 * Beats show which connections still live, and tell the client the heads of its rooms. A connection is closed if it does not
 * say hello in time, or is silent for 75 s. Times are ms of `Clock.elapsed`.
 */
export class Heartbeat {
  readonly #feed: Feed
  readonly #presence: PresenceTracker

  constructor(feed: Feed, presence: PresenceTracker) {
    this.#feed = feed
    this.#presence = presence
  }

  /** Each second: sends a beat if it is due. @returns why the connection is to be closed, or null */
  check(connection: ClientConnection, now: number): { code: number; reason: string } | null {
    if (!isGreeted(connection)) {
      const isLate = now - connection.openedAt >= TIMES.hello
      return isLate ? { code: CLOSE.noHello, reason: 'no hello' } : null
    }
    const { lifecycle } = connection
    if (now - lifecycle.lastHeardAt >= TIMES.silent) return { code: CLOSE.goingAway, reason: 'no answer' }
    if (now >= lifecycle.nextBeatAt) {
      lifecycle.nextBeatAt = now + TIMES.beat
      this.#send(connection, now)
    }
    return null
  }

  /** The client's beat answers ours; if none of ours waits for an answer, the client is asking for one. */
  received(connection: GreetedConnection, now: number): void {
    const { lifecycle } = connection
    lifecycle.lastHeardAt = now
    if (lifecycle.unansweredSince === null) this.#send(connection, now)
    else lifecycle.unansweredSince = null
  }

  #send({ socket, rooms, lifecycle }: GreetedConnection, now: number): void {
    lifecycle.unansweredSince ??= now
    const heads: Record<string, number> = {}
    const counts: Record<string, number> = {}
    for (const [room, { state }] of rooms) {
      if (state !== 'live') continue
      heads[room] = this.#feed.shown(room)
      if (this.#presence.isLarge(room)) counts[room] = this.#presence.count(room)
    }
    socket.send({ type: 'beat', heads, ...(Object.keys(counts).length > 0 && { counts }) })
  }
}

/** The connection whose beat has been unanswered longest; if all answer in time, the first. */
export function leastAlive(connections: readonly ClientConnection[], now: number): ClientConnection {
  const silentSince = (connection: ClientConnection) => {
    const since = isGreeted(connection) ? connection.lifecycle.unansweredSince : null
    return since !== null && now - since > ANSWER_TIME ? since : Infinity
  }
  return connections.reduce((least, next) => (silentSince(next) < silentSince(least) ? next : least))
}
