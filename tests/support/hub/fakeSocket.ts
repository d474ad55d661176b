import type { Broadcast, ClientSocket } from '../../../src/hub/ports.ts'
import type { ServerFrame } from '../../../src/shared/protocol.ts'

/** The followers of each room, as a server's topics are. */
export class FakeTopics implements Broadcast {
  readonly followers = new Map<string, Set<FakeSocket>>()

  publish(room: string, frame: string): void {
    for (const socket of this.followers.get(room) ?? []) socket.send(JSON.parse(frame) as ServerFrame)
  }
}

/** A socket that keeps what it was sent. A test ends it, as a browser would, or stops its reading. */
export class FakeSocket implements ClientSocket {
  readonly id: string
  readonly heard: ServerFrame[] = []
  isOpen = true
  /** frames until it stops reading by itself; 0: it does not */
  framesUntilStall = 0
  /** the code that the hub closed it with */
  closed: number | null = null
  readonly #topics: FakeTopics
  readonly #ended: (socket: FakeSocket) => void
  #stalled: PromiseWithResolvers<boolean> | null = null

  constructor(id: string, topics: FakeTopics, ended: (socket: FakeSocket) => void) {
    this.id = id
    this.#topics = topics
    this.#ended = ended
  }

  send(frame: ServerFrame, json = JSON.stringify(frame)): void {
    if (!this.isOpen) return
    this.heard.push(JSON.parse(json) as ServerFrame)
    this.framesUntilStall -= 1
    if (this.framesUntilStall === 0) this.stall()
  }

  ready(): true | Promise<boolean> {
    if (!this.isOpen) return Promise.resolve(false)
    return this.#stalled?.promise ?? true
  }

  follow(room: string): void {
    if (!this.isOpen) return
    const { followers } = this.#topics
    followers.set(room, (followers.get(room) ?? new Set()).add(this))
  }

  unfollow(room: string): void {
    this.#topics.followers.get(room)?.delete(this)
  }

  close(code: number): void {
    if (!this.isOpen) return
    this.closed = code
    this.end()
  }

  /** The socket ends; the hub hears of it in a later turn. */
  end(): void {
    if (!this.isOpen) return
    this.isOpen = false
    for (const sockets of this.#topics.followers.values()) sockets.delete(this)
    this.#stalled?.resolve(false)
    setImmediate(() => this.#ended(this))
  }

  /** It reads nothing more, until `drain`. */
  stall(): void {
    this.#stalled ??= Promise.withResolvers<boolean>()
  }

  drain(): void {
    this.#stalled?.resolve(true)
    this.#stalled = null
  }
}
