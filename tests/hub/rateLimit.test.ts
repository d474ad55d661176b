import { expect, test } from 'bun:test'
import { Buckets } from '../../src/hub/rateLimit.ts'

const NOW = 1_000

test('[S7] each key has its own bucket; an empty bucket says when it holds a token again', () => {
  const buckets = new Buckets({ perSecond: 10, burst: 20 })
  const waits = Array.from({ length: 21 }, () => buckets.spend('a', NOW))
  expect([waits[19], waits[20]]).toEqual([0, 100])
  expect(buckets.spend('b', NOW)).toBe(0)
  expect(buckets.spend('a', NOW + 100)).toBe(0)
})

test('[S7] a bucket that has refilled is forgotten, so a million addresses leave nothing behind', () => {
  const buckets = new Buckets({ perSecond: 10, burst: 20 })
  for (let n = 0; n < 5_000; n += 1) buckets.spend(String(n), NOW)
  expect(buckets.size).toBe(5_000)
  buckets.spend('late', NOW + 61_000)
  expect(buckets.size).toBe(1)
})

test('[S12] a token that is given back can be taken again', () => {
  const buckets = new Buckets({ perSecond: 1 / 60, burst: 1 })
  expect(buckets.spend('a', NOW)).toBe(0)
  buckets.give('a')
  expect(buckets.spend('a', NOW)).toBe(0)
  expect(buckets.spend('a', NOW)).toBe(60_000)
})
