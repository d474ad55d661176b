import type { Self } from '../../shared/model.ts'
import type { Clock, OwnEvent, Store } from '../ports.ts'

/** Events that are found, and that are told, before others have their turn. */
const FOUND = 500
const TOLD = 50

/**
 * What there is of one person, as JSON in pieces: who they are, where they are a member, and all they said, room by room in
 * its order. What was said meanwhile may be missing.
 */
export async function* ownCopy(
  { store, clock }: { store: Pick<Store, 'memberships' | 'eventsOf' | 'events'>; clock: Clock },
  { id, name, role }: Self,
): AsyncGenerator<string> {
  const memberships = await store.memberships(id)
  yield `{"at":${clock.now()},"user":${JSON.stringify({ id, name, role })},"rooms":${JSON.stringify(memberships)},"events":[`

  const found = new Map<string, number[]>()
  let last: OwnEvent | null = null
  for (;;) {
    const part: OwnEvent[] = await store.eventsOf(id, last, FOUND)
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
  let told = 0
  for (const [room, seqs] of [...found].sort(([one], [other]) => (one < other ? -1 : 1)))
    for (const seq of seqs.sort((one, other) => one - other)) {
      const [event] = await store.events(room, seq - 1, 1)
      if (event === undefined) continue
      piece += `${told === 0 ? '' : ','}\n${JSON.stringify({ room, ...event })}`
      told += 1
      if (told % TOLD !== 0) continue
      yield piece
      piece = ''
      await clock.turn()
    }
  yield `${piece}\n]}\n`
}
