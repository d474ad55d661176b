import type { Database } from 'bun:sqlite'
import { queryAll, run } from './database.ts'
import { addMentions, type AuthoredMessage, editMentions, parseMentions } from './mentions.ts'
import { type ReactionRow, setReaction } from './reactions.ts'

/**
 * Makes the rows that follow from the log: messages in their present state, with edits, pins and reactions. Only for rooms
 * that have no such rows yet. In the caller's transaction.
 */
export function rebuildMessages(db: Database, rooms: readonly string[]): void {
  for (const room of rooms) {
    run(
      db,
      `INSERT INTO messages (room, seq, id, kind, user_id, name, nonce, at, reply_to, text, mentions)
       SELECT room, seq, id, kind, user_id, name, nonce, at, data ->> 'replyTo', data ->> 'text', data ->> 'mentions'
       FROM events WHERE room = $room AND kind IN ('message', 'topic', 'notice')`,
      { room },
    )
    for (const [kind, newValues] of [
      ['edit', `text = last.data ->> 'text', edited_at = last.at`],
      ['pin', `pinned = last.data ->> 'on'`],
    ])
      run(
        db,
        `UPDATE messages SET ${newValues}
         FROM (SELECT target, max(seq), at, data FROM events
               WHERE room = $room AND kind = '${kind}' AND data IS NOT NULL GROUP BY target) AS last
         WHERE messages.id = last.target AND messages.room = $room AND messages.text IS NOT NULL`,
        { room },
      )
    replayMentions(db, room)
    replayReactions(db, room)
  }
}

/** Replays mentions in order, because an edit notifies nobody anew. */
function replayMentions(db: Database, room: string): void {
  const messages = db.query<AuthoredMessage & { mentions: string | null }, [{ room: string }]>(
    `SELECT room, seq, user_id AS user, mentions FROM messages WHERE room = $room AND kind = 'message'`,
  )
  for (const { mentions, ...message } of messages.iterate({ room }))
    addMentions(db, message, parseMentions(mentions))
  const edits = db.query<{ target: string; mentions: string | null }, [{ room: string }]>(
    `SELECT target, data ->> 'mentions' AS mentions FROM events
     WHERE room = $room AND kind = 'edit' AND data IS NOT NULL ORDER BY seq`,
  )
  const edited = `SELECT room, seq, user_id AS user, mentions FROM messages WHERE id = $target AND room = $room AND text IS NOT NULL`
  for (const { target, mentions } of edits.iterate({ room })) {
    const [message] = queryAll<AuthoredMessage & { mentions: string | null }>(db, edited, { target, room })
    if (message) editMentions(db, message, parseMentions(message.mentions), parseMentions(mentions))
  }
}

/** Replays reactions in order, because `since` depends on all earlier ones. */
function replayReactions(db: Database, room: string): void {
  const changes = db.query<ReactionRow & { on: 0 | 1 }, [{ room: string }]>(`
    SELECT target AS message, data ->> 'emoji' AS emoji, data ->> 'on' AS "on", events.user_id AS user,
      events.name, events.seq
    FROM events JOIN messages ON messages.id = target AND messages.room = events.room AND messages.text IS NOT NULL
    WHERE events.room = $room AND events.kind = 'react' AND data IS NOT NULL ORDER BY events.seq`)
  for (const { on, ...row } of changes.iterate({ room })) setReaction(db, row, on === 1)
}
