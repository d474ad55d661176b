import { beforeEach, describe, expect, test } from 'bun:test'
import type { HistoryQuery, Store } from '../../src/hub/ports.ts'
import { draft, numbered, say } from './support/scene.ts'
import { worlds, type World } from './support/world.ts'

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

  describe('history', () => {
    test('[K12] the newest, newest last, and whether there is more', async () => {
      expect(await page({ at: 'end', limit: 3 })).toEqual([[], false, false])
      await say(store, numbered(5))
      expect(await page({ at: 'end', limit: 3 })).toEqual([[3, 4, 5], true, false])
      expect(await page({ at: 'end', limit: 5 })).toEqual([[1, 2, 3, 4, 5], false, false])
    })

    test('[K12] those before a seq and those after one, without it', async () => {
      expect(await page({ at: 'after', seq: 0, limit: 3 })).toEqual([[], false, false])
      await say(store, numbered(5))
      expect(await page({ at: 'before', seq: 4, limit: 2 })).toEqual([[2, 3], true, true])
      expect(await page({ at: 'before', seq: 3, limit: 2 })).toEqual([[1, 2], false, true])
      expect(await page({ at: 'before', seq: 1, limit: 2 })).toEqual([[], false, true])
      expect(await page({ at: 'before', seq: 99, limit: 2 })).toEqual([[4, 5], true, false])
      expect(await page({ at: 'after', seq: 0, limit: 2 })).toEqual([[1, 2], false, true])
      expect(await page({ at: 'after', seq: 3, limit: 2 })).toEqual([[4, 5], true, false])
      expect(await page({ at: 'after', seq: 5, limit: 2 })).toEqual([[], true, false])
      expect(await page({ at: 'after', seq: 99, limit: 2 })).toEqual([[], true, false])
    })

    test('[K13] around a seq: half of them before it, the rest from it on, and nothing moves up', async () => {
      await say(store, numbered(9))
      expect(await page({ at: 'around', seq: 5, limit: 4 })).toEqual([[3, 4, 5, 6], true, true])
      expect(await page({ at: 'around', seq: 5, limit: 5 })).toEqual([[3, 4, 5, 6, 7], true, true])
      expect(await page({ at: 'around', seq: 5, limit: 1 })).toEqual([[5], true, true])
      expect(await page({ at: 'around', seq: 2, limit: 6 })).toEqual([[1, 2, 3, 4], false, true])
      expect(await page({ at: 'around', seq: 9, limit: 6 })).toEqual([[6, 7, 8, 9], true, false])
      expect(await page({ at: 'around', seq: 0, limit: 20 })).toEqual([
        [1, 2, 3, 4, 5, 6, 7, 8, 9],
        false,
        false,
      ])
      expect(await page({ at: 'around', seq: 99, limit: 4 })).toEqual([[8, 9], true, false])
    })

    test('[K14] by ids: those of the room that exist, in the order of the log, 50 at most', async () => {
      await store.addRoom(garden, 1)
      await store.commit([draft('a', { id: '01' }), draft('b', { id: '02' }), draft('c', { id: '03' })])
      await store.commit([draft('elsewhere', { id: '04', room: 'garden' })])
      await world.erase('lobby', 2)

      const ids = ['03', '02', 'missing', '04', '03', '01']
      expect(await page({ at: 'ids', ids, limit: 50 })).toEqual([[1, 2, 3], false, false])
      expect(await page({ at: 'ids', ids: [], limit: 50 })).toEqual([[], false, false])
      const many = numbered(50).map((n) => `missing-${n}`)
      expect(await page({ at: 'ids', ids: [...many, '01'], limit: 50 })).toEqual([[], false, false])
    })

    test('[K15] a page says head and floor of its moment; nothing is pinned yet; no room, no page', async () => {
      await say(store, numbered(3))
      await world.retain('lobby', 2)
      expect(await store.history('lobby', { at: 'pinned', limit: 50 })).toEqual({
        messages: [],
        head: 3,
        floor: 2,
        older: false,
        newer: false,
      })
      expect(await store.history('nowhere', { at: 'end', limit: 50 })).toBeNull()
    })

    test('[K17] below the floor there is nothing', async () => {
      await store.commit(numbered(5).map((n) => draft(n, { id: `0${n}` })))
      await world.retain('lobby', 3)
      expect(await page({ at: 'end', limit: 50 })).toEqual([[3, 4, 5], false, false])
      expect(await page({ at: 'before', seq: 3, limit: 50 })).toEqual([[], false, true])
      expect(await page({ at: 'after', seq: 0, limit: 2 })).toEqual([[3, 4], false, true])
      expect(await page({ at: 'around', seq: 4, limit: 6 })).toEqual([[3, 4, 5], false, false])
      expect(await page({ at: 'ids', ids: ['01', '05'], limit: 50 })).toEqual([[5], false, false])
    })
  })
})
