import type { Broadcast, ClientSocket } from '../../../src/hub/ports.ts'
import type { Heard, ServerFrame } from '../../../src/shared/protocol.ts'

/** Rooms and who follows them: what topics are on a real server. */
export interface FakeTopics extends Broadcast {
  /** frames published, each once however many heard it */
  readonly published: { room: string; frame: string }[]
  follow(room: string, connection: FakeSocket): void
  unfollow(room: string, connection: FakeSocket): void
}

export function fakeTopics(): FakeTopics {
  const followers = new Map<string, Set<FakeSocket>>()
  const published: { room: string; frame: string }[] = []
  return {
    published,
    publish(room, frame) {
      published.push({ room, frame })
      for (const connection of followers.get(room) ?? []) connection.send(JSON.parse(frame) as ServerFrame)
    },
    follow(room, connection) {
      followers.set(room, (followers.get(room) ?? new Set()).add(connection))
    },
    unfollow(room, connection) {
      followers.get(room)?.delete(connection)
    },
  }
}

/** One socket that keeps what it was sent. Close it with `end`, as a browser would; stop its reading with `stall`. */
export class FakeSocket implements ClientSocket {
  readonly id: string
  readonly heard: ServerFrame[] = []
  /** the code the hub closed it with */
  closed: number | null = null
  readonly #topics: FakeTopics
  readonly #ended: (connection: FakeSocket) => void
  readonly #follows = new Set<string>()
  #stalled: { promise: Promise<boolean>; resolve(alive: boolean): void } | null = null
  #gone = false
  /** frames until it stalls by itself; never, if not above 0 */
  #until = 0

  constructor(id: string, topics: FakeTopics, ended: (connection: FakeSocket) => void) {
    this.id = id
    this.#topics = topics
    this.#ended = ended
  }

  get isOpen(): boolean {
    return !this.#gone
  }

  /** All frames heard of one type. */
  all<T extends ServerFrame['type']>(type: T): Heard<T>[] {
    return this.heard.filter((frame): frame is Heard<T> => frame.type === type)
  }

  send(frame: ServerFrame, json = JSON.stringify(frame)): void {
    if (this.#gone) return
    this.heard.push(JSON.parse(json) as ServerFrame)
    this.#until -= 1
    if (this.#until === 0) this.stall()
  }

  ready(): true | Promise<boolean> {
    if (this.#gone) return Promise.resolve(false)
    return this.#stalled?.promise ?? true
  }

  follow(room: string): void {
    if (this.#gone || this.#follows.has(room)) return
    this.#follows.add(room)
    this.#topics.follow(room, this)
  }

  unfollow(room: string): void {
    this.#follows.delete(room)
    this.#topics.unfollow(room, this)
  }

  close(code: number): void {
    if (this.#gone) return
    this.closed = code
    this.end()
  }

  /** The socket ends; the hub hears of it in a later turn. */
  end(): void {
    if (this.#gone) return
    this.#gone = true
    for (const room of this.#follows) this.#topics.unfollow(room, this)
    this.#stalled?.resolve(false)
    setImmediate(() => this.#ended(this))
  }

  /** It reads nothing more, until `drain`. */
  stall(): void {
    this.#stalled ??= Promise.withResolvers<boolean>()
  }

  /** It stops reading by itself, after so many frames. */
  stallAfter(frames: number): void {
    this.#until = frames
  }

  drain(): void {
    this.#stalled?.resolve(true)
    this.#stalled = null
  }
}
