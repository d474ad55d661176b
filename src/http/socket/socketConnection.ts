import type { ServerWebSocket } from 'bun'
import { type ReplyTarget, errorFrame } from '../../hub/answerFrames.ts'
import type { Hub } from '../../hub/hub.ts'
import type { Clock, ClientSocket, Ids, Log } from '../../hub/ports.ts'
import type { Rate } from '../../hub/rateLimit.ts'
import type { MetricsSink } from '../../lib/metricsSink.ts'
import { CLOSE, ChatError } from '../../shared/errors.ts'
import { LIMITS, PROTOCOL_VERSION } from '../../shared/limits.ts'
import type { ClientFrame, ServerFrame } from '../../shared/protocol.ts'
import { authenticate } from '../authenticate.ts'
import type { ConnectionCounts } from '../limits/connectionCounts.ts'
import type { RoomProbeLimiter } from '../limits/roomProbeLimiter.ts'
import type { RequestFacts } from '../requestFacts.ts'
import type { SocketlessSessions } from '../socketlessSessions.ts'
import { decode } from './decode.ts'
import { dispatch } from './dispatch.ts'
import { FrameRateLimiter } from './frameRateLimiter.ts'
import { channelOf } from './roomBroadcast.ts'

/** Unsent bytes above which a page of history waits. */
const READY_BELOW = 256 * 1024
/** Frames that may wait while the hub handles another. */
const MAX_INBOX = 2 * LIMITS.unacked

export type RawSocket = ServerWebSocket<unknown>

/** Hears of each connection that opens or closes, for an operator who looks for the cause of trouble. */
export type ConnectionObserver = (
  what: 'socket opened' | 'socket closed',
  fields: { connection: string; user?: string; address?: string; code?: number; ms?: number },
) => void

export interface SocketDeps {
  hub: Hub
  connections: ConnectionCounts
  roomProbes: RoomProbeLimiter
  socketless: SocketlessSessions
  clock: Clock
  ids: Ids
  log: Log
  metricsSink: MetricsSink
  /** what one connection may send */
  frames: Rate
  observer?: ConnectionObserver
}

/**
 * `authenticating`: the hub does not know the connection yet · `idle`: the next frame is handled at once · `handling`: the
 * hub has not finished a frame · `closed`: for good. While `authenticating` or `handling`, frames wait in the inbox.
 */
type HandlingPhase = 'authenticating' | 'idle' | 'handling' | 'closed'

/** One socket: its rate limiter, its inbox, and the `ClientSocket` that the hub sees. */
export class SocketConnection implements ClientSocket {
  readonly id: string
  readonly #raw: RawSocket
  readonly #deps: SocketDeps
  readonly #facts: RequestFacts
  readonly #rateLimiter: FrameRateLimiter
  readonly #openedAt: number
  #phase: HandlingPhase = 'authenticating'
  /** the person's id, empty while authenticating */
  #user = ''
  #inbox: { frame: ClientFrame; replyTarget: ReplyTarget }[] = []
  /** `hello` named a room that the person is not a member of */
  #hasMissedRoom = false
  /** set while a page waits */
  #readiness: PromiseWithResolvers<boolean> | null = null
  /** the acks of this turn, as JSON */
  #acks: string[] = []

  constructor(raw: RawSocket, deps: SocketDeps, facts: RequestFacts) {
    this.id = deps.ids.random(20)
    this.#openedAt = deps.clock.elapsed()
    this.#raw = raw
    this.#deps = deps
    this.#facts = facts
    this.#rateLimiter = new FrameRateLimiter(deps.frames)
    deps.connections.add(facts.limitKey)
  }

