import type { RoomState } from './state.ts'

/**
 * What a person is called now, as far as this page knows: the name they are online under, or one they took or wrote under
 * after `seq`. Null: nothing is newer than what was known at `seq`.
 */
export function nameSince(
  { people, presenceLines, rows }: RoomState,
  person: string,
  seq: number,
): string | null {
  const online = people.find(({ id }) => id === person)
  if (online !== undefined) return online.name
  const line = presenceLines.findLast(({ kind, user }) => kind === 'renamed' && user.id === person)
  const row = rows.findLast(({ user }) => user.id === person)
  const [renamedAt, wroteAt] = [line?.after ?? -1, row?.seq ?? -1]
  if (line !== undefined && renamedAt >= Math.max(seq, wroteAt)) return line.user.name
  return row !== undefined && wroteAt > seq ? row.user.name : null
}
