import { describe, expect, test } from 'bun:test'
import { FrameRateLimiter } from '../../../src/http/socket/frameRateLimiter.ts'

const NOW = 1_700_000_000_000
const times = <T>(count: number, make: (at: number) => T): T[] =>
  Array.from({ length: count }, (_, at) => make(at))

describe('the limiter of a connection', () => {
  test('[F7] sixty frames pass at once, the next is dropped and said, the others of that second in silence', () => {
    const limiter = new FrameRateLimiter(NOW)
    expect(times(60, () => limiter.charge(100, NOW)).every((verdict) => verdict === 'pass')).toBe(true)
    expect(times(3, () => limiter.charge(100, NOW))).toEqual(['notify', 'drop', 'drop'])
    expect(limiter.charge(100, NOW + 10)).toBe('drop')
    expect(limiter.waitMs(NOW + 10)).toBe(40)
  })

  test('[F7] twenty frames a second pass for as long as one likes', () => {
    const limiter = new FrameRateLimiter(NOW)
    const verdicts = times(2_000, (at) => limiter.charge(100, NOW + at * 50))
    expect(new Set(verdicts)).toEqual(new Set(['pass']))
  })

  test('[F7, S6] overdrawn by another sixty it is a flood', () => {
    const limiter = new FrameRateLimiter(NOW)
    const verdicts = times(121, () => limiter.charge(100, NOW))
    expect(verdicts.indexOf('flood')).toBe(120)
  })

  test('[F8] a frame costs one token more for each 2 KiB', () => {
    const passed = (bytes: number) => {
      const limiter = new FrameRateLimiter(NOW)
      return times(61, () => limiter.charge(bytes, NOW)).indexOf('notify')
    }
    expect([0, 2_047, 2_048, 4_096, 16_384].map(passed)).toEqual([60, 60, 30, 20, 6])
  })

  test('[F9] a bad frame costs five, and the tenth within a minute is the last', () => {
    const limiter = new FrameRateLimiter(NOW)
    const bad = (at: number) => {
      limiter.charge(10, at)
      return limiter.chargeBad(at)
    }
    expect(times(9, (at) => bad(NOW + at * 6_600)).some(Boolean)).toBe(false)
    expect(bad(NOW + 59_500)).toBe(true)

    const patient = new FrameRateLimiter(NOW)
    const verdicts = times(40, (at) => {
      patient.charge(10, NOW + at * 7_000)
      return patient.chargeBad(NOW + at * 7_000)
    })
    expect(verdicts.some(Boolean)).toBe(false)
  })
})
