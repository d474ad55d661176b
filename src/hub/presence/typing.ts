import { TIMES } from '../../shared/limits.ts'
import type { User } from '../../shared/model.ts'
import type { Publish } from '../ports.ts'

interface Typist {
  readonly room: string
  readonly user: User
  /** when the last `on` was published, ms */
  readonly lastSentAt: number
  readonly on: boolean
}

/**
 * Who is typing where. `on` is published at most every 3 s for each person and room, and ends 6 s after the last one. Times
 * are ms of `Clock.elapsed`.
 */
export class Typing {
  readonly #typists = new Map<string, Typist>()
  readonly #publish: Publish

  constructor(publish: Publish) {
    this.#publish = publish
  }

  set(room: string, { id, name }: User, on: boolean, now: number): void {
    const key = `${room} ${id}`
    const before = this.#typists.get(key)
    if (on ? before && now - before.lastSentAt < TIMES.typingEvery : !before?.on) return
    const user = { id, name }
    this.#typists.set(key, { room, user, on, lastSentAt: on || !before ? now : before.lastSentAt })
    this.#publish(room, { type: 'typing', room, user, on })
  }

  /** Publishes `on: false` for people who have not typed for 6 s. */
  tick(now: number): void {
    for (const [key, { room, user, lastSentAt, on }] of this.#typists) {
      if (now - lastSentAt < TIMES.typing) continue
      this.#typists.delete(key)
      if (on) this.#publish(room, { type: 'typing', room, user, on: false })
    }
  }
}
