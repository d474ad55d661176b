/** What my tabs tell each other: who I am, what I have read, where I have drafts. Only hints: a tab may miss them. */
import type { Self } from '../../shared/model.ts'
import { fieldsOf, isRoom, parseSelf } from './parseStored.ts'

export type SessionTabMessage =
  | { type: 'self'; self: Self | null }
  | { type: 'read'; room: string; seq: number }
  /** there is a draft in the room, or none any more */
  | { type: 'draft'; room: string; has: boolean }

export interface TabChannel {
  tell(message: SessionTabMessage): void
}

/** Another tab's message, or null: the tab may run another version. */
function parseMessage(value: unknown): SessionTabMessage | null {
  const { type, self, room, seq, has } = fieldsOf(value)
  if (type === 'read' && isRoom(room) && Number.isSafeInteger(seq)) return { type, room, seq: Number(seq) }
  if (type === 'draft' && isRoom(room)) return { type, room, has: has === true }
  if (type !== 'self') return null
  const parsed = parseSelf(self)
  return parsed === null && self !== null ? null : { type, self: parsed }
}

/** `received` gets the messages of the other tabs, never those of this tab, until the signal aborts. */
export function joinTabs(received: (message: SessionTabMessage) => void, signal: AbortSignal): TabChannel {
  return { tell: openTabChannel('hubbub', parseMessage, received, signal) }
}

/** Null where the browser refuses a channel, as Firefox does with cookies blocked: each tab is then on its own. */
function openChannel(name: string): BroadcastChannel | null {
  try {
    return new BroadcastChannel(name)
  } catch {
    return null
  }
}

/** @param parse null: the message is ignored @returns a function that sends to the other tabs */
export function openTabChannel<Message>(
  name: string,
  parse: (data: unknown) => Message | null,
  received: (message: Message) => void,
  signal: AbortSignal,
): (message: Message) => void {
  const channel = openChannel(name)
  if (channel === null) return () => {}
  channel.onmessage = ({ data }: MessageEvent<unknown>) => {
    const message = parse(data)
    if (message !== null) received(message)
  }
  signal.addEventListener('abort', () => channel.close())
  return (message) => {
    if (!signal.aborted) channel.postMessage(message)
  }
}
