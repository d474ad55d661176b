import type { RoomRow } from '../../../../src/hub/ports.ts'
import type { HistoryMessage, RoomEvent, User } from '../../../../src/shared/model.ts'

/** A room with its log and with the present state of its messages. */
export interface MemoryRoom extends Omit<RoomRow, 'head'> {
  /** seq 1 is at 0 */
  events: RoomEvent[]
  /** what stands in the timeline, by seq, but for its reactions */
  messages: Map<number, HistoryMessage>
  /** each emoji shown, in the order in which they began, with who shows it, in theirs */
  reactions: Map<string, Map<string, Map<string, User>>>
}

export const emptyRoom = (room: Omit<RoomRow, 'head' | 'floor'>): MemoryRoom => ({
  ...room,
  floor: 1,
  events: [],
  messages: new Map(),
  reactions: new Map(),
})

export function hasText(message: HistoryMessage): message is HistoryMessage & { text: string } {
  return message.text !== undefined
}

export function rowOf({ room, name, topic, kind, floor, events }: MemoryRoom): RoomRow {
  return { room, name, topic, kind, head: events.length, floor }
}

/** A message of a room that has its text. */
export function messageOf(
  room: MemoryRoom,
  id: string,
): Extract<HistoryMessage, { kind: 'message'; text: string }> | undefined {
  for (const message of room.messages.values())
    if (message.id === id && message.kind === 'message' && !message.gone) return message
  return undefined
}
