import type { Database } from 'bun:sqlite'
import { setReaction } from './reactions.ts'

/**
 * Makes anew what follows from the log: the messages as they are now, with their edits, pins and emoji. Of rooms that have
 * none of these rows yet; in the caller's transaction.
 */
export function rebuildMessages(db: Database, rooms: readonly string[]): void {
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
    replayReactions(db, room)
  }
}

interface ReactionChange {
  message: string
  emoji: string
  on: 0 | 1
  user: string
  name: string
  seq: number
}

/** Replays reactions in order: `since` depends on all earlier ones. */
function replayReactions(db: Database, room: string): void {
  const all = db.query<ReactionChange, [string]>(`
    SELECT target AS message, data ->> 'emoji' AS emoji, data ->> 'on' AS "on", events.user_id AS user,
      events.name, events.seq
    FROM events JOIN messages ON messages.id = target AND messages.room = events.room AND messages.text IS NOT NULL
    WHERE events.room = ? AND events.kind = 'react' AND data IS NOT NULL ORDER BY events.seq`)
  for (const { on, ...row } of all.iterate(room)) setReaction(db, row, on === 1)
}
