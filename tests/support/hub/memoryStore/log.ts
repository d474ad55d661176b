import type { Draft, Outcome, OwnEvent } from '../../../../src/hub/ports.ts'
import { LIMITS } from '../../../../src/shared/limits.ts'
import type { HistoryMessage, RoomEvent, User } from '../../../../src/shared/model.ts'
import { messageOf, type MemoryRoom } from './room.ts'

/** All rooms with their logs: how a draft becomes an event, and how events are erased. */
export class MemoryLog {
  readonly rooms = new Map<string, MemoryRoom>()
  /** `content`: null once it is gone */
  readonly #nonces = new Map<string, { content: string | null; seq: number; id: string; at: number }>()
  readonly #ids = new Set<string>()

  /** @throws TypeError if there is no such room */
  room(slug: string): MemoryRoom {
    const room = this.rooms.get(slug)
    if (room === undefined) throw new TypeError('no such room')
    return room
  }

  hasEventsOf(user: string): boolean {
    return [...this.rooms.values()].some(({ events }) => events.some((event) => event.user?.id === user))
  }

  eventsOf(user: string, after: OwnEvent | null, limit: number): OwnEvent[] {
    const all = [...this.rooms].flatMap(([room, { events }]) =>
      events
        .filter((event) => 'user' in event && event.user?.id === user)
        .map((event): OwnEvent => ({
          nonce: ('nonce' in event && event.nonce) || null,
          room,
          seq: event.seq,
        })),
    )
    const order = ({ nonce, room, seq }: OwnEvent) =>
      nonce === null ? `0 ${room} ${String(seq).padStart(16, '0')}` : `1 ${nonce}`
    return all
      .toSorted((a, b) => (order(a) < order(b) ? -1 : 1))
      .filter((event) => after === null || order(event) > order(after))
      .slice(0, limit)
  }

  /** Stores one draft, or says why not. */
  store(draft: Draft): Outcome {
    const { id, at, user } = draft
    const content = JSON.stringify(contentOf(draft))
    const known = draft.nonce === undefined ? undefined : this.#nonces.get(nonceOf(user, draft.nonce))
    if (known !== undefined) {
      if (known.content !== null && known.content !== content)
        return { result: 'refused', code: 'nonceReused' }
      return { result: 'duplicate', seq: known.seq, id: known.id, at: known.at }
    }
    const room = this.rooms.get(draft.room)
    if (room === undefined) return { result: 'refused', code: 'noRoom' }
    const code = refusalOf(room, draft)
    if (code !== null) return { result: 'refused', code }
    if (this.#ids.has(id)) return { result: 'failed' }
    const seq = room.events.length + 1
    const entry = { seq, id, at, user: { id: user.id, name: user.name } }
    const event = this.#apply(room, draft, entry)
    room.events.push(event)
    this.#ids.add(id)
    if (draft.nonce !== undefined) this.#nonces.set(nonceOf(user, draft.nonce), { content, seq, id, at })
    return { result: 'stored', event }
  }

  /** Changes the room's messages as the draft says. @returns its event */
  #apply(
    room: MemoryRoom,
    draft: Draft,
    entry: { seq: number; id: string; at: number; user: User },
  ): RoomEvent {
    if (draft.kind === 'topic') {
      const topic = { kind: draft.kind, ...entry, text: draft.text }
      room.topic = draft.text
      room.messages.set(entry.seq, topic)
      return topic
    }
    const named = { ...entry, nonce: draft.nonce }
    if (draft.kind === 'message') {
      const { kind, text, replyTo } = draft
      const message = { kind, ...named, text, ...(replyTo && { replyTo }) }
      room.messages.set(entry.seq, message)
      return message
    }
    const target = messageOf(room, draft.target)
    if (target === undefined) throw new TypeError('no target')
    const change = { ...named, target: draft.target }
    switch (draft.kind) {
      case 'edit':
        room.messages.set(target.seq, { ...target, text: draft.text, edited: entry.at })
        return { kind: 'edit', ...change, text: draft.text }
      case 'delete':
        this.#eraseMessage(draft.room, target.seq)
        return { kind: 'delete', ...change, by: 'author' }
      case 'pin': {
        const { pinned: _, ...rest } = target
        room.messages.set(target.seq, { ...rest, ...(draft.on && { pinned: true as const }) })
        return { kind: 'pin', ...change, on: draft.on }
      }
      case 'react': {
        const { emoji, on } = draft
        const shown = room.reactions.get(target.id) ?? new Map<string, Map<string, User>>()
        const people = shown.get(emoji) ?? new Map<string, User>()
        if (!on) people.delete(entry.user.id)
        else if (!people.has(entry.user.id)) people.set(entry.user.id, entry.user)
        if (people.size > 0) shown.set(emoji, people)
        else shown.delete(emoji)
        room.reactions.set(target.id, shown)
        return { kind: 'react', ...change, emoji, on, count: people.size }
      }
    }
  }

