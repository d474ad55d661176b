import { expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Draft } from '../../../src/hub/ports.ts'
import { UnreadCache } from '../../../src/hub/history/unreadCache.ts'
import { unreadOfPage } from '../../../src/hub/history/unreadOfPage.ts'
import { type MemoryStore, memoryStore } from '../../support/hub/memoryStore.ts'

const ADA = { id: '0a', name: 'Ada' }
const BOB = { id: '0b', name: 'Bob' }
const NEW = { id: '0c', name: 'Bobby' }
const TEXTS = ['hi', 'hi @Bob', '@bob and @ada', 'bob@bob', '@Bobby', '@ADA!']

/** `target`: which of the messages before, counted from the last. */
const deed = fc.record({
  do: fc.oneof(
    { weight: 9, arbitrary: fc.constant('say') },
    { weight: 3, arbitrary: fc.constantFrom('delete', 'react', 'pin', 'topic', 'edit') },
  ),
  who: fc.constantFrom(ADA, BOB),
  text: fc.constantFrom(...TEXTS),
  target: fc.nat(6),
})

type Deed = typeof deed extends fc.Arbitrary<infer One> ? One : never

/** A room in which this was done. */
async function aRoomOf(deeds: readonly Deed[], store = memoryStore()): Promise<MemoryStore> {
  const before = (await store.room('lobby'))?.head ?? 0
  const said: { id: string; user: typeof ADA }[] = []
  for (const [at, { do: what, who: user, text, target }] of deeds.entries()) {
    const [id, nonce] = [`id-${before}-${at}`, `nonce-${before}-${at}`]
    const base = { room: 'lobby', id, at, user, nonce }
    const named = said.at(-1 - target)
    const draft: Draft | null =
      what === 'say'
        ? { ...base, kind: 'message', text }
        : what === 'topic'
          ? { room: 'lobby', id, at, user, kind: 'topic', text }
          : named === undefined
            ? null
            : what === 'edit'
              ? { ...base, user: named.user, kind: 'edit', target: named.id, text }
              : what === 'delete'
                ? { ...base, user: named.user, kind: 'delete', target: named.id }
                : what === 'react'
                  ? { ...base, kind: 'react', target: named.id, emoji: '👍', on: true }
                  : { ...base, kind: 'pin', target: named.id, on: true }
    if (draft) await store.commit([draft])
    if (what === 'say') said.push({ id, user })
  }
  return store
}

test('[C18] what is unread of a page is what the store counts, whatever was said, deleted and edited', async () => {
  let counted = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(deed, { maxLength: 30, size: 'max' }),
      fc.nat(15),
      fc.nat(15),
      async (deeds, one, other) => {
        const store = await aRoomOf(deeds)
        const [from, readSeq] = [Math.min(one, other), Math.max(one, other)]
        const events = await store.events('lobby', from, 200)
        const { unread, mentions } = await store.unread('lobby', BOB, readSeq)
        const counts = unreadOfPage(events, BOB, readSeq, from)
        expect(counts).toEqual({ unread, mentions })
        // The newest messages as they are, and behind them the events as they were first told.
        const page = await store.newest('lobby', 50)
        expect(unreadOfPage(page?.messages ?? [], BOB, readSeq, 0)).toEqual({ unread, mentions })
        if (counts !== null && counts.mentions > 0) counted += 1
      },
    ),
    { numRuns: 1_000 },
  )
  expect(counted).toBeGreaterThan(50)
})

test('[C95] what is counted for all who come at once is what the store counts for each', async () => {
  let counted = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(deed, { maxLength: 30, size: 'max' }),
      fc.array(deed, { maxLength: 3 }),
      fc.array(fc.tuple(fc.constantFrom(ADA, BOB, NEW), fc.nat(32)), { minLength: 1, maxLength: 6 }),
      async (deeds, later, askers) => {
        const store = await aRoomOf(deeds)
        const tallies = new UnreadCache(store)
        const areRight = async () => {
          const row = await store.room('lobby')
          if (!row) throw new Error('no lobby')
          for (const [user, readSeq] of [...askers, ...askers]) {
            const counts = await tallies.unread(row, user, readSeq, row.head)
            expect(counts).toEqual(await store.unread('lobby', user, readSeq))
            if (counts.mentions > 0) counted += 1
          }
        }
        await areRight()
        await aRoomOf(later, store)
        await areRight()
      },
    ),
    { numRuns: 500 },
  )
  expect(counted).toBeGreaterThan(50)
})

test('[C95] of those who come at once to the same messages the first two cost the store something, until more is said', async () => {
  const store = memoryStore()
  const asked: string[] = []
  const tallies = new UnreadCache({
    unread: (...args) => (asked.push('unread'), store.unread(...args)),
    tally: (...args) => (asked.push('tally'), store.tally(...args)),
  })
  const say = (at: number) =>
    store.commit([
      { room: 'lobby', id: `id-${at}`, nonce: `nonce-${at}`, at, user: ADA, kind: 'message', text: 'hi' },
    ])
  for (let at = 0; at < 100; at += 1) await say(at)
  const come = async () => {
    const row = await store.room('lobby')
    if (!row) throw new Error('no lobby')
    asked.length = 0
    for (let readSeq = 0; readSeq < 30; readSeq += 1) {
      const { unread } = await tallies.unread(row, BOB, readSeq, row.head)
      expect(unread).toBe(row.head - readSeq)
    }
    return asked
  }
  expect(await come()).toEqual(['unread', 'tally'])
  expect(await come()).toEqual([])
  await say(100)
  expect(await come()).toEqual(['unread', 'tally'])
  tallies.tick()
  expect(await come()).toEqual(['unread', 'tally'])
})

test('[C95] so it is beyond what a tally holds, after a purge and a delete, and when the store could not be read', async () => {
  const store = memoryStore()
  const tallies = new UnreadCache(store)
  let said = 0
  const say = (count: number) =>
    store.commit(
      Array.from({ length: count }, (): Draft => {
        const at = (said += 1)
        const user = at % 7 === 0 ? BOB : ADA
        return {
          room: 'lobby',
          id: `id-${at}`,
          nonce: `nonce-${at}`,
          at,
          user,
          kind: 'message',
          text: TEXTS[at % 6] ?? '',
        }
      }),
    )
  const room = async () => {
    const row = await store.room('lobby')
    if (!row) throw new Error('no lobby')
    return row
  }
  const areRight = async () => {
    const row = await room()
    for (const user of [ADA, BOB, NEW])
      for (const back of [1, 60, 999, 1_000, 1_001, row.head])
        for (let time = 0; time < 3; time += 1) {
          const readSeq = row.head - back
          const counts = await tallies.unread(row, user, readSeq, row.head)
          expect(counts).toEqual(await store.unread('lobby', user, readSeq))
        }
  }
  await say(10_050)
  await areRight()
  // The head stays, and what has text does not.
  await store.purge(300, 250)
  await areRight()
  await store.commit([
    {
      room: 'lobby',
      id: 'last',
      nonce: 'nonce-last',
      at: said,
      user: ADA,
      kind: 'delete',
      target: 'id-10049',
    },
  ])
  await areRight()

  tallies.tick()
  const row = await room()
  const ask = () => tallies.unread(row, BOB, 9_000, row.head)
  await ask()
  store.fail('reads')
  expect((await Promise.allSettled([ask(), ask()])).map(({ status }) => status)).toEqual([
    'rejected',
    'rejected',
  ])
  store.heal()
  expect(await ask()).toEqual(await store.unread('lobby', BOB, 9_000))
})
