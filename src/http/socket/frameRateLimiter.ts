import { Buckets, type Rate } from '../../hub/rateLimit.ts'

export const FRAME_RATE: Rate = { perSecond: 20, burst: 60 }
/** A frame costs one token, and one more for each time it is this many bytes long. */
const BYTES_PER_TOKEN = 2_048
const BAD_FRAMES = { cost: 5, max: 10, withinMs: 60_000 }
/** ms between two answers that tell a client of dropped frames */
const NOTIFY_EVERY = 1_000

/** What to do with a frame: handle it, drop it in silence, drop it and tell the client, or close the connection. */
type FrameVerdict = 'pass' | 'drop' | 'notify' | 'flood'

/** The token buckets of one connection and its count of bad frames (`docs/protocol.md` §9). Times are ms of `Clock.elapsed`. */
export class FrameRateLimiter {
  /** two keys: `frames` pays for frames that pass, `overdraft` for dropped ones; a frame that neither can pay is a flood */
  readonly #buckets: Buckets
  #notifiedAt = -Infinity
  #badTimes: number[] = []

  constructor(frames: Rate = FRAME_RATE) {
    this.#buckets = new Buckets(frames)
  }

  /** Charges a frame before it is read. A ping has 0 bytes. */
  charge(bytes: number, now: number): FrameVerdict {
    return this.#pay(1 + Math.floor(bytes / BYTES_PER_TOKEN), now)
  }

  /** Charges the rest of a bad frame's cost. @returns true for the tenth within a minute, and for a flood */
  chargeBad(now: number): boolean {
    const verdict = this.#pay(BAD_FRAMES.cost - 1, now)
    this.#badTimes = [...this.#badTimes, now].filter((at) => at > now - BAD_FRAMES.withinMs)
    return verdict === 'flood' || this.#badTimes.length >= BAD_FRAMES.max
  }

  /** ms until an ordinary frame would pass */
  waitMs(now: number): number {
    return this.#buckets.wait('frames', now)
  }

  #pay(cost: number, now: number): FrameVerdict {
    if (this.#buckets.spend('frames', now, cost) === 0) return 'pass'
    if (this.#buckets.spend('overdraft', now, cost) > 0) return 'flood'
    if (now - this.#notifiedAt < NOTIFY_EVERY) return 'drop'
    this.#notifiedAt = now
    return 'notify'
  }
}
