/** Does the browser keep cookies for this page? Sets one, reads it, and removes it. */
export function keepsCookies(): boolean {
  try {
    document.cookie = 'test=1; path=/; samesite=lax'
    const isKept = /\btest=1\b/.test(document.cookie)
    document.cookie = 'test=; path=/; max-age=0'
    return isKept
  } catch {
    // A sandboxed page may not even ask.
    return false
  }
}
