import { beforeEach, describe, expect, test } from 'bun:test'
import type { HistoryQuery, OwnEvent, Store } from '../../src/hub/ports.ts'
import { LIMITS } from '../../src/shared/limits.ts'
import { ada, bob, draft, numbered, say } from './support/scene.ts'
import { worlds, type World } from './support/world.ts'

const through = (first: number, last: number) => range(first, last + 1)
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => from + n)
const garden = { room: 'garden', name: 'Garden', topic: 'roses', kind: 'public' } as const

describe.each(Object.entries(worlds))('%s store', (_kind, aWorld) => {
  let world: World
  let store: Store
  beforeEach(async () => {
    world = await aWorld()
    store = world.store
  })

  /** A page as `[seqs, older, newer]`. */
  async function page(query: HistoryQuery): Promise<[seqs: number[], older: boolean, newer: boolean]> {
    const found = await store.history('lobby', query)
    if (found === null) throw new Error('no page')
    return [found.messages.map(({ seq }) => seq), found.older, found.newer]
  }

  describe('commit', () => {
    test('[K1] drafts get the numbers after the head in their order, each room its own', async () => {
      await store.addRoom(garden, 1)
      await say(store, ['before'])
      const drafts = [draft('a'), draft('b', { room: 'garden' }), draft('c', { user: bob })]

      const outcomes = await store.commit(drafts)

      expect(outcomes).toMatchObject([
        { result: 'stored', event: { seq: 2, text: 'a' } },
        { result: 'stored', event: { seq: 1, text: 'b' } },
        { result: 'stored', event: { seq: 3, text: 'c', user: bob } },
      ])
      expect(await store.heads(['lobby', 'garden'])).toEqual(new Map([['lobby', 3], ['garden', 1]])) // prettier-ignore
    })

    test('[K1] what is stored is what was said, and says nothing else', async () => {
      const [first] = await store.commit([draft('first', { id: '01', at: 5, nonce: 'n-000001' })])
      const [second] = await store.commit([
        draft('second', { id: '02', at: 6, nonce: 'n-000002', user: bob, replyTo: '01' }),
      ])

      const events = [
        { kind: 'message', seq: 1, id: '01', at: 5, user: ada, nonce: 'n-000001', text: 'first' },
        {
          kind: 'message',
          seq: 2,
          id: '02',
          at: 6,
          user: bob,
          nonce: 'n-000002',
          text: 'second',
          replyTo: '01',
        },
      ]
      expect([first, second]).toEqual(events.map((event) => ({ result: 'stored', event })) as never)
      expect(await store.events('lobby', 0, 10)).toEqual(events as never)
      expect((await store.history('lobby', { at: 'end', limit: 10 }))?.messages).toEqual(events as never)
    })

    test('[K1] every letter comes back as it was', async () => {
      const text = 'tab\t line\n "quote" \\ \u2028 é 👩‍👩‍👧‍👦 العربية \u200d ‘; DROP TABLE events --'
      await say(store, [text])
      await world.restart()
      expect(await world.store.events('lobby', 0, 1)).toMatchObject([{ text }])
    })

    test('[K1] nothing to store is no trouble', async () => {
      expect(await store.commit([])).toEqual([])
    })

    test('[K2] the same nonce twice is one event, within a commit, later, and after a restart', async () => {
      const said = draft('once')
      const again = { ...said, id: 'ff', at: 9_999 }
      const first = { seq: 1, id: said.id, at: said.at }

      expect(await store.commit([said, again])).toMatchObject([
        { result: 'stored', event: first },
        { result: 'duplicate', ...first },
      ])
      expect(await store.commit([again])).toEqual([{ result: 'duplicate', ...first }])
      await world.restart()
      expect(await world.store.commit([again])).toEqual([{ result: 'duplicate', ...first }])
      expect(await world.store.events('lobby', 0, 10)).toHaveLength(1)
    })

    test('[K2] a nonce is known under another name too: it is the person that counts', async () => {
      const said = draft('once')
      await store.commit([said])
      expect(await store.commit([{ ...said, user: { ...ada, name: 'Ada L.' } }])).toMatchObject([
        { result: 'duplicate', seq: 1 },
      ])
    })

    test('[K3] a nonce used again for something else is refused, and the first stays', async () => {
      await store.addRoom(garden, 1)
      const [target] = [draft('target', { id: '01' })]
      const said = draft('first')
      await store.commit([target, said])

      const others = [{ text: 'second' }, { room: 'garden' }, { replyTo: '01' }]
      const outcomes = await store.commit(others.map((other) => ({ ...said, id: 'ff', ...other })))

      expect(outcomes).toEqual(others.map(() => ({ result: 'refused', code: 'nonceReused' })))
      expect(await store.events('lobby', 1, 10)).toMatchObject([{ seq: 2, text: 'first' }])
      expect(await store.heads(['lobby', 'garden'])).toEqual(new Map([['lobby', 2], ['garden', 0]])) // prettier-ignore
    })

    test("[K4] somebody else's nonce is no duplicate", async () => {
      const said = draft('hello')
      expect(await store.commit([said, { ...said, id: 'ff', user: bob }])).toMatchObject([
        { result: 'stored', event: { seq: 1, user: ada } },
        { result: 'stored', event: { seq: 2, user: bob } },
      ])
    })

    test('[K5] an answer to what is not there, elsewhere or erased is refused as gone; its nonce stays unused', async () => {
      await store.addRoom(garden, 1)
      await store.commit([draft('here', { id: '01' }), draft('there', { id: '02', room: 'garden' })])
      await store.commit([draft('erased', { id: '03' })])
      await world.erase('lobby', 2)
      const answer = draft('answer', { replyTo: '01' })

      const outcomes = await store.commit([
        { ...answer, replyTo: '02' },
        { ...answer, replyTo: '03' },
        { ...answer, replyTo: '04' },
        answer,
      ])

      const codes = outcomes.map((one) => (one.result === 'refused' ? one.code : one.result))
      expect(codes).toEqual(['gone', 'gone', 'gone', 'stored'])
      expect(outcomes[3]).toMatchObject({ event: { seq: 3, replyTo: '01' } })
    })

    test('[K5] an answer may stand behind its message in one commit', async () => {
      const outcomes = await store.commit([draft('said', { id: '01' }), draft('answer', { replyTo: '01' })])
      expect(outcomes).toMatchObject([{ result: 'stored' }, { result: 'stored' }])
    })

    test('[K6] a known nonce is recognised before the message it answers is asked for', async () => {
      const answer = draft('answer', { replyTo: '01' })
      await store.commit([draft('said', { id: '01' }), answer])
      await world.erase('lobby', 1)
      expect(await store.commit([answer])).toMatchObject([{ result: 'duplicate', seq: 2 }])
    })

    test('[K7] a draft that cannot be stored leaves no hole and holds up nobody', async () => {
      const outcomes = await store.commit([
        draft('a', { id: '01' }),
        draft('to nowhere', { room: 'nowhere' }),
        draft('answer to nowhere', { room: 'nowhere', replyTo: '01' }),
        draft('an id that is given', { id: '01' }),
        draft('b'),
      ])
      expect(outcomes).toMatchObject([
        { result: 'stored', event: { seq: 1 } },
        { result: 'refused', code: 'noRoom' },
        { result: 'refused', code: 'noRoom' },
        { result: 'failed' },
        { result: 'stored', event: { seq: 2 } },
      ])
      expect(await store.room('lobby')).toMatchObject({ head: 2 })
      expect(await store.events('lobby', 0, 10)).toMatchObject([{ text: 'a' }, { text: 'b' }])
    })
  })

  describe('the log', () => {
    test('[K8] events are those after a seq, in order, at most so many', async () => {
      await say(store, numbered(5))
      expect((await store.events('lobby', 1, 3)).map(({ seq }) => seq)).toEqual([2, 3, 4])
      expect((await store.events('lobby', 3, 100)).map(({ seq }) => seq)).toEqual([4, 5])
      expect(await store.events('lobby', 5, 100)).toEqual([])
      expect(await store.events('nowhere', 0, 100)).toEqual([])
    })

    test('[K9] a page of events is at most 256 KiB of JSON, and one event at least', async () => {
      const long = 'é"'.repeat(2_000)
      await say(
        store,
        Array.from({ length: 60 }, () => long),
      )
      await say(store, ['x'.repeat(LIMITS.pageBytes), 'after'])

      const page = await store.events('lobby', 0, 200)
      const onto = await store.events('lobby', 0, page.length + 1)
      const bytes = Buffer.byteLength(JSON.stringify(page))
      const one = Buffer.byteLength(JSON.stringify(page.at(-1)))

      expect(onto).toHaveLength(page.length)
      expect(bytes).toBeLessThanOrEqual(LIMITS.pageBytes)
      expect(bytes + one).toBeGreaterThan(LIMITS.pageBytes)
      expect((await store.events('lobby', 60, 200)).map(({ seq }) => seq)).toEqual([61])
    })

    test('[K54] what somebody said is found, wherever it is, a part at a time and each once', async () => {
      await store.addRoom(garden, 1)
      await store.commit([
        draft('one', { id: '01', nonce: 'nonce-b' }),
        draft('not mine', { user: bob, nonce: 'nonce-a' }),
        draft('two', { room: 'garden', id: '02', nonce: 'nonce-c' }),
        { kind: 'topic', room: 'garden', id: '03', at: 3, user: ada, text: 'Tea' },
        draft('three', { id: '04', nonce: 'nonce-a' }),
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

    test('[K10] each seq has its id, and no other has one', async () => {
      await store.commit([draft('a', { id: '01' }), draft('b', { id: '02' })])
      await world.erase('lobby', 1)
      const ids = [0, 1, 2, 3].map((seq) => store.idAt('lobby', seq))
      expect(await Promise.all(ids)).toEqual([null, '01', '02', null])
      expect(await store.idAt('nowhere', 1)).toBeNull()
    })

    /** What a newcomer sees: `[seqs, older]`. */
    async function newest(limit: number = LIMITS.firstMessages): Promise<[seqs: number[], older: boolean]> {
      const found = await store.newest('lobby', limit)
      if (found === null) throw new Error('no room')
      return [found.messages.map(({ seq }) => seq), found.older]
    }

    test('[K11] a newcomer sees the newest 50 messages with text, or as many as asked for, and where they are true', async () => {
      expect(await store.newest('nowhere', 50)).toBeNull()
      expect(await store.newest('lobby', 50)).toMatchObject({
        at: { seq: 0, id: null },
        messages: [],
        older: false,
      })
      await say(store, numbered(50))
      expect(await newest()).toEqual([through(1, 50), false])
      await say(store, numbered(10))
      expect(await newest()).toEqual([through(11, 60), true])
      expect(await newest(2)).toEqual([[59, 60], true])
      const [last] = await store.events('lobby', 59, 1)
      expect(await store.newest('lobby', 0)).toMatchObject({
        at: { seq: 60, id: last?.id },
        messages: [],
        older: true,
      })
    })

    test('[K11] erased messages between them are seen as gone, 100 rows at most; below the floor there is nothing', async () => {
      await say(store, numbered(120))
      await world.erase('lobby', ...through(101, 110))
      expect(await newest()).toEqual([through(61, 120), true])
      await world.erase('lobby', ...through(31, 100), ...through(111, 120))
      expect(await newest()).toEqual([through(21, 120), true])
      await world.erase('lobby', ...through(1, 30))
      expect(await newest()).toEqual([through(21, 120), true])
      await world.retain('lobby', 118)
      expect(await newest()).toEqual([through(118, 120), false])
    })

    test('[K80] the newest messages end, as every page does, before they pass 224 KiB; one is always there', async () => {
      const texts = numbered(30).map((n) => `${n} ${'\u4e2d'.repeat(4_000)}`)
      await say(store, texts)
      const bytes = (value: unknown) => Buffer.byteLength(JSON.stringify(value))
      const found = await store.newest('lobby', 50)
      expect(found?.messages.length).toBeGreaterThan(15)
      expect(found?.messages.at(-1)?.seq).toBe(30)
      expect(bytes(found?.messages)).toBeLessThanOrEqual(LIMITS.pageBytes)
      const n = found?.messages.length ?? 0
      expect(await page({ at: 'end', limit: 100 })).toEqual([through(31 - n, 30), true, false])
      expect(await page({ at: 'before', seq: 30, limit: 100 })).toEqual([through(30 - n, 29), true, true])
      expect(await page({ at: 'after', seq: 2, limit: 100 })).toEqual([through(3, 2 + n), true, true])
      const [around, older, newer] = await page({ at: 'around', seq: 15, limit: 100 })
      expect([around, older, newer]).toEqual([through(around[0] ?? 0, around.at(-1) ?? 0), true, true])
      expect(around).toContain(15)
      expect(around.length).toBeGreaterThanOrEqual(n - 1)
      const events = await Promise.all([store.events('lobby', 0, 15), store.events('lobby', 15, 15)])
      const ids = events.flat().map(({ id }) => id)
      expect(await page({ at: 'ids', ids, limit: 50 })).toEqual([through(31 - n, 30), true, false])
      for (const query of [
        { at: 'end', limit: 100 },
        { at: 'around', seq: 15, limit: 100 },
        { at: 'ids', ids, limit: 50 },
      ] as const)
        expect(bytes(await store.history('lobby', query))).toBeLessThanOrEqual(LIMITS.pageBytes)
    })

    test('[K16] an erased event keeps its keys and says that it is gone', async () => {
      await store.commit([draft('a', { id: '01', at: 5, nonce: 'n-000001' }), draft('b', { replyTo: '01' })])
      await world.erase('lobby', 1)
      await world.erase('lobby', 2)
      const gone = {
        kind: 'message',
        seq: 1,
        id: '01',
        at: 5,
        user: ada,
        nonce: 'n-000001',
        gone: true,
      } as const
      const page = await store.history('lobby', { at: 'end', limit: 10 })
      const events = await store.events('lobby', 0, 10)
      expect(events[0]).toEqual(gone)
      expect(page?.messages[0]).toEqual(gone)
      expect(events[1]).not.toHaveProperty('replyTo')
      expect(page?.messages[1]).not.toHaveProperty('replyTo')
    })
  })
})
