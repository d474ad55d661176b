/** A data directory in which people may ask for what costs most: for tests of what it costs, and for the bench. */
import { hashOf } from '../../../src/http/authenticate.ts'
import type { Draft } from '../../../src/hub/ports.ts'
import { createIds } from '../../../src/lib/ids.ts'
import { LIMITS } from '../../../src/shared/limits.ts'
import type { Role, User } from '../../../src/shared/model.ts'
import { checkpoint } from '../../../src/store/sqlite/database.ts'
import { aWriter } from './aDatabase.ts'

/** Its rooms. Everybody has read nothing in `UNREAD`, and all in the others. */
export const ROOMS = {
  /** fifty messages as one says them */
  plain: 'plain',
  /** fifty, each as long as one may be in bytes, with as many kinds of reactions by as many people as are named */
  heavy: 'heavy',
  /** fifty, and behind the last of them nothing but reactions */
  reacted: 'reacted',
  /** fifty, and behind them many that were deleted, one by one */
  deleted: 'deleted',
  /** where everybody has said something, and may do all that an owner may */
  own: 'own',
  unread: ['unread-0', 'unread-1', 'unread-2', 'unread-3', 'unread-4'],
} as const

/** Somebody with a session: `Authorization: Bearer <token>`. */
export interface Holder {
  id: string
  name: string
  token: string
  /** ids of what they said in `own` */
  said: readonly string[]
}

export interface Heaviness {
  people: number
  /** messages in each of the rooms nobody has read */
  unread: number
  /** reactions behind the last message of `reacted`, messages deleted in `deleted` */
  reactions: number
  deleted: number
  /** what each has said in `own`; the first of them so much more, which is theirs to take along */
  own: number
  ownOfFirst: number
}

const KINDS = [
  '👍',
  '❤️',
  '😂',
  '🎉',
  '😮',
  '😢',
  '🙏',
  '👀',
  '🔥',
  '✅',
  '❌',
  '💯',
  '🚀',
  '☕',
  '🍰',
  '🌻',
  '🐈',
  '🐕',
  '⭐',
  '🎈',
]
const AT_ONCE = 500

type What =
  | { kind: 'message'; text: string }
  | { kind: 'react'; target: string; emoji: string; on: boolean }
  | { kind: 'delete'; target: string }

/** Makes it, where there is nothing yet. @returns the people: members of all rooms, ordinary guests */
export function aHeavyPlace(dir: string, much: Heaviness): Holder[] {
  const { db, writer } = aWriter(dir)
  // Nobody has been told of any of this.
  db.run('PRAGMA synchronous = OFF')
  const ids = createIds()
  const now = Date.now()
  let said = 0

  const guest = (name: string) => {
    const token = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url')
    const user = { id: ids.next(now), name }
    const keys = [name.toLowerCase().replaceAll(' ', '')]
    writer.addGuest(
      { ...user, keys, session: hashOf(token), at: now },
      { inactiveBefore: 0, neverWroteBefore: 0 },
    )
    return { ...user, token }
  }
  const ada = guest('Ada')
  const count = Math.max(LIMITS.emojiPeople, much.people)
  const people = Array.from({ length: count }, (_, at) => guest(`Person ${at}`))

  const draft = (room: string, { id, name }: User, what: What): Draft => {
    said += 1
    return { room, id: ids.next(now), at: now, user: { id, name }, nonce: `heavy-${said}----`, ...what }
  }
  const commit = (drafts: Draft[]): Draft[] => {
    for (let from = 0; from < drafts.length; from += AT_ONCE)
      writer.commit(drafts.slice(from, from + AT_ONCE))
    return drafts
  }
  const talk = (room: string, times: number, text: (at: number) => string, user: User = ada) =>
    commit(Array.from({ length: times }, (_, at) => draft(room, user, { kind: 'message', text: text(at) })))
  const room = (name: string) => writer.addRoom({ room: name, name, topic: '', kind: 'public' }, now)
  const enter = (name: string, role: Role = 'guest') => {
    for (const { id } of people) writer.addMember(name, id, role, now)
  }

  for (const name of ROOMS.unread) {
    room(name)
    enter(name)
    talk(name, much.unread, (at) => `number ${at} is for @Person ${at % 50}, or whoever reads it`)
  }
  for (const name of [ROOMS.plain, ROOMS.heavy, ROOMS.reacted, ROOMS.deleted, ROOMS.own]) room(name)
  talk(ROOMS.plain, LIMITS.history, ordinary)

  const long = talk(ROOMS.heavy, LIMITS.history, () => '中'.repeat(LIMITS.text))
  commit(
    long.flatMap(({ id: target }) =>
      people
        .slice(0, LIMITS.emojiPeople)
        .flatMap((user) =>
          KINDS.map((emoji) => draft(ROOMS.heavy, user, { kind: 'react', target, emoji, on: true })),
        ),
    ),
  )

  const last = talk(ROOMS.reacted, LIMITS.history, ordinary)
  const each = last.length * KINDS.length
  commit(
    Array.from({ length: much.reactions }, (_, at) => {
      const [target, emoji] = [
        last[at % last.length]?.id ?? '',
        KINDS[Math.floor(at / last.length) % KINDS.length] ?? '',
      ]
      // One person shows all of them and takes them back, then the next: many events, and an ordinary page.
      const round = Math.floor(at / each)
      const user = people[Math.floor(round / 2) % count] ?? ada
      return draft(ROOMS.reacted, user, { kind: 'react', target, emoji, on: round % 2 === 0 })
    }),
  )

  talk(ROOMS.deleted, LIMITS.history, ordinary)
  const gone = talk(ROOMS.deleted, much.deleted, ordinary)
  commit(gone.map(({ id }) => draft(ROOMS.deleted, ada, { kind: 'delete', target: id })))

  const holders = people.map((user, at): Holder => {
    const own = talk(ROOMS.own, much.own + (at === 0 ? much.ownOfFirst : 0), ordinary, user)
    return { ...user, said: own.map(({ id }) => id) }
  })
  for (const name of [ROOMS.plain, ROOMS.heavy, ROOMS.reacted, ROOMS.deleted]) enter(name)
  enter(ROOMS.own, 'owner')
  checkpoint(db)
  db.close()
  return holders
}

const ordinary = (at: number) =>
  `number ${at}: the train was late again, and nobody told us; see you around noon?`
