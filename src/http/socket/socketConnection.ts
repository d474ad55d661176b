import type { ServerWebSocket } from 'bun'
import { type ReplyTarget, errorFrame } from '../../hub/answerFrames.ts'
import type { Hub } from '../../hub/hub.ts'
import type { Clock, ClientSocket, Ids, Log } from '../../hub/ports.ts'
import type { Rate } from '../../hub/rateLimit.ts'
import type { MetricsSink } from '../../lib/metricsSink.ts'
import { CLOSE, ChatError } from '../../shared/errors.ts'
import { LIMITS, PROTOCOL_VERSION } from '../../shared/limits.ts'
import type { ClientFrame, ResetReason, ServerFrame } from '../../shared/protocol.ts'
import { factsOf } from '../requestAdmission.ts'
import { authenticate } from '../authenticate.ts'
import type { ConnectionCounts } from '../limits/connectionCounts.ts'
import type { RoomProbeLimiter } from '../limits/roomProbeLimiter.ts'
import { decode } from './decode.ts'
import { dispatch } from './dispatch.ts'
import { FrameRateLimiter } from './frameRateLimiter.ts'
import { channelOf } from './roomBroadcast.ts'

/** Unsent bytes above which a page of history waits. */
const READY_BELOW = 256 * 1024
/** Frames that may wait for the one that the hub handles. */
const MAX_INBOX = 2 * LIMITS.unacked

export type RawSocket = ServerWebSocket<unknown>

/** Hears of each connection that opens and closes, for an operator who looks for the cause of trouble. */
export type ConnectionObserver = (
  what: 'socket opened' | 'socket closed',
  fields: { connection: string; user?: string; address?: string; code?: number; ms?: number },
) => void

export interface SocketDeps {
  hub: Hub
  connections: ConnectionCounts
  roomProbes: RoomProbeLimiter
  clock: Clock
  ids: Ids
  log: Log
  metricsSink: MetricsSink
  /** what one connection may send */
  frames: Rate
  observer?: ConnectionObserver
}

interface QueuedFrame {
  frame: ClientFrame
  target: ReplyTarget
}

/**
 * `authenticating`: the hub does not know it yet · `idle`: the next frame is handed over at once · `handling`: the hub has not
 * finished a frame · `closed`: for good. In the first and the third phase frames wait in the inbox.
 */
type HandlingPhase = 'authenticating' | 'idle' | 'handling' | 'closed'

/** Callers of `ready` that wait. Shared and empty at nearly every connection. */
const NO_WAITERS: readonly ((sent: boolean) => void)[] = []

/** One socket: its rate limiter, its inbox, and what the hub sees of it. */
export class SocketConnection implements ClientSocket {
  readonly id: string
  readonly #raw: RawSocket
  readonly #deps: SocketDeps
  readonly #limitKey: string | null
  readonly #rateLimiter: FrameRateLimiter
  readonly #openedAt: number
  #phase: HandlingPhase = 'authenticating'
  /** null while it authenticates */
  #user: string | null = null
  /** null: empty, as nearly always */
  #inbox: QueuedFrame[] | null = null
  /** its `hello` named rooms that are not open to it */
  #hasMissedRoom = false
  #readyWaiters = NO_WAITERS
  /** acks of this turn; null: none */
  #acks: string[] | null = null

  constructor(raw: RawSocket, deps: SocketDeps, limitKey: string | null) {
    const now = deps.clock.elapsed()
    this.id = deps.ids.random(20)
    this.#openedAt = now
    this.#raw = raw
    this.#deps = deps
    this.#limitKey = limitKey
    this.#rateLimiter = new FrameRateLimiter(now, deps.frames)
    deps.connections.add(limitKey)
  }

