import type { Server, ServerWebSocket } from 'bun'
import { type ReplyTarget, errorFrame } from '../../hub/replies.ts'
import type { Hub } from '../../hub/hub.ts'
import type { Clock, ClientSocket, Ids, Log } from '../../hub/ports.ts'
import type { Rate } from '../../hub/rateLimit.ts'
import type { Counts } from '../../lib/counts.ts'
import { CLOSE, ChatError } from '../../shared/errors.ts'
import { LIMITS, VERSION } from '../../shared/limits.ts'
import type { ClientFrame, ResetReason, ServerFrame } from '../../shared/protocol.ts'
import { visitOf } from '../admit.ts'
import { decode } from './decode.ts'
import { dispatch } from './dispatch.ts'
import { failure } from '../errorResponse.ts'
import { Meter } from './frameRateLimiter.ts'
import type { Misses } from '../roomProbeLimiter.ts'
import type { Places } from '../connectionCounts.ts'
import { topicOf } from './topics.ts'
import { whoAsks } from '../authenticate.ts'
import { written } from './serializeFrame.ts'

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
const UNSENT = 256 * 1024
/** Unsent bytes of all sockets together above which the largest are let go (S9). */
const UNSENT_IN_ALL = 64 * 1024 * 1024
/** Frames that may wait for the one under way. */
const INBOX = 2 * LIMITS.unacked

type Raw = ServerWebSocket<unknown>

/** Hears of each connection that opens and closes, for whoever looks for trouble with one. */
export type Watch = (
  what: 'socket opened' | 'socket closed',
  fields: { connection: string; user?: string; address?: string; code?: number; ms?: number },
) => void

interface Deps {
  hub: Hub
  places: Places
  misses: Misses
  clock: Clock
  ids: Ids
  log: Log
  counts: Counts
  /** what one connection may send */
  frames: Rate
  watch?: Watch
}

interface Asking {
  frame: ClientFrame
  asked: ReplyTarget
}

/** Who waits until little is unsent: at nearly every connection nobody, one list for all. */
const NOBODY: readonly ((sent: boolean) => void)[] = []

/** One connection: its meter, its inbox, and what the hub sees of it. */
class Link implements ClientSocket {
  readonly id: string
  readonly #raw: Raw
  readonly #deps: Deps
  readonly #counted: string | null
  readonly #meter: Meter
  /** null: none, as nearly always */
  #inbox: Asking[] | null = null
  readonly #opened: number
  /** who it is, once that is known */
  #user: string | null = null
  #state: 'asking' | 'open' | 'closed' = 'asking'
  #busy = false
  /** its `hello` named rooms that are not open to it */
  #missed = false
  #waiting = NOBODY
  /** acks of this turn; null: none */
  #acks: string[] | null = null

  constructor(raw: Raw, deps: Deps, counted: string | null) {
    const now = deps.clock.now()
    this.id = deps.ids.random(20)
    this.#opened = now
    this.#raw = raw
    this.#deps = deps
    this.#counted = counted
    this.#meter = new Meter(now, deps.frames)
    deps.places.enter(counted)
  }

