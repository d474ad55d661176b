/** What my tabs tell each other: who I am now, what I have read, and rooms I joined. A hint; a browser without channels has one tab. */
import type { Self } from '../../shared/model.ts'
import { fieldsOf, isRoom, parseSelf } from './parseStored.ts'

export type TabNews =
  | { type: 'self'; self: Self | null }
  | { type: 'read'; room: string; seq: number }
  | { type: 'joined'; room: string }

export interface Tabs {
  tell(news: TabNews): void
}

/** What another tab has said, or null: it may be of another version, or say what is none of ours. */
function newsOf(said: unknown): TabNews | null {
  const { type, self, room, seq } = fieldsOf(said)
  if (type === 'read' && isRoom(room) && Number.isSafeInteger(seq)) return { type, room, seq: Number(seq) }
  if (type === 'joined' && isRoom(room)) return { type, room }
  if (type !== 'self') return null
  if (self === null) return { type, self }
  const known = parseSelf(self)
  return known === null ? null : { type, self: known }
}

/** `heard` gets what the others tell, never what this tab told, until the signal aborts. */
export function joinTabs(heard: (news: TabNews) => void, signal: AbortSignal): Tabs {
  if (typeof BroadcastChannel === 'undefined') return { tell() {} }
  const channel = new BroadcastChannel('hubbub')
  channel.onmessage = ({ data }: MessageEvent<unknown>) => {
    const news = newsOf(data)
    if (news !== null) heard(news)
  }
  signal.addEventListener('abort', () => channel.close(), { once: true })
  return {
    tell(news) {
      if (!signal.aborted) channel.postMessage(news)
    },
  }
}
