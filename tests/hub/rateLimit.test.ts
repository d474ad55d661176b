import { describe, expect, test } from 'bun:test'
import { Buckets } from '../../src/hub/rateLimit.ts'

const NOW = Date.UTC(2026, 0, 15)
const times = <T>(count: number, act: (at: number) => T): T[] =>
  Array.from({ length: count }, (_, at) => act(at))

describe('buckets by key', () => {
  test('[S7] each key has its own; an empty one says when it has something again', () => {
    const buckets = new Buckets({ perSecond: 10, burst: 20 })
    expect(times(21, () => buckets.spend('a', NOW)).at(-1)).toBe(100)
    expect(buckets.spend('b', NOW)).toBe(0)
    expect(buckets.spend('a', NOW + 100)).toBe(0)
  })

  test('[S7] what was full again is forgotten: a million addresses leave nothing behind', () => {
    const buckets = new Buckets({ perSecond: 10, burst: 20 })
    times(5_000, (at) => buckets.spend(String(at), NOW))
    expect(buckets.size).toBe(5_000)
    buckets.spend('late', NOW + 61_000)
    expect(buckets.size).toBe(1)
  })

  test('[S12] a token given back can be taken again', () => {
    const buckets = new Buckets({ perSecond: 1 / 60, burst: 1 })
    expect(buckets.spend('a', NOW)).toBe(0)
    buckets.give('a')
    expect(buckets.spend('a', NOW)).toBe(0)
    expect(buckets.spend('a', NOW)).toBe(60_000)
  })
})
