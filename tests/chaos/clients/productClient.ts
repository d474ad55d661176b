/** The product's own client without its screen: socket, outbox, sync and reducer as the page wires them, on Bun's WebSocket. */
import { keyOf } from '../../../src/client/state/rows.ts'
import { createStore } from '../../../src/client/state/store.ts'
import type { RoomState, Row, SendStatus, State } from '../../../src/client/state/state.ts'
import { createSync } from '../../../src/client/app/sync/sync.ts'
import type { Wire } from '../../../src/client/net/socket.ts'
import { memoryStorage } from '../../../src/client/net/storage.ts'
import type { ServerFrame } from '../../../src/shared/protocol.ts'
import type { Operation, Shown, Witness } from '../checker.ts'
import { Socket, type Setting } from './minimalClient.ts'
import type { Talker } from '../world.ts'

const BEGAN = Date.now()
/** Rows behind the last one that are looked at after each draw; all of them are compared with the log at the end. */
const LOOKED_AT = 40

/** `flaw` is the other client's alone. */
export function productClient(setting: Setting): Talker {
  const { speed = 1 } = setting
  const now = () => BEGAN + (Date.now() - BEGAN) * speed
  const after = (ms: number, run: () => void) => {
    const timer = setTimeout(run, ms / speed)
    return () => clearTimeout(timer)
  }
  const page = new AbortController()
  const store = createStore()
  const operations: Operation[] = []
  const byNonce = new Map<string, { operation: Operation; at: number }>()
  const waits: number[] = []
  const closes: number[] = []
  const resets: Witness['resets'][number][] = []
  const errors: string[] = []
  const misdrawn: string[] = []
  const counts = { drained: 0, duplicates: 0, lines: 0, open: 0 }
  let self: { id: string; name: string } | null = null
  let nextNonce = ''

  /** An ack settles an operation, and so does its event, live or by a page: the connection may die between the two. */
  function settle(nonce: string, seq: number, event: string): void {
    const known = byNonce.get(nonce)
    if (known?.operation.outcome !== 'open') return
    Object.assign(known.operation, { outcome: 'acked', seq, event })
    counts.open -= 1
    waits.push(Date.now() - known.at)
  }

  function record(frame: ServerFrame): void {
    if (frame.type === 'drain') counts.drained += 1
    else if (frame.type === 'reset') {
      const { room, reason, head = 0 } = frame
      resets.push({ room, reason, behind: head - (store.get().rooms[room]?.position.seq ?? 0) })
    } else if (frame.type === 'error') errors.push(frame.code)
    else if (frame.type === 'event') {
      if (frame.user?.id === self?.id) settle(frame.nonce ?? '', frame.seq, frame.id)
    } else if (frame.type === 'sync') {
      for (const { user, nonce, seq, id } of [...(frame.messages ?? []), ...frame.events])
        if (user?.id === self?.id) settle(nonce ?? '', seq, id)
    } else if (frame.type === 'ack') {
      if (frame.duplicate) counts.duplicates += 1
      settle(frame.nonce, frame.seq, frame.id)
    }
  }

  /** Records what the server says, whatever the client makes of it. */
  function open(): Wire {
    const socket = new Socket(setting.url(), { headers: { cookie: setting.cookie } })
    socket.addEventListener('message', ({ data }) => record(JSON.parse(String(data)) as ServerFrame))
    socket.addEventListener('close', ({ code }) => closes.push(code))
    return socket as Wire
  }

  const origin = setting
    .url()
    .replace('ws:', 'http:')
    .replace(/\/ws.*/, '')
  /** Rejects while nobody can say. */
  const session = async (): Promise<{ id: string; name: string } | null> => {
    const answer = await fetch(`${origin}/api/session`, { headers: { cookie: setting.cookie } })
    if (answer.status === 401) return null
    if (!answer.ok) throw new Error(`asked who I am: ${answer.status}`)
    return ((await answer.json()) as { user: { id: string; name: string } }).user
  }

  const random = () => setting.random.next()
  function statusChanged(key: string, status: SendStatus): void {
    if (status.status !== 'failed') return
    for (const [nonce, { operation }] of byNonce)
      if (operation.outcome === 'open' && key === keyOf(self?.id ?? '', nonce)) {
        Object.assign(operation, { outcome: 'failed', code: status.reason })
        counts.open -= 1
      }
  }

  const sync = createSync(
    {
      ...store,
      dispatch(change) {
        if (change.type === 'sendStatusChanged') statusChanged(change.key, change.sendStatus)
        store.dispatch(change)
      },
    },
    {
      now,
      after,
      random,
      nonce: () => nextNonce,
      draw: (run) => void setTimeout(run, 16),
      activity: () => 'active',
      open,
      isHidden: () => false,
      api: {
        session: () =>
          session().then(
            (user) =>
              user === null
                ? { ok: false, code: 'unauthenticated' }
                : { ok: true, value: { ...user, role: 'guest' } },
            () => ({ ok: false, code: 'offline' }),
          ),
      },
      userId: () => self?.id ?? null,
      signedInAs: ({ name }) => errors.push(`${setting.name} has become ${name}`),
      storage: memoryStorage(),
      localStorage: null,
      tab: setting.name,
      unsavedChanged: () => {},
    },
    page.signal,
  )
  let before = store.get().rooms
  store.watch(
    (state) => state.rooms,
    (rooms) => {
      misdrawn.push(...faults(rooms, before))
      for (const { room, presenceLines } of Object.values(rooms)) {
        const known = before[room]?.presenceLines ?? []
        if (presenceLines !== known)
          counts.lines += presenceLines.filter((line) => !known.includes(line)).length
      }
      before = rooms
    },
    page.signal,
  )

  void session()
    .then(async (user) => {
      if (user === null) throw new Error(`${setting.name} is nobody`)
      self = user
      store.dispatch({ type: 'selfChanged', self: { ...user, role: 'guest' } })
      await sync.outbox.start(user.id)
      for (const room of setting.rooms) sync.open(room)
      sync.socket.start()
      // As somebody who looks into each room: what is only followed has no messages to compare.
      store.watch(
        ({ rooms }) => setting.rooms.find((room) => isFollowed(rooms[room])),
        (room) =>
          room !== undefined && setTimeout(() => isFollowed(store.get().rooms[room]) && sync.open(room)),
        page.signal,
      )
    })
    .catch((error: unknown) => errors.push(String(error)))

  const live = () =>
    (store.get().connection.state === 'live' || store.get().connection.state === 'suspect') &&
    setting.rooms.every((room) => {
      const known = store.get().rooms[room]
      return known?.sync.state === 'live' && known.depth !== 'counts'
    })

  return {
    setting,
    operations,
    waits,
    closes,
    get drained() {
      return counts.drained
    },
    get duplicates() {
      return counts.duplicates
    },
    get lines() {
      return counts.lines
    },
    get unsettled() {
      return counts.open
    },
    get connected() {
      return live()
    },
    get calm() {
      return live() && counts.open === 0
    },
    get witness() {
      const rooms = Object.entries(store.get().rooms).map(
        ([name, { rows }]) => [name, rows.flatMap(shownOf)] as const,
      )
      return { name: setting.name, rooms: new Map(rooms), resets, errors, misdrawn }
    },
    say(room) {
      if (self === null) return
      const order = operations.length
      const id = `${setting.name}-${order}`
      const nonce = `${id}-${Math.floor(setting.random.between(1e8, 1e9))}`
      const operation: Operation = { id, sender: setting.name, room, nonce, order, outcome: 'open' }
      byNonce.set(nonce, { operation, at: Date.now() })
      operations.push(operation)
      nextNonce = nonce
      counts.open += 1
      if (sync.outbox.enqueue(room, { kind: 'message', text: id }) === null) {
        Object.assign(operation, { outcome: 'failed', code: 'full' })
        counts.open -= 1
      } else sync.socket.nudge('send')
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

/** Live, and not on screen since its first page. */
function isFollowed(room: RoomState | undefined): boolean {
  return room?.sync.state === 'live' && room.depth === 'counts'
}

/** Rows of the log, as the checker compares them; mine that wait have no place yet. */
function shownOf({ seq, id, nonce, text }: Row): Shown[] {
  return seq === null || id === null ? [] : [{ seq, id, kind: 'message', nonce, text }]
}

/** What must never be on a screen: a hole, a row twice, rows out of order. Looks at the rooms that were drawn anew. */
function faults(rooms: State['rooms'], before: State['rooms']): string[] {
  return Object.values(rooms).flatMap(({ room, rows: all, position }) => {
    if (before[room]?.rows === all) return []
    const rows = all.slice(-LOOKED_AT)
    const keys = new Set<string>()
    const wrong: string[] = []
    let last: number | null = null
    for (const { key, seq, user, nonce } of rows) {
      if (keys.has(key) || key !== keyOf(user.id, nonce)) wrong.push(`drew ${key} twice in ${room}`)
      keys.add(key)
      // Mine that an ack has numbered before its place is reached stands last, as it did while it waited.
      if (seq === null || seq > position.seq) continue
      if (last !== null && seq !== last + 1) wrong.push(`drew ${seq} behind ${last} in ${room}`)
      last = seq
    }
    return wrong
  })
}
