import { CLOSE } from '../shared/errors.ts'
import { LIMITS } from '../shared/limits.ts'
import { strongerOf } from '../shared/policy.ts'
import type { Of } from '../shared/protocol.ts'
import type { ClientConnection } from './connections.ts'
import type { RoomSyncer } from './history/roomSyncer.ts'
import type { Feed } from './messages/feed.ts'
import type { Clock, Log, Membership, RoomRow, Store } from './ports.ts'
import type { PresenceTracker } from './presence/presence.ts'
import type { ReadPositions } from './rooms/readPositions.ts'

/** A position in a room, as `hello` and `join` name it. */
type RequestedPosition = Partial<Pick<Of<'join'>, 'seq' | 'id' | 'limit' | 'ref'>>

interface RoomJoinerDeps {
  store: Pick<Store, 'memberships' | 'room'>
  feed: Feed
  presence: PresenceTracker
  readPositions: ReadPositions
  syncer: RoomSyncer
  log: Log
  clock: Clock
}

/** Lets a connection enter and leave rooms, in its person's turn (`Rooms.inTurn`). Memberships are kept by `Rooms`. */
export class RoomJoiner {
  readonly #deps: RoomJoinerDeps

  constructor(deps: RoomJoinerDeps) {
    this.#deps = deps
  }

  /** Enters the rooms that `hello` names; one whose member the person is not gets `reset "access"`. Never rejects. */
  async enterAll(connection: ClientConnection, requested: Of<'hello'>['rooms']): Promise<void> {
    const { store, syncer, log } = this.#deps
    try {
      if (requested.length === 0) return
      const memberships = await store.memberships(connection.user.id)
      const rows = await Promise.all(requested.map(({ room }) => store.room(room)))
      const byRoom = new Map(memberships.map((membership) => [membership.room, membership]))
      requested.forEach(({ room, ...position }, at) => {
        const [row, membership] = [rows[at], byRoom.get(room)]
        if (row && membership) this.enter(connection, membership, row, position)
        else syncer.enqueue(connection, { room, entered: null, seq: 0, id: null, limit: 0, cancelled: false })
      })
    } catch (error) {
      // No frame could say which rooms are missing. The client reconnects and resumes from its positions.
      log.error('hello', error)
      connection.socket.close(CLOSE.overloaded, 'cannot read')
    }
  }

  /** From here on the room counts as joined; its pages follow by themselves. */
  enter(
    connection: ClientConnection,
    membership: Membership,
    row: RoomRow,
    { seq = 0, id = null, limit = LIMITS.firstMessages, ref }: RequestedPosition,
  ): void {
    if (connection.lifecycle.state === 'closed') return
    const { feed, presence, readPositions, syncer, clock } = this.#deps
    const { user, socket } = connection
    const { room, head } = row
    const role = strongerOf(user.role, membership.role)
    const before = connection.rooms.get(room)
    connection.rooms.set(room, { role, state: before?.state ?? 'syncing' })
    if (!before) {
      feed.watch(room, head)
      presence.enter(room, socket.id, user, clock.elapsed())
    }
    readPositions.learn(user.id, membership)
    const request = { room, entered: { ...row, role }, seq, id, limit, cancelled: false }
    syncer.enqueue(connection, ref === undefined ? request : { ...request, ref })
  }

  /** One connection leaves a room. The caller updates presence: the person may stay for the grace. */
  leave(connection: ClientConnection, room: string): void {
    const { feed, syncer } = this.#deps
    syncer.cancel(connection, room)
    connection.socket.unfollow(room)
    if (connection.rooms.delete(room)) feed.unwatch(room)
  }
}
