import type { Server, ServerWebSocket } from 'bun'
import { type Asked, errorFrame } from '../../hub/replies.ts'
import type { Hub } from '../../hub/hub.ts'
import type { Clock, Connection, Ids, Log } from '../../hub/ports.ts'
import type { Rate } from '../../hub/rateLimit.ts'
import type { MetricsSink } from '../../lib/metricsSink.ts'
import { CLOSE, ChatError } from '../../shared/errors.ts'
import { LIMITS, VERSION } from '../../shared/limits.ts'
import type { ClientFrame, ResetReason, ServerFrame } from '../../shared/protocol.ts'
import { factsOf } from '../admit.ts'
import { decode } from './decode.ts'
import { dispatch } from './dispatch.ts'
import { errorResponse } from '../errorResponse.ts'
import { FrameRateLimiter } from './frameRateLimiter.ts'
import type { RoomProbeLimiter } from '../roomProbeLimiter.ts'
import type { ConnectionCounts } from '../connectionCounts.ts'
import { topicOf } from './topics.ts'
import { authenticate } from '../authenticate.ts'
import { serializeFrame } from './serializeFrame.ts'

/** P21: they hold in `new Elysia({ websocket })` alone. */
export const SOCKET_LIMITS = {
  maxPayloadLength: LIMITS.frame,
  backpressureLimit: 1024 * 1024,
  closeOnBackpressureLimit: true,
  idleTimeout: 120,
  sendPings: true,
  perMessageDeflate: false,
} as const

/** Unsent bytes above which a page of history waits. */
const READY_BELOW = 256 * 1024
/** Unsent bytes of all sockets together above which the largest are let go (S9). */
const MAX_UNSENT = 64 * 1024 * 1024
/** Frames that may wait for the one under way. */
const MAX_INBOX = 2 * LIMITS.unacked

type RawSocket = ServerWebSocket<unknown>

/** Hears of each connection that opens and closes, for whoever looks for trouble with one. */
export type ConnectionObserver = (
  what: 'socket opened' | 'socket closed',
  fields: { connection: string; user?: string; address?: string; code?: number; ms?: number },
) => void

interface SocketDeps {
  hub: Hub
  connections: ConnectionCounts
  roomProbes: RoomProbeLimiter
  clock: Clock
  ids: Ids
  log: Log
  counts: MetricsSink
  /** what one connection may send */
  frames: Rate
  watch?: ConnectionObserver
}

interface QueuedFrame {
  frame: ClientFrame
  asked: Asked
}

/** Who waits until little is unsent: at nearly every connection nobody, one list for all. */
const NOBODY: readonly ((sent: boolean) => void)[] = []

/** One connection: its meter, its inbox, and what the hub sees of it. */
class SocketConnection implements Connection {
  readonly id: string
  readonly #raw: RawSocket
  readonly #deps: SocketDeps
  readonly #limitKey: string | null
  readonly #rateLimiter: FrameRateLimiter
  /** null: none, as nearly always */
  #inbox: QueuedFrame[] | null = null
  readonly #openedAt: number
  /** who it is, once that is known */
  #user: string | null = null
  #state: 'asking' | 'open' | 'closed' = 'asking'
  #busy = false
  /** its `hello` named rooms that are not open to it */
  #hasMissedRoom = false
  #readyWaiters = NOBODY
  /** acks of this turn; null: none */
  #acks: string[] | null = null

  constructor(raw: RawSocket, deps: SocketDeps, counted: string | null) {
    const now = deps.clock.now()
    this.id = deps.ids.random(20)
    this.#openedAt = now
    this.#raw = raw
    this.#deps = deps
    this.#limitKey = counted
    this.#rateLimiter = new FrameRateLimiter(now, deps.frames)
    deps.connections.add(counted)
  }

