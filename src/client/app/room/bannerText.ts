import type { ConnectionState } from '../../state/state.ts'
import { words } from '../../words/words.ts'

export interface Banner {
  text: string
  /** offer to try now */
  retry: boolean
}

/** A break shorter than this (ms) is not worth a word; a longer one after a drain. */
const CALM = { lost: 2_000, drained: 8_000 }

/** The line while the server is there but can store nothing, or null. It becomes one by time alone. Times in ms. */
export function serverFullBanner(since: number, now: number): Banner | null {
  if (since === 0 || now - since < CALM.lost) return null
  return { text: words.connection.serverFull, retry: false }
}

/** The line above the composer, or null when there is nothing to say. It may become one by time alone. `now` in ms. */
export function connectionBanner(link: ConnectionState, offline: boolean, now: number): Banner | null {
  // prettier-ignore
  switch (link.state) {
    case 'idle': case 'live': case 'suspect': case 'stopped': return null
    case 'connecting': case 'hello': case 'waiting': break
  }
  if (now - link.since < (link.calm ? CALM.drained : CALM.lost)) return null
  if (offline) return { text: words.connection.offline, retry: false }
  if (link.state !== 'waiting') return { text: words.connection.connecting, retry: false }
  const seconds = Math.max(1, Math.ceil((link.until - now) / 1000))
  return { text: words.connection.reconnectingIn(seconds), retry: true }
}
