/** Is the sidebar open where it has a column of its own? Stored on this device alone. */

/** The key that browsers already hold. */
const KEY = 'people'

/** True unless it was closed here, and if the browser refuses storage. */
export function isSidebarOpenPreferred(): boolean {
  try {
    return localStorage.getItem(KEY) !== 'closed'
  } catch {
    return true
  }
}

export function saveSidebarOpen(open: boolean): void {
  try {
    localStorage.setItem(KEY, open ? 'open' : 'closed')
  } catch (error) {
    console.warn('not kept on this device', error)
  }
}
