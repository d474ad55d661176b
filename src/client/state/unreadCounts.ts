/** Unread counts as sidebar, title, favicon and app badge show them: one selector, so that they cannot disagree (U74). */
import type { RoomEntry } from '../../shared/model.ts'
import { notifiedBy } from '../../shared/mentions.ts'
import type { Row, State } from './state.ts'

export interface UnreadCount {
  unread: number
  mentions: number
}

/** A room of the list with its unread counts. */
export type CountedRoom = RoomEntry & UnreadCount

const NONE: UnreadCount = { unread: 0, mentions: 0 }

/** The unread messages of a room that count by its notification level. */
export function unreadCountOf({ rooms, settings }: State, room: string): UnreadCount {
  const { unread, mentions } = rooms[room]?.you ?? NONE
  const level = settings.levels[room] ?? settings.level
  return level === 'nothing' ? NONE : { unread: level === 'all' ? unread : mentions, mentions }
}

/** The sum over all my rooms. */
export function unreadTotal(state: State): number {
  return unreadElsewhere(state, null).unread
}

/** The sums over my rooms without this one. */
export function unreadElsewhere(state: State, here: string | null): UnreadCount {
  const counts = Object.keys(state.rooms).map((room) => (room === here ? NONE : unreadCountOf(state, room)))
  return {
    unread: counts.reduce((total, { unread }) => total + unread, 0),
    mentions: counts.reduce((total, { mentions }) => total + mentions, 0),
  }
}

/** Is any message unread, whatever the notification levels? */
export function isUnread({ rooms }: State): boolean {
  return Object.values(rooms).some(({ you }) => you !== null && you.unread > 0)
}

/** A message of another person that is not deleted. */
export type ReceivedMessage = Row & { id: string; seq: number; text: string }

export const isReceivedAfter =
  (seq: number) =>
  (row: Row): row is ReceivedMessage =>
    row.kind === 'message' && !row.own && row.text !== null && (row.seq ?? 0) > seq

/** Does the message count as a mention of me? */
export function notifiesMe({ user, mentions }: Pick<Row, 'user' | 'mentions'>, me: string | null): boolean {
  return me !== null && mentions.length > 0 && notifiedBy(mentions, user.id).includes(me)
}
