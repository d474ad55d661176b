import type { Clock, Log } from '../hub/ports.ts'

/** A session is reported if it makes so many requests within so long (ms) and has no socket. */
const SUSPICIOUS = { requests: 3, within: 60_000 }
/** Sessions remembered; the one seen first is forgotten first. */
const MAX_SESSIONS = 5_000

/**
 * Notices pages that reach the server by HTTP and never by WebSocket, as behind a proxy that does not pass upgrades: their
 * people only see that there is no connection, and no handshake ever arrives here. One line of the log for each session (O45).
 */
export class SocketlessSessions {
  readonly #clock: Pick<Clock, 'elapsed'>
  readonly #log: Log
  /** by the hash of a session: its requests since `since` (ms of `Clock.elapsed`); Infinity: nothing is to be reported any more */
  readonly #sessions = new Map<string, { requests: number; since: number }>()

  constructor({ clock, log }: { clock: Pick<Clock, 'elapsed'>; log: Log }) {
    this.#clock = clock
    this.#log = log
  }

  get size(): number {
    return this.#sessions.size
  }

  /** The page of a session asks who it is, or for the rooms. */
  asked(session: string, user: string): void {
    const now = this.#clock.elapsed()
    const known = this.#sessions.get(session)
    const isOver = known !== undefined && now - known.since > SUSPICIOUS.within && known.requests < Infinity
    const { requests, since } = known && !isOver ? known : { requests: 0, since: now }
    const isSuspicious = requests + 1 === SUSPICIOUS.requests
    this.#remember(session, { requests: isSuspicious ? Infinity : requests + 1, since })
    if (isSuspicious)
      this.#log.warn('a page asks by HTTP and opens no WebSocket: does a proxy in front pass upgrades?', {
        user,
      })
  }

  opened(session: string): void {
    this.#remember(session, { requests: Infinity, since: 0 })
  }

  #remember(session: string, entry: { requests: number; since: number }): void {
    this.#sessions.set(session, entry)
    if (this.#sessions.size > MAX_SESSIONS) this.#sessions.delete(this.#sessions.keys().next().value ?? '')
  }
}
