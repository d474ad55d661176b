/** Imports a chunk, again and again until it comes; null once the signal has aborted. */
export async function retryImport<T>(load: () => Promise<T>, signal?: AbortSignal): Promise<T | null> {
  let next = load
  for (let wait = 1_000; !signal?.aborted; wait = Math.min(wait * 2, 30_000)) {
    try {
      return await next()
    } catch (error) {
      await new Promise((resolve) => setTimeout(resolve, wait))
      next = () => importAgain(error, load)
    }
  }
  return null
}

let times = 0

/** Chrome never fetches an address again whose import has failed in this page. Its error names the address: ask by another one. */
function importAgain<T>(error: unknown, load: () => Promise<T>): Promise<T> {
  const [address] = /https?:\/\/[^\s?]+\.js/.exec(String(error)) ?? []
  times += 1
  return address === undefined ? load() : (import(`${address}?again=${times}`) as Promise<T>)
}
