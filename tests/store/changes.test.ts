import { Database } from 'bun:sqlite'
import { beforeEach, describe, expect, test } from 'bun:test'
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Draft, Outcome, Store } from '../../src/hub/ports.ts'
import { LIMITS } from '../../src/shared/limits.ts'
import type { HistoryMessage } from '../../src/shared/model.ts'
import { openForWriting } from '../../src/store/sqlite/database.ts'
import { createPrivateFile, databaseIn } from '../../src/store/sqlite/dataDirectory.ts'
import { MIGRATIONS } from '../../src/store/sqlite/migrations.ts'
import { eventually } from '../support/eventually.ts'
import { ada, aTemporaryDir, bob, draft, numbered, open, say } from './support/scene.ts'
import { worlds, type World } from './support/world.ts'

type Said = Extract<Draft, { nonce: string }>
type Change = Exclude<Said, { kind: 'message' }>
type Content = { [K in Change['kind']]: Omit<Extract<Change, { kind: K }>, keyof Named> }[Change['kind']]
type Named = { room: string; id: string; at: number; user: Said['user']; nonce: string }

const garden = { room: 'garden', name: 'Garden', topic: 'roses', kind: 'public' } as const
let changes = 0

/** A change of Ada's in the lobby, under an id and a nonce of its own. */
function change(content: Content, more: Partial<Named> = {}): Change {
  changes += 1
  const id = `c${changes.toString(16).padStart(11, '0')}`
  return { room: 'lobby', id, at: 5_000 + changes, user: ada, nonce: `nonce-${id}`, ...content, ...more }
}

const edit = (target: string, text: string, more?: Partial<Named>) =>
  change({ kind: 'edit', target, text }, more)
const remove = (target: string, more?: Partial<Named>) => change({ kind: 'delete', target }, more)
const react = (target: string, emoji: string, on = true, user = ada) =>
  change({ kind: 'react', target, emoji, on }, { user })
const pin = (target: string, on = true) => change({ kind: 'pin', target, on })
const refusals = (outcomes: readonly Outcome[]) =>
  outcomes.map((outcome) => (outcome.result === 'refused' ? outcome.code : outcome.result))

