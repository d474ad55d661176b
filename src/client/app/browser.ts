/** The browser's clock, timers and random numbers, as the rest of the client receives them. */

export const now = () => Date.now()
export const random = () => Math.random()

/** Runs once after `ms`; returns what cancels it. */
export function after(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, ms)
  return () => clearTimeout(timer)
}

/** ms until a draw in a page that paints nothing, such as a hidden one */
const UNPAINTED = 250

/** Runs once before the next paint, or after 250 ms without one. */
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

/** 32 hex digits. `crypto.randomUUID` is missing in a page that came over plain http. */
export function nonce(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
