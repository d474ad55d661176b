/** A data directory in which as many people as a load needs are signed up, members already, with something said. */
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { hashOf } from '../../src/http/authenticate.ts'
import { createIds } from '../../src/lib/ids.ts'
import { checkpoint } from '../../src/store/sqlite/database.ts'
import { aWriter } from '../support/server/aDatabase.ts'

export interface World {
  /** to be copied for each start */
  dir: string
  /** a file with one header line a person, in their order */
  cookies: string
  /** where everybody stands who has read all of `room-0`, the only room in which something was said */
  position: { seq: number; id: string }
}

/** What was said before: a page of it is what a newcomer gets. */
const SAID = 60
const TEXT =
  'so the train was late again and nobody told us, but the coffee there is good; see you around noon?'

/** For these loads. The room of the generator's `%r` is `room-%r`. */
export async function makeWorld(
  home: string,
  loads: readonly { people: number; rooms: number }[],
): Promise<World> {
  const count = Math.max(16, ...loads.map(({ people }) => people))
  const dir = join(home, 'world')
  await rm(dir, { recursive: true, force: true })
  await mkdir(home, { recursive: true })
  const { db, writer } = aWriter(dir)
  // Nobody has been told of any of this: only what is measured has to survive a power cut.
  db.run('PRAGMA synchronous = OFF')
  const ids = createIds()
  const now = Date.now()
  const stale = { inactiveBefore: 0, neverWroteBefore: 0 }
  for (let room = 0; room < Math.max(1, ...loads.map(({ rooms }) => rooms)); room += 1)
    writer.addRoom({ room: `room-${room}`, name: `room ${room}`, topic: '', kind: 'public' }, now)
  const lines: string[] = []
  let first = { id: '', name: '' }
  for (let n = 0; n < count; n += 1) {
    const token = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url')
    const user = { id: ids.next(now), name: `Person ${n}` }
    if (n === 0) first = user
    const guest = { ...user, keys: [`person${n}`], session: hashOf(token), at: now, room: 'lobby' }
    writer.addGuest(guest, stale)
    const theirs = loads.filter(({ people }) => n < people).map(({ rooms }) => n % rooms)
    for (const room of new Set([...theirs, ...(n < 16 ? [0] : [])]))
      writer.addMember(`room-${room}`, user.id, 'guest', now)
    lines.push(`Cookie: session=${token}`)
  }
  const draft = (n: number) =>
    ({ room: 'room-0', kind: 'message', nonce: `said-${n}-----`, text: TEXT }) as const
  const drafts = Array.from({ length: SAID }, (_, n) => ({
    ...draft(n),
    id: ids.next(now),
    at: now,
    user: first,
  }))
  writer.commit(drafts)
  checkpoint(db)
  db.close()
  const cookies = join(home, 'cookies')
  await Bun.write(cookies, lines.join('\n'))
  return { dir, cookies, position: { seq: SAID, id: drafts.at(-1)?.id ?? '' } }
}
