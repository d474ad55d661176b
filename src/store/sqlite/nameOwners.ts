import type { Database, Statement } from 'bun:sqlite'
import type { Stale } from '../../hub/ports.ts'

/** SQL: has the guest `users.*` lost the name? With `$inactiveBefore` and `$neverWroteBefore` bound. */
export const NAME_RELEASED = `(users.role = 'guest' AND (users.seen < $inactiveBefore OR (users.seen < $neverWroteBefore
  AND NOT EXISTS (SELECT 1 FROM events WHERE events.user_id = users.id))))`

export interface NameOwner {
  user: string
  released: 0 | 1
}

/** Who owns which names, on the connection that asks. */
export class NameOwners {
  readonly #owners: Statement<
    NameOwner,
    [{ keys: string; at: number; user: string | null; inactiveBefore: number; neverWroteBefore: number }]
  >

  constructor(db: Database) {
    this.#owners = db.query(`
      SELECT DISTINCT name_keys.user_id AS user, ${NAME_RELEASED} AS released
      FROM name_keys JOIN users ON users.id = name_keys.user_id
      WHERE name_keys.key IN (SELECT value FROM json_each($keys))
        AND name_keys.user_id IS NOT $user
        AND (name_keys.held_until IS NULL OR name_keys.held_until > $at)`)
  }

  /** Everybody but `user` who owns one of the keys at `at` (ms); `released`: anybody may take it. */
  ownersOf(keys: readonly string[], at: number, stale: Stale, user?: string): NameOwner[] {
    const { inactiveBefore, neverWroteBefore } = stale
    return this.#owners.all({
      keys: JSON.stringify(keys),
      at,
      user: user ?? null,
      inactiveBefore,
      neverWroteBefore,
    })
  }
}
