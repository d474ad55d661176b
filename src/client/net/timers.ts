/** The page's clock and timers, which tests replace. */
export interface Timers {
  /** ms since the epoch; may jump */
  now(): number
  /** Runs `run` once after `ms`, or late if the page slept. @returns a function that cancels it */
  after(ms: number, run: () => void): () => void
}
