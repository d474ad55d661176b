import type { Self } from '../../shared/model.ts'
import type { Clock, OwnEvent, Store } from '../ports.ts'

/** How many events are looked up, and how many are written, before other work has its turn. */
const EVENTS_FOUND_PER_TURN = 500
const EVENTS_PER_PIECE = 50

/**
 * Everything stored about one person, as JSON in pieces: name and role, memberships, and all events of theirs, room by room
 * in the order of seq. Events that are stored while the export runs may be missing.
 */
export async function* userExport(
  { store, clock }: { store: Pick<Store, 'memberships' | 'eventsOf' | 'events'>; clock: Clock },
  { id, name, role }: Self,
): AsyncGenerator<string> {
  const memberships = await store.memberships(id)
  yield `{"at":${clock.now()},"user":${JSON.stringify({ id, name, role })},"rooms":${JSON.stringify(memberships)},"events":[`

  const found = new Map<string, number[]>()
  let last: OwnEvent | null = null
  for (;;) {
    const part: OwnEvent[] = await store.eventsOf(id, last, EVENTS_FOUND_PER_TURN)
    for (const { room, seq } of part) {
      const seqs = found.get(room) ?? []
      found.set(room, seqs)
      seqs.push(seq)
    }
    last = part.at(-1) ?? null
    if (last === null) break
    await clock.turn()
  }

  let piece = ''
  let written = 0
  for (const [room, seqs] of [...found].sort(([a], [b]) => (a < b ? -1 : 1)))
    for (const seq of seqs.sort((a, b) => a - b)) {
      const [event] = await store.events(room, seq - 1, 1)
      if (event === undefined) continue
      piece += `${written === 0 ? '' : ','}\n${JSON.stringify({ room, ...event })}`
      written += 1
      if (written % EVENTS_PER_PIECE !== 0) continue
      yield piece
      piece = ''
      await clock.turn()
    }
  yield `${piece}\n]}\n`
}
