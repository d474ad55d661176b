import { beforeEach, describe, expect, test } from 'bun:test'
import type { Draft, Outcome, Store } from '../../src/hub/ports.ts'
import { LIMITS } from '../../src/shared/limits.ts'
import type { HistoryMessage } from '../../src/shared/model.ts'
import { ada, bob, draft, numbered, say } from './support/scene.ts'
import { change, edit, pin, react, remove } from './support/changes.ts'
import { worlds, type World } from './support/world.ts'

const garden = { room: 'garden', name: 'Garden', topic: 'roses', kind: 'public' } as const
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
