import type { Broadcast, ClientSocket } from '../../../src/hub/ports.ts'
import type { ServerFrame } from '../../../src/shared/protocol.ts'

/** The followers of each room, as a server's topics are. */
export interface FakeTopics extends Broadcast {
  /** every frame that was published, once however many heard it */
  readonly published: { room: string; frame: string }[]
  readonly followers: Map<string, Set<FakeSocket>>
}

export function fakeTopics(): FakeTopics {
  const followers: FakeTopics['followers'] = new Map()
  const published: FakeTopics['published'] = []
  return {
    followers,
    published,
    publish(room, frame) {
      published.push({ room, frame })
      for (const socket of followers.get(room) ?? []) socket.send(JSON.parse(frame) as ServerFrame)
    },
  }
}

/** A socket that keeps what it was sent. A test ends it, as a browser would, or stops its reading. */
export class FakeSocket implements ClientSocket {
  readonly id: string
  readonly heard: ServerFrame[] = []
  /** the code that the hub closed it with */
  closed: number | null = null
  readonly #topics: FakeTopics
  readonly #ended: (socket: FakeSocket) => void
  #stalled: PromiseWithResolvers<boolean> | null = null
  #hasEnded = false
  /** frames until it stalls by itself; 0: it does not */
  #framesUntilStall = 0

  constructor(id: string, topics: FakeTopics, ended: (socket: FakeSocket) => void) {
    this.id = id
    this.#topics = topics
    this.#ended = ended
  }

  get isOpen(): boolean {
    return !this.#hasEnded
  }

  send(frame: ServerFrame, json = JSON.stringify(frame)): void {
    if (this.#hasEnded) return
    this.heard.push(JSON.parse(json) as ServerFrame)
    this.#framesUntilStall -= 1
    if (this.#framesUntilStall === 0) this.stall()
  }

  ready(): true | Promise<boolean> {
    if (this.#hasEnded) return Promise.resolve(false)
    return this.#stalled?.promise ?? true
  }

  follow(room: string): void {
    if (this.#hasEnded) return
    const { followers } = this.#topics
    followers.set(room, (followers.get(room) ?? new Set()).add(this))
  }

  unfollow(room: string): void {
    this.#topics.followers.get(room)?.delete(this)
  }

  close(code: number): void {
    if (this.#hasEnded) return
    this.closed = code
    this.end()
  }

  /** The socket ends; the hub hears of it in a later turn. */
  end(): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    for (const sockets of this.#topics.followers.values()) sockets.delete(this)
    this.#stalled?.resolve(false)
    setImmediate(() => this.#ended(this))
  }

  /** It reads nothing more, until `drain`. */
  stall(): void {
    this.#stalled ??= Promise.withResolvers<boolean>()
  }

  /** It stops reading by itself after so many frames. */
  stallAfter(frames: number): void {
    this.#framesUntilStall = frames
  }

  drain(): void {
    this.#stalled?.resolve(true)
    this.#stalled = null
  }
}
