import { expect, test } from 'bun:test'
import { ScrubScheduler } from '../../src/store/sqlite/write/scrubScheduler.ts'
import { fakeTime } from '../support/client/fakeTime.ts'

const HOUR = 60 * 60 * 1_000

/** Counts how often a file of one page is looked through. */
function looking() {
  const time = fakeTime()
  let looks = 0
  const traces = new ScrubScheduler({
    now: time.now,
    after: time.after,
    checkpoint: () => true,
    scrub() {
      looks += 1
      return null
    },
  })
  /** what one thing leads to within an hour */
  const after = (happens: () => void) => {
    looks = 0
    happens()
    time.pass(HOUR)
    return looks
  }
  return { traces, after }
}

test('[S34] a file is looked through twice after a delete, and not again', () => {
  const { traces, after } = looking()
  expect(after(() => traces.schedule())).toBe(2)
  expect(after(() => undefined)).toBe(0)
})

test('[S34, O27] so it is after a purge that took something, once it is over or has failed; else it is not', () => {
  const { traces, after } = looking()
  expect(after(() => traces.afterPurge(false))).toBe(0)
  expect(after(() => traces.afterPurge(true))).toBe(0)
  expect(after(() => traces.afterPurge(true))).toBe(0)
  expect(after(() => traces.afterPurge(false))).toBe(2)
  expect(after(() => traces.afterPurge(false))).toBe(0)
})
