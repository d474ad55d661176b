/** The page's clock and timers, which tests replace. */
export interface Timers {
  /** ms since the epoch; may jump */
  now(): number
  /** Runs once after `ms`, late if the page slept; gives what cancels it. */
  after(ms: number, run: () => void): () => void
}
