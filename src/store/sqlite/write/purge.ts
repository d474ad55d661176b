import type { Database } from 'bun:sqlite'

interface RoomFloor {
  room: string
  floor: number
}

/**
 * Empties the oldest events of each room that were said before `before` (ms), `limit` at most in all, with what became of
 * them, and raises the floors behind them. Their rows keep all keys. In the caller's transaction.
 * @returns how many were emptied
 */
export function purgeEvents(db: Database, before: number, limit: number): number {
  const rooms = db.query<RoomFloor, [number]>(
    `SELECT room, floor FROM rooms
     WHERE (SELECT at FROM events WHERE room = rooms.room AND seq = rooms.floor) < ? ORDER BY room`,
  )
  const next = db.query<{ seq: number; at: number }, [string, number, number]>(
    'SELECT seq, at FROM events WHERE room = ? AND seq >= ? ORDER BY seq LIMIT ?',
  )
  let left = limit
  for (const { room, floor } of rooms.all(before)) {
    if (left === 0) break
    let end = floor
    for (const { seq, at } of next.iterate(room, floor, left)) {
      if (at >= before) break
      end = seq + 1
    }
    redactRange(db, { room, floor, end })
    left -= end - floor
  }
  return limit - left
}

function redactRange(db: Database, range: { room: string; floor: number; end: number }): void {
  const run = (sql: string) => db.query<null, [typeof range]>(sql).run(range)
  const those = 'room = $room AND seq >= $floor AND seq < $end'
  // What was changed later than the period ago is still of a message from before it.
  const edits = `kind = 'edit' AND target IN (SELECT id FROM messages WHERE ${those})`
  for (const where of [those, edits]) run(`UPDATE events SET data = NULL, digest = x'' WHERE ${where}`)
  for (const table of ['reactions', 'reaction_kinds'])
    run(`DELETE FROM ${table} WHERE message IN (SELECT id FROM messages WHERE ${those})`)
  run(`UPDATE messages SET text = NULL, reply_to = NULL, edited_at = NULL, pinned = 0 WHERE ${those}`)
  run('UPDATE rooms SET floor = $end WHERE room = $room AND $floor < $end')
}
