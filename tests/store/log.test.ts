import { expect, test } from 'bun:test'
import type { HistoryQuery, OwnEvent, Store } from '../../src/hub/ports.ts'
import { LIMITS } from '../../src/shared/limits.ts'
import {
  ada,
  bob,
  bytesOf,
  draft,
  edit,
  garden,
  numbered,
  react,
  remove,
  resultsOf,
  say,
} from './support/scene.ts'
import { describeStores } from './support/world.ts'

const FUTURE = Number.MAX_SAFE_INTEGER

/** The numbers from `first` to `last`. */
const through = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, n) => first + n)

/** Sends messages with the texts and ids 1 to `count`. */
const sayNumbered = (store: Store, count: number) =>
  store.commit(numbered(count).map((id) => draft(id, { id })))

const deleteMessages = (store: Store, ids: readonly number[]) =>
  store.commit(ids.map((id) => remove(String(id))))

type PageShape = [seqs: number[], older: boolean, newer: boolean]

async function pageOf(store: Store, query: HistoryQuery): Promise<PageShape> {
  const page = await store.history('lobby', query)
  if (page === null) throw new Error('no page')
  return [page.messages.map(({ seq }) => seq), page.older, page.newer]
}

async function newestOf(
  store: Store,
  limit: number = LIMITS.firstMessages,
): Promise<[seqs: number[], older: boolean]> {
  const found = await store.newest('lobby', limit)
  if (found === null) throw new Error('no room')
  return [found.messages.map(({ seq }) => seq), found.older]
}

