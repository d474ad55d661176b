import type { Database } from 'bun:sqlite'
import { queryAll, run, type SqlValues } from '../database.ts'
import { REDACT_EVENTS, REDACT_MESSAGES } from './eventWriter.ts'

/**
 * Empties the oldest events of each room from before `before` (ms), at most `limit` in all, with their edits and
 * reactions, and raises the rooms' floors. All keys stay. In the caller's transaction.
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
    if (end > floor) redactRange(db, { room, floor, end })
    left -= end - floor
  }
  return limit - left
}

function redactRange(db: Database, range: { room: string; floor: number; end: number }): void {
  const inRange = 'room = $room AND seq >= $floor AND seq < $end'
  const ids = `SELECT id FROM messages WHERE ${inRange}`
  run(db, `${REDACT_EVENTS} WHERE ${inRange}`, range)
  // An edit goes with its message, however recent the edit is.
  run(db, `${REDACT_EVENTS} WHERE kind = 'edit' AND target IN (${ids})`, range)
  for (const table of ['reactions', 'reaction_kinds'])
    run(db, `DELETE FROM ${table} WHERE message IN (${ids})`, range)
  run(db, `${REDACT_MESSAGES} WHERE ${inRange}`, range)
  run(db, 'UPDATE rooms SET floor = $end WHERE room = $room AND $floor < $end', range)
}
