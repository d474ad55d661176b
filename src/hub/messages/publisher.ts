import { assertNever } from '../../shared/assert.ts'
import { ChatError } from '../../shared/errors.ts'
import { LIMITS } from '../../shared/limits.ts'
import { foldedName } from '../../shared/mentions.ts'
import type { Mention, Self, User } from '../../shared/model.ts'
import { may } from '../../shared/policy.ts'
import type { Durable } from '../../shared/protocol.ts'
import { outcomeReply } from '../answerFrames.ts'
import type { Draft, DraftContent, HubDeps, Outcome } from '../ports.ts'
import { mentionsIn, namePlaces } from './mentionedNames.ts'
import type { WriterQueue } from './writerQueue.ts'
import { Buckets, type Rate } from '../rateLimit.ts'
import type { ClientConnection } from '../connections.ts'

/** Turns a durable frame into a draft in the queue: checks rights and limits, and answers the sender once it is stored. */
export class Publisher {
  readonly #deps: HubDeps & { queue: WriterQueue; sends: Rate }
  readonly #sendBuckets: Buckets
  #stopped = false

  constructor(deps: HubDeps & { queue: WriterQueue; sends: Rate }) {
    this.#deps = deps
    this.#sendBuckets = new Buckets(deps.sends)
  }

  /** From now on every frame is `unavailable`. */
  stop(): void {
    this.#stopped = true
  }

  /**
   * At once, unless the text may name people: then once the store has said who they are.
   * @throws ChatError `notMember`, `forbidden`, `rateLimited`, `overloaded`, `unavailable`
   */
  publish(connection: ClientConnection, frame: Durable): void | Promise<void> {
    this.#requireAllowed(connection, frame)
    const text = 'text' in frame ? frame.text : ''
    const places = namePlaces(text)
    if (places.length === 0) return this.#enqueue(connection, frame, [])
    const names = new Set(places.flatMap(({ ends }) => ends.map(({ name }) => name)))
    return this.#named(frame, [...names]).then((people) => {
      // The person may have left the room meanwhile.
      this.#requireAllowed(connection, frame)
      this.#enqueue(connection, frame, mentionsIn(text, places, people))
    })
  }

  /** The people with these names. An edit keeps whom its message mentions, even if they left or were renamed since (M86). */
  async #named({ room, ...frame }: Durable, names: readonly string[]): Promise<Map<string, User[]>> {
    const people = await this.#deps.store.named(room, names)
    if (frame.type !== 'edit') return people
    const page = await this.#deps.store.history(room, { at: 'ids', ids: [frame.target], limit: 1 })
    const [message] = page?.messages ?? []
    if (message?.kind !== 'message' || message.text === undefined) return people
    for (const { user, at, length } of message.mentions ?? []) {
      const name = message.text.slice(at + '@'.length, at + length)
      const folded = foldedName(name)
      people.set(folded, [{ id: user, name }, ...(people.get(folded) ?? [])])
    }
    return people
  }

  /** @throws ChatError for a frame that may not be published now */
  #requireAllowed(connection: ClientConnection, { type, room }: Durable): void {
    if (this.#stopped) throw new ChatError('unavailable')
    const role = connection.rooms.get(room)?.role
    if (role === undefined) throw new ChatError('notMember')
    if (connection.unacked >= LIMITS.unacked) throw new ChatError('overloaded')
    const { id } = connection.user
    // Only the log knows whose message the target is: the store refuses to change the message of another person.
    if (!may({ id, role }, type, id)) throw new ChatError('forbidden')
    // Asked before the store is, so that a person without tokens costs no query.
    const after = this.#sendBuckets.wait(id, this.#deps.clock.elapsed())
    if (after > 0) throw new ChatError('rateLimited', undefined, { after })
  }

  #enqueue(connection: ClientConnection, frame: Durable, mentions: readonly Mention[]): void {
    const { nonce, room } = frame
    const draft = { ...contentOf(frame, mentions), nonce, room, ...this.#stamp(connection.user) }
    this.#deps.queue.push(draft, (outcome) => {
      connection.unacked -= 1
      connection.socket.send(outcomeReply(draft, outcome))
    })
    connection.unacked += 1
  }

  /** Resolves when the room has the new topic. Rejects with ChatError `noRoom`, `rateLimited`, `overloaded`, `unavailable` */
  async publishTopic(self: Self, room: string, text: string): Promise<void> {
    if (this.#stopped) throw new ChatError('unavailable')
    const draft = { kind: 'topic', text, room, ...this.#stamp(self) } as const
    const outcome = await new Promise<Outcome>((resolve) => this.#deps.queue.push(draft, resolve))
    if (outcome.result === 'refused') throw new ChatError(outcome.code)
    if (outcome.result === 'failed') throw new ChatError('unavailable')
  }

  /** Spends one of the person's send tokens. @returns author, time and id of the event. @throws ChatError `rateLimited` */
  #stamp({ id, name }: Self): Pick<Draft, 'id' | 'at' | 'user'> {
    const { clock, ids } = this.#deps
    const after = this.#sendBuckets.spend(id, clock.elapsed())
    if (after > 0) throw new ChatError('rateLimited', undefined, { after })
    const at = clock.now()
    return { id: ids.next(at), at, user: { id, name } }
  }
}

/** The content of a frame, field by field: no other field of it reaches the store. */
function contentOf(frame: Durable, mentions: readonly Mention[]): DraftContent {
  const mentioned = mentions.length > 0 && { mentions }
  switch (frame.type) {
    case 'send': {
      const { text, replyTo } = frame
      return { kind: 'message', text, ...(replyTo !== undefined && { replyTo }), ...mentioned }
    }
    case 'edit':
      return { kind: 'edit', target: frame.target, text: frame.text, ...mentioned }
    case 'delete':
      return { kind: 'delete', target: frame.target }
    case 'react':
      return { kind: 'react', target: frame.target, emoji: frame.emoji, on: frame.on }
    case 'pin':
      return { kind: 'pin', target: frame.target, on: frame.on }
    default:
      return assertNever(frame)
  }
}
