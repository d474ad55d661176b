import type { Database } from 'bun:sqlite'
import { queryAll, run, type SqlValues } from '../database.ts'

/**
 * Removes the content of a room's events from `from` to before `end`, with the edits, mentions and reactions of its messages. All
 * other fields of the events stay. In the caller's transaction.
 */
export function redact(db: Database, range: { room: string; from: number; end: number }): void {
  const inRange = 'room = $room AND seq >= $from AND seq < $end'
  const ids = `SELECT id FROM messages WHERE ${inRange}`
  // An edit goes with its message, however recent the edit is.
  for (const where of [inRange, `kind = 'edit' AND target IN (${ids})`])
    run(db, `UPDATE events SET data = NULL, digest = x'' WHERE ${where}`, range)
  for (const table of ['reactions', 'reaction_kinds'])
    run(db, `DELETE FROM ${table} WHERE message IN (${ids})`, range)
  run(db, `DELETE FROM mentions WHERE ${inRange}`, range)
  run(
    db,
    `UPDATE messages SET text = NULL, reply_to = NULL, mentions = NULL, edited_at = NULL, pinned = 0
     WHERE ${inRange}`,
    range,
  )
}

/**
 * Empties the oldest events of each room that are dated earlier than `before` (ms), at most `limit` in all, with their edits
 * and reactions, and raises the rooms' floors. All other fields stay. In the caller's transaction.
 * @returns how many events it emptied
 */
export function purgeEvents(db: Database, before: number, limit: number): number {
  const rooms = queryAll<{ room: string; floor: number }>(
    db,
    `SELECT room, floor FROM rooms
     WHERE (SELECT at FROM events WHERE room = rooms.room AND seq = rooms.floor) < $before ORDER BY room`,
    { before },
  )
  const next = db.query<{ seq: number; at: number }, [SqlValues]>(
    'SELECT seq, at FROM events WHERE room = $room AND seq >= $floor ORDER BY seq LIMIT $left',
  )
  let left = limit
  for (const { room, floor } of rooms) {
    let end = floor
    for (const { seq, at } of next.iterate({ room, floor, left })) {
      if (at >= before) break
      end = seq + 1
    }
    if (end === floor) continue
    redact(db, { room, from: floor, end })
    run(db, 'UPDATE rooms SET floor = $end WHERE room = $room', { room, end })
    left -= end - floor
  }
  return limit - left
}
