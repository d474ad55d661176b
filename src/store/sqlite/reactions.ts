import type { Database } from 'bun:sqlite'

/** One person, one emoji, one message. `seq`: of the event that says so. */
export type ReactionRow = { message: string; emoji: string; user: string; name: string; seq: number }

/**
 * Shows an emoji at a message, or no longer, and counts it; the same again changes nothing. In the caller's transaction.
 * @returns how many people show it afterwards
 */
export function setReaction(db: Database, row: ReactionRow, on: boolean): number {
  const { message, emoji, user, name, seq } = row
  const key = { message, emoji }
  const changed = on
    ? db
        .query<null, [ReactionRow]>(
          `INSERT INTO reactions (message, emoji, seq, user_id, name) VALUES ($message, $emoji, $seq, $user, $name)
           ON CONFLICT DO NOTHING`,
        )
        .run({ message, emoji, user, name, seq }).changes
    : db
        .query<null, [typeof key & { user: string }]>(
          'DELETE FROM reactions WHERE message = $message AND emoji = $emoji AND user_id = $user',
        )
        .run({ ...key, user }).changes
  if (changed > 0 && on)
    db.query<null, [typeof key & { seq: number }]>(
      `INSERT INTO reaction_kinds (message, emoji, since, count) VALUES ($message, $emoji, $seq, 1)
       ON CONFLICT DO UPDATE SET count = count + 1`,
    ).run({ ...key, seq })
  if (changed > 0 && !on) {
    db.query<null, [typeof key]>(
      'UPDATE reaction_kinds SET count = count - 1 WHERE message = $message AND emoji = $emoji',
    ).run(key)
    db.query<null, [typeof key]>(
      'DELETE FROM reaction_kinds WHERE message = $message AND emoji = $emoji AND count = 0',
    ).run(key)
  }
  const sql = 'SELECT count FROM reaction_kinds WHERE message = $message AND emoji = $emoji'
  return db.query<{ count: number }, [typeof key]>(sql).get(key)?.count ?? 0
}
