import type { Server } from 'bun'
import { CLOSE } from '../../shared/errors.ts'
import { LIMITS } from '../../shared/limits.ts'
import { errorResponse } from '../errorResponse.ts'
import { factsOf } from '../requestFacts.ts'
import { type RawSocket, SocketConnection, type SocketDeps } from './socketConnection.ts'

/** For `new Elysia({ websocket })`: Elysia ignores these options in `.ws()`. */
export const SOCKET_LIMITS = {
  maxPayloadLength: LIMITS.frame,
  backpressureLimit: 1024 * 1024,
  closeOnBackpressureLimit: true,
  idleTimeout: 120,
  sendPings: true,
  perMessageDeflate: false,
} as const

/** Unsent bytes of all sockets together above which the slowest readers are closed (S9). */
const MAX_UNSENT = 64 * 1024 * 1024

/** Close codes with a metric of their own; a client may make up any other. */
const COUNTED_CODES = new Set<number>([...Object.values(CLOSE), 1000, 1002, 1005, 1006, 1007, 1009])

/** An admitted handshake. */
interface Handshake {
  request: Request
  server: Pick<Server<unknown>, 'upgrade'> | null
  query: Record<string, string>
  set: { headers: Record<string, unknown> }
}

/** Never sent: once upgraded, the connection is a socket. */
const UPGRADED = new Response(null)

/**
 * What `/ws` does. A hook of the route upgrades by itself, with our own `data`, whose methods Elysia then calls. Elysia's own
 * `data` would parse frames unchecked, lose what a handler throws, keep the request, and cost 24 of the 82 µs of a connect.
 */
export function createSockets(deps: SocketDeps) {
  const live = new Set<SocketConnection>()

  function begin(raw: RawSocket, request: Request, version: string | undefined): void {
    const connection = new SocketConnection(raw, deps, factsOf(request))
    live.add(connection)
    // `admit` may close at once, and only these handlers take the connection out of the counts.
    raw.data = { ...handlers, connection }
    connection.admit(request, version).catch((error: unknown) => {
      connection.logBug(error)
      connection.close(CLOSE.overloaded, 'unavailable')
    })
  }

  function end(connection: SocketConnection, code: number): void {
    live.delete(connection)
    deps.metricsSink.count('closed', COUNTED_CODES.has(code) ? String(code) : 'other')
    connection.onClose(code)
  }

  const guarded =
    <A>(work: (connection: SocketConnection, argument: A) => void) =>
    ({ data: { connection } }: { data: { connection: SocketConnection } }, argument: A): void =>
      connection.guard(() => work(connection, argument))
  const handlers = {
    message: guarded((connection, frame: string | Buffer) => connection.onMessage(frame)),
    drain: guarded((connection) => connection.onDrain()),
    ping: guarded((connection) => connection.onPing()),
    pong: guarded((connection) => connection.onPing()),
    close: guarded(end),
  }

  /** bytes that the clients of all sockets together have not taken */
  const unsent = (): number => live.values().reduce((sum, connection) => sum + connection.unsent, 0)

  return {
    unsent,
    upgrade({ request, server, query, set }: Handshake): Response {
      const open = (raw: RawSocket): void => begin(raw, request, query['v'])
      const headers = set.headers as Record<string, string>
      if (!server?.upgrade(request, { data: { open }, headers })) return errorResponse('badRequest')
      set.headers = {}
      return UPGRADED
    },
    /** Each second: closes the slowest readers until all sockets together have at most `maxUnsent` bytes unsent (S9). */
    shedSlowReaders(maxUnsent = MAX_UNSENT): void {
      let left = unsent()
      if (left <= maxUnsent) return
      for (const connection of [...live].sort((a, b) => b.unsent - a.unsent)) {
        if (left <= maxUnsent) return
        left -= connection.unsent
        connection.close(CLOSE.slowReader, 'reads too slowly')
      }
    },
  }
}
