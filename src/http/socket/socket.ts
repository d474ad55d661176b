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

/**
 * The `data` of a raw socket; Elysia calls these methods. Elysia's own `data` would keep the request, make a wrapper for
 * each call, parse frames before we check their size, and lose what a handler throws.
 */
class SocketHandlers {
  readonly #connection: SocketConnection
  readonly #ended: (connection: SocketConnection, code: number) => void

  constructor(connection: SocketConnection, ended: (connection: SocketConnection, code: number) => void) {
    this.#connection = connection
    this.#ended = ended
  }

  message(_raw: RawSocket, text: string | Buffer): void {
    this.#guard(() => this.#connection.onMessage(text))
  }

  close(_raw: RawSocket, code: number): void {
    this.#guard(() => this.#ended(this.#connection, code))
  }

  drain(): void {
    this.#guard(() => this.#connection.onDrain())
  }

  ping(): void {
    this.#guard(() => this.#connection.onPing())
  }

  pong(): void {
    this.#guard(() => this.#connection.onPing())
  }

  #guard(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.#connection.logBug(error)
    }
  }
}

/** Never sent: once upgraded, the connection is a socket. */
const UPGRADED = new Response(null)

/** What `/ws` does. A hook of the route upgrades by itself: Elysia's own upgrade costs 24 of the 82 µs of a connect. */
export function createSockets(deps: SocketDeps) {
  const live = new Set<SocketConnection>()

  function begin(raw: RawSocket, request: Request, version: string | undefined): SocketHandlers {
    const connection = new SocketConnection(raw, deps, factsOf(request))
    live.add(connection)
    connection.admit(request, version).catch((error: unknown) => {
      connection.logBug(error)
      connection.close(CLOSE.overloaded, 'unavailable')
    })
    return new SocketHandlers(connection, ended)
  }

  function ended(connection: SocketConnection, code: number): void {
    if (live.delete(connection))
      deps.metricsSink.count('closed', COUNTED_CODES.has(code) ? String(code) : 'other')
    connection.onClose(code)
  }

  /** bytes that all sockets together have not taken */
  const unsent = (): number => live.values().reduce((sum, connection) => sum + connection.unsent, 0)

  return {
    unsent,
    upgrade({ request, server, query, set }: Handshake): Response {
      const open = (raw: RawSocket): void => {
        raw.data = begin(raw, request, query['v'])
      }
      const headers = set.headers as Record<string, string>
      if (!server?.upgrade(request, { data: { open }, headers })) return errorResponse('badRequest')
      set.headers = {}
      return UPGRADED
    },
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
