import type { MetricsSink } from './metricsSink.ts'

/** ms between two measurements */
const INTERVAL = 100
/** A timer that fires this late (ms) had to wait for other work. */
const LATE = 250
/** The longest pause (ms) between two late timers of one run. */
const PAUSE = 250
/** Late timers with short pauses form a run. The loop is behind from RUN ms of a run on, until HOLD ms after its last timer. */
const RUN = 5_000
const HOLD = 1_000

/** Whether the event loop has been late for five seconds on end, not just at a few hiccups (S7). Times are monotonic ms. */
export class LoopLag {
  /** first and last late timer of the current run */
  #run: { from: number; to: number } | null = null

  /** A timer due at `due` fired at `now`. */
  note(due: number, now: number): void {
    if (now - due <= LATE) return
    const continues = this.#run !== null && due - this.#run.to <= PAUSE
    this.#run = { from: continues ? (this.#run?.from ?? due) : due, to: now }
  }

  isBehind(now: number): boolean {
    return this.#run !== null && now - this.#run.to <= HOLD && this.#run.to - this.#run.from >= RUN
  }
}

/** Measures the loop until the process ends. */
export function watchLoop(metricsSink: MetricsSink): LoopLag {
  const lag = new LoopLag()
  let due = performance.now() + INTERVAL
  setInterval(() => {
    const now = performance.now()
    lag.note(due, now)
    metricsSink.observe('loopLag', (now - due) / 1_000)
    due = now + INTERVAL
  }, INTERVAL).unref()
  return lag
}