describe.each(Object.entries(worlds))('%s store', (_kind, aWorld) => {
  let world: World
  let store: Store
  beforeEach(async () => {
    world = await aWorld()
    store = world.store
    await store.commit([draft('first', { id: '01' }), draft('second', { id: '02', user: bob })])
  })

  async function message(id: string, reader?: string): Promise<HistoryMessage | undefined> {
    const page = await store.history('lobby', { at: 'ids', ids: [id], limit: 1 }, reader)
    return page?.messages[0]
  }
  const pinned = async (limit = 50) => {
    const page = await store.history('lobby', { at: 'pinned', limit })
    return { ids: page?.messages.map(({ id }) => id), older: page?.older }
  }

  test('[K40] an edit is the text from then on, with its time, and an event of the log that names it', async () => {
    const [stored] = await store.commit([edit('01', 'better', { id: 'c1', at: 70, nonce: 'nonce-c1' })])
    const event = {
      kind: 'edit',
      seq: 3,
      id: 'c1',
      at: 70,
      user: ada,
      nonce: 'nonce-c1',
      target: '01',
    } as const
    expect(stored).toEqual({ result: 'stored', event: { ...event, text: 'better' } })
    expect(await store.events('lobby', 2, 9)).toEqual([{ ...event, text: 'better' }])
    expect(await message('01')).toMatchObject({ seq: 1, text: 'better', edited: 70 })
    expect(await store.events('lobby', 0, 1)).toMatchObject([{ text: 'first' }])
    expect((await store.history('lobby', { at: 'end', limit: 9 }))?.messages).toHaveLength(2)
  })

  test('[K41] a delete takes the text from the message and its edits, its emoji and its pin; all else stays', async () => {
    await store.commit([draft('an answer', { id: '03', replyTo: '02' })])
    await store.commit([edit('03', 'edited'), react('03', '👍', true, bob), pin('03')])
    const [deleted] = await store.commit([remove('03', { id: 'c9' })])

    expect(deleted).toMatchObject({ event: { kind: 'delete', seq: 7, target: '03', by: 'author' } })
    const [said, edited, reacted, pinnedIt, gone] = await store.events('lobby', 2, 9)
    expect(said).toMatchObject({ kind: 'message', seq: 3, id: '03', user: ada, gone: true })
    expect(Object.keys(said ?? {}).toSorted()).toEqual(['at', 'gone', 'id', 'kind', 'nonce', 'seq', 'user'])
    expect(edited).toMatchObject({ kind: 'edit', seq: 4, target: '03', gone: true })
    expect(edited).not.toHaveProperty('text')
    expect(reacted).toMatchObject({ kind: 'react', target: '03', emoji: '👍', on: true, count: 1 })
    expect(pinnedIt).toMatchObject({ kind: 'pin', target: '03', on: true })
    expect(gone).toMatchObject({ kind: 'delete', target: '03', by: 'author' })
    expect(await message('03')).toEqual(said as HistoryMessage)
    expect((await pinned()).ids).toEqual([])
    expect(await store.idAt('lobby', 3)).toBe('03')
  })

  test('[K42] a reaction says how many show the emoji after it, also where nothing changes by it', async () => {
    const outcomes = await store.commit([
      react('01', '👍'),
      react('01', '👍'),
      react('01', '👍', true, bob),
      react('01', '🎉', true, bob),
      react('01', '👍', false),
      react('01', '👍', false),
      react('01', '🌱', false),
    ])
    const counts = outcomes.map(
      (one) => one.result === 'stored' && one.event.kind === 'react' && one.event.count,
    )
    expect(counts).toEqual([1, 1, 2, 1, 1, 1, 0])
    expect((await message('01', bob.id))?.reactions).toEqual([
      { emoji: '👍', count: 1, mine: true, users: [bob] },
      { emoji: '🎉', count: 1, mine: true, users: [bob] },
    ])
    expect((await message('01', ada.id))?.reactions).toMatchObject([{ mine: false }, { mine: false }])
    await store.commit([react('01', '👍', false, bob), react('01', '🎉', false, bob)])
    expect(await message('01')).not.toHaveProperty('reactions')
  })

  test('[K42] emoji stand in the order in which they began to show, people in theirs, twenty of them named', async () => {
    const many = numbered(25).map((n) => ({ id: `p${n}`, name: `Person ${n}` }))
    await store.commit(many.map((user) => react('01', '🎉', true, user)))
    await store.commit([
      react('01', '👍'),
      react('01', '🎉', false, many[0]),
      react('01', '🎉', true, many[0]),
    ])
    const [party, thumb] = (await message('01', 'p25'))?.reactions ?? []
    expect(thumb).toEqual({ emoji: '👍', count: 1, mine: false, users: [ada] })
    expect(party).toMatchObject({ emoji: '🎉', count: 25, mine: true, users: many.slice(1, 21) })
  })

  test('[K81] a page ends before its reactions pass 224 KiB, in every direction; without a reader it says nothing of theirs', async () => {
    const people = numbered(20).map((n) => ({ id: `p${n}`, name: `Person ${n} ${'x'.repeat(100)}` }))
    const emoji = Array.from({ length: LIMITS.emojiKinds }, (_, n) => String.fromCodePoint(0x1f600 + n))
    const ids = numbered(12).map((n) => `m${n}`)
    await store.commit(ids.map((id) => draft(`text ${id}`, { id })))
    for (const id of ids)
      await store.commit(emoji.flatMap((one) => people.map((user) => react(id, one, true, user))))
    const bytes = (value: unknown) => Buffer.byteLength(JSON.stringify(value))
    const page = await store.history('lobby', { at: 'end', limit: 100 }, 'p3')
    expect(bytes(page)).toBeLessThanOrEqual(LIMITS.pageBytes)
    expect(page?.messages.length).toBeGreaterThan(1)
    expect(page).toMatchObject({ older: true, newer: false })
    expect(
      page?.messages.at(-1)?.reactions?.map(({ count, mine, users }) => [count, mine, users.length]),
    ).toEqual(emoji.map(() => [20, true, 20]))
    const newest = await store.newest('lobby', 50)
    expect(bytes(newest?.messages)).toBeLessThanOrEqual(LIMITS.pageBytes)
    expect(newest?.messages.at(-1)?.reactions?.[0]).not.toHaveProperty('mine')
    expect(newest?.older).toBe(true)
    const mine = await store.mine('p3', ['m12', 'm11', '01'])
    expect(Object.fromEntries([...mine].map(([id, shown]) => [id, shown.length]))).toEqual({
      m11: 20,
      m12: 20,
    })
    const after = await store.history('lobby', { at: 'after', seq: 0, limit: 100 }, 'p3')
    expect(after?.messages.slice(0, 3).map(({ id }) => id)).toEqual(['01', '02', 'm1'])
    expect([after?.newer, bytes(after) <= LIMITS.pageBytes]).toEqual([true, true])
  })

  test('[K43, S43] a twenty-first kind of emoji is too much; one that shows already is not', async () => {
    const kinds = Array.from({ length: LIMITS.emojiKinds + 1 }, (_, n) => String.fromCodePoint(0x1f600 + n))
    const [last = ''] = kinds.slice(-1)
    const outcomes = await store.commit([
      ...kinds.map((emoji) => react('01', emoji)),
      react('01', kinds[0] ?? '', true, bob),
      react('01', last, false),
      react('01', kinds[1] ?? '', false),
      react('01', last),
    ])
    const results = refusals(outcomes)
    expect(results.slice(0, LIMITS.emojiKinds)).not.toContain('tooBig')
    expect(results.slice(LIMITS.emojiKinds)).toEqual(['tooBig', 'stored', 'stored', 'stored', 'stored'])
  })

  test('[K44] what is pinned is found, newest last, and no more once it is unpinned', async () => {
    await store.commit([draft('third', { id: '03' }), pin('03'), pin('01'), pin('02'), pin('01')])
    expect(await pinned()).toEqual({ ids: ['01', '02', '03'], older: false })
    expect(await pinned(2)).toEqual({ ids: ['02', '03'], older: true })
    expect(await message('02')).toMatchObject({ pinned: true })
    await store.commit([pin('02', false), pin('02', false)])
    expect((await pinned()).ids).toEqual(['01', '03'])
    expect(await message('02')).not.toHaveProperty('pinned')
  })

  test('[K45] a topic is an event without a nonce, a line of the history, and nothing anybody has to read', async () => {
    const topic = { kind: 'topic', room: 'lobby', at: 9, user: ada, text: 'Seeds' } as const
    const event = { kind: 'topic', at: 9, user: ada, text: 'Seeds' } as const
    const outcomes = await store.commit([
      { ...topic, id: '0a1' },
      { ...topic, id: '0a2' },
    ])
    expect(outcomes).toEqual([
      { result: 'stored', event: { ...event, seq: 3, id: '0a1' } },
      { result: 'stored', event: { ...event, seq: 4, id: '0a2' } },
    ])
    expect(await store.events('lobby', 2, 9)).toEqual(
      outcomes.map((one) => one.result === 'stored' && one.event) as never,
    )
    expect((await store.history('lobby', { at: 'end', limit: 1 }))?.messages).toEqual([
      { ...event, seq: 4, id: '0a2' },
    ])
    expect(await store.room('lobby')).toMatchObject({ topic: 'Seeds', head: 4 })
    expect(await store.unread('lobby', bob, 2)).toMatchObject({ unread: 0 })
    expect(refusals(await store.commit([react('0a1', '👍'), draft('to it', { replyTo: '0a1' })]))).toEqual([
      'gone',
      'gone',
    ])
  })

  test('[K46] what is not there, elsewhere or deleted is gone, whatever is to happen to it', async () => {
    await store.addRoom(garden, 1)
    await store.commit([draft('there', { id: '04', room: 'garden' }), draft('erased', { id: '05' })])
    const [event] = await store.commit([react('01', '👍'), remove('05')])
    const reaction = event?.result === 'stored' ? event.event.id : ''
    for (const target of ['04', '05', '06', reaction]) {
      const drafts = [edit(target, 'x'), remove(target), react(target, '👍'), pin(target)]
      expect(refusals(await store.commit(drafts))).toEqual(['gone', 'gone', 'gone', 'gone'])
    }
    expect(refusals(await store.commit([edit('01', 'x', { room: 'nowhere' })]))).toEqual(['noRoom'])
    expect(await store.heads(['lobby'])).toEqual(new Map([['lobby', 5]]))
  })

  test("[K46] an edit and a delete of somebody else's are forbidden, a reaction and a pin are not", async () => {
    const outcomes = await store.commit([edit('02', 'x'), remove('02'), react('02', '👍'), pin('02')])
    expect(refusals(outcomes)).toEqual(['forbidden', 'forbidden', 'stored', 'stored'])
    expect(await message('02')).toMatchObject({ text: 'second' })
  })

  test('[K46] a known nonce is recognised before all that, and differs by kind, target and content', async () => {
    const first = [edit('01', 'x'), react('01', '👍'), pin('01')]
    const deleted = remove('01')
    await store.commit([...first, deleted])
    expect(refusals(await store.commit([...first, deleted]))).toEqual(Array(4).fill('duplicate'))
    const nonce = first[1]?.nonce ?? ''
    const others = [
      edit('01', 'x', { nonce }),
      remove('01', { nonce }),
      change({ kind: 'react', target: '02', emoji: '👍', on: true }, { nonce }),
      change({ kind: 'react', target: '01', emoji: '👍', on: false }, { nonce }),
    ]
    expect(refusals(await store.commit(others))).toEqual(Array(4).fill('nonceReused'))
    expect(refusals(await store.commit([react('01', '👍')]))).toEqual(['gone'])
  })

  test('[K70] what is gone and sent again, also with other content, is a duplicate: nothing is kept to compare it with', async () => {
    const said = draft('my pin is 4711', { id: '03' })
    const edited = edit('03', 'my pin is 4712')
    await store.commit([said, edited])
    await store.commit([remove('03')])
    const { nonce } = edited
    const again: Draft[] = [
      said,
      edited,
      { ...said, text: 'my pin is 4713' },
      edit('03', 'my pin is 4713', { nonce }),
      change({ kind: 'pin', target: '01', on: true }, { nonce: said.nonce }),
    ]
    const [first, second] = [
      { result: 'duplicate', seq: 3, id: '03' },
      { result: 'duplicate', seq: 4, id: edited.id },
    ]
    // `toMatchObject` lets everything pass that is to be equal to an object it has met before.
    const outcomes = [first, second, first, second, first].map((one) => expect.objectContaining(one))
    expect(await store.commit(again)).toEqual(outcomes)
    await world.restart()
    expect(await world.store.commit(again)).toEqual(outcomes)
    expect(await world.store.heads(['lobby'])).toEqual(new Map([['lobby', 5]]))
  })

  test('[U73] deleted is no longer unread, and edited it mentions whom it mentions now', async () => {
    await say(store, ['@Bob', 'hello', '@Bob too'].map(String), {})
    const page = await store.history('lobby', { at: 'end', limit: 3 })
    const [one = '', two = '', three = ''] = page?.messages.map(({ id }) => id) ?? []
    expect(await store.unread('lobby', bob, 2)).toEqual({ unread: 3, mentions: 2, head: 5 })
    await store.commit([remove(one)])
    expect(await store.unread('lobby', bob, 2)).toEqual({ unread: 2, mentions: 1, head: 6 })
    await store.commit([edit(two, 'hello @bob'), edit(three, 'never mind')])
    expect(await store.unread('lobby', bob, 2)).toEqual({ unread: 2, mentions: 1, head: 8 })
  })
})

test('[K41, S34] deleted text is in no file of the database, without waiting for its end', async () => {
  const dir = aTemporaryDir()
  const store = await open(dir)
  const canary = 'canary-5f3a'
  const inFiles = () =>
    readdirSync(dir).filter(
      (name) => name.startsWith('hubbub.db') && readFileSync(join(dir, name)).includes(canary),
    )
  await store.commit(numbered(300).map((n) => draft(`${n} `.repeat(200), { id: `a${n}` })))
  const secret = [1, 40, 299].map((n) => `a${n}`)
  await store.commit(secret.map((target) => edit(target, `${canary} ${'long '.repeat(n(target))}`)))
  await store.commit(numbered(300).map((id) => draft(`more ${id}`)))
  expect(inFiles()).not.toEqual([])
  await store.commit(secret.map((target) => remove(target)))
  await eventually('the text is gone', () => inFiles().length === 0, 10_000)
  await store.close()
  expect(inFiles()).toEqual([])
  rmSync(dir, { recursive: true, force: true })
})

/** Texts of several lengths: within a page, and over many. */
const n = (target: string) => (target === 'a40' ? 700 : 10)

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