  /** A write costs as much as thirty frames that share it: all acks of a batch leave together, and with its events. */
  send(frame: ServerFrame): void {
    if (this.#state === 'closed') return
    this.#count(frame)
    const text = serializeFrame(frame)
    if (frame.type !== 'ack') this.#raw.send(text)
    else if (this.#acks) this.#acks.push(text)
    else {
      this.#acks = [text]
      queueMicrotask(() => this.#flushAcks())
    }
  }

  ready(): true | Promise<boolean> {
    if (this.#state === 'closed') return Promise.resolve(false)
    if (this.#raw.getBufferedAmount() <= READY_BELOW) return true
    return new Promise((resolve) => (this.#readyWaiters = [...this.#readyWaiters, resolve]))
  }

  follow(room: string): void {
    if (this.#state !== 'closed') this.#raw.subscribe(topicOf(room))
  }

  unfollow(room: string): void {
    if (this.#state !== 'closed') this.#raw.unsubscribe(topicOf(room))
  }

  close(code: number, reason: string): void {
    if (this.#state === 'closed') return
    this.#flushAcks()
    this.#raw.close(code, reason)
  }

  /** Lets somebody in, or says by a close code why not: of a refused handshake a page would see nothing. */
  async admit(request: Request, version: string | undefined): Promise<void> {
    if (version !== String(VERSION)) return this.close(CLOSE.version, 'version')
    const who = await authenticate(this.#deps.hub, request).catch((error: unknown) => {
      if (error instanceof ChatError && error.code === 'unauthenticated') return null
      throw error
    })
    if (this.#gone()) return
    if (!who) return this.close(CLOSE.noSession, 'no session')
    const refused = this.#deps.hub.open(this, who.user, who.hash)
    if (refused !== null) return this.close(refused, 'refused')
    this.#user = who.user.id
    this.#state = 'open'
    const { watch } = this.#deps
    watch?.('socket opened', { connection: this.id, user: who.user.id, address: factsOf(request).address })
    this.#drainInbox()
  }

  /** One message, as it came. */
  onMessage(text: string | Buffer): void {
    if (this.#gone()) return
    if (typeof text !== 'string') {
      this.#drop('binary')
      return this.close(CLOSE.binary, 'binary')
    }
    if (this.#charge(Buffer.byteLength(text))) this.#decode(text)
  }

  /** Bytes the other side has not taken. */
  get unsent(): number {
    return this.#gone() ? 0 : this.#raw.getBufferedAmount()
  }

  /** A ping, or a pong: either costs a turn of its own. */
  onPing(): void {
    this.#charge(0)
  }

  onDrain(): void {
    if (this.#raw.getBufferedAmount() <= READY_BELOW) this.#resolveReady(true)
  }

  /** The socket has gone. P11: what the code says is not to be relied on. */
  onClose(code: number): void {
    if (this.#gone()) return
    const ms = this.#deps.clock.now() - this.#openedAt
    this.#deps.watch?.('socket closed', { connection: this.id, code, ms })
    const known = this.#state === 'open'
    this.#state = 'closed'
    this.#inbox = null
    this.#deps.connections.remove(this.#limitKey)
    this.#resolveReady(false)
    // Bun calls this inside `close()`; the hub is promised a later turn.
    if (known) setImmediate(() => this.#guard(() => this.#deps.hub.close(this)))
  }

  /** Something of ours broke: the log has it, the connection goes on. What was refused on purpose is no news. */
  logBug(error: unknown): void {
    if (!(error instanceof ChatError)) this.#deps.log.error('socket', error)
  }

  #flushAcks(): void {
    const acks = this.#acks
    this.#acks = null
    if (this.#state === 'closed' || acks === null) return
    this.#raw.cork(() => {
      for (const text of acks) this.#raw.send(text)
    })
  }

  #gone(): boolean {
    return this.#state === 'closed'
  }

  #charge(bytes: number): boolean {
    if (this.#gone()) return false
    const now = this.#deps.clock.now()
    const verdict = this.#rateLimiter.charge(bytes, now)
    if (verdict === 'pass') return true
    this.#drop('flood')
    if (verdict === 'flood') this.close(CLOSE.flood, 'flood')
    if (verdict === 'notify') this.#sendRateLimited(this.#rateLimiter.waitMs(now))
    return false
  }

  #drop(reason: string): void {
    this.#deps.counts.count('dropped', reason)
  }

  #count(frame: ServerFrame): void {
    const { counts, clock } = this.#deps
    if (frame.type === 'sync') counts.count('sync', frame.more ? 'page' : 'live')
    else if (frame.type === 'reset') this.#countReset(frame.reason)
    else if (frame.type === 'ack' && !frame.duplicate) counts.observe('ack', (clock.now() - frame.at) / 1_000)
  }

  #countReset(reason: ResetReason): void {
    this.#deps.counts.count('reset', reason)
    // S17: one `hello` is one miss, however many rooms it names.
    if (reason !== 'access' || this.#hasMissedRoom) return
    this.#hasMissedRoom = true
    this.#deps.roomProbes.recordMiss(this.#user)
  }

  #sendRateLimited(after: number): void {
    this.#deps.counts.count('rateLimited', 'frames')
    this.send(errorFrame(new ChatError('rateLimited', undefined, { after })))
  }

  #decode(text: string): void {
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      return this.#refuse(new ChatError('badFrame'), {})
    }
    const decoded = decode(value)
    if (decoded.result === 'unknown') return this.#drop('unknown')
    if (decoded.result === 'fault') return this.#refuse(new ChatError(decoded.code), decoded.asked)
    if ((this.#inbox?.length ?? 0) >= MAX_INBOX) {
      this.#drop('inbox')
      return this.send(errorFrame(new ChatError('overloaded'), decoded.asked))
    }
    this.#deps.counts.count('frames', decoded.frame.type)
    if (!this.#busy && this.#state === 'open') return this.#handle(decoded)
    this.#inbox ??= []
    this.#inbox.push(decoded)
  }

  /** Says no to a frame. One that is bad costs more, and the tenth in a minute the connection. */
  #refuse(error: unknown, asked: Asked): void {
    this.logBug(error)
    this.send(errorFrame(error, asked))
    const code = error instanceof ChatError ? error.code : null
    if (code === 'rateLimited') this.#deps.counts.count('rateLimited', 'requests')
    if (code === 'noRoom') this.#deps.roomProbes.recordMiss(this.#user, this.#limitKey)
    const bad = code === 'badFrame'
    if (bad) this.#drop('badFrame')
    if (bad && this.#rateLimiter.chargeBad(this.#deps.clock.now())) this.close(CLOSE.badFrames, 'bad frames')
  }

  /** Hands over the frames that wait, one at a time, in their order: the next one when the hub is through with the last. */
  #drainInbox(): void {
    while (!this.#busy && this.#state === 'open') {
      const first = this.#inbox?.shift()
      if (first) this.#handle(first)
      else {
        this.#inbox = null
        return
      }
    }
  }

  #handle({ frame, asked }: QueuedFrame): void {
    try {
      this.#checkProbeLimit(frame)
      const under = dispatch(this.#deps.hub, this, frame)
      if (under) this.#waitForFrame(under, asked)
    } catch (error) {
      this.#refuse(error, asked)
    }
  }

  /** S17. A `hello` is not held up by others at the same address: they would keep each other out. */
  #checkProbeLimit({ type }: ClientFrame): void {
    if (type === 'join') this.#deps.roomProbes.check(this.#user, this.#limitKey)
    if (type === 'hello') this.#deps.roomProbes.check(this.#user)
  }

  #waitForFrame(under: Promise<void>, asked: Asked): void {
    this.#busy = true
    const done = () => {
      this.#busy = false
      this.#drainInbox()
    }
    under
      .catch((error: unknown) => {
        this.#refuse(error, asked)
      })
      .then(done, done)
  }

  #resolveReady(sent: boolean): void {
    const waiting = this.#readyWaiters
    this.#readyWaiters = NOBODY
    for (const resolve of waiting) resolve(sent)
  }

  #guard(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.logBug(error)
    }
  }
}

/** Close codes that are counted each by itself: a client may make up any other. */
const COUNTED_CODES = new Set<number>([...Object.values(CLOSE), 1000, 1002, 1005, 1006, 1007, 1009])

/** A handshake that was admitted. */
interface Handshake {
  request: Request
  server: Pick<Server<unknown>, 'upgrade'> | null
  query: Record<string, string>
  set: { headers: Record<string, unknown> }
}

/**
 * P20: stands as `data` at the raw socket, where Elysia would keep the whole request, and is what it calls. X5: nothing is
 * thrown.
 */
class SocketData {
  /** makes the link of the socket, once: it knows the request, which is let go of then */
  #begin: ((raw: RawSocket) => SocketConnection) | null
  readonly #ended: (link: SocketConnection, code: number) => void
  readonly #log: Log
  #link: SocketConnection | null = null

  constructor(
    begin: (raw: RawSocket) => SocketConnection,
    ended: (link: SocketConnection, code: number) => void,
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
      this.#link = begin?.(raw) ?? null
    } catch (error) {
      this.#log.error('socket', error)
      raw.close(CLOSE.overloaded, 'unavailable')
    }
  }

  close(_raw: RawSocket, code: number): void {
    this.with((link) => this.#ended(link, code))
  }

  drain(): void {
    this.with((link) => link.onDrain())
  }

  ping(): void {
    this.with((link) => link.onPing())
  }

  pong(): void {
    this.with((link) => link.onPing())
  }

  with(work: (link: SocketConnection) => void): void {
    const link = this.#link
    try {
      if (link) work(link)
    } catch (error) {
      link?.logBug(error)
    }
  }
}

/** Nobody hears it: the connection is a socket by then. */
const UPGRADED = new Response(null)

/**
 * What `/ws` does. P24: Elysia would make a wrapper for each socket, with fourteen bound methods and the request in it; so it
 * is upgraded in a hook of its route, and what it calls from then on is a `Line`. `message` is Bun's own, before Elysia
 * parses (X3). All are synchronous, in `try`, and return nothing (X5). X6: state is kept at the raw socket.
 */
export function createSockets(deps: SocketDeps) {
  const live = new Set<SocketConnection>()
  const begin = (raw: RawSocket, request: Request, version: string | undefined): SocketConnection => {
    const link = new SocketConnection(raw, deps, factsOf(request).limitKey)
    live.add(link)
    link.admit(request, version).catch((error: unknown) => {
      link.logBug(error)
      link.close(CLOSE.overloaded, 'unavailable')
    })
    return link
  }
  const ended = (link: SocketConnection, code: number): void => {
    if (live.delete(link)) deps.counts.count('closed', COUNTED_CODES.has(code) ? String(code) : 'other')
    link.onClose(code)
  }
  /** bytes that all sockets together have not taken */
  const unsent = (): number => live.values().reduce((sum, link) => sum + link.unsent, 0)
  return {
    upgrade({ request, server, query, set }: Handshake): Response {
      const data = new SocketData((raw) => begin(raw, request, query['v']), ended, deps.log)
      const headers = set.headers as Record<string, string>
      if (!server?.upgrade(request, { data, headers })) return errorResponse('badRequest')
      set.headers = {}
      return UPGRADED
    },
    message({ data: line }: { data: unknown }, text: string | Buffer): void {
      if (line instanceof SocketData) line.with((link) => link.onMessage(text))
    },
    unsent,
    /** Lets go of those who read most slowly until all together leave no more than `most` bytes unsent. */
    shedSlowReaders(most = MAX_UNSENT): void {
      let left = unsent()
      if (left <= most) return
      for (const link of [...live].sort((one, other) => other.unsent - one.unsent)) {
        if (left <= most) return
        left -= link.unsent
        link.close(CLOSE.slowReader, 'reads too slowly')
      }
    },
  }
}
