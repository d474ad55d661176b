/** What my tabs tell each other: who I am now, and what I have read. A hint; a browser without channels has one tab. */
import type { Self } from '../../shared/model.ts'

export type TabNews = { type: 'self'; self: Self | null } | { type: 'read'; room: string; seq: number }

export interface Tabs {
  tell(news: TabNews): void
}

/** `heard` gets what the others tell, never what this tab told, until the signal aborts. */
export function joinTabs(heard: (news: TabNews) => void, signal: AbortSignal): Tabs {
  if (typeof BroadcastChannel === 'undefined') return { tell() {} }
  const channel = new BroadcastChannel('hubbub')
  channel.onmessage = ({ data }: MessageEvent<TabNews>) => heard(data)
  signal.addEventListener('abort', () => channel.close(), { once: true })
  return {
    tell(news) {
      if (!signal.aborted) channel.postMessage(news)
    },
  }
}
