/** The browser's timers, frames and random numbers, as the rest of the client receives them. */
import type { Timers } from '../net/timers.ts'

/** Runs once after `ms`; returns what cancels it. */
export function after(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, ms)
  return () => clearTimeout(timer)
}

export const timers: Timers = { now: () => Date.now(), after }

/** ms until a draw in a page that paints nothing, such as a hidden page */
const UNPAINTED = 250

/** Runs once before the next paint, or after 250 ms without a paint. */
export function draw(run: () => void): void {
  const cancel = after(UNPAINTED, () => {
    cancelAnimationFrame(frame)
    run()
  })
  const frame = requestAnimationFrame(() => {
    cancel()
    run()
  })
}

/** Runs when the browser has nothing else to do. */
export function whenIdle(run: () => void): void {
  // Safari has no requestIdleCallback.
  if ('requestIdleCallback' in window) requestIdleCallback(run)
  else after(1_000, run)
}

/** 32 hex digits. `crypto.randomUUID` is missing in a page that came over plain http. */
export function nonce(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
