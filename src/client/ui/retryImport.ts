/** The network is off, or a newer version has taken the place of the chunk that was asked for (O14). */
export const NOT_LOADED = 'This did not load. Reload the page to go on.'

/** Imports a chunk, again and again until it comes; null once the signal has aborted. */
export async function retryImport<T>(load: () => Promise<T>, signal?: AbortSignal): Promise<T | null> {
  for (let wait = 1_000; !signal?.aborted; wait = Math.min(wait * 2, 30_000)) {
    try {
      return await load()
    } catch {
      await new Promise((resolve) => setTimeout(resolve, wait))
    }
  }
  return null
}
