import type { Database } from 'bun:sqlite'
import type { NameKeys, StaleLimits } from '../../hub/ports.ts'
import { queryAll } from './database.ts'

/** SQL: is `users.*` a stale guest (see `StaleLimits`)? With `$inactiveBefore` and `$neverWroteBefore` bound. */
export const IS_STALE = `(users.role = 'guest' AND (users.seen < $inactiveBefore OR (users.seen < $neverWroteBefore
  AND NOT EXISTS (SELECT 1 FROM events WHERE events.user_id = users.id))))`

/** Everyone except `user` who owns one of the keys at `at` (ms). `isStale`: another person may take the name. */
export function nameOwnersOf(
  db: Database,
  { own, pairs }: NameKeys,
  at: number,
  stale: StaleLimits,
  user: string | null = null,
): { user: string; isStale: 0 | 1 }[] {
  const sql = `
    SELECT DISTINCT name_keys.user_id AS user, ${IS_STALE} AS isStale
    FROM name_keys JOIN users ON users.id = name_keys.user_id
    WHERE name_keys.key IN (SELECT value FROM json_each($keys))
      AND name_keys.user_id IS NOT $user
      AND (name_keys.held_until IS NULL OR name_keys.held_until > $at)`
  return queryAll(db, sql, { ...stale, keys: JSON.stringify([...own, ...pairs]), at, user })
}
