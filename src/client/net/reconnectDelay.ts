/** How long to wait before the next attempt to connect. Pure; times in ms. */
import { CLOSE } from '../../shared/errors.ts'

export interface LostConnection {
  /** why it ended: a close code */
  code: number
  /** the server said beforehand that it goes away */
  isAnnounced: boolean
  /** over how many ms the server wants its clients to come back, or null where it did not say */
  drainSpread: number | null
  /** attempts that failed so far */
  attempt: number
  /** how long ago the last live connection was lost */
  awayFor: number
  /** nobody sees the page */
  isHidden: boolean
}

const SPREAD = 2_000
const OVERLOADED = 8_000
const SHORTEST = 100
const FIRST_BACKOFF = 500
/** `atFirst`: and half the time it has been away, where nobody answered */
const MAX_DELAY = { seen: 20_000, hidden: 300_000, atFirst: 2_000 }

/** @param random 0 … 1 */
export function reconnectDelay(lost: LostConnection, random: number): number {
  if (lost.isAnnounced) return random * (lost.drainSpread ?? SPREAD)
  const maxDelay = lost.isHidden ? MAX_DELAY.hidden : MAX_DELAY.seen
  // Quick draws while a server restarts must not add up to a long one once it is back.
  const patient = lost.code === 1006 ? MAX_DELAY.atFirst + lost.awayFor / 2 : maxDelay
  const exponential = FIRST_BACKOFF * 2 ** Math.min(lost.attempt, 20)
  const backoff = random * Math.min(maxDelay, patient, exponential)
  return (lost.code === CLOSE.overloaded ? OVERLOADED : SHORTEST) + backoff
}
