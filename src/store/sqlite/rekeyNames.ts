import type { Database } from 'bun:sqlite'
import { keysOf } from '../../hub/people/lookAlikeKeys.ts'

/**
 * A migration. Before it the two kinds of keys were compared with each other, and pairs such as `rn` and `m` were one for
 * everybody. People keep their names. A former name that is still held is known only by its key, so it keeps the old rule.
 */
export function rekeyNames(db: Database): void {
  const owners = db
    .query<{ id: string; name: string; role: string }, []>(
      `SELECT id, name, role FROM users
       WHERE id IN (SELECT user_id FROM name_keys WHERE held_until IS NULL) ORDER BY at, id`,
    )
    .all()
  db.run(`
    DELETE FROM name_keys WHERE held_until IS NULL;
    UPDATE OR REPLACE name_keys
      SET key = 'lowerPairs:' || replace(replace(replace(key, 'rn', 'm'), 'vv', 'w'), 'cl', 'd')`)
  const insert = db.query('INSERT INTO name_keys (key, user_id) VALUES (?, ?) ON CONFLICT DO NOTHING')
  for (const { id, name, role } of owners) {
    const { own, pairs } = keysOf(name)
    for (const key of role === 'guest' ? own : [...own, ...pairs]) insert.run(key, id)
  }
}
