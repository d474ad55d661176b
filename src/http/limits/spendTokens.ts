import type { Buckets, Rate } from '../../hub/rateLimit.ts'
import { ChatError, type ErrorDetails } from '../../shared/errors.ts'

/** The default of MAX_CONNECTIONS_PER_ADDRESS, for which the limits of one address are made. */
const DEFAULT_PER_ADDRESS = 50

/** A limit of one address, raised with MAX_CONNECTIONS_PER_ADDRESS where many people share an address (S54). */
export function scaledForAddress({ perSecond, burst }: Rate, maxConnectionsPerAddress: number): Rate {
  const times = Math.max(1, maxConnectionsPerAddress / DEFAULT_PER_ADDRESS)
  return { perSecond: perSecond * times, burst: Math.floor(burst * times) }
}

/** One key's bucket; a null key has no limit. */
export type BucketKey = readonly [buckets: Buckets, key: string | null]

/** Takes nothing. @throws ChatError `rateLimited` with the longest wait (ms) if one of the buckets is empty */
export function requireTokens(
  now: number,
  limits: readonly BucketKey[],
  { message, ...details }: ErrorDetails & { message?: string } = {},
): void {
  const after = Math.max(0, ...limits.map(([buckets, key]) => (key === null ? 0 : buckets.wait(key, now))))
  if (after > 0) throw new ChatError('rateLimited', message, { ...details, after })
}

/** Takes a token from each bucket, or from none. @throws as `requireTokens` does */
export function spendTokens(...[now, limits, details]: Parameters<typeof requireTokens>): void {
  requireTokens(now, limits, details)
  for (const [buckets, key] of limits) if (key !== null) buckets.spend(key, now)
}

/** Gives back what `spendTokens` took. */
export function giveBackTokens(limits: readonly BucketKey[]): void {
  for (const [buckets, key] of limits) if (key !== null) buckets.give(key)
}