  /** Acks wait for the end of the turn: a batch's acks and events then share one write, which costs as much as 30 frames. */
  send(frame: ServerFrame, json = JSON.stringify(frame)): void {
    if (this.#isClosed()) return
    this.#record(frame)
    if (frame.type !== 'ack') this.#raw.send(json)
    else if (this.#acks.push(json) === 1) queueMicrotask(() => this.#flushAcks())
  }

  ready(): true | Promise<boolean> {
    if (this.#isClosed()) return Promise.resolve(false)
    if (this.#raw.getBufferedAmount() <= READY_BELOW) return true
    this.#readiness ??= Promise.withResolvers<boolean>()
    return this.#readiness.promise
  }

  follow(room: string): void {
    if (this.#phase !== 'closed') this.#raw.subscribe(channelOf(room))
  }

  unfollow(room: string): void {
    if (this.#phase !== 'closed') this.#raw.unsubscribe(channelOf(room))
  }

  close(code: number, reason: string): void {
    if (this.#isClosed()) return
    this.#flushAcks()
    this.#raw.close(code, reason)
  }

  /** Opens the connection at the hub, or closes it with a code that says why: a page would not see why a handshake failed. */
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
    this.#deps.socketless.opened(hash)
    this.#user = user.id
    this.#phase = 'idle'
    const { address } = this.#facts
    this.#deps.observer?.('socket opened', { connection: this.id, user: user.id, address })
    await this.#drainInbox()
  }

  onMessage(text: string | Buffer): void {
    if (this.#isClosed()) return
    if (typeof text !== 'string') {
      this.#drop('binary')
      return this.close(CLOSE.binary, 'binary')
    }
    if (this.#charge(Buffer.byteLength(text))) this.#receive(text)
  }

  /** Bytes that the client has not taken. */
  get unsent(): number {
    return this.#isClosed() ? 0 : this.#raw.getBufferedAmount()
  }

  /** Charges a ping or a pong like a frame: each costs a turn of its own. */
  onPing(): void {
    this.#charge(0)
  }

  onDrain(): void {
    if (this.#raw.getBufferedAmount() <= READY_BELOW) this.#resolveReady(true)
  }

  /** @param code unreliable if the connection was cut */
  onClose(code: number): void {
    if (this.#isClosed()) return
    const ms = Math.round(this.#deps.clock.elapsed() - this.#openedAt)
    this.#deps.observer?.('socket closed', { connection: this.id, code, ms })
    const isKnownToHub = this.#phase !== 'authenticating'
    this.#phase = 'closed'
    this.#inbox = []
    this.#deps.connections.remove(this.#facts.limitKey)
    this.#resolveReady(false)
    // Bun calls this method inside `close()`, but the hub is promised a later turn.
    if (isKnownToHub) setImmediate(() => this.guard(() => this.#deps.hub.close(this)))
  }

  /** Logs what `work` throws: nobody above would. */
  guard(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.logBug(error)
    }
  }

  /** Logs a bug of ours, not a refusal; the connection goes on. */
  logBug(error: unknown): void {
    if (!(error instanceof ChatError)) this.#deps.log.error('socket', error)
  }

  #flushAcks(): void {
    const acks = this.#acks
    this.#acks = []
    if (this.#isClosed() || acks.length === 0) return
    this.#raw.cork(() => {
      for (const text of acks) this.#raw.send(text)
    })
  }

  /** Unlike a comparison, a call does not narrow the phase for the lines that follow. */
  #isClosed(): boolean {
    return this.#phase === 'closed'
  }

  #charge(bytes: number): boolean {
    if (this.#isClosed()) return false
    const now = this.#deps.clock.elapsed()
    const verdict = this.#rateLimiter.charge(bytes, now)
    if (verdict === 'pass') return true
    this.#drop('flood')
    if (verdict === 'flood') this.close(CLOSE.flood, 'flood')
    if (verdict === 'notify') {
      this.#deps.metricsSink.count('rateLimited', 'frames')
      this.send(errorFrame(new ChatError('rateLimited', undefined, { after: this.#rateLimiter.waitMs(now) })))
    }
    return false
  }

  #drop(reason: string): void {
    this.#deps.metricsSink.count('dropped', reason)
  }

  /** Counts a frame for the metrics, and a refused room of `hello` as a miss. */
  #record(frame: ServerFrame): void {
    const { metricsSink, clock } = this.#deps
    if (frame.type === 'sync') metricsSink.count('sync', frame.more ? 'page' : 'live')
    if (frame.type === 'ack' && !frame.duplicate) metricsSink.observe('ack', (clock.now() - frame.at) / 1_000)
    if (frame.type !== 'reset') return
    metricsSink.count('reset', frame.reason)
    // One `hello` is one miss, however many rooms it names (S17).
    if (frame.reason !== 'access' || this.#hasMissedRoom) return
    this.#hasMissedRoom = true
    this.#deps.roomProbes.recordMiss(this.#user, null)
  }

  #receive(text: string): void {
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      return this.#refuse(new ChatError('badFrame'), {})
    }
    const decoded = decode(value)
    if (decoded.result === 'unknown') return this.#drop('unknown')
    if (decoded.result === 'fault') return this.#refuse(new ChatError(decoded.code), decoded.replyTarget)
    if (this.#inbox.length >= MAX_INBOX) {
      this.#drop('inbox')
      return this.send(errorFrame(new ChatError('overloaded'), decoded.replyTarget))
    }
    this.#deps.metricsSink.count('frames', decoded.frame.type)
    this.#inbox.push(decoded)
    this.#drainInbox().catch((error: unknown) => this.logBug(error))
  }

  /** Answers a frame with an error. Bad frames cost more, and the tenth in a minute closes the connection. */
  #refuse(error: unknown, replyTarget: ReplyTarget): void {
    this.logBug(error)
    this.send(errorFrame(error, replyTarget))
    const code = error instanceof ChatError ? error.code : null
    if (code === 'rateLimited') this.#deps.metricsSink.count('rateLimited', 'requests')
    if (code === 'noRoom') this.#deps.roomProbes.recordMiss(this.#user, this.#facts.limitKey)
    if (code !== 'badFrame') return
    this.#drop('badFrame')
    if (this.#rateLimiter.chargeBad(this.#deps.clock.elapsed())) this.close(CLOSE.badFrames, 'bad frames')
  }

  /** Hands the waiting frames to the hub in order, each when the hub has finished the one before. */
  async #drainInbox(): Promise<void> {
    if (this.#phase !== 'idle') return
    this.#phase = 'handling'
    for (let next = this.#inbox.shift(); next; next = this.#inbox.shift()) {
      const { frame, replyTarget } = next
      try {
        this.#checkProbeLimit(frame)
        const handled = dispatch(this.#deps.hub, this, frame)
        if (handled) await handled
      } catch (error) {
        this.#refuse(error, replyTarget)
      }
    }
    if (!this.#isClosed()) this.#phase = 'idle'
  }

  /** Misses of others at the address do not hold up a `hello`, or people behind one address would keep each other out (S17). */
  #checkProbeLimit({ type }: ClientFrame): void {
    if (type === 'join') this.#deps.roomProbes.check(this.#user, this.#facts.limitKey)
    if (type === 'hello') this.#deps.roomProbes.check(this.#user, null)
  }

  #resolveReady(isReady: boolean): void {
    this.#readiness?.resolve(isReady)
    this.#readiness = null
  }
}