  /** Empties one event, and what became of it. */
  erase(slug: string, seq: number): void {
    const found = this.room(slug)
    const { events, messages } = found
    const event = events[seq - 1]
    if (event === undefined) return
    const { kind, id, at, user, nonce } = event
    const gone = {
      kind,
      seq,
      id,
      at,
      ...(user && { user }),
      ...(nonce !== undefined && { nonce }),
      gone: true,
    }
    events[seq - 1] = { ...gone, ...('target' in event && { target: event.target }) } as RoomEvent
    const known = user && nonce !== undefined ? this.#nonces.get(nonceOf(user, nonce)) : undefined
    if (known !== undefined) known.content = null
    if (!messages.has(seq)) return
    messages.set(seq, gone as HistoryMessage)
    found.reactions.delete(id)
  }

  /** An event, and the edits of a message. */
  #eraseMessage(room: string, seq: number): void {
    const { events } = this.room(room)
    const id = events[seq - 1]?.id
    this.erase(room, seq)
    for (const edit of [...events]) if (edit.kind === 'edit' && edit.target === id) this.erase(room, edit.seq)
  }

  /** As after a restored backup: the room's log ends at `head`. */
  rewind(slug: string, head: number): void {
    const found = this.room(slug)
    for (const { id, user, nonce, seq } of found.events.splice(head)) {
      this.#ids.delete(id)
      found.messages.delete(seq)
      if (user && nonce !== undefined) this.#nonces.delete(nonceOf(user, nonce))
    }
  }

  /** Erases the oldest events before `before` (ms), `limit` at most. @returns how many it erased */
  purge(before: number, limit: number): number {
    let left = limit
    for (const slug of [...this.rooms.keys()].toSorted()) {
      const room = this.room(slug)
      for (; left > 0 && (room.events[room.floor - 1]?.at ?? before) < before; left -= 1) {
        this.#eraseMessage(slug, room.floor)
        room.floor += 1
      }
    }
    return limit - left
  }

  /** Retention: what lies below `floor` is gone. */
  retain(slug: string, floor: number): void {
    const found = this.room(slug)
    for (let seq = found.floor; seq < floor; seq += 1) this.erase(slug, seq)
    found.floor = floor
  }
}

const nonceOf = (user: User, nonce: string) => `${user.id} ${nonce}`

function refusalOf(room: MemoryRoom, draft: Draft): 'gone' | 'forbidden' | 'tooBig' | null {
  const named = 'target' in draft ? draft.target : draft.kind === 'message' ? draft.replyTo : undefined
  if (named === undefined) return null
  const message = messageOf(room, named)
  if (message === undefined) return 'gone'
  const ownOnly = draft.kind === 'edit' || draft.kind === 'delete'
  if (ownOnly && message.user.id !== draft.user.id) return 'forbidden'
  if (draft.kind !== 'react' || !draft.on) return null
  const shown = room.reactions.get(named)
  return !shown?.has(draft.emoji) && (shown?.size ?? 0) >= LIMITS.emojiKinds ? 'tooBig' : null
}

/** What a second draft of the same nonce must be equal to. */
function contentOf(draft: Draft): unknown[] {
  const { id: _, at: _at, user: _user, nonce: _nonce, ...content } = draft
  return Object.entries(content)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
}
