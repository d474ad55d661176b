/** Imports a chunk, again and again until it comes; null once the signal has aborted. */
export async function retryImport<T>(load: () => Promise<T>, signal?: AbortSignal): Promise<T | null> {
  const attempt = retryable(load)
  for (let wait = 1_000; !signal?.aborted; wait = Math.min(wait * 2, 30_000)) {
    try {
      const loaded = await attempt()
      return signal?.aborted ? null : loaded
    } catch {
      await new Promise((resolve) => setTimeout(resolve, wait))
    }
  }
  return null
}

let failures = 0

/**
 * Makes an import that can be tried again: Chrome never fetches an address again whose import has failed in this page, so the
 * next call asks by another address. The error names the one that failed.
 */
export function retryable<T>(load: () => Promise<T>): () => Promise<T> {
  let next = load
  return async () => {
    try {
      return await next()
    } catch (error) {
      const [address] = /https?:\/\/[^\s?]+\.js/.exec(String(error)) ?? []
      if (address !== undefined) {
        const again = `${address}?again=${(failures += 1)}`
        next = () => import(again) as Promise<T>
      }
      throw error
    }
  }
}
