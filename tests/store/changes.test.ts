import { beforeEach, expect, test } from 'bun:test'
import type { Store } from '../../src/hub/ports.ts'
import { LIMITS } from '../../src/shared/limits.ts'
import type { HistoryMessage } from '../../src/shared/model.ts'
import {
  ada,
  bob,
  bytesOf,
  change,
  draft,
  edit,
  garden,
  numbered,
  pin,
  react,
  remove,
  resultsOf,
} from './support/scene.ts'
import { describeStores } from './support/world.ts'

const EMOJI = Array.from({ length: LIMITS.emojiKinds + 1 }, (_, n) => String.fromCodePoint(0x1f600 + n))

async function messageOf(store: Store, id: string, reader?: string): Promise<HistoryMessage | undefined> {
  const page = await store.history('lobby', { at: 'ids', ids: [id], limit: 1 }, reader)
  return page?.messages[0]
}

async function pinnedOf(store: Store, limit = 50) {
  const page = await store.history('lobby', { at: 'pinned', limit })
  return { ids: page?.messages.map(({ id }) => id), older: page?.older }
}

describeStores((store, world) => {
  beforeEach(() => store.commit([draft('first', { id: '01' }), draft('second', { id: '02', user: bob })]))

  test('[K40] an edit is the message’s text from then on, with its time, and an event that names the message', async () => {
    const keys = { id: 'c1', at: 70, nonce: 'nonce-c1' }
    const event = { kind: 'edit' as const, seq: 3, user: ada, target: '01', text: 'better', ...keys }
    expect(await store.commit([edit('01', 'better', keys)])).toEqual([{ result: 'stored', event }])
    expect(await store.events('lobby', 2, 9)).toEqual([event])
    expect(await messageOf(store, '01')).toMatchObject({ seq: 1, text: 'better', edited: 70 })
    expect(await store.events('lobby', 0, 1)).toMatchObject([{ text: 'first' }])
    expect((await store.history('lobby', { at: 'end', limit: 9 }))?.messages).toHaveLength(2)
  })

  test('[K41] a delete takes the text of the message and its edits, its emoji and its pin; all keys stay', async () => {
    const target = '03'
    await store.commit([draft('a reply', { id: target, replyTo: '02' })])
    await store.commit([edit(target, 'edited'), react(target, '👍', true, bob), pin(target)])
    const [deleted] = await store.commit([remove(target)])
    expect(deleted).toMatchObject({ event: { kind: 'delete', seq: 7, target, by: 'author' } })
    const [said, edited, ...later] = await store.events('lobby', 2, 9)
    expect(said).toMatchObject({ kind: 'message', seq: 3, id: target, user: ada, gone: true })
    expect(Object.keys(said ?? {}).toSorted()).toEqual(['at', 'gone', 'id', 'kind', 'nonce', 'seq', 'user'])
    expect(edited).toMatchObject({ kind: 'edit', seq: 4, target, gone: true })
    expect(edited).not.toHaveProperty('text')
    expect(later).toMatchObject([
      { kind: 'react', target, emoji: '👍', on: true, count: 1 },
      { kind: 'pin', target, on: true },
      { kind: 'delete', target, by: 'author' },
    ])
    expect(await messageOf(store, target)).toEqual(said as HistoryMessage)
    expect((await pinnedOf(store)).ids).toEqual([])
  })

  test('[K42] a reaction counts who shows the emoji after it, also where it changes nothing', async () => {
    const outcomes = await store.commit([
      react('01', '👍'),
      react('01', '👍'),
      react('01', '👍', true, bob),
      react('01', '🎉', true, bob),
      react('01', '👍', false),
      react('01', '👍', false),
      react('01', '🌱', false),
    ])
    expect(outcomes).toMatchObject([1, 1, 2, 1, 1, 1, 0].map((count) => ({ event: { count } })))
    expect((await messageOf(store, '01', bob.id))?.reactions).toEqual([
      { emoji: '👍', count: 1, mine: true, users: [bob] },
      { emoji: '🎉', count: 1, mine: true, users: [bob] },
    ])
    expect((await messageOf(store, '01', ada.id))?.reactions).toMatchObject([
      { mine: false },
      { mine: false },
    ])
    await store.commit([react('01', '👍', false, bob), react('01', '🎉', false, bob)])
    expect(await messageOf(store, '01')).not.toHaveProperty('reactions')
  })

  test('[K42] emoji stand in the order in which they began to show, people in theirs, twenty of them named', async () => {
    const people = numbered(25).map((n) => ({ id: `p${n}`, name: `Person ${n}` }))
    await store.commit(people.map((user) => react('01', '🎉', true, user)))
    await store.commit([
      react('01', '👍'),
      react('01', '🎉', false, people[0]),
      react('01', '🎉', true, people[0]),
    ])
    const [party, thumb] = (await messageOf(store, '01', 'p25'))?.reactions ?? []
    expect(thumb).toEqual({ emoji: '👍', count: 1, mine: false, users: [ada] })
    expect(party).toMatchObject({ emoji: '🎉', count: 25, mine: true, users: people.slice(1, 21) })
  })

  test('[K81] a page ends before its reactions pass 224 KiB, from either end; without a reader it names none as theirs', async () => {
    const people = numbered(20).map((n) => ({ id: `p${n}`, name: `Person ${n} ${'x'.repeat(100)}` }))
    const emoji = EMOJI.slice(1)
    const ids = numbered(12).map((n) => `m${n}`)
    await store.commit(ids.map((id) => draft(`text ${id}`, { id })))
    for (const id of ids)
      await store.commit(emoji.flatMap((shown) => people.map((user) => react(id, shown, true, user))))
    const end = await store.history('lobby', { at: 'end', limit: 100 }, 'p3')
    const after = await store.history('lobby', { at: 'after', seq: 0, limit: 100 }, 'p3')
    const newest = await store.newest('lobby', 50)
    for (const page of [end, after, newest?.messages])
      expect(bytesOf(page)).toBeLessThanOrEqual(LIMITS.pageBytes)
    expect([end?.older, end?.newer, after?.older, after?.newer]).toEqual([true, false, false, true])
    const reactions = end?.messages.at(-1)?.reactions
    expect(reactions?.map(({ count, mine, users }) => [count, mine, users.length])).toEqual(
      emoji.map(() => [20, true, 20]),
    )
    expect(newest?.messages.length).toBeGreaterThan(1)
    expect(newest?.messages.at(-1)?.reactions?.[0]).not.toHaveProperty('mine')
    expect(await store.mine('p3', ['m12', '01', 'm11'])).toEqual(
      new Map(['m11', 'm12'].map((id) => [id, expect.arrayContaining(emoji)])),
    )
    expect(after?.messages.slice(0, 3).map(({ id }) => id)).toEqual(['01', '02', 'm1'])
  })

  test('[K43, S43] a message takes twenty kinds of emoji; another person may add to one of them', async () => {
    const [first = '', second = ''] = EMOJI
    const last = EMOJI.at(-1) ?? ''
    const results = await resultsOf(
      store.commit([
        ...EMOJI.map((emoji) => react('01', emoji)),
        react('01', first, true, bob),
        react('01', last, false),
        react('01', second, false),
        react('01', last),
      ]),
    )
    const expected = Array<string>(EMOJI.length + 4).fill('stored')
    expect(results).toEqual(expected.with(LIMITS.emojiKinds, 'tooBig'))
  })

  test('[K44] pinned messages are found, newest last, until they are unpinned', async () => {
    await store.commit([draft('third', { id: '03' }), pin('03'), pin('01'), pin('02'), pin('01')])
    expect(await pinnedOf(store)).toEqual({ ids: ['01', '02', '03'], older: false })
    expect(await pinnedOf(store, 2)).toEqual({ ids: ['02', '03'], older: true })
    expect(await messageOf(store, '02')).toMatchObject({ pinned: true })
    await store.commit([pin('02', false), pin('02', false)])
    expect((await pinnedOf(store)).ids).toEqual(['01', '03'])
    expect(await messageOf(store, '02')).not.toHaveProperty('pinned')
  })

  test('[K45] a topic is an event without a nonce, a line of the history, and never unread', async () => {
    const content = { kind: 'topic', at: 9, user: ada, text: 'Seeds' } as const
    const events = ['0a1', '0a2'].map((id, n) => ({ ...content, seq: 3 + n, id }))
    const topics = events.map(({ id }) => ({ ...content, room: 'lobby', id }))
    expect(await store.commit(topics)).toEqual(events.map((event) => ({ result: 'stored', event })))
    expect(await store.events('lobby', 2, 9)).toEqual(events)
    expect((await store.history('lobby', { at: 'end', limit: 2 }))?.messages).toEqual(events)
    expect(await store.room('lobby')).toMatchObject({ topic: 'Seeds', head: 4 })
    expect(await store.unread('lobby', bob.id, 2)).toMatchObject({ unread: 0 })
    const toTopic = [react('0a1', '👍'), draft('to it', { replyTo: '0a1' })]
    expect(await resultsOf(store.commit(toTopic))).toEqual(['gone', 'gone'])
  })

  test('[K46] no change is possible to a message that is unknown, in another room or deleted', async () => {
    await store.addRoom(garden, 1)
    await store.commit([draft('there', { id: '04', room: 'garden' }), draft('deleted', { id: '05' })])
    const reaction = react('01', '👍')
    await store.commit([reaction, remove('05')])
    for (const target of ['04', '05', '06', reaction.id]) {
      const changes = [edit(target, 'x'), remove(target), react(target, '👍'), pin(target)]
      expect(await resultsOf(store.commit(changes))).toEqual(Array(4).fill('gone'))
    }
    expect(await resultsOf(store.commit([edit('01', 'x', { room: 'nowhere' })]))).toEqual(['noRoom'])
    expect(await store.room('lobby')).toMatchObject({ head: 5 })
  })

  test("[K46] another person's message can be reacted to and pinned, not edited or deleted", async () => {
    const changes = [edit('02', 'x'), remove('02'), react('02', '👍'), pin('02')]
    const expected = ['forbidden', 'forbidden', 'stored', 'stored']
    expect(await resultsOf(store.commit(changes))).toEqual(expected)
    expect(await messageOf(store, '02')).toMatchObject({ text: 'second' })
  })

  test('[K46] a change sent again is a duplicate, although its message was deleted; another one with its nonce is refused', async () => {
    const reaction = react('01', '👍')
    const changes = [edit('01', 'x'), reaction, pin('01'), remove('01')]
    await store.commit(changes)
    expect(await resultsOf(store.commit(changes))).toEqual(Array(4).fill('duplicate'))
    const { nonce } = reaction
    const others = [
      edit('01', 'x', { nonce }),
      remove('01', { nonce }),
      change({ kind: 'react', target: '02', emoji: '👍', on: true }, { nonce }),
      change({ kind: 'react', target: '01', emoji: '👍', on: false }, { nonce }),
    ]
    expect(await resultsOf(store.commit(others))).toEqual(Array(4).fill('nonceReused'))
  })

  test('[K70, S70] deleted content sent again is a duplicate, whatever it says: no digest is left to compare with', async () => {
    const said = draft('my pin is 4711', { id: '03' })
    const edited = edit('03', 'my pin is 4712')
    await store.commit([said, edited, remove('03')])
    const { nonce } = edited
    const again = [
      said,
      edited,
      { ...said, text: 'my pin is 4713' },
      edit('03', 'my pin is 4713', { nonce }),
      change({ kind: 'pin', target: '01', on: true }, { nonce: said.nonce }),
    ]
    await world.restart()
    expect(await store.commit(again)).toEqual(
      [3, 4, 3, 4, 3].map((seq) => expect.objectContaining({ result: 'duplicate', seq })),
    )
    expect(await store.room('lobby')).toMatchObject({ head: 5 })
  })
})
