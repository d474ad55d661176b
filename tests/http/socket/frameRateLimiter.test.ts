import { expect, test } from 'bun:test'
import { FrameRateLimiter } from '../../../src/http/socket/frameRateLimiter.ts'

const NOW = 5_000
const times = <T>(count: number, make: (at: number) => T): T[] =>
  Array.from({ length: count }, (_, at) => make(at))

test('[F7] sixty frames pass at once; of the frames dropped within a second the client is told once', () => {
  const limiter = new FrameRateLimiter()
  expect(new Set(times(60, () => limiter.charge(100, NOW)))).toEqual(new Set(['pass']))
  expect(times(3, () => limiter.charge(100, NOW))).toEqual(['notify', 'drop', 'drop'])
  expect(limiter.charge(100, NOW + 10)).toBe('drop')
  expect(limiter.waitMs(NOW + 10)).toBe(40)
})

test('[F7] twenty frames a second pass for any length of time', () => {
  const limiter = new FrameRateLimiter()
  const verdicts = times(2_000, (at) => limiter.charge(100, NOW + at * 50))
  expect(new Set(verdicts)).toEqual(new Set(['pass']))
})

test('[F7, S6] sixty dropped frames more are a flood', () => {
  const limiter = new FrameRateLimiter()
  const verdicts = times(121, () => limiter.charge(100, NOW))
  expect(verdicts.indexOf('flood')).toBe(120)
})

test('[F8] a frame costs one token more for each 2 KiB', () => {
  const passed = (bytes: number) => {
    const limiter = new FrameRateLimiter()
    return times(61, () => limiter.charge(bytes, NOW)).indexOf('notify')
  }
  expect([0, 2_047, 2_048, 4_096, 16_384].map(passed)).toEqual([60, 60, 30, 20, 6])
})

test('[F9] the tenth bad frame within a minute is one too many; ten in more than a minute are not', () => {
  const badEvery = (ms: number, count: number) => {
    const limiter = new FrameRateLimiter()
    return times(count, (at) => {
      limiter.charge(10, NOW + at * ms)
      return limiter.chargeBad(NOW + at * ms)
    })
  }
  expect(badEvery(6_600, 10)).toEqual([...Array<boolean>(9).fill(false), true])
  expect(badEvery(7_000, 40)).not.toContain(true)
})