  /** A write costs as much as thirty frames that share it: all acks of a batch leave together, and with its events. */
  send(frame: ServerFrame): void {
    if (this.#state === 'closed') return
    this.#count(frame)
    const text = written(frame)
    if (frame.type !== 'ack') this.#raw.send(text)
    else if (this.#acks) this.#acks.push(text)
    else {
      this.#acks = [text]
      queueMicrotask(() => this.#release())
    }
  }

  ready(): true | Promise<boolean> {
    if (this.#state === 'closed') return Promise.resolve(false)
    if (this.#raw.getBufferedAmount() <= UNSENT) return true
    return new Promise((resolve) => (this.#waiting = [...this.#waiting, resolve]))
  }

  follow(room: string): void {
    if (this.#state !== 'closed') this.#raw.subscribe(topicOf(room))
  }

  unfollow(room: string): void {
    if (this.#state !== 'closed') this.#raw.unsubscribe(topicOf(room))
  }

  close(code: number, reason: string): void {
    if (this.#state === 'closed') return
    this.#release()
    this.#raw.close(code, reason)
  }

  /** Lets somebody in, or says by a close code why not: of a refused handshake a page would see nothing. */
  async admit(request: Request, version: string | undefined): Promise<void> {
    if (version !== String(VERSION)) return this.close(CLOSE.version, 'version')
    const who = await whoAsks(this.#deps.hub, request).catch((error: unknown) => {
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
    watch?.('socket opened', { connection: this.id, user: who.user.id, address: visitOf(request).address })
    this.#next()
  }

  /** One message, as it came. */
  hear(text: string | Buffer): void {
    if (this.#gone()) return
    if (typeof text !== 'string') {
      this.#drop('binary')
      return this.close(CLOSE.binary, 'binary')
    }
    if (this.#charged(Buffer.byteLength(text))) this.#read(text)
  }

  /** Bytes the other side has not taken. */
  get unsent(): number {
    return this.#gone() ? 0 : this.#raw.getBufferedAmount()
  }

  /** A ping, or a pong: either costs a turn of its own. */
  control(): void {
    this.#charged(0)
  }

  drained(): void {
    if (this.#raw.getBufferedAmount() <= UNSENT) this.#settle(true)
  }

  /** The socket has gone. P11: what the code says is not to be relied on. */
  closed(code: number): void {
    if (this.#gone()) return
    const ms = this.#deps.clock.now() - this.#opened
    this.#deps.watch?.('socket closed', { connection: this.id, code, ms })
    const known = this.#state === 'open'
    this.#state = 'closed'
    this.#inbox = null
    this.#deps.places.leave(this.#counted)
    this.#settle(false)
    // Bun calls this inside `close()`; the hub is promised a later turn.
    if (known) setImmediate(() => this.#guard(() => this.#deps.hub.close(this)))
  }

  /** Something of ours broke: the log has it, the connection goes on. What was refused on purpose is no news. */
  failed(error: unknown): void {
    if (!(error instanceof ChatError)) this.#deps.log.error('socket', error)
  }

  #release(): void {
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

  #charged(bytes: number): boolean {
    if (this.#gone()) return false
    const now = this.#deps.clock.now()
    const verdict = this.#meter.charge(bytes, now)
    if (verdict === 'pass') return true
    this.#drop('flood')
    if (verdict === 'flood') this.close(CLOSE.flood, 'flood')
    if (verdict === 'say') this.#limited(this.#meter.after(now))
    return false
  }

  #drop(reason: string): void {
    this.#deps.counts.count('dropped', reason)
  }

  #count(frame: ServerFrame): void {
    const { counts, clock } = this.#deps
    if (frame.type === 'sync') counts.count('sync', frame.more ? 'page' : 'live')
    else if (frame.type === 'reset') this.#reset(frame.reason)
    else if (frame.type === 'ack' && !frame.duplicate) counts.took('ack', (clock.now() - frame.at) / 1_000)
  }

  #reset(reason: ResetReason): void {
    this.#deps.counts.count('reset', reason)
    // S17: one `hello` is one miss, however many rooms it names.
    if (reason !== 'access' || this.#missed) return
    this.#missed = true
    this.#deps.misses.note(this.#user)
  }

  #limited(after: number): void {
    this.#deps.counts.count('rateLimited', 'frames')
    this.send(errorFrame(new ChatError('rateLimited', undefined, { after })))
  }

  #read(text: string): void {
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      return this.#refuse(new ChatError('badFrame'), {})
    }
    const decoded = decode(value)
    if (decoded.result === 'unknown') return this.#drop('unknown')
    if (decoded.result === 'fault') return this.#refuse(new ChatError(decoded.code), decoded.asked)
    if ((this.#inbox?.length ?? 0) >= INBOX) {
      this.#drop('inbox')
      return this.send(errorFrame(new ChatError('overloaded'), decoded.asked))
    }
    this.#deps.counts.count('frames', decoded.frame.type)
    if (!this.#busy && this.#state === 'open') return this.#handle(decoded)
    this.#inbox ??= []
    this.#inbox.push(decoded)
  }

  /** Says no to a frame. One that is bad costs more, and the tenth in a minute the connection. */
  #refuse(error: unknown, asked: ReplyTarget): void {
    this.failed(error)
    this.send(errorFrame(error, asked))
    const code = error instanceof ChatError ? error.code : null
    if (code === 'rateLimited') this.#deps.counts.count('rateLimited', 'requests')
    if (code === 'noRoom') this.#deps.misses.note(this.#user, this.#counted)
    const bad = code === 'badFrame'
    if (bad) this.#drop('badFrame')
    if (bad && this.#meter.bad(this.#deps.clock.now())) this.close(CLOSE.badFrames, 'bad frames')
  }

  /** Hands over the frames that wait, one at a time, in their order: the next one when the hub is through with the last. */
  #next(): void {
    while (!this.#busy && this.#state === 'open') {
      const first = this.#inbox?.shift()
      if (first) this.#handle(first)
      else {
        this.#inbox = null
        return
      }
    }
  }

  #handle({ frame, asked }: Asking): void {
    try {
      this.#mayLook(frame)
      const under = dispatch(this.#deps.hub, this, frame)
      if (under) this.#await(under, asked)
    } catch (error) {
      this.#refuse(error, asked)
    }
  }

  /** S17. A `hello` is not held up by others at the same address: they would keep each other out. */
  #mayLook({ type }: ClientFrame): void {
    if (type === 'join') this.#deps.misses.allow(this.#user, this.#counted)
    if (type === 'hello') this.#deps.misses.allow(this.#user)
  }

  #await(under: Promise<void>, asked: ReplyTarget): void {
    this.#busy = true
    const done = () => {
      this.#busy = false
      this.#next()
    }
    under
      .catch((error: unknown) => {
        this.#refuse(error, asked)
      })
      .then(done, done)
  }

  #settle(sent: boolean): void {
    const waiting = this.#waiting
    this.#waiting = NOBODY
    for (const resolve of waiting) resolve(sent)
  }

  #guard(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.failed(error)
    }
  }
}

/** Close codes that are counted each by itself: a client may make up any other. */
const CODES = new Set<number>([...Object.values(CLOSE), 1000, 1002, 1005, 1006, 1007, 1009])

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
class Line {
  /** makes the link of the socket, once: it knows the request, which is let go of then */
  #begin: ((raw: Raw) => Link) | null
  readonly #ended: (link: Link, code: number) => void
  readonly #log: Log
  #link: Link | null = null

  constructor(begin: (raw: Raw) => Link, ended: (link: Link, code: number) => void, log: Log) {
    this.#begin = begin
    this.#ended = ended
    this.#log = log
  }

  open(raw: Raw): void {
    const begin = this.#begin
    this.#begin = null
    try {
      this.#link = begin?.(raw) ?? null
    } catch (error) {
      this.#log.error('socket', error)
      raw.close(CLOSE.overloaded, 'unavailable')
    }
  }

  close(_raw: Raw, code: number): void {
    this.with((link) => this.#ended(link, code))
  }

  drain(): void {
    this.with((link) => link.drained())
  }

  ping(): void {
    this.with((link) => link.control())
  }

  pong(): void {
    this.with((link) => link.control())
  }

  with(work: (link: Link) => void): void {
    const link = this.#link
    try {
      if (link) work(link)
    } catch (error) {
      link?.failed(error)
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
export function createSockets(deps: Deps) {
  const live = new Set<Link>()
  const begin = (raw: Raw, request: Request, version: string | undefined): Link => {
    const link = new Link(raw, deps, visitOf(request).counted)
    live.add(link)
    link.admit(request, version).catch((error: unknown) => {
      link.failed(error)
      link.close(CLOSE.overloaded, 'unavailable')
    })
    return link
  }
  const ended = (link: Link, code: number): void => {
    if (live.delete(link)) deps.counts.count('closed', CODES.has(code) ? String(code) : 'other')
    link.closed(code)
  }
  /** bytes that all sockets together have not taken */
  const unsent = (): number => live.values().reduce((sum, link) => sum + link.unsent, 0)
  return {
    upgrade({ request, server, query, set }: Handshake): Response {
      const data = new Line((raw) => begin(raw, request, query['v']), ended, deps.log)
      const headers = set.headers as Record<string, string>
      if (!server?.upgrade(request, { data, headers })) return failure('badRequest')
      set.headers = {}
      return UPGRADED
    },
    message({ data: line }: { data: unknown }, text: string | Buffer): void {
      if (line instanceof Line) line.with((link) => link.hear(text))
    },
    unsent,
    /** Lets go of those who read most slowly until all together leave no more than `most` bytes unsent. */
    relieve(most = UNSENT_IN_ALL): void {
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
