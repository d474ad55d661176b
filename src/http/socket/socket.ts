import type { Server } from 'bun'
import type { Log } from '../../hub/ports.ts'
import { CLOSE } from '../../shared/errors.ts'
import { LIMITS } from '../../shared/limits.ts'
import { factsOf } from '../requestAdmission.ts'
import { errorResponse } from '../errorResponse.ts'
import { type RawSocket, SocketConnection, type SocketDeps } from './socketConnection.ts'

/** P21: they hold in `new Elysia({ websocket })` alone. */
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

/** Close codes that are counted each by itself: a client may make up any other. */
const COUNTED_CODES = new Set<number>([...Object.values(CLOSE), 1000, 1002, 1005, 1006, 1007, 1009])

/** A handshake that was admitted. */
interface Handshake {
  request: Request
  server: Pick<Server<unknown>, 'upgrade'> | null
  query: Record<string, string>
  set: { headers: Record<string, unknown> }
}

/** The `data` of a raw socket: takes Bun's calls, in place of Elysia's data, which would keep the whole request (P20). */
class SocketData {
  /** makes the connection, once; null afterwards, so that the request is not kept */
  #begin: ((raw: RawSocket) => SocketConnection) | null
  readonly #ended: (connection: SocketConnection, code: number) => void
  readonly #log: Log
  #connection: SocketConnection | null = null

  constructor(
    begin: (raw: RawSocket) => SocketConnection,
    ended: (connection: SocketConnection, code: number) => void,
    log: Log,
  ) {
    this.#begin = begin
    this.#ended = ended
    this.#log = log
  }

  open(raw: RawSocket): void {
    const begin = this.#begin
    this.#begin = null
    try {
      this.#connection = begin?.(raw) ?? null
    } catch (error) {
      this.#log.error('socket', error)
      raw.close(CLOSE.overloaded, 'unavailable')
    }
  }

  close(_raw: RawSocket, code: number): void {
    this.with((connection) => this.#ended(connection, code))
  }

  drain(): void {
    this.with((connection) => connection.onDrain())
  }

  ping(): void {
    this.with((connection) => connection.onPing())
  }

  pong(): void {
    this.with((connection) => connection.onPing())
  }

  with(work: (connection: SocketConnection) => void): void {
    const connection = this.#connection
    try {
      if (connection) work(connection)
    } catch (error) {
      connection?.logBug(error)
    }
  }
}

/** Never sent: the connection is a socket by then. */
const UPGRADED = new Response(null)

/**
 * What `/ws` does. Elysia would wrap each socket with fourteen bound methods and the request (P24), so a hook of the route
 * upgrades it, and Bun calls its `SocketData`. `message` is Bun's own, before Elysia parses (X3). All callbacks are
 * synchronous, never throw and return nothing (X5). State is kept at the raw socket (X6).
 */
export function createSockets(deps: SocketDeps) {
  const live = new Set<SocketConnection>()
  const begin = (raw: RawSocket, request: Request, version: string | undefined): SocketConnection => {
    const connection = new SocketConnection(raw, deps, factsOf(request).limitKey)
    live.add(connection)
    connection.admit(request, version).catch((error: unknown) => {
      connection.logBug(error)
      connection.close(CLOSE.overloaded, 'unavailable')
    })
    return connection
  }
  const ended = (connection: SocketConnection, code: number): void => {
    if (live.delete(connection))
      deps.metricsSink.count('closed', COUNTED_CODES.has(code) ? String(code) : 'other')
    connection.onClose(code)
  }
  /** bytes that all sockets together have not taken */
  const unsent = (): number => live.values().reduce((sum, connection) => sum + connection.unsent, 0)
  return {
    upgrade({ request, server, query, set }: Handshake): Response {
      const data = new SocketData((raw) => begin(raw, request, query['v']), ended, deps.log)
      const headers = set.headers as Record<string, string>
      if (!server?.upgrade(request, { data, headers })) return errorResponse('badRequest')
      set.headers = {}
      return UPGRADED
    },
    message({ data }: { data: unknown }, text: string | Buffer): void {
      if (data instanceof SocketData) data.with((connection) => connection.onMessage(text))
    },
    unsent,
    /** Closes the connections with most bytes unsent, until all together have at most `maxUnsent` (bytes). */
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
