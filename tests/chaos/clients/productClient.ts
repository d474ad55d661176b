/** The product's client without its screen: socket, outbox, sync and reducer as the page wires them, on Bun's WebSocket. */
import { createSync } from '../../../src/client/app/sync/sync.ts'
import { createApi } from '../../../src/client/net/api.ts'
import type { Wire } from '../../../src/client/net/socket.ts'
import { keyOf } from '../../../src/client/state/rows.ts'
import type { RoomState, Row, State } from '../../../src/client/state/state.ts'
import { reduce } from '../../../src/client/state/reduce.ts'
import { createStore } from '../../../src/client/state/store.ts'
import type { Self } from '../../../src/shared/model.ts'
import type { ServerFrame } from '../../../src/shared/protocol.ts'
import { memoryDevice } from '../../support/client/fakeStorage.ts'
import type { Operation, Shown, Witness } from '../checker.ts'
import type { Participant } from '../world.ts'
import { newOperation, Socket, type ClientSettings } from './minimalClient.ts'

const STARTED = Date.now()
/** How many of the last rows are checked after each draw; all of them are compared with the log at the end. */
const CHECKED_ROWS = 40

export function productClient({ name, url, cookie, rooms, random, speed }: ClientSettings): Participant {
  const now = () => STARTED + (Date.now() - STARTED) * speed
  const after = (ms: number, run: () => void) => {
    const timer = setTimeout(run, ms / speed)
    return () => clearTimeout(timer)
  }
  const page = new AbortController()
  const store = createStore(reduce)
  const operations: Operation[] = []
  const open = new Map<string, { operation: Operation; writtenAt: number }>()
  const waits: number[] = []
  const closes: number[] = []
  const resets: Witness['resets'][number][] = []
  const errors: string[] = []
  const misdrawn: string[] = []
  const stats = { drained: 0, duplicates: 0, lines: 0 }
  let self: Self | null = null
  let nextNonce = ''

  function end(nonce: string, result: Partial<Operation>): void {
    const ended = open.get(nonce)
    if (ended === undefined) return
    open.delete(nonce)
    Object.assign(ended.operation, result)
    if (result.outcome === 'acked') waits.push(Date.now() - ended.writtenAt)
  }

  const ack = (nonce: string | undefined, seq: number, event: string) =>
    end(nonce ?? '', { outcome: 'acked', seq, event })

  /** Records what the server says. An operation is settled by its ack or its event, since the connection may end between them. */
  function record(frame: ServerFrame): void {
    if (frame.type === 'drain') stats.drained += 1
    else if (frame.type === 'error') errors.push(frame.code)
    else if (frame.type === 'reset') {
      const { room, reason, head = 0 } = frame
      resets.push({ room, reason, behind: head - (store.get().rooms[room]?.position.seq ?? 0) })
    } else if (frame.type === 'ack') {
      if (frame.duplicate) stats.duplicates += 1
      ack(frame.nonce, frame.seq, frame.id)
    } else if (frame.type === 'event' || frame.type === 'sync') {
      const events = frame.type === 'event' ? [frame] : [...(frame.messages ?? []), ...frame.events]
      for (const { user, nonce, seq, id } of events) if (user?.id === self?.id) ack(nonce, seq, id)
    }
  }

  function openWire(): Wire {
    const socket = new Socket(url, { headers: { cookie } })
    socket.addEventListener('message', ({ data }) => record(JSON.parse(String(data)) as ServerFrame))
    socket.addEventListener('close', ({ code }) => closes.push(code))
    return socket as Wire
  }

  const { session } = createApi((path, init) =>
    fetch(`${url.replace('ws:', 'http:').replace(/\/ws.*/, '')}${path}`, { ...init, headers: { cookie } }),
  )

  /** The store, watched for entries that fail. */
  const watchedStore: typeof store = {
    ...store,
    dispatch(change) {
      if (change.type === 'sendStatusChanged' && change.sendStatus.status === 'failed') {
        const { reason } = change.sendStatus
        const failed = [...open.keys()].filter((nonce) => keyOf(self?.id ?? '', nonce) === change.key)
        for (const nonce of failed) end(nonce, { outcome: 'failed', code: reason })
      }
      store.dispatch(change)
    },
  }
  const sync = createSync(
    watchedStore,
    {
      open: openWire,
      now,
      after,
      random: random.next,
      nonce: () => nextNonce,
      draw: (run) => void setTimeout(run, 16),
      activity: () => 'active',
      isHidden: () => false,
      api: { session },
      signedInAs: (user) => errors.push(`${name} has become ${user.name}`),
      storage: memoryDevice(),
      localStorage: null,
      tab: name,
      unsavedChanged: () => {},
    },
    page.signal,
  )
  let before = store.get().rooms
  store.watch(
    (state) => state.rooms,
    (next) => {
      misdrawn.push(...misdrawnRows(next, before))
      for (const { room, presenceLines } of Object.values(next)) {
        const known = new Set(before[room]?.presenceLines)
        stats.lines += new Set(presenceLines).difference(known).size
      }
      before = next
    },
    page.signal,
  )

  async function start(): Promise<void> {
    const answer = await session()
    if (!answer.ok) throw new Error(`${name} has no session: ${answer.code}`)
    self = answer.value
    store.dispatch({ type: 'selfChanged', self })
    await sync.outbox.start(self.id)
    for (const room of rooms) sync.open(room)
    sync.socket.start()
    // Opens each room again and again: a room that is only followed has no messages to compare.
    store.watch(
      (state) => rooms.find((room) => isOnlyFollowed(state.rooms[room])),
      (room) =>
        room !== undefined && setTimeout(() => isOnlyFollowed(store.get().rooms[room]) && sync.open(room)),
      page.signal,
    )
  }
  start().catch((error: unknown) => errors.push(String(error)))

  return {
    name,
    operations,
    waits,
    closes,
    stats,
    get unsettled() {
      return open.size
    },
    get connected() {
      const { connection, rooms: known } = store.get()
      const isLive = (room?: RoomState) => room?.sync.state === 'live' && room.depth !== 'counts'
      return ['live', 'suspect'].includes(connection.state) && rooms.every((room) => isLive(known[room]))
    },
    get witness() {
      const shown = Object.values(store.get().rooms).map(
        ({ room, rows }) => [room, rows.flatMap(shownOf)] as const,
      )
      return { name, rooms: new Map(shown), resets, errors, misdrawn }
    },
    say(room) {
      if (self === null) return
      const operation = newOperation(name, room, operations.length, random)
      operations.push(operation)
      nextNonce = operation.nonce
      open.set(nextNonce, { operation, writtenAt: Date.now() })
      const entry = sync.outbox.enqueue(room, { kind: 'message', text: operation.id })
      if (entry === null) end(operation.nonce, { outcome: 'failed', code: 'full' })
      else sync.socket.nudge('send')
    },
    hold(isAway) {
      if (isAway) sync.socket.stop()
      else sync.socket.start()
    },
    end() {
      sync.socket.stop()
      page.abort()
    },
  }
}

