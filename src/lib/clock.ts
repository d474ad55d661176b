/** The machine's clock. A wait does not keep the process alive. */
export const clock = {
  now: (): number => Date.now(),
  elapsed: (): number => performance.now(),
  wait: (ms: number): Promise<void> =>
    new Promise((resolve) => {
      setTimeout(resolve, ms).unref()
    }),
  turn: (): Promise<void> => new Promise((resolve) => setImmediate(resolve)),
}

/** ms by which the clock may drift between two calls */
const TOLERANCE = 2_000

/**
 * Notices that the clock was set, or that the machine has slept.
 * @returns a function to call now and then: ms by which the clock has jumped since the last call, or 0
 */
export function createJumpDetector(): (now: number, elapsed: number) => number {
  let before: number | null = null
  return (now, elapsed) => {
    const offset = now - elapsed
    const jump = Math.round(offset - (before ?? offset))
    before = offset
    return Math.abs(jump) < TOLERANCE ? 0 : jump
  }
}
