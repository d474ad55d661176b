import { LIMITS } from '../../shared/limits.ts'
import type { ConnectionRegistry } from '../connections.ts'
import type { Feed } from '../messages/feed.ts'
import type { HubDeps, Membership } from '../ports.ts'

/** A read position that has moved since it was saved and told to the person's other connections. */
interface MovedPosition {
  room: string
  user: string
  /** the position that the person's connections know */
  toldSeq: number
  seq: number
  /** the person has marked messages as unread again, so the position may be lower than the saved one */
  back: boolean
  /** told to the connection that moved it, too */
  forAll: boolean
  /** the connection that moved it last */
  connectionId: string
}

interface ReadPositionsDeps extends HubDeps {
  connections: ConnectionRegistry
  feed: Pick<Feed, 'shown'>
}

const keyOf = (user: string, room: string) => `${user} ${room}`

/** How far people have read. Kept in memory while they are online, saved and told to their other connections once a tick. */
export class ReadPositions {
  readonly #deps: ReadPositionsDeps
  /** user → room → the last seq that they have read */
  readonly #positions = new Map<string, Map<string, number>>()
  readonly #moved = new Map<string, MovedPosition>()
  /**
   * Keys of positions that were told to have gone back. A connection that reads on before it hears that would go back alone,
   * so the next move is told to all.
   */
  readonly #wentBack = new Set<string>()
  #saving: Promise<void> | null = null

  constructor(deps: ReadPositionsDeps) {
    this.#deps = deps
  }

  /** Takes the stored position of a person who enters a room. A position that is not saved yet stays. */
  learn(user: string, { room, readSeq }: Membership): void {
    const rooms = this.#positions.get(user) ?? new Map<string, number>()
    const known = rooms.get(room) ?? this.#moved.get(keyOf(user, room))?.seq
    this.#positions.set(user, rooms.set(room, known ?? readSeq))
  }

  /** The last seq that the person has read; 0 if they are not in the room. */
  seqOf(user: string, room: string): number {
    return this.#positions.get(user)?.get(room) ?? this.#moved.get(keyOf(user, room))?.seq ?? 0
  }

  /** Moves a position forward, or with `back` backwards; otherwise nothing happens. */
  move(
    { user, room, seq, back }: { user: string; room: string; seq: number; back: boolean },
    connectionId: string,
  ): void {
    const rooms = this.#positions.get(user)
    const before = rooms?.get(room)
    if (rooms === undefined || before === undefined || (back ? seq >= before : seq <= before)) return
    rooms.set(room, seq)
    const key = keyOf(user, room)
    const unsaved = this.#moved.get(key)
    const toldSeq = unsaved?.toldSeq ?? before
    const wasBack = back || unsaved?.back === true
    const forAll = this.#wentBack.delete(key) || wasBack || unsaved?.forAll === true
    this.#moved.set(key, { room, user, toldSeq, seq, back: wasBack, forAll, connectionId })
  }

  /** The person has left the room: drops the position. */
  leave(user: string, room: string): void {
    this.#positions.get(user)?.delete(room)
    this.#moved.delete(keyOf(user, room))
    this.#wentBack.delete(keyOf(user, room))
  }

  /** The person's last connection has ended. Positions that are not saved yet are kept until they are. */
  forget(user: string): void {
    for (const room of this.#positions.get(user)?.keys() ?? []) this.#wentBack.delete(keyOf(user, room))
    this.#positions.delete(user)
  }

  /**
   * Saves what has moved, and tells a person's other connections the position and the unread count after it. The next call
   * retries if the disk fails. Never rejects.
   */
  save(): Promise<void> {
    this.#saving ??= this.#saveAndTell().finally(() => (this.#saving = null))
    return this.#saving
  }

  async #saveAndTell(): Promise<void> {
    const { store, log } = this.#deps
    const moved = [...this.#moved]
    if (moved.length === 0) return
    try {
      await store.saveReads(moved.map(([, { room, user, seq, back }]) => ({ room, user, seq, back })))
    } catch (error) {
      return log.error('save reads', error)
    }
    for (const [key, position] of moved) if (this.#moved.get(key) === position) this.#moved.delete(key)
    for (const [key, position] of moved) await this.#tell(key, position)
  }

  async #tell(key: string, moved: MovedPosition): Promise<void> {
    const { connections, store, feed, log } = this.#deps
    const { room, user, toldSeq, seq, back, forAll, connectionId } = moved
    // The old count may have been capped at 1,000. The reading client cannot subtract from that, so it needs the count too; as
    // it does for messages that are unread again and that it has not loaded.
    const needsCount = forAll || feed.shown(room) - toldSeq >= LIMITS.unread
    const listeners = () =>
      connections.greetedOf(user).filter(({ socket }) => needsCount || socket.id !== connectionId)
    if (listeners().length === 0) return
    if (back) this.#wentBack.add(key)
    try {
      const { head, ...counts } = await store.unread(room, user, seq)
      const shown = feed.shown(room)
      // The client counts events as they are shown. If the store is ahead of the feed, wait until the feed has caught up.
      if (shown > 0 && head > shown) this.#moved.set(key, { ...(this.#moved.get(key) ?? moved), toldSeq })
      else
        for (const { socket } of listeners())
          socket.send({ type: 'read', room, seq, ...counts, ...(back && { back }) })
    } catch (error) {
      log.error('unread', error)
    }
  }
}
