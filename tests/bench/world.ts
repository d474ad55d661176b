/** A data directory with as many people as a load needs, members of their rooms, and some messages. */
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { hashOf } from '../../src/http/authenticate.ts'
import { keysOf } from '../../src/hub/people/lookAlikeKeys.ts'
import { createIds } from '../../src/lib/ids.ts'
import { checkpoint } from '../../src/store/sqlite/database.ts'
import { aWriter } from '../support/server/aDatabase.ts'

export interface World {
  /** copied for each start */
  dir: string
  /** path of a file with one header line for each person */
  cookies: string
  /** the newest position of `room-0`, the only room with messages */
  position: { seq: number; id: string }
}

/** messages in `room-0`; a newcomer gets a page of them */
const MESSAGES = 60
const TEXT =
  'so the train was late again and nobody told us, but the coffee there is good; see you around noon?'
/** people who also warm up `room-0` */
const WARMERS = 16

/** Makes the world for some loads. The generator's room `%r` is `room-%r` here. */
export async function makeWorld(
  home: string,
  loads: readonly { people: number; rooms: number }[],
): Promise<World> {
  const dir = join(home, 'world')
  await rm(dir, { recursive: true, force: true })
  await mkdir(home, { recursive: true })
  const { db, writer } = aWriter(dir)
  // Quick, and safe: nothing here has to survive a power cut.
  db.run('PRAGMA synchronous = OFF')
  const ids = createIds()
  const now = Date.now()
  const never = { inactiveBefore: 0, neverWroteBefore: 0 }
  for (let room = 0; room < Math.max(1, ...loads.map(({ rooms }) => rooms)); room += 1)
    writer.addRoom({ room: `room-${room}`, name: `room ${room}`, topic: '', kind: 'public' }, now)
  const people = Array.from({ length: Math.max(WARMERS, ...loads.map((load) => load.people)) }, (_, n) => {
    const token = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url')
    const user = { id: ids.next(now), name: `Person ${n}` }
    const guest = { ...user, keys: keysOf(user.name), session: hashOf(token), at: now, room: 'lobby' }
    writer.addGuest(guest, never)
    const rooms = loads.filter((load) => n < load.people).map((load) => n % load.rooms)
    for (const room of new Set([...rooms, ...(n < WARMERS ? [0] : [])]))
      writer.addMember(`room-${room}`, user.id, 'guest', now)
    return { user, header: `Cookie: session=${token}` }
  })
  const author = people[0]?.user ?? { id: '', name: '' }
  const drafts = Array.from({ length: MESSAGES }, (_, n) => {
    const message = { room: 'room-0', kind: 'message', nonce: `said-${n}-----`, text: TEXT } as const
    return { ...message, id: ids.next(now), at: now, user: author }
  })
  writer.commit(drafts)
  checkpoint(db)
  db.close()
  const cookies = join(home, 'cookies')
  await Bun.write(cookies, people.map(({ header }) => header).join('\n'))
  return { dir, cookies, position: { seq: MESSAGES, id: drafts.at(-1)?.id ?? '' } }
}
