/** Checks what other pages stored or said: it may come from another version, or be written by hand. */
import { LIMITS } from '../../shared/limits.ts'
import type { Role, Self } from '../../shared/model.ts'
import { ROOM_SLUG } from '../../shared/roomPath.ts'
import { isBlank } from '../../shared/text.ts'
import type { FailureReason, OutboxEntry, OutgoingContent } from '../state/state.ts'

/** An entry with the tab that sends it. */
export type StoredEntry = OutboxEntry & { tab: string }

export interface ComposerDraft {
  text: string
  caret: number
}

type UncheckedFields = Readonly<Record<string, unknown>>

const ROLES: readonly Role[] = ['spectator', 'guest', 'member', 'moderator', 'admin', 'owner']

export const fieldsOf = (value: unknown): UncheckedFields =>
  typeof value === 'object' && value !== null ? (value as UncheckedFields) : {}

const matches = (value: unknown, pattern: RegExp): value is string =>
  typeof value === 'string' && pattern.test(value)
export const isShort = (value: unknown): value is string => matches(value, /^[^]{1,64}$/)
export const isRoom = (value: unknown): value is string => matches(value, ROOM_SLUG)

/** The content of an entry, or null: it cannot be sent. */
function parseContent({ kind, text, replyTo, target, emoji, on }: UncheckedFields): OutgoingContent | null {
  const isText = (value: unknown): value is string => typeof value === 'string' && value.length <= LIMITS.text
  if (kind === 'message' && isText(text) && (replyTo === undefined || isShort(replyTo)))
    return { kind, text, ...(replyTo !== undefined && { replyTo }) }
  if (!isShort(target)) return null
  if (kind === 'edit') return isText(text) ? { kind, target, text } : null
  if (kind === 'delete') return { kind, target }
  if (typeof on !== 'boolean') return null
  if (kind === 'pin') return { kind, target, on }
  return kind === 'react' && isShort(emoji) ? { kind, target, emoji, on } : null
}

/** An entry of this person's outbox, or null. */
export function parseEntry(value: unknown, user: string): StoredEntry | null {
  const fields = fieldsOf(value)
  const { nonce, room, at, order, tab, failed } = fields
  const content = parseContent(fields)
  const isNamed = matches(nonce, /^[A-Za-z0-9_-]{8,64}$/) && isRoom(room) && isShort(tab)
  if (content === null || !isNamed || fields.user !== user) return null
  if (!Number.isFinite(at) || !Number.isFinite(order)) return null
  const entry: StoredEntry = { nonce, room, user, ...content, at: Number(at), order: Number(order), tab }
  // An unknown reason is shown as "refused".
  return isShort(failed) ? { ...entry, failed: failed as FailureReason } : entry
}

/** A draft, or null; a blank text is no draft. */
export function parseDraft(value: unknown): ComposerDraft | null {
  const { text, caret } = fieldsOf(value)
  if (typeof text !== 'string' || isBlank(text)) return null
  return { text, caret: Number.isSafeInteger(caret) ? Number(caret) : text.length }
}

/** A person as the server describes one, or null. */
export function parseSelf(value: unknown): Self | null {
  const { id, name, role } = fieldsOf(value)
  const known = ROLES.find((candidate) => candidate === role)
  return isShort(id) && typeof name === 'string' && known ? { id, name, role: known } : null
}
