/** The browser's clock, chance and stores, as the rest of the client is given them. */

export const now = () => Date.now()
export const random = () => Math.random()

/** Runs once after `ms`; gives what cancels it. */
export function after(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, ms)
  return () => clearTimeout(timer)
}

/** How long (ms) what is to be drawn waits in a page that paints nothing. */
const UNPAINTED = 250

/** Runs once before the next paint, or soon where there is none: a hidden page paints nothing. */
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

/** 32 hex digits. `randomUUID` is missing where a page came over plain http. */
export function nonce(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
