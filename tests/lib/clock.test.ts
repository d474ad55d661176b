import { expect, test } from 'bun:test'
import { createJumpDetector } from '../../src/lib/clock.ts'

test('[O12] a clock that is set, or sleeps, is noticed once with the ms of the jump; drift is not noticed', () => {
  const jumpOf = createJumpDetector()
  const times = [
    [1_000, 0],
    [2_000, 1_000],
    [3_001, 2_000],
    [3_604_000, 3_000],
    [3_605_000, 4_000],
    [5_000, 5_000],
    [6_000, 6_000],
  ] as const
  expect(times.map(([now, elapsed]) => jumpOf(now, elapsed))).toEqual([0, 0, 0, 3_599_999, 0, -3_601_000, 0])
  const drifting = createJumpDetector()
  for (let second = 0; second < 10_000; second++) expect(drifting(second * 1_001, second * 1_000)).toBe(0)
})