describeStores((store, world) => {
  test('[K1] drafts of one commit get the numbers after their room’s head, in their order', async () => {
    await store.addRoom(garden, 1)
    await say(store, ['before'])
    const drafts = [draft('a'), draft('b', { room: 'garden' }), draft('c', { user: bob })]
    expect(await store.commit(drafts)).toMatchObject([
      { result: 'stored', event: { seq: 2, text: 'a' } },
      { result: 'stored', event: { seq: 1, text: 'b' } },
      { result: 'stored', event: { seq: 3, text: 'c', user: bob } },
    ])
    expect(await store.heads(['lobby', 'garden'])).toEqual(new Map([['lobby', 3], ['garden', 1]])) // prettier-ignore
    expect(await store.commit([])).toEqual([])
  })

  test('[K1] an event says what its draft said and nothing else, in the log and in history', async () => {
    const keys = { id: '01', at: 5, nonce: 'n-000001' }
    const answerKeys = { id: '02', at: 6, nonce: 'n-000002', replyTo: '01' }
    const [first] = await store.commit([draft('first', keys)])
    const [second] = await store.commit([draft('second', { ...answerKeys, user: bob })])
    const events = [
      { kind: 'message' as const, seq: 1, user: ada, text: 'first', ...keys },
      { kind: 'message' as const, seq: 2, user: bob, text: 'second', ...answerKeys },
    ]
    expect([first, second]).toEqual(events.map((event) => ({ result: 'stored', event })))
    expect(await store.events('lobby', 0, 10)).toEqual(events)
    expect((await store.history('lobby', { at: 'end', limit: 10 }))?.messages).toEqual(events)
  })

  test('[K1] a text comes back letter for letter, also after a restart', async () => {
    const text = 'tab\t line\n "quote" \\ \u2028 é 👩‍👩‍👧‍👦 العربية \u200d ‘; DROP TABLE events --'
    await say(store, [text])
    await world.restart()
    expect(await store.events('lobby', 0, 1)).toMatchObject([{ text }])
  })

  test('[K2] the same nonce twice is one event: within a commit, later, under another name, after a restart', async () => {
    const said = draft('once')
    const again = { ...said, id: 'ff', at: 9_999, user: { ...ada, name: 'Ada L.' } }
    const first = { seq: 1, id: said.id, at: said.at }
    const duplicate = { result: 'duplicate' as const, ...first }
    expect(await store.commit([said, again])).toMatchObject([{ result: 'stored', event: first }, duplicate])
    expect(await store.commit([again])).toEqual([duplicate])
    await world.restart()
    expect(await store.commit([again])).toEqual([duplicate])
    expect(await store.events('lobby', 0, 10)).toHaveLength(1)
  })

  test('[K3] a nonce used again for another text, room or reply is refused, and the first event stays', async () => {
    await store.addRoom(garden, 1)
    const said = draft('first')
    await store.commit([draft('target', { id: '01' }), said])
    const changes = [{ text: 'second' }, { room: 'garden' }, { replyTo: '01' }]
    const again = changes.map((fields) => ({ ...said, id: 'ff', ...fields }))
    expect(await resultsOf(store.commit(again))).toEqual(changes.map(() => 'nonceReused'))
    expect(await store.events('lobby', 1, 10)).toMatchObject([{ seq: 2, text: 'first' }])
    expect(await store.heads(['garden'])).toEqual(new Map([['garden', 0]]))
  })

  test('[K4] the same nonce of two people is two events', async () => {
    const said = draft('hello')
    expect(await store.commit([said, { ...said, id: 'ff', user: bob }])).toMatchObject([
      { result: 'stored', event: { seq: 1, user: ada } },
      { result: 'stored', event: { seq: 2, user: bob } },
    ])
  })

  test('[K5] a reply to a message that is deleted, in another room or unknown is gone, and its nonce stays unused', async () => {
    await store.addRoom(garden, 1)
    await store.commit([
      draft('there', { id: '02', room: 'garden' }),
      draft('deleted', { id: '03' }),
      remove('03'),
    ])
    const reply = draft('reply', { replyTo: '01' })
    const replies = ['02', '03', '04', '01'].map((replyTo) => ({ ...reply, replyTo }))
    expect(await resultsOf(store.commit([draft('here', { id: '01' }), ...replies]))).toEqual([
      'stored',
      'gone',
      'gone',
      'gone',
      'stored',
    ])
  })

  test('[K6] a stored reply that is sent again is a duplicate, although its message was deleted since', async () => {
    const reply = draft('reply', { replyTo: '01' })
    await store.commit([draft('said', { id: '01' }), reply, remove('01')])
    expect(await store.commit([reply])).toMatchObject([{ result: 'duplicate', seq: 2 }])
  })

  test('[K7] a draft that cannot be stored leaves no hole and holds up no other', async () => {
    const drafts = [
      draft('a', { id: '01' }),
      draft('to nowhere', { room: 'nowhere' }),
      draft('reply to nowhere', { room: 'nowhere', replyTo: '01' }),
      draft('an id that exists', { id: '01' }),
      draft('b'),
    ]
    expect(await resultsOf(store.commit(drafts))).toEqual(['stored', 'noRoom', 'noRoom', 'failed', 'stored'])
    expect(await store.room('lobby')).toMatchObject({ head: 2 })
    expect(await store.events('lobby', 0, 10)).toMatchObject([
      { seq: 1, text: 'a' },
      { seq: 2, text: 'b' },
    ])
  })

  test('[K8] events are those after a seq, in order, at most so many', async () => {
    await sayNumbered(store, 5)
    const seqs = async (room: string, after: number, limit: number) =>
      (await store.events(room, after, limit)).map(({ seq }) => seq)
    expect(await seqs('lobby', 1, 3)).toEqual([2, 3, 4])
    expect(await seqs('lobby', 3, 100)).toEqual([4, 5])
    expect(await seqs('lobby', 5, 100)).toEqual([])
    expect(await seqs('nowhere', 0, 100)).toEqual([])
  })

  test('[K9] a page of events has at most 224 KiB of JSON, and at least one event', async () => {
    await say(store, Array<string>(60).fill('é"'.repeat(2_000)))
    await say(store, ['x'.repeat(LIMITS.pageBytes), 'after'])
    const page = await store.events('lobby', 0, 200)
    expect(bytesOf(page)).toBeLessThanOrEqual(LIMITS.pageBytes)
    expect(bytesOf(page) + bytesOf(page.at(-1))).toBeGreaterThan(LIMITS.pageBytes)
    expect((await store.events('lobby', 60, 200)).map(({ seq }) => seq)).toEqual([61])
  })

  test('[K54] a person’s events are found in all rooms, a part at a time, each once', async () => {
    await store.addRoom(garden, 1)
    await store.commit([
      draft('one', { nonce: 'nonce-b' }),
      draft('of another person', { user: bob, nonce: 'nonce-a' }),
      draft('two', { room: 'garden', nonce: 'nonce-c' }),
      { kind: 'topic', room: 'garden', id: '03', at: 3, user: ada, text: 'Tea' },
      draft('three', { nonce: 'nonce-a' }),
    ])
    const found: OwnEvent[] = []
    for (let part = await store.eventsOf(ada.id, null, 2); part.length > 0;) {
      expect(part.length).toBeLessThanOrEqual(2)
      found.push(...part)
      part = await store.eventsOf(ada.id, found.at(-1) ?? null, 2)
    }
    expect(found).toEqual([
      { nonce: null, room: 'garden', seq: 2 },
      { nonce: 'nonce-a', room: 'lobby', seq: 3 },
      { nonce: 'nonce-b', room: 'lobby', seq: 1 },
      { nonce: 'nonce-c', room: 'garden', seq: 1 },
    ])
    expect(await store.eventsOf('nobody', null, 9)).toEqual([])
  })

  test('[K10] each seq has its id, deleted or not', async () => {
    await store.commit([draft('a', { id: '01' }), draft('b', { id: '02' }), remove('01', { id: '03' })])
    const ids = [0, 1, 2, 3, 4].map((seq) => store.idAt('lobby', seq))
    expect(await Promise.all(ids)).toEqual([null, '01', '02', '03', null])
    expect(await store.idAt('nowhere', 1)).toBeNull()
  })

  test('[K11] a newcomer sees the newest 50 messages, or as many as asked for, and where they are true', async () => {
    expect(await store.newest('nowhere', 50)).toBeNull()
    const nothing = { at: { seq: 0, id: null }, floor: 1, messages: [], older: false }
    expect(await store.newest('lobby', 50)).toEqual(nothing)
    await sayNumbered(store, 50)
    expect(await newestOf(store)).toEqual([through(1, 50), false])
    await store.commit(through(51, 60).map((n) => draft('more', { id: `${n}` })))
    expect(await newestOf(store)).toEqual([through(11, 60), true])
    expect(await newestOf(store, 2)).toEqual([[59, 60], true])
    expect(await store.newest('lobby', 0)).toMatchObject({
      at: { seq: 60, id: '60' },
      messages: [],
      older: true,
    })
  })

  test('[K11] deleted messages between the newest are shown as gone, up to 100 rows; none below the floor', async () => {
    await sayNumbered(store, 120)
    await deleteMessages(store, through(101, 110))
    expect(await newestOf(store)).toEqual([through(61, 120), true])
    await deleteMessages(store, [...through(31, 100), ...through(111, 120)])
    expect(await newestOf(store)).toEqual([through(21, 120), true])
    await store.purge(FUTURE, 117)
    expect(await newestOf(store)).toEqual([through(118, 120), false])
  })

  test('[K80] every page of messages ends before it passes 224 KiB, and has at least one', async () => {
    await store.commit(numbered(30).map((id) => draft('\u4e2d'.repeat(4_000), { id })))
    const newest = await store.newest('lobby', 50)
    const count = newest?.messages.length ?? 0
    expect(count).toBeGreaterThan(15)
    expect(newest?.messages.at(-1)?.seq).toBe(30)
    expect(bytesOf(newest?.messages)).toBeLessThanOrEqual(LIMITS.pageBytes)
    const ids = numbered(30)
    const pages: [HistoryQuery, PageShape][] = [
      [{ at: 'end', limit: 100 }, [through(31 - count, 30), true, false]],
      [{ at: 'before', seq: 30, limit: 100 }, [through(30 - count, 29), true, true]],
      [{ at: 'after', seq: 2, limit: 100 }, [through(3, 2 + count), true, true]],
      [{ at: 'ids', ids, limit: 50 }, [through(31 - count, 30), true, false]],
    ]
    for (const [query, expected] of pages) {
      expect(await pageOf(store, query)).toEqual(expected)
      expect(bytesOf(await store.history('lobby', query))).toBeLessThanOrEqual(LIMITS.pageBytes)
    }
    const [around, older, newer] = await pageOf(store, { at: 'around', seq: 15, limit: 100 })
    expect([around, older, newer]).toEqual([through(around[0] ?? 0, around.at(-1) ?? 0), true, true])
    expect(around).toContain(15)
    expect(around.length).toBeGreaterThanOrEqual(count - 1)
  })

  test('[K12] pages from the end, before a seq and after one say whether there is more on either side', async () => {
    expect(await pageOf(store, { at: 'end', limit: 3 })).toEqual([[], false, false])
    expect(await pageOf(store, { at: 'after', seq: 0, limit: 3 })).toEqual([[], false, false])
    await sayNumbered(store, 5)
    expect(await pageOf(store, { at: 'end', limit: 3 })).toEqual([[3, 4, 5], true, false])
    expect(await pageOf(store, { at: 'end', limit: 5 })).toEqual([[1, 2, 3, 4, 5], false, false])
    const pages: [at: 'before' | 'after', seq: number, PageShape][] = [
      ['before', 4, [[2, 3], true, true]],
      ['before', 3, [[1, 2], false, true]],
      ['before', 1, [[], false, true]],
      ['before', 99, [[4, 5], true, false]],
      ['after', 0, [[1, 2], false, true]],
      ['after', 3, [[4, 5], true, false]],
      ['after', 5, [[], true, false]],
      ['after', 99, [[], true, false]],
    ]
    for (const [at, seq, expected] of pages)
      expect(await pageOf(store, { at, seq, limit: 2 })).toEqual(expected)
  })

  test('[K13] a page around a seq has half of its messages before the seq, and one side never makes up for the other', async () => {
    await sayNumbered(store, 9)
    const pages: [seq: number, limit: number, PageShape][] = [
      [5, 4, [[3, 4, 5, 6], true, true]],
      [5, 5, [[3, 4, 5, 6, 7], true, true]],
      [5, 1, [[5], true, true]],
      [2, 6, [[1, 2, 3, 4], false, true]],
      [9, 6, [[6, 7, 8, 9], true, false]],
      [0, 20, [through(1, 9), false, false]],
      [99, 4, [[8, 9], true, false]],
    ]
    for (const [seq, limit, expected] of pages)
      expect(await pageOf(store, { at: 'around', seq, limit })).toEqual(expected)
  })

  test('[K14] a page by ids has the messages of the room, in the order of the log; ids after the 50th are ignored', async () => {
    await store.addRoom(garden, 1)
    await sayNumbered(store, 3)
    await store.commit([remove('2'), draft('elsewhere', { id: '4', room: 'garden' })])
    const byIds = (ids: string[]) => pageOf(store, { at: 'ids', ids, limit: 50 })
    expect(await byIds(['3', '2', 'missing', '4', '3', '1'])).toEqual([[1, 2, 3], false, false])
    expect(await byIds([])).toEqual([[], false, false])
    expect(await byIds([...numbered(50).map((n) => `missing-${n}`), '1'])).toEqual([[], false, false])
  })

  test('[U215] a page around a time has the first message since then, also if some messages are purged or of one time', async () => {
    const times = [10, 10, 20, 20, 20, 30, 50, 50, 70]
    await store.commit(times.map((at, n) => draft(`text ${n + 1}`, { id: `${n + 1}`, at })))
    const first = async (time: number) => {
      const page = await store.history('lobby', { at: 'time', time, limit: 2 })
      return page?.messages.at(page.newer || (page.messages.at(-1)?.at ?? 0) >= time ? -1 : 0)?.seq
    }
    expect(await Promise.all([0, 10, 11, 20, 21, 31, 50, 70].map(first))).toEqual([1, 1, 3, 3, 6, 7, 7, 9])
    const page = await store.history('lobby', { at: 'time', time: 71, limit: 2 })
    expect(page?.messages.map(({ seq }) => seq)).toEqual([9])
    await store.purge(FUTURE, 4)
    expect(await first(0)).toBe(5)
  })

  test('[K15, K17] a page says head and floor of its moment, and has nothing below the floor; an unknown room has none', async () => {
    await sayNumbered(store, 5)
    await store.purge(FUTURE, 2)
    const empty = { messages: [], head: 5, floor: 3, older: false, newer: false }
    expect(await store.history('lobby', { at: 'pinned', limit: 50 })).toEqual(empty)
    const pages: [HistoryQuery, PageShape][] = [
      [{ at: 'end', limit: 50 }, [[3, 4, 5], false, false]],
      [{ at: 'before', seq: 3, limit: 50 }, [[], false, true]],
      [{ at: 'after', seq: 0, limit: 2 }, [[3, 4], false, true]],
      [{ at: 'around', seq: 4, limit: 6 }, [[3, 4, 5], false, false]],
      [{ at: 'ids', ids: ['1', '5'], limit: 50 }, [[5], false, false]],
    ]
    for (const [query, expected] of pages) expect(await pageOf(store, query)).toEqual(expected)
    expect(await store.history('nowhere', { at: 'end', limit: 50 })).toBeNull()
  })

  test('[K16] a deleted event keeps its keys and says `gone`, in the log and in history', async () => {
    const keys = { id: '01', at: 5, nonce: 'n-000001' }
    await store.commit([
      draft('a', keys),
      draft('b', { id: '02', replyTo: '01' }),
      remove('01'),
      remove('02'),
    ])
    const page = await store.history('lobby', { at: 'end', limit: 10 })
    for (const [first, second] of [await store.events('lobby', 0, 2), page?.messages ?? []]) {
      expect(first).toEqual({ kind: 'message', seq: 1, user: ada, gone: true, ...keys })
      expect(second).not.toHaveProperty('replyTo')
    }
  })

  test('[K48, K70, O27] a purge empties the oldest events, exact to an event and a slice at a time; keys stay', async () => {
    const said = [10, 20, 30, 40, 50].map((at) => draft(`at ${at}`, { at, id: `id-${at}` }))
    await store.commit(said)
    await store.addRoom(garden, 1)
    await store.commit([draft('in the garden', { at: 15, room: 'garden' })])
    const slices = [10, 40, 40, 40].map((before) => store.purge(before, 2))
    expect(await Promise.all(slices)).toEqual([0, 2, 2, 0])
    await world.restart()
    expect(await store.roomsBySlug(['garden', 'lobby'])).toMatchObject([
      { head: 1, floor: 2 },
      { head: 5, floor: 4 },
    ])
    expect(await pageOf(store, { at: 'end', limit: 9 })).toEqual([[4, 5], false, false])
    expect(await store.events('lobby', 0, 9)).toMatchObject([
      { seq: 1, id: 'id-10', gone: true },
      { seq: 2, id: 'id-20', gone: true },
      { seq: 3, id: 'id-30', gone: true },
      { seq: 4, text: 'at 40' },
      { seq: 5, text: 'at 50' },
    ])
    const again = [0, 0, 4].map((n) => ({ ...draft(`text ${n}`), nonce: said[n]?.nonce ?? '' }))
    expect(await resultsOf(store.commit(again))).toEqual(['duplicate', 'duplicate', 'nonceReused'])
    expect(await store.newest('garden', 50)).toMatchObject({ at: { seq: 1 }, messages: [], older: false })
    expect(await store.unread('lobby', bob.id, 0)).toMatchObject({ unread: 2 })
  })

  test('[K48] a purge empties the edits and reactions of a message, however recent; a reply to it stays', async () => {
    await store.commit([draft('old', { at: 10, id: 'old' }), draft('reply', { at: 60, replyTo: 'old' })])
    await store.commit([edit('old', 'old, edited', { at: 70 }), react('old', '👍', true, bob, { at: 80 })])
    await store.purge(50, 9)
    const [, reply, edited] = await store.events('lobby', 0, 9)
    expect(reply).toMatchObject({ text: 'reply', replyTo: 'old' })
    expect(edited).toMatchObject({ kind: 'edit', target: 'old', gone: true })
    expect(await resultsOf(store.commit([edit('old', 'once more')]))).toEqual(['gone'])
    expect(await pageOf(store, { at: 'end', limit: 9 })).toEqual([[2], false, false])
  })

  test('[K48] a purge ends at the first event that is to stay, also if a later one has an earlier time', async () => {
    await store.commit([10, 99, 20].map((at) => draft(`at ${at}`, { at })))
    expect(await store.purge(50, 9)).toBe(1)
    expect(await pageOf(store, { at: 'end', limit: 9 })).toEqual([[2, 3], false, false])
  })
})
