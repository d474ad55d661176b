import type { Timers } from '../../../src/client/net/timers.ts'

export interface FakeTime extends Timers {
  /** Time passes (ms); timers run at their time, in their order, those they set too. */
  pass(ms: number): void
  /** The machine sleeps: the clock jumps, and timers that were due run late, all at the end. */
  sleep(ms: number): void
  /** The clock is set otherwise (ms); timers do not see it. */
  turn(ms: number): void
  /** timers that wait */
  readonly waiting: number
}

/** A clock with timers that stands still until told, at a day like any other. */
export function fakeTime(start = Date.UTC(2026, 0, 15, 12)): FakeTime {
  let now = start
  let timers: { at: number; run: () => void }[] = []

  function next(until: number): { at: number; run: () => void } | undefined {
    const due = timers.filter(({ at }) => at <= until).sort((one, other) => one.at - other.at)[0]
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
