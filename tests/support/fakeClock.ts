import type { Clock } from '../../src/hub/ports.ts'

export interface FakeClock extends Clock {
  /** Time passes (ms), and waits that are over resolve. */
  pass(ms: number): void
  /** The clock is set forward, or back (ms), and no time passes. */
  set(ms: number): void
}

/** A clock that stands still until a test moves it. */
export function fakeClock(start = Date.UTC(2026, 0, 15, 12)): FakeClock {
  let now = start
  let elapsed = 0
  let waiting: { until: number; resolve(): void }[] = []
  return {
    now: () => now,
    elapsed: () => elapsed,
    wait: (ms) => new Promise((resolve) => waiting.push({ until: elapsed + ms, resolve })),
    turn: () => new Promise((resolve) => setImmediate(resolve)),
    pass(ms) {
      now += ms
      elapsed += ms
      const due = waiting.filter(({ until }) => until <= elapsed)
      waiting = waiting.filter(({ until }) => until > elapsed)
      for (const { resolve } of due) resolve()
    },
    set(ms) {
      now += ms
    },
  }
}
