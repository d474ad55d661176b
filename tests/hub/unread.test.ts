import { expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Draft } from '../../src/hub/ports.ts'
import { unreadOf } from '../../src/hub/unread.ts'
import { memoryStore } from '../support/memoryStore.ts'

const ADA = { id: '0a', name: 'Ada' }
const BOB = { id: '0b', name: 'Bob' }
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

test('[C18] what is unread of a page is what the store counts, whatever was said, deleted and edited', async () => {
  let counted = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(deed, { maxLength: 30, size: 'max' }),
      fc.nat(15),
      fc.nat(15),
      async (deeds, one, other) => {
        const store = memoryStore()
        const said: { id: string; user: typeof ADA }[] = []
        for (const [at, { do: what, who: user, text, target }] of deeds.entries()) {
          const [id, nonce] = [`id-${at}`, `nonce-${at}`]
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
        const [from, readSeq] = [Math.min(one, other), Math.max(one, other)]
        const events = await store.events('lobby', from, 200)
        const { unread, mentions } = await store.unread('lobby', BOB, readSeq)
        const counts = unreadOf(events, BOB, readSeq)
        if (counts === null)
          expect(events.some(({ kind, seq }) => kind === 'edit' && seq > readSeq)).toBe(true)
        else expect(counts).toEqual({ unread, mentions })
        if (counts !== null && counts.mentions > 0) counted += 1
      },
    ),
    { numRuns: 1_000 },
  )
  expect(counted).toBeGreaterThan(50)
})
