/** One entry of the outbox: how far it has got, and how long it may wait. Pure; times in ms since the epoch. */
import type { Durable } from '../../shared/protocol.ts'
import type { OutboxEntry, OutgoingContent } from '../state/state.ts'
import type { StoredEntry } from './parseStored.ts'

/** An entry that has no ack and has not failed. */
export interface UnsentEntry {
  entry: StoredEntry
  progress: SendProgress
  /** how often the server has refused it for now */
  refusals: number
  /** when this tab began to wait for its ack */
  since: number
}

export type SendProgress =
  /**
   * `storing`: the device has not confirmed it, so it does not leave yet. `retryAt`: not before; 0: as soon as it can. Any
   * other time stays until the timer has fired for it, whatever has looked at the clock meanwhile
   */
  { state: 'storing' | 'queued'; retryAt: number } | { state: 'sent'; sentAt: number }

/** In ms: an ack is overdue, and what waited so long, on a live connection and in all, has failed. */
export const OVERDUE = 5_000
const WHILE_LIVE = 5 * 60_000
const IN_ALL = 60 * 60_000

/** Has an entry written at `at` waited so long that it is not sent by itself any more? */
export const isLate = (at: number, now: number): boolean => at + IN_ALL <= now

export const hasText = ({ text }: OutgoingContent): boolean => text !== undefined

/** When an entry fails unless its ack comes. @param liveSince null: there is no connection */
export function failsAt({ entry, since }: UnsentEntry, liveSince: number | null): number {
  const live = liveSince === null ? Number.POSITIVE_INFINITY : Math.max(liveSince, since) + WHILE_LIVE
  return Math.min(entry.at + IN_ALL, live)
}

/** When something is next to be done about an entry: a retry, an overdue ack, or its failure. */
export function wakesAt(unsent: UnsentEntry, liveSince: number | null): number {
  const { progress } = unsent
  const end = failsAt(unsent, liveSince)
  if (progress.state === 'sent') return Math.min(end, progress.sentAt + OVERDUE)
  return progress.retryAt > 0 ? Math.min(end, progress.retryAt) : end
}

/** The clock was set back by so many ms: nothing waits for that as well. */
export function setBack(unsent: UnsentEntry, ms: number): void {
  const { progress } = unsent
  unsent.since -= ms
  if (progress.state === 'sent') progress.sentAt -= ms
  else if (progress.retryAt > 0) progress.retryAt -= ms
}

/** What is sent of an entry: not what only this device needs to know. */
export function frameOf({ kind, nonce, room, ...entry }: OutboxEntry): Durable {
  const { user: _, at: _at, order: _order, failed: _failed, ...rest } = { tab: '', ...entry }
  const { tab: _tab, ...content } = rest
  return { type: kind === 'message' ? 'send' : kind, nonce, room, ...content } as Durable
}
