/** A part of the page that is fetched when it is needed, asked for until it comes; null once the signal has aborted. */
export async function untilLoaded<T>(load: () => Promise<T>, signal: AbortSignal): Promise<T | null> {
  for (let wait = 1_000; !signal.aborted; wait = Math.min(wait * 2, 30_000)) {
    try {
      return await load()
    } catch {
      await new Promise((resolve) => setTimeout(resolve, wait))
    }
  }
  return null
}
