import type { Database } from 'bun:sqlite'
import { queryOne, run } from './database.ts'

/** One person's emoji on one message. `seq`: of the event that set it. */
export type ReactionRow = { message: string; emoji: string; user: string; name: string; seq: number }

/**
 * Adds or removes a person's emoji and counts it; a repeat changes nothing. In the caller's transaction.
 * @returns how many people have reacted with the emoji after this
 */
export function setReaction(db: Database, row: ReactionRow, on: boolean): number {
  const { message, emoji, user, seq } = row
  const key = { message, emoji }
  const THIS_KIND = 'message = $message AND emoji = $emoji'
  if (on) {
    const added = run(
      db,
      `INSERT INTO reactions (message, emoji, seq, user_id, name) VALUES ($message, $emoji, $seq, $user, $name)
       ON CONFLICT DO NOTHING`,
      row,
    )
    const count = `INSERT INTO reaction_kinds (message, emoji, since, count) VALUES ($message, $emoji, $seq, 1)
      ON CONFLICT DO UPDATE SET count = count + 1`
    if (added > 0) run(db, count, { ...key, seq })
  } else if (run(db, `DELETE FROM reactions WHERE ${THIS_KIND} AND user_id = $user`, { ...key, user }) > 0) {
    run(db, `UPDATE reaction_kinds SET count = count - 1 WHERE ${THIS_KIND}`, key)
    run(db, `DELETE FROM reaction_kinds WHERE ${THIS_KIND} AND count = 0`, key)
  }
  const count = queryOne<{ count: number }>(db, `SELECT count FROM reaction_kinds WHERE ${THIS_KIND}`, key)
  return count?.count ?? 0
}
