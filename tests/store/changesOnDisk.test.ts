import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { openForWriting } from '../../src/store/sqlite/database.ts'
import { createPrivateFile, databaseIn } from '../../src/store/sqlite/dataDirectory.ts'
import { MIGRATIONS } from '../../src/store/sqlite/migrations.ts'
import { change, edit, pin, react, remove } from './support/changes.ts'
import { ada, aTemporaryDir, draft, numbered, open } from './support/scene.ts'

test('[K40, O9] what was said under the first schema can be changed under this one', async () => {
  const dir = aTemporaryDir()
  createPrivateFile(databaseIn(dir))
  mkdirSync(join(dir, 'tmp'))
  const { db } = openForWriting(dir, MIGRATIONS.slice(0, 1))
  const row = `'lobby', 1, '01', 'message', '0a', 'Ada', 'nonce-01'`
  db.run(
    `INSERT INTO events (room, seq, id, kind, user_id, name, nonce, at, data) VALUES (${row}, 5, '{"text":"old"}')`,
  )
  db.run(
    `INSERT INTO messages (room, seq, id, kind, user_id, name, nonce, at, text) VALUES (${row}, 5, 'old')`,
  )
  db.run('UPDATE rooms SET seq = 1')
  db.close()
  const store = await open(dir)
  await store.commit([react('01', '👍'), pin('01'), edit('01', 'new')])
  const page = await store.history('lobby', { at: 'pinned', limit: 9 }, ada.id)
  expect(page?.messages).toMatchObject([
    { id: '01', text: 'new', pinned: true, reactions: [{ count: 1, mine: true }] },
  ])
  await store.close()
  rmSync(dir, { recursive: true, force: true })
})

test('[K47] rebuilt from the log, messages and reactions are what the tables hold', async () => {
  const dir = aTemporaryDir()
  const store = await open(dir)
  const people = numbered(4).map((p) => ({ id: `p${p}`, name: `P${p}` }))
  const random = numbersOf(7)
  const one = <T>(some: readonly T[]): T => some[Math.floor(random() * some.length)] as T
  const ids = numbered(30).map((id) => `a${id}`)
  await store.commit(ids.map((id) => draft(`said ${id}`, { id, user: one(people) })))
  const drafts = numbered(600).map(() => {
    const [target, user] = [one(ids), one(people)]
    const deed = random()
    if (deed < 0.25) return edit(target, `edit ${random()}`, { user })
    if (deed < 0.3) return remove(target, { user })
    if (deed < 0.85) return react(target, one(['👍', '🎉', '🌱']), random() < 0.6, user)
    return change({ kind: 'pin', target, on: random() < 0.5 }, { user })
  })
  for (let from = 0; from < drafts.length; from += 50) await store.commit(drafts.slice(from, from + 50))
  await store.close()

  const db = new Database(join(dir, 'hubbub.db'), { readonly: true })
  const { messages, reactions, kinds } = rebuilt(db)
  const all = (sql: string) => db.query<Record<string, unknown>, []>(sql).all()
  expect(all('SELECT * FROM messages ORDER BY room, seq')).toEqual(messages)
  expect(all('SELECT * FROM reactions ORDER BY message, emoji, user_id')).toEqual(reactions)
  expect(all('SELECT * FROM reaction_kinds ORDER BY message, emoji')).toEqual(kinds)
  expect(reactions.length).toBeGreaterThan(10)
  expect(messages.filter(({ text }) => text === null).length).toBeGreaterThan(2)
  db.close()
  rmSync(dir, { recursive: true, force: true })
})

/** Numbers that look random and are the same for the same seed. */
function numbersOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

interface Logged {
  room: string
  seq: number
  id: string
  kind: string
  user_id: string
  name: string
  nonce: string
  at: number
  digest: Uint8Array
  target: string | null
  data: string | null
}

/** What `messages`, `reactions` and `reaction_kinds` must hold, from `events` alone. */
function rebuilt(db: Database) {
  const messages = new Map<string, Record<string, unknown>>()
  const reactions = new Map<string, Record<string, unknown>>()
  const begun = new Map<string, number>()
  const log = db.query<Logged, []>('SELECT * FROM events ORDER BY room, seq').all()
  for (const { target, data, digest: _, ...keys } of log) {
    const content = JSON.parse(data ?? '{}') as Record<string, string | boolean>
    const message = messages.get(target ?? '')
    if (keys.kind === 'message')
      messages.set(keys.id, {
        ...keys,
        reply_to: content.replyTo ?? null,
        text: content.text ?? null,
        edited_at: null,
        pinned: 0,
      })
    else if (message === undefined) throw new TypeError(`${keys.kind} of nothing`)
    else if (message.text === null) continue
    else if (keys.kind === 'edit') Object.assign(message, { text: content.text, edited_at: keys.at })
    else if (keys.kind === 'pin') message.pinned = content.on ? 1 : 0
    else if (keys.kind === 'react') {
      const key = JSON.stringify([target, content.emoji, keys.user_id])
      const isShown = [...reactions.values()].some(
        (one) => one.message === target && one.emoji === content.emoji,
      )
      if (!isShown) begun.set(`${target} ${content.emoji}`, keys.seq)
      if (!content.on) reactions.delete(key)
      else if (!reactions.has(key))
        reactions.set(key, {
          message: target,
          emoji: content.emoji,
          user_id: keys.user_id,
          name: keys.name,
          seq: keys.seq,
        })
    } else throw new TypeError(`${keys.kind} leaves its text`)
  }
  const order = (one: Record<string, unknown>) => JSON.stringify([one.message, one.emoji, one.user_id])
  const sorted = [...reactions.values()].sort((a, b) => (order(a) < order(b) ? -1 : 1))
  const kinds = new Map<string, Record<string, unknown>>()
  for (const { message, emoji } of sorted) {
    const key = `${String(message)} ${String(emoji)}`
    const count = Number(kinds.get(key)?.count ?? 0) + 1
    kinds.set(key, { message, emoji, since: begun.get(key), count })
  }
  return { messages: [...messages.values()], reactions: sorted, kinds: [...kinds.values()] }
}
