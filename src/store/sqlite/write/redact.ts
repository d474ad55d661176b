import type { Database } from 'bun:sqlite'
import { run } from '../database.ts'

/**
 * Removes the content of a room's events from `from` to before `end`, with the edits and reactions of its messages. The
 * keys of all events stay. In the caller's transaction.
 */
export function redact(db: Database, range: { room: string; from: number; end: number }): void {
  const inRange = 'room = $room AND seq >= $from AND seq < $end'
  const ids = `SELECT id FROM messages WHERE ${inRange}`
  // An edit goes with its message, however recent the edit is.
  for (const where of [inRange, `kind = 'edit' AND target IN (${ids})`])
    run(db, `UPDATE events SET data = NULL, digest = x'' WHERE ${where}`, range)
  for (const table of ['reactions', 'reaction_kinds'])
    run(db, `DELETE FROM ${table} WHERE message IN (${ids})`, range)
  run(
    db,
    `UPDATE messages SET text = NULL, reply_to = NULL, edited_at = NULL, pinned = 0 WHERE ${inRange}`,
    range,
  )
}
