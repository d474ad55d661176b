import { LIMITS } from '../shared/limits.ts'
import type { Rate } from './rateLimit.ts'

/** What one person, or one connection of theirs, may do. A bench may ask for more. */
export interface PersonLimits {
  /** durable frames of a person */
  sends: Rate
  /** joins of a connection, the rooms of its `hello` included */
  joins: Rate
  /** connections of a person */
  connections: number
}

export const PERSON_LIMITS: PersonLimits = {
  sends: { perSecond: 5, burst: 15 },
  joins: { perSecond: 10, burst: 100 },
  connections: LIMITS.connections,
}
