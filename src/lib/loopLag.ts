/** ms by which a timer is late that has to wait for other work */
const LATE = 250
/** ms that may pass between two late timers of one run, and that a run lasts before it counts */
const PAUSE = 250
const LASTS = 5_000
/** ms for which it is said after the last of them */
const HOLDS = 1_000
const LOOKS_EVERY = 100

/**
 * Whether the loop has been behind its work for five seconds on end (S7): nearly all of the time, and not at a few hiccups.
 * Times are ms of one clock that never goes back.
 */
export class LoopLag {
  /** of the present run of late timers: when it began, and its last; null: none yet */
  #run: { from: number; to: number } | null = null

  /** A timer that was due at `due` came at `now`. */
  note(due: number, now: number): void {
    if (now - due <= LATE) return
    const goesOn = this.#run !== null && due - this.#run.to <= PAUSE
    this.#run = { from: goesOn ? (this.#run?.from ?? due) : due, to: now }
  }

  isBehind(now: number): boolean {
    return this.#run !== null && now - this.#run.to <= HOLDS && this.#run.to - this.#run.from >= LASTS
  }
}

/** Asks the loop from now on, until the process ends. */
export function watchLag(): LoopLag {
  const lag = new LoopLag()
  let due = performance.now() + LOOKS_EVERY
  setInterval(() => {
    const now = performance.now()
    lag.note(due, now)
    due = now + LOOKS_EVERY
  }, LOOKS_EVERY).unref()
  return lag
}
