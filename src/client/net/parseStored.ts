/** What other pages have left or say may be of any shape: another version's, or put there by hand. It is checked here. */
import type { Role, Self } from '../../shared/model.ts'
import type { OutboxEntry, Said } from '../state/state.ts'
import { LIMITS } from '../../shared/limits.ts'

/** An entry with the tab that sends it. */
export type Stored = OutboxEntry & { tab: string }

export interface Draft {
  text: string
  caret: number
}

type Fields = Readonly<Record<string, unknown>>

const ROLES: readonly Role[] = ['spectator', 'guest', 'member', 'moderator', 'admin', 'owner']

export const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? (value as Fields) : {}

export const isShort = (value: unknown): value is string =>
  typeof value === 'string' && /^[^]{1,64}$/.test(value)
export const isRoom = (value: unknown): value is string =>
  typeof value === 'string' && /^[a-z0-9-]{1,64}$/.test(value)
const isNonce = (value: unknown): value is string =>
  typeof value === 'string' && /^[A-Za-z0-9_-]{8,64}$/.test(value)

/** What was said, as far as it is something that can be sent. */
function saidOf({ kind, text, replyTo, target, emoji, on }: Fields): Said | null {
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
export function storedOf(value: unknown, user: string): Stored | null {
  const fields = fieldsOf(value)
  const { nonce, room, at, order, tab, failed } = fields
  const said = saidOf(fields)
  if (said === null || !isNonce(nonce) || !isRoom(room) || fields.user !== user || !isShort(tab)) return null
  if (!Number.isFinite(at) || !Number.isFinite(order)) return null
  const entry: Stored = { nonce, room, user, ...said, at: Number(at), order: Number(order), tab }
  // An unknown reason is shown as "refused".
  return isShort(failed) ? { ...entry, failed: failed as NonNullable<Stored['failed']> } : entry
}

/** A draft, or null: an empty one is none. */
export function draftOf(value: unknown): Draft | null {
  const { text, caret } = fieldsOf(value)
  if (typeof text !== 'string' || text === '') return null
  return { text, caret: Number.isSafeInteger(caret) ? Number(caret) : text.length }
}

/** A person as the server describes one, or null. */
export function selfOf(value: unknown): Self | null {
  const { id, name, role } = fieldsOf(value)
  const known = ROLES.find((one) => one === role)
  return isShort(id) && typeof name === 'string' && known ? { id, name, role: known } : null
}
