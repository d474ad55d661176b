import type { StateChange } from '../../src/client/state/stateChanges.ts'
import { timelineItems } from '../../src/client/timeline/timelineItems.ts'
import type { OutgoingContent, Row } from '../../src/client/state/state.ts'
import type { Change, Message, User } from '../../src/shared/model.ts'
import { ada, type aLivePage, bob, mentionsOfAda, NOON, numbers, said } from './client/aState.ts'

type Content = { [K in Change['kind']]: Partial<Extract<Change, { kind: K }>> & { kind: K } }[Change['kind']]

/** Event number `seq`: a change to message number `of`, by Bob unless said otherwise. */
export function change(seq: number, of: number, content: Content): Change {
  const entry = { seq, id: `id-${seq}`, at: NOON + seq * 1_000, user: bob, nonce: `change-${seq}` }
  return { ...entry, target: `id-${of}`, ...content } as Change
}

export function edited(seq: number, of: number, text: string, user = bob): Change {
  return change(seq, of, { kind: 'edit', text, user, ...mentionsOfAda(text) })
}

export function deleted(seq: number, of: number, user = bob): Change {
  return change(seq, of, { kind: 'delete', by: 'author', user })
}

export function reacted(
  seq: number,
  of: number,
  emoji: string,
  count: number,
  on = true,
  user: User = bob,
): Change {
  return change(seq, of, { kind: 'react', emoji, count, on, user })
}

export function pinned(seq: number, of: number, on = true): Change {
  return change(seq, of, { kind: 'pin', on })
}

/** Messages `from` … `to`. */
export function some(from: number, to: number): Message[] {
  return numbers(from, to).map((seq) => said(seq))
}

let orders = 0

/** A change of Ada's that waits. */
export function mine(
  content: Exclude<OutgoingContent, { kind: 'message' }>,
  nonce = `mine-${(orders += 1)}`,
): StateChange {
  const named = { nonce, room: 'lobby', user: ada.id, at: NOON, order: orders }
  return { type: 'entryQueued', entry: { ...content, ...named }, user: ada }
}

export type Page = ReturnType<typeof aLivePage>

/** The row of a message as it is drawn. */
export function drawn({ lobby }: Page, seq: number): Row | undefined {
  const rows = timelineItems()(lobby).flatMap((item) => (item.kind === 'message' ? item.row : []))
  return rows.find((row) => row.seq === seq)
}

/** The row of a message as the server said it is. */
export function rowOf({ lobby }: Page, seq: number): Row | undefined {
  return lobby.rows.find((row) => row.seq === seq)
}

export function seqs(rows: readonly { seq: number | null }[] | undefined): (number | null)[] | undefined {
  return rows?.map(({ seq }) => seq)
}
