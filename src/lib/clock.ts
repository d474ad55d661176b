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

/** How far the clock may go beside the time that has passed, ms. */
const TOLERANCE = 2_000

/**
 * Notices when the machine's clock is set, or the machine has slept.
 * @returns to be asked every now and then: ms by which the clock has jumped since it was asked last, or 0
 */
export function createJumpDetector(): (now: number, steady: number) => number {
  let off: number | null = null
  return (now, steady) => {
    const before = off ?? now - steady
    off = now - steady
    const jumped = Math.round(off - before)
    return Math.abs(jumped) < TOLERANCE ? 0 : jumped
  }
}
