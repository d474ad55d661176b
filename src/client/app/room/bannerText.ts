import type { ConnectionState } from '../../state/state.ts'
import { words } from '../../words/words.ts'

export interface Banner {
  text: string
  /** offer to try now */
  retry: boolean
}

/** How long (ms) a break lasts before the banner says so; `drained`: after one that the server announced. */
const BANNER_AFTER = { lost: 2_000, drained: 8_000 }

/** The line while the server is there but can store nothing, or null. It becomes one by time alone. Times in ms. */
export function serverFullBanner(since: number, now: number): Banner | null {
  if (since === 0 || now - since < BANNER_AFTER.lost) return null
  return { text: words.connection.serverFull, retry: false }
}

/** The line above the composer, or null when there is nothing to say. It may become one by time alone. `now` in ms. */
export function connectionBanner(connection: ConnectionState, offline: boolean, now: number): Banner | null {
  // prettier-ignore
  switch (connection.state) {
    case 'idle': case 'live': case 'suspect': case 'stopped': return null
    case 'connecting': case 'hello': case 'waiting': break
  }
  if (now - connection.since < (connection.announced ? BANNER_AFTER.drained : BANNER_AFTER.lost)) return null
  if (offline) return { text: words.connection.offline, retry: false }
  if (connection.state !== 'waiting') return { text: words.connection.connecting, retry: false }
  const seconds = Math.max(1, Math.ceil((connection.until - now) / 1000))
  return { text: words.connection.reconnectingIn(seconds), retry: true }
}
