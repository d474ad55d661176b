import type { Database } from 'bun:sqlite'
import { mentionsAfterEdit, notifiedBy } from '../../shared/mentions.ts'
import type { Mention } from '../../shared/model.ts'
import { run } from './database.ts'

/** A message and its author. */
export interface AuthoredMessage {
  room: string
  seq: number
  user: string
}

/** The mentions in a JSON value, field by field, so that other fields reach no client; undefined if there are none. */
export function mentionsFrom(value: unknown): Mention[] | undefined {
  if (!Array.isArray(value)) return undefined
  const mentions = (value as (Partial<Mention> | null)[]).flatMap((mention) => {
    const { user, at, length, quiet } = mention ?? {}
    if (typeof user !== 'string' || typeof at !== 'number' || typeof length !== 'number') return []
    return [{ user, at, length, ...(quiet === true && { quiet }) }]
  })
  return mentions.length > 0 ? mentions : undefined
}

/** The column `messages.mentions` as a value. */
export function parseMentions(json: string | null): Mention[] {
  return json === null ? [] : (mentionsFrom(JSON.parse(json)) ?? [])
}

export function mentionsJson(mentions: readonly Mention[]): string | null {
  return mentions.length === 0 ? null : JSON.stringify(mentions)
}

/** Records that the person has written in the room, and whom the message notifies. In the caller's transaction. */
export function addMentions(
  db: Database,
  { room, seq, user }: AuthoredMessage,
  mentions: readonly Mention[],
): void {
  run(db, 'INSERT INTO authors (user_id, room) VALUES ($user, $room) ON CONFLICT DO NOTHING', { user, room })
  const sql =
    'INSERT INTO mentions (user_id, room, seq) VALUES ($notified, $room, $seq) ON CONFLICT DO NOTHING'
  for (const notified of notifiedBy(mentions, user)) run(db, sql, { notified, room, seq })
}

/** Replaces the mentions of a message by those of an edit, which notifies nobody anew. In the caller's transaction. */
export function editMentions(
  db: Database,
  { room, seq, user }: AuthoredMessage,
  before: readonly Mention[],
  after: readonly Mention[],
): void {
  const mentions = mentionsAfterEdit(before, after)
  if (before.length === 0 && mentions.length === 0) return
  const place = { room, seq }
  const sql = 'UPDATE messages SET mentions = $mentions WHERE room = $room AND seq = $seq'
  run(db, sql, { ...place, mentions: mentionsJson(mentions) })
  run(
    db,
    `DELETE FROM mentions WHERE room = $room AND seq = $seq
       AND user_id NOT IN (SELECT value FROM json_each($notified))`,
    { ...place, notified: JSON.stringify(notifiedBy(mentions, user)) },
  )
}
