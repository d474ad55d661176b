/** localStorage and sessionStorage, which a browser may refuse to open, to read or to fill. */

export type WebStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

/** Null where the browser refuses storage: then even naming it throws. */
export function webStorage(kind: 'localStorage' | 'sessionStorage'): Storage | null {
  try {
    return window[kind]
  } catch {
    return null
  }
}

export function readItem(storage: WebStorage | null, key: string): string | null {
  try {
    return storage?.getItem(key) ?? null
  } catch {
    return null
  }
}

/** @param value null removes the item @returns false if the storage is full or refused */
export function writeItem(storage: WebStorage | null, key: string, value: string | null): boolean {
  try {
    if (value === null) storage?.removeItem(key)
    else storage?.setItem(key, value)
    return storage !== null
  } catch {
    return false
  }
}

/** The keys that begin with `prefix`; none where the browser refuses to tell. */
export function keysWith(storage: Pick<Storage, 'key' | 'length'> | null, prefix: string): string[] {
  try {
    const keys = Array.from({ length: storage?.length ?? 0 }, (_, index) => storage?.key(index) ?? '')
    return keys.filter((key) => key.startsWith(prefix))
  } catch {
    return []
  }
}