  /** A write costs as much as thirty frames that share it: all acks of a batch leave together, and with its events. */
  send(frame: ServerFrame, json = JSON.stringify(frame)): void {
    if (this.#phase === 'closed') return
    this.#count(frame)
    if (frame.type !== 'ack') this.#raw.send(json)
    else if (this.#acks) this.#acks.push(json)
    else {
      this.#acks = [json]
      queueMicrotask(() => this.#flushAcks())
    }
  }

  ready(): true | Promise<boolean> {
    if (this.#phase === 'closed') return Promise.resolve(false)
    if (this.#raw.getBufferedAmount() <= READY_BELOW) return true
    return new Promise((resolve) => (this.#readyWaiters = [...this.#readyWaiters, resolve]))
  }

  follow(room: string): void {
    if (this.#phase !== 'closed') this.#raw.subscribe(channelOf(room))
  }

  unfollow(room: string): void {
    if (this.#phase !== 'closed') this.#raw.unsubscribe(channelOf(room))
  }

  close(code: number, reason: string): void {
    if (this.#phase === 'closed') return
    this.#flushAcks()
    this.#raw.close(code, reason)
  }

  /** Lets somebody in, or says by a close code why not: of a refused handshake a page would see nothing. */
  async admit(request: Request, version: string | undefined): Promise<void> {
    if (version !== String(PROTOCOL_VERSION)) return this.close(CLOSE.version, 'version')
    const session = await authenticate(this.#deps.hub, request).catch((error: unknown) => {
      if (error instanceof ChatError && error.code === 'unauthenticated') return null
      throw error
    })
    if (this.#isClosed()) return
    if (!session) return this.close(CLOSE.noSession, 'no session')
    const { user, hash } = session
    const refused = this.#deps.hub.open(this, user, hash)
    if (refused !== null) return this.close(refused, 'refused')
    this.#user = user.id
    this.#phase = 'idle'
    const { observer } = this.#deps
    observer?.('socket opened', { connection: this.id, user: user.id, address: factsOf(request).address })
    this.#drainInbox()
  }

  onMessage(text: string | Buffer): void {
    if (this.#isClosed()) return
    if (typeof text !== 'string') {
      this.#drop('binary')
      return this.close(CLOSE.binary, 'binary')
    }
    if (this.#charge(Buffer.byteLength(text))) this.#decode(text)
  }

  /** Bytes the other side has not taken. */
  get unsent(): number {
    return this.#isClosed() ? 0 : this.#raw.getBufferedAmount()
  }

  /** A ping, or a pong: either costs a turn of its own. */
  onPing(): void {
    this.#charge(0)
  }

  onDrain(): void {
    if (this.#raw.getBufferedAmount() <= READY_BELOW) this.#resolveReady(true)
  }

  /** P11: the code of a socket that was cut is not to be relied on. */
  onClose(code: number): void {
    if (this.#phase === 'closed') return
    const ms = Math.round(this.#deps.clock.elapsed() - this.#openedAt)
    this.#deps.observer?.('socket closed', { connection: this.id, code, ms })
    const isKnownToHub = this.#phase !== 'authenticating'
    this.#phase = 'closed'
    this.#inbox = null
    this.#deps.connections.remove(this.#limitKey)
    this.#resolveReady(false)
    // Bun calls this inside `close()`; the hub is promised a later turn.
    if (isKnownToHub) setImmediate(() => this.#leaveHub())
  }

  /** Logs a bug of ours; the connection goes on. What was refused on purpose is no news. */
  logBug(error: unknown): void {
    if (!(error instanceof ChatError)) this.#deps.log.error('socket', error)
  }

  #flushAcks(): void {
    const acks = this.#acks
    this.#acks = null
    if (this.#phase === 'closed' || acks === null) return
    this.#raw.cork(() => {
      for (const text of acks) this.#raw.send(text)
    })
  }

  /** A call may close it: unlike a comparison, this does not narrow the phase for the lines that follow. */
  #isClosed(): boolean {
    return this.#phase === 'closed'
  }

  #charge(bytes: number): boolean {
    if (this.#phase === 'closed') return false
    const now = this.#deps.clock.elapsed()
    const verdict = this.#rateLimiter.charge(bytes, now)
    if (verdict === 'pass') return true
    this.#drop('flood')
    if (verdict === 'flood') this.close(CLOSE.flood, 'flood')
    if (verdict === 'notify') this.#sendRateLimited(this.#rateLimiter.waitMs(now))
    return false
  }

  #drop(reason: string): void {
    this.#deps.metricsSink.count('dropped', reason)
  }

  #count(frame: ServerFrame): void {
    const { metricsSink, clock } = this.#deps
    if (frame.type === 'sync') metricsSink.count('sync', frame.more ? 'page' : 'live')
    else if (frame.type === 'reset') this.#countReset(frame.reason)
    else if (frame.type === 'ack' && !frame.duplicate)
      metricsSink.observe('ack', (clock.now() - frame.at) / 1_000)
  }

  #countReset(reason: ResetReason): void {
    this.#deps.metricsSink.count('reset', reason)
    // S17: one `hello` is one miss, however many rooms it names.
    if (reason !== 'access' || this.#hasMissedRoom) return
    this.#hasMissedRoom = true
    this.#deps.roomProbes.recordMiss(this.#user)
  }

  #sendRateLimited(after: number): void {
    this.#deps.metricsSink.count('rateLimited', 'frames')
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
    if (decoded.result === 'fault') return this.#refuse(new ChatError(decoded.code), decoded.target)
    if ((this.#inbox?.length ?? 0) >= MAX_INBOX) {
      this.#drop('inbox')
      return this.send(errorFrame(new ChatError('overloaded'), decoded.target))
    }
    this.#deps.metricsSink.count('frames', decoded.frame.type)
    if (this.#phase === 'idle') return this.#handle(decoded)
    this.#inbox ??= []
    this.#inbox.push(decoded)
  }

  /** Says no to a frame. One that is bad costs more, and the tenth in a minute the connection. */
  #refuse(error: unknown, target: ReplyTarget): void {
    this.logBug(error)
    this.send(errorFrame(error, target))
    const code = error instanceof ChatError ? error.code : null
    if (code === 'rateLimited') this.#deps.metricsSink.count('rateLimited', 'requests')
    if (code === 'noRoom') this.#deps.roomProbes.recordMiss(this.#user, this.#limitKey)
    const isBad = code === 'badFrame'
    if (isBad) this.#drop('badFrame')
    if (isBad && this.#rateLimiter.chargeBad(this.#deps.clock.elapsed()))
      this.close(CLOSE.badFrames, 'bad frames')
  }

  /** Hands over the frames that wait, in their order: each when the hub has finished the one before. */
  #drainInbox(): void {
    while (this.#phase === 'idle') {
      const next = this.#inbox?.shift()
      if (!next) {
        this.#inbox = null
        return
      }
      this.#handle(next)
    }
  }

  #handle({ frame, target }: QueuedFrame): void {
    try {
      this.#checkProbeLimit(frame)
      const handled = dispatch(this.#deps.hub, this, frame)
      if (handled) this.#waitForFrame(handled, target)
    } catch (error) {
      this.#refuse(error, target)
    }
  }

  /** S17. A `hello` is not held up by others at the same address: they would keep each other out. */
  #checkProbeLimit({ type }: ClientFrame): void {
    if (type === 'join') this.#deps.roomProbes.check(this.#user, this.#limitKey)
    if (type === 'hello') this.#deps.roomProbes.check(this.#user)
  }

  #waitForFrame(handled: Promise<void>, target: ReplyTarget): void {
    if (this.#phase === 'idle') this.#phase = 'handling'
    const done = () => {
      if (this.#phase === 'handling') this.#phase = 'idle'
      this.#drainInbox()
    }
    handled
      .catch((error: unknown) => {
        this.#refuse(error, target)
      })
      .then(done, done)
  }

  #resolveReady(isSent: boolean): void {
    const waiters = this.#readyWaiters
    this.#readyWaiters = NO_WAITERS
    for (const resolve of waiters) resolve(isSent)
  }

  #leaveHub(): void {
    try {
      this.#deps.hub.close(this)
    } catch (error) {
      this.logBug(error)
    }
  }
}
