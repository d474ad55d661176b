import type { Clock } from '../../src/hub/ports.ts'

export interface FakeClock extends Clock {
  /** Time passes (ms); whoever waited that long goes on. Negative: it is set back. */
  pass(ms: number): void
}

/** A clock that stands still until told, at a day like any other. */
export function fakeClock(start = Date.UTC(2026, 0, 15, 12)): FakeClock {
  let now = start
  let waiting: { until: number; go(): void }[] = []
  return {
    now: () => now,
    wait: (ms) => new Promise((resolve) => waiting.push({ until: now + ms, go: resolve })),
    turn: () => new Promise((resolve) => setImmediate(resolve)),
    pass(ms) {
      now += ms
      const due = waiting.filter(({ until }) => until <= now)
      waiting = waiting.filter(({ until }) => until > now)
      for (const { go } of due) go()
    },
  }
}
