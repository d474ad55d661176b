import type { HistoryQuery, NewestMessages } from '../../../../src/hub/ports.ts'
import { LIMITS } from '../../../../src/shared/limits.ts'
import type { HistoryMessage, HistoryPage, ReactionCount, RoomEvent } from '../../../../src/shared/model.ts'
import { hasText, type MemoryRoom } from './room.ts'

const MAX_IDS = 50

/** Events after a seq, at most `limit`, within the bytes of a page. */
export function eventsAfter(room: MemoryRoom, after: number, limit: number): RoomEvent[] {
  const page = room.events.filter(({ seq }) => seq > after).slice(0, limit)
  while (page.length > 1 && Buffer.byteLength(JSON.stringify(page)) > LIMITS.pageBytes) page.pop()
  return page
}

export function newestOf(room: MemoryRoom, limit: number): NewestMessages {
  const { events, floor } = room
  const kept = [...room.messages.values()].filter(({ seq }) => seq >= floor)
  const first = kept.filter(hasText).at(-limit)
  const from = first === undefined ? 0 : kept.indexOf(first)
  const rows = limit === 0 ? [] : kept.slice(Math.max(from, kept.length - LIMITS.firstRows))
  const messages = fitting(rows.map((message) => forEveryReader(room, message)).reverse()).reverse()
  const at = { seq: events.length, id: events.at(-1)?.id ?? null }
  return { at, floor, messages, older: messages.length < kept.length }
}

export function historyOf(room: MemoryRoom, query: HistoryQuery, reader?: string): HistoryPage {
  const { floor } = room
  const head = room.events.length
  const kept = [...room.messages.values()].filter(({ seq }) => seq >= floor)
  const withAllReactions = (some: readonly HistoryMessage[]) =>
    some.map((message) => withReactions(room, message, reader))
  if (query.at === 'ids') {
    const all = withAllReactions(picked(kept, query.ids))
    const messages = fitting(all.toReversed()).reverse()
    return { messages, head, floor, older: messages.length < all.length, newer: false }
  }
  const all = query.at === 'pinned' ? kept.filter(({ pinned }) => pinned) : kept
  const [from, to] = rangeOf(all, query)
  const middle =
    query.at === 'around' ? all.filter(({ seq }) => seq < query.seq).length : query.at === 'after' ? from : to
  const half = query.at === 'around' ? LIMITS.pageBytes / 2 : LIMITS.pageBytes
  const behind = fitting(withAllReactions(all.slice(middle, to)), half)
  const left = LIMITS.pageBytes - bytesOf(behind)
  const ahead = fitting(withAllReactions(all.slice(from, middle)).reverse(), left, behind.length > 0 ? 0 : 1)
  return {
    messages: [...ahead.toReversed(), ...behind],
    head,
    floor,
    older: middle - ahead.length > 0,
    newer: middle + behind.length < all.length && query.at !== 'pinned',
  }
}

/** A message with who reacted to it, as history tells it. */
function withReactions(room: MemoryRoom, message: HistoryMessage, reader?: string): HistoryMessage {
  const shown = [...(room.reactions.get(message.id) ?? [])]
  if (message.kind !== 'message' || shown.length === 0) return message
  const reactions = shown.map(([emoji, people]) => ({
    emoji,
    count: people.size,
    mine: reader !== undefined && people.has(reader),
    users: [...people.values()].slice(0, LIMITS.emojiPeople),
  }))
  return { ...message, reactions }
}

/** The same without what is one reader's. */
function forEveryReader(room: MemoryRoom, message: HistoryMessage): HistoryMessage<ReactionCount> {
  const { reactions, ...rest } = withReactions(room, message)
  if (!reactions) return rest
  return {
    ...rest,
    reactions: reactions.map(({ mine: _, ...shown }) => shown),
  } as HistoryMessage<ReactionCount>
}

const sizeOf = (message: object) => Buffer.byteLength(JSON.stringify(message)) + 1
const bytesOf = (messages: readonly object[]) => messages.reduce((sum, message) => sum + sizeOf(message), 0)

/** The first of them that fit into so many bytes, with 128 around them, but so many at least. */
function fitting<M extends object>(messages: readonly M[], most: number = LIMITS.pageBytes, least = 1): M[] {
  const fit: M[] = []
  let bytes = 128
  for (const message of messages) {
    bytes += sizeOf(message)
    if (fit.length >= least && bytes > most) break
    fit.push(message)
  }
  return fit
}

/** Where a page begins and ends within all messages of the room. */
function rangeOf(
  all: readonly HistoryMessage[],
  query: Exclude<HistoryQuery, { at: 'ids' }>,
): [from: number, to: number] {
  const place = (seq: number) => all.filter((message) => message.seq < seq).length
  switch (query.at) {
    case 'end':
    case 'pinned':
      return [Math.max(0, all.length - query.limit), all.length]
    case 'before':
      return [Math.max(0, place(query.seq) - query.limit), place(query.seq)]
    case 'after':
      return [place(query.seq + 1), Math.min(all.length, place(query.seq + 1) + query.limit)]
    case 'around': {
      const half = Math.floor(query.limit / 2)
      const at = place(query.seq)
      return [Math.max(0, at - half), Math.min(all.length, at + query.limit - half)]
    }
  }
}

function picked(all: readonly HistoryMessage[], ids: readonly string[]): HistoryMessage[] {
  const wanted = new Set(ids.slice(0, MAX_IDS))
  return all.filter(({ id }) => wanted.has(id))
}
