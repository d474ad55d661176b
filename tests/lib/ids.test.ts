import { expect, test } from 'bun:test'
import { createIds } from '../../src/lib/ids.ts'

const NOW = 1_700_000_000_000

test('[M14] a later id sorts later, within one millisecond and when the clock is set back', () => {
  const ids = createIds()
  const made = [NOW, NOW - 60_000, NOW + 1, NOW].flatMap((now) =>
    Array.from({ length: 20_000 }, () => ids.next(now)),
  )
  expect([...new Set(made)].sort().join()).toBe(made.join())
  expect(made[0]).toMatch(/^018bcfe5-6800-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
})

test('[M15] random ids have the length asked for, of letters and digits, and do not repeat', () => {
  const ids = createIds()
  const made = Array.from({ length: 1_000 }, () => ids.random(20))
  expect(made.every((id) => /^[a-z0-9]{20}$/.test(id))).toBe(true)
  expect(new Set(made).size).toBe(1_000)
})
