import type { Timers } from '../../../src/client/net/timers.ts'

export interface FakeTime extends Timers {
  /** Time passes (ms). Timers run at their time and in order, even those that timers set. */
  pass(ms: number): void
  /** The machine sleeps (ms): the clock jumps, and then all due timers run late. */
  sleep(ms: number): void
  /** The clock is set forward or back (ms); timers are not affected. */
  turn(ms: number): void
  /** how many timers are pending */
  readonly waiting: number
}

/** A clock with timers that stands still until the test moves it. */
export function fakeTime(start = Date.UTC(2026, 0, 15, 12)): FakeTime {
  let now = start
  let timers: { at: number; run: () => void }[] = []

  function next(until: number): { at: number; run: () => void } | undefined {
    const due = timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0]
    timers = timers.filter((timer) => timer !== due)
    return due
  }

  return {
    now: () => now,
    after(ms, run) {
      const timer = { at: now + ms, run }
      timers.push(timer)
      return () => {
        timers = timers.filter((other) => other !== timer)
      }
    },
    pass(ms) {
      const end = now + ms
      for (let timer = next(end); timer !== undefined; timer = next(end)) {
        now = Math.max(now, timer.at)
        timer.run()
      }
      now = end
    },
    sleep(ms) {
      now += ms
      for (let timer = next(now); timer !== undefined; timer = next(now)) timer.run()
    },
    turn(ms) {
      now += ms
      timers = timers.map((timer) => Object.assign(timer, { at: timer.at + ms }))
    },
    get waiting() {
      return timers.length
    },
  }
}
