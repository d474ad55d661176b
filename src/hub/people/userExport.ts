import type { Self } from '../../shared/model.ts'
import type { HubDeps, OwnEvent } from '../ports.ts'

/** How many events are looked up, and how many are written, before other work has its turn. */
const EVENTS_FOUND_PER_TURN = 500
const EVENTS_PER_PIECE = 50

/**
 * Everything stored about one person, as JSON in pieces: name and role, memberships, and all their events, room by room in
 * the order of seq. Events that are stored while the export runs may be missing.
 */
export async function* userExport(
  { store, clock }: HubDeps,
  { id, name, role }: Self,
): AsyncGenerator<string> {
  const memberships = await store.memberships(id)
  yield `{"at":${clock.now()},"user":${JSON.stringify({ id, name, role })},"rooms":${JSON.stringify(memberships)},"events":[`

  const found: OwnEvent[] = []
  for (;;) {
    const part = await store.eventsOf(id, found.at(-1) ?? null, EVENTS_FOUND_PER_TURN)
    if (part.length === 0) break
    found.push(...part)
    await clock.turn()
  }
  found.sort((a, b) => (a.room === b.room ? a.seq - b.seq : a.room < b.room ? -1 : 1))

  let separator = ''
  for (let at = 0; at < found.length; at += EVENTS_PER_PIECE) {
    let piece = ''
    for (const { room, seq } of found.slice(at, at + EVENTS_PER_PIECE)) {
      const [event] = await store.events(room, seq - 1, 1)
      if (event === undefined) continue
      piece += `${separator}\n${JSON.stringify({ room, ...event })}`
      separator = ','
    }
    yield piece
    await clock.turn()
  }
  yield '\n]}\n'
}
