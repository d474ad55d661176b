/** What a browser may refuse: localStorage and sessionStorage (to open, to read or to fill), and Web Locks. */

export type WebStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

function attempt<T>(otherwise: T, run: () => T): T {
  try {
    return run()
  } catch {
    return otherwise
  }
}

/** Null where the browser refuses storage: there even reading `window.localStorage` throws. */
export function webStorage(kind: 'localStorage' | 'sessionStorage'): Storage | null {
  return attempt(null, () => window[kind])
}

/** Undefined where the browser lacks or refuses them; a request may be refused, too. */
export function webLocks(): LockManager | undefined {
  return attempt(undefined, () => navigator.locks)
}

export function readItem(storage: WebStorage | null, key: string): string | null {
  return attempt(null, () => storage?.getItem(key) ?? null)
}

/** @param value null removes the item @returns false if the storage is full or refused */
export function writeItem(storage: WebStorage | null, key: string, value: string | null): boolean {
  return attempt(false, () => {
    if (value === null) storage?.removeItem(key)
    else storage?.setItem(key, value)
    return storage !== null
  })
}

/** The keys that begin with `prefix`; none where the browser refuses storage. */
export function keysWith(storage: Pick<Storage, 'key' | 'length'> | null, prefix: string): string[] {
  const keyAt = (_: unknown, index: number) => storage?.key(index) ?? ''
  const keys = attempt([], () => Array.from({ length: storage?.length ?? 0 }, keyAt))
  return keys.filter((key) => key.startsWith(prefix))
}
