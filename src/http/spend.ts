import type { Buckets, Rate } from '../hub/rateLimit.ts'
import { ChatError } from '../shared/errors.ts'

/** MAX_CONNECTIONS_PER_ADDRESS unless it is set: what the limits of one address are made for. */
const USUAL = 50

/** A limit of one address, raised along with MAX_CONNECTIONS_PER_ADDRESS where many people share it. */
export function scaled({ perSecond, burst }: Rate, maxConnectionsPerAddress: number): Rate {
  const times = Math.max(1, maxConnectionsPerAddress / USUAL)
  return { perSecond: perSecond * times, burst: Math.floor(burst * times) }
}

/** A bucket of these; a null key has no limit. */
export type Purse = readonly [buckets: Buckets, key: string | null]

/** Takes a token from each bucket, or from none. @throws ChatError `rateLimited` with the longest wait (ms) */
export function spend(now: number, ...purses: readonly Purse[]): void {
  const after = Math.max(0, ...purses.map(([buckets, key]) => (key === null ? 0 : buckets.wait(key, now))))
  if (after > 0) throw new ChatError('rateLimited', undefined, { after })
  for (const [buckets, key] of purses) if (key !== null) buckets.spend(key, now)
}

/** Gives back what `spend` took. */
export function give(...purses: readonly Purse[]): void {
  for (const [buckets, key] of purses) if (key !== null) buckets.give(key)
}