function isOnlyFollowed(room: RoomState | undefined): boolean {
  return room?.sync.state === 'live' && room.depth === 'counts'
}

/** A row as the checker compares it; unsent rows have no place in the log yet. */
function shownOf({ seq, id, nonce, text }: Row): Shown[] {
  return seq === null || id === null ? [] : [{ seq, id, kind: 'message', nonce, text }]
}

/** What must never be on a screen: a hole, a row twice, rows out of order. Checks rooms whose rows have changed. */
function misdrawnRows(rooms: State['rooms'], before: State['rooms']): string[] {
  return Object.values(rooms).flatMap(({ room, rows, position }) => {
    if (before[room]?.rows === rows) return []
    const keys = new Set<string>()
    const wrong: string[] = []
    let last: number | null = null
    for (const { key, seq, user, nonce } of rows.slice(-CHECKED_ROWS)) {
      if (keys.has(key) || key !== keyOf(user.id, nonce)) wrong.push(`drew ${key} twice in ${room}`)
      keys.add(key)
      // My message that was acknowledged before the events above it stands last, as it did while it was unsent.
      if (seq === null || seq > position.seq) continue
      if (last !== null && seq !== last + 1) wrong.push(`drew ${seq} below ${last} in ${room}`)
      last = seq
    }
    return wrong
  })
}
