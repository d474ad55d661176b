/** Imports a chunk, retrying after 1 s, 2 s … 30 s until it loads; null once the signal has aborted. */
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
 * Makes an import that can be retried. Chrome never fetches a module again whose import has failed in this page, so the next
 * call changes the URL that the error names.
 */
export function retryable<T>(load: () => Promise<T>): () => Promise<T> {
  let next = load
  return async () => {
    try {
      return await next()
    } catch (error) {
      const [url] = /https?:\/\/[^\s?]+\.js/.exec(String(error)) ?? []
      if (url !== undefined) {
        const retryUrl = `${url}?again=${(failures += 1)}`
        next = () => import(retryUrl) as Promise<T>
      }
      throw error
    }
  }
}
