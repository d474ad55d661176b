import type { Database } from 'bun:sqlite'

/**
 * Makes anew what follows from the log: the messages as they are now, with their edits, pins and emoji. Of rooms that have
 * none of these rows yet; in the caller's transaction.
 */
export function rebuild(db: Database, rooms: readonly string[]): void {
  for (const room of rooms) {
    const run = (sql: string) => db.query<null, [{ room: string }]>(sql).run({ room })
    run(`
      INSERT INTO messages (room, seq, id, kind, user_id, name, nonce, at, reply_to, text)
      SELECT room, seq, id, kind, user_id, name, nonce, at, data ->> 'replyTo', data ->> 'text'
      FROM events WHERE room = $room AND kind IN ('message', 'topic', 'notice')`)
    run(`
      UPDATE messages SET text = last.text, edited_at = last.at
      FROM (SELECT target, max(seq), at, data ->> 'text' AS text FROM events
            WHERE room = $room AND kind = 'edit' AND data IS NOT NULL GROUP BY target) AS last
      WHERE messages.id = last.target AND messages.room = $room AND messages.text IS NOT NULL`)
    run(`
      UPDATE messages SET pinned = last.pinned
      FROM (SELECT target, max(seq), data ->> 'on' AS pinned FROM events
            WHERE room = $room AND kind = 'pin' AND data IS NOT NULL GROUP BY target) AS last
      WHERE messages.id = last.target AND messages.room = $room AND messages.text IS NOT NULL`)
    react(db, room)
  }
}

interface Reacted {
  target: string
  emoji: string
  on: 0 | 1
  user: string
  name: string
  seq: number
}

/** One emoji after the other, in their order: how long each shows without a break is in no single event. */
function react(db: Database, room: string): void {
  const add = db.query(`
    INSERT INTO reactions (message, emoji, user_id, name, seq, since)
    SELECT $target, $emoji, $user, $name, $seq,
      coalesce((SELECT since FROM reactions WHERE message = $target AND emoji = $emoji LIMIT 1), $seq)
    WHERE EXISTS (SELECT 1 FROM messages WHERE id = $target AND room = $room AND text IS NOT NULL)
    ON CONFLICT DO NOTHING`)
  const take = db.query(
    'DELETE FROM reactions WHERE message = $target AND emoji = $emoji AND user_id = $user',
  )
  const all = db.query<Reacted, [string]>(`
    SELECT target, data ->> 'emoji' AS emoji, data ->> 'on' AS "on", user_id AS user, name, seq FROM events
    WHERE room = ? AND kind = 'react' AND data IS NOT NULL ORDER BY seq`)
  for (const { on, target, emoji, user, name, seq } of all.iterate(room))
    if (on) add.run({ target, emoji, user, name, seq, room })
    else take.run({ target, emoji, user })
}
