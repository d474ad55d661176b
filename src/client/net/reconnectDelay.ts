/** How long to wait before the next attempt to connect. Pure; times in ms. */
import { CLOSE } from '../../shared/errors.ts'

export interface LostConnection {
  /** the close code */
  code: number
  /** the server said beforehand that it would close the connection */
  isAnnounced: boolean
  /** over how many ms the server wants its clients to reconnect; null if it did not say */
  drainSpread: number | null
  /** attempts that failed so far */
  attempt: number
  /** since the latest of: the last live connection was lost, the page came into view, the socket was started */
  awayFor: number
  isHidden: boolean
}

const DRAIN_SPREAD = 2_000
const AFTER_OVERLOAD = 8_000
const SHORTEST = 100
const FIRST_BACKOFF = 500
const MAX_DELAY = { visible: 20_000, hidden: 300_000 }
/** While no server answers, the delay is at most this plus half of `awayFor`. */
const UNANSWERED = 2_000

/** @param random 0 … 1 */
export function reconnectDelay(lost: LostConnection, random: number): number {
  if (lost.isAnnounced) return random * (lost.drainSpread ?? DRAIN_SPREAD)
  const longest = lost.isHidden ? MAX_DELAY.hidden : MAX_DELAY.visible
  // Attempts that fail fast while a server restarts must not add up to a long wait once it is back.
  const unanswered = lost.code === 1006 ? UNANSWERED + lost.awayFor / 2 : longest
  const exponential = FIRST_BACKOFF * 2 ** Math.min(lost.attempt, 20)
  const backoff = random * Math.min(longest, unanswered, exponential)
  return (lost.code === CLOSE.overloaded ? AFTER_OVERLOAD : SHORTEST) + backoff
}
