import type { Buckets, Rate } from '../../hub/rateLimit.ts'
import { ChatError } from '../../shared/errors.ts'

/** MAX_CONNECTIONS_PER_ADDRESS unless it is set: what the limits of one address are made for. */
const DEFAULT_PER_ADDRESS = 50

/** A limit of one address, raised along with MAX_CONNECTIONS_PER_ADDRESS where many people share it. */
export function scaledForAddress({ perSecond, burst }: Rate, maxConnectionsPerAddress: number): Rate {
  const times = Math.max(1, maxConnectionsPerAddress / DEFAULT_PER_ADDRESS)
  return { perSecond: perSecond * times, burst: Math.floor(burst * times) }
}

/** A bucket of these; a null key has no limit. */
export type BucketKey = readonly [buckets: Buckets, key: string | null]

/** Takes a token from each bucket, or from none. @throws ChatError `rateLimited` with the longest wait (ms) */
export function spendTokens(now: number, ...limits: readonly BucketKey[]): void {
  const after = Math.max(0, ...limits.map(([buckets, key]) => (key === null ? 0 : buckets.wait(key, now))))
  if (after > 0) throw new ChatError('rateLimited', undefined, { after })
  for (const [buckets, key] of limits) if (key !== null) buckets.spend(key, now)
}

/** Gives back what `spend` took. */
export function giveBackTokens(...limits: readonly BucketKey[]): void {
  for (const [buckets, key] of limits) if (key !== null) buckets.give(key)
}
