/** A data directory in which the most expensive requests can be made. */
import { hashOf, newToken } from '../../../src/http/authenticate.ts'
import { keysOf } from '../../../src/hub/people/lookAlikeKeys.ts'
import type { Draft } from '../../../src/hub/ports.ts'
import { createIds } from '../../../src/lib/ids.ts'
import { LIMITS } from '../../../src/shared/limits.ts'
import type { Role, User } from '../../../src/shared/model.ts'
import { checkpoint } from '../../../src/store/sqlite/database.ts'
import { aWriter } from './aDatabase.ts'

/** The rooms. All guests have read everything except in `unread`. */
export const ROOMS = {
  /** fifty ordinary messages */
  plain: 'plain',
  /** fifty messages of the largest size, each with all kinds of reactions by as many people as are named */
  heavy: 'heavy',
  /** fifty messages, followed by nothing but reactions */
  reacted: 'reacted',
  /** fifty messages, followed by many deleted ones */
  deleted: 'deleted',
  /** where every guest is an owner and has written messages */
  own: 'own',
  unread: ['unread-0', 'unread-1', 'unread-2', 'unread-3', 'unread-4'],
} as const

/** A guest with a session: `Authorization: Bearer <token>`. */
export interface SeededGuest {
  id: string
  name: string
  token: string
  /** ids of the guest's messages in `own` */
  messages: readonly string[]
}

/** Only the newest 1,000 unread messages are counted. */
const UNREAD = 1_500
const REACTIONS = 10_000
const DELETED = 1_000
/** Messages of each guest in `own`, and how many more the first guest has, for an export. */
const [OWN, OWN_OF_FIRST] = [20, 3_000]
const EMOJI = Array.from('👍😂🎉😮😢🙏👀🔥✅❌💯🚀☕🍰🌻🐈🐕⭐🎈🍀')
const DRAFTS_AT_ONCE = 500
const ordinaryText = (at: number) =>
  `number ${at}: the train was late again, and nobody told us; see you around noon?`

type Content =
  | { kind: 'message'; text: string }
  | { kind: 'react'; target: string; emoji: string; on: boolean }
  | { kind: 'delete'; target: string }

/** Fills a new directory. @returns the guests, who are members of all rooms */
export function aHeavyPlace(dir: string, guests: number): SeededGuest[] {
  const { db, writer } = aWriter(dir)
  // A crash may lose this directory.
  db.run('PRAGMA synchronous = OFF')
  const ids = createIds()
  const now = Date.now()
  let nonces = 0

  const addGuest = (name: string) => {
    const token = newToken()
    const user = { id: ids.next(now), name }
    const keys = keysOf(name)
    const never = { inactiveBefore: 0, neverWroteBefore: 0 }
    writer.addGuest({ ...user, keys, session: hashOf(token), at: now }, never)
    return { ...user, token }
  }
  const addMembers = (room: string, role: Role = 'guest') => {
    for (const { id } of people) writer.addMember(room, id, role, now)
  }
  const draft = (room: string, { id, name }: User, content: Content): Draft => {
    const nonce = `heavy-${(nonces += 1)}----`
    return { room, id: ids.next(now), at: now, user: { id, name }, nonce, ...content }
  }
  const commit = (drafts: Draft[]): Draft[] => {
    for (let at = 0; at < drafts.length; at += DRAFTS_AT_ONCE)
      writer.commit(drafts.slice(at, at + DRAFTS_AT_ONCE))
    return drafts
  }
  const talk = (room: string, count: number, textOf = ordinaryText, user: User = ada) =>
    commit(Array.from({ length: count }, (_, at) => draft(room, user, { kind: 'message', text: textOf(at) })))
  const react = (room: string, user: User, target: string, emoji: string, on: boolean) =>
    draft(room, user, { kind: 'react', target, emoji, on })

  const ada = addGuest('Ada')
  const count = Math.max(LIMITS.emojiPeople, guests)
  const people = Array.from({ length: count }, (_, at) => addGuest(`Person ${at}`))
  for (const room of Object.values(ROOMS).flat())
    writer.addRoom({ room, name: room, topic: '', kind: 'public' }, now)

  for (const room of ROOMS.unread) {
    addMembers(room)
    talk(room, UNREAD, (at) => `number ${at} is for @Person ${at % 50}, or for another reader`)
  }
  talk(ROOMS.plain, LIMITS.history)

  const largest = talk(ROOMS.heavy, LIMITS.history, () => '中'.repeat(LIMITS.text))
  const reactors = people.slice(0, LIMITS.emojiPeople)
  const all = reactors.flatMap((user) => EMOJI.map((emoji) => [user, emoji] as const))
  commit(largest.flatMap(({ id }) => all.map(([user, emoji]) => react(ROOMS.heavy, user, id, emoji, true))))

  // One person adds all reactions and removes them, then the next: many events, but pages of ordinary size.
  const targets = talk(ROOMS.reacted, LIMITS.history).map(({ id }) => id)
  const perRound = targets.length * EMOJI.length
  commit(
    Array.from({ length: REACTIONS }, (_, at) => {
      const round = Math.floor(at / perRound)
      const user = people[Math.floor(round / 2) % count] ?? ada
      const emoji = EMOJI[Math.floor(at / targets.length) % EMOJI.length] ?? ''
      return react(ROOMS.reacted, user, targets[at % targets.length] ?? '', emoji, round % 2 === 0)
    }),
  )

  talk(ROOMS.deleted, LIMITS.history)
  const deleted = talk(ROOMS.deleted, DELETED)
  commit(deleted.map(({ id: target }) => draft(ROOMS.deleted, ada, { kind: 'delete', target })))

  const seeded = people.map((user, at): SeededGuest => {
    const own = talk(ROOMS.own, OWN + (at === 0 ? OWN_OF_FIRST : 0), ordinaryText, user)
    return { ...user, messages: own.map(({ id }) => id) }
  })
  for (const room of [ROOMS.plain, ROOMS.heavy, ROOMS.reacted, ROOMS.deleted]) addMembers(room)
  addMembers(ROOMS.own, 'owner')
  checkpoint(db)
  db.close()
  return seeded
}
