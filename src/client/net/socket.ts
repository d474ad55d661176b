/** The page's one WebSocket: it connects, notices a dead connection and reconnects (protocol §6, CONNECTION). */
import { CLOSE } from '../../shared/errors.ts'
import { TIMES } from '../../shared/limits.ts'
import type { Self } from '../../shared/model.ts'
import type { ClientFrame, ServerFrame } from '../../shared/protocol.ts'
import type { ConnectionState } from '../state/state.ts'
import { reconnectDelay } from './reconnectDelay.ts'
import type { Timers } from './timers.ts'

/** The part of `WebSocket` that is used. */
export interface Wire {
  send(text: string): void
  close(): void
  onopen: ((event: never) => void) | null
  onmessage: ((event: { data: unknown }) => void) | null
  onclose: ((event: { code: number }) => void) | null
}

export interface SocketWorld extends Timers {
  /** @throws if the browser refuses to make a socket */
  open(): Wire
  /** 0 … 1 */
  random(): number
  isHidden(): boolean
  /** Asks over HTTP whether my session lives: the browser reports a refused handshake only as 1006. */
  hasSession(): Promise<'yes' | 'no' | 'unknown'>
  /** the id of the person this page works for */
  userId(): string | null
  /** The server knows this page as another person. */
  signedInAs(user: Self): void
}

export interface SocketOwner {
  /** The first frames of a connection: `hello`, and what may follow it without waiting. */
  firstFrames(): readonly ClientFrame[]
  received(frame: ServerFrame): void
  stateChanged(connection: ConnectionState): void
  /** The connection is new or has proven alive: frames without an ack may be sent again. */
  proven(): void
  /** The connection, or the attempt to connect, is over. */
  closed(code: number): void
}

export type NudgeReason = 'online' | 'visible' | 'send' | 'button'

export interface Socket {
  /** Connects, also after a final close. */
  start(): void
  /** Closes the connection and does not reconnect. */
  stop(): void
  /** Returns false unless the connection is live; then nothing was sent or kept. */
  send(frame: ClientFrame): boolean
  /** Ends a wait and connects now, or checks a connection that may be dead. */
  nudge(why: NudgeReason): void
  /** Checks the connection: the network is off, or an ack is overdue. */
  probe(): void
}

/** ms */
const CONNECT_TIMEOUT = 8_000
const PROBE_TIMEOUT = 3_000
const DRAIN_TIMEOUT = 10_000
/** Silence (ms) after which the server is asked for a sign of life. */
const SILENT = 35_000
/** How long (ms) a connection must have lived to clear the failed attempts before it. */
const STEADY = 10_000
/** How many failed attempts count at most after a live connection was cut. */
const ATTEMPTS_AFTER_CUT = 2
/** WebSockets seem to be blocked after so many failed attempts in a row between which the server answered over HTTP. */
const BLOCKED_AFTER = 3
/** A page that comes into view trusts a socket that has received something within this time (ms). */
const FRESH = 5_000
/** Sending starts a new attempt only this long (ms) after the last one began. */
const SEND_RETRY_AFTER = 1_000

interface NextAttempt {
  /** attempts that failed before this one */
  attempt: number
  /** ms; the latest of: the last connection was lost, the page came into view, the socket was started */
  since: number
  /** the server said beforehand that it would close the connection */
  announced: boolean
}

/** One attempt to connect, and the connection it became. Times in ms since the epoch. */
interface Connection extends NextAttempt {
  wire: Wire | null
  triedAt: number
  heardAt: number
  /** when the server said `welcome` */
  liveSince: number | null
  /** over how many ms a draining server wants its clients to reconnect; null: it does not drain */
  drainSpread: number | null
}

export function createSocket(world: SocketWorld, owner: SocketOwner): Socket {
  let shown: ConnectionState = { state: 'idle' }
  /** set while `shown` is connecting, hello, live or suspect */
  let current: Connection | null = null
  /**
   * True from a handshake's start until it succeeds, and after a connection that was cut before the welcome. If it is true at
   * the next attempt, the session may have been refused.
   */
  let handshakeIsUnproven = false
  /** how many attempts in a row have failed although the server answered over HTTP after each */
  let failedBesideHttp = 0
  /** from this time (ms) on, sending ends a wait and connects */
  let sendMayConnectAt = 0
  /** when the clock was last read */
  let clockSeenAt = 0
  /** the one timer: each state waits for one thing at most */
  let cancelTimer = () => {}

  function arm(ms: number, run: () => void): void {
    cancelTimer()
    cancelTimer = world.after(Math.max(0, ms), run)
  }

  function enter(next: ConnectionState): void {
    const isBlocked = 'since' in next && failedBesideHttp >= BLOCKED_AFTER
    shown = isBlocked ? { ...next, isBlocked } : next
    owner.stateChanged(shown)
  }

  /** Returns false if the clock shows that the page slept longer than the server waits; then the connection is given up. */
  function isAwake(): boolean {
    const now = world.now()
    const jump = now - clockSeenAt
    clockSeenAt = now
    if (shown.state !== 'live' && shown.state !== 'suspect') return true
    if (jump > TIMES.silent) {
      end(1006)
      return false
    }
    if (jump > SILENT) probe()
    return true
  }

  /** After this no event of the present connection is heard, and its timer does not fire. */
  function letGo(): void {
    cancelTimer()
    const wire = current?.wire
    current = null
    if (!wire) return
    wire.onopen = wire.onmessage = wire.onclose = null
    wire.close()
  }

  function connect({ attempt, since, announced }: NextAttempt): void {
    letGo()
    const now = world.now()
    clockSeenAt = now
    const next = { attempt, since, announced }
    const started = { ...next, wire: null, triedAt: now, heardAt: now, liveSince: null, drainSpread: null }
    current = started
    enter({ state: 'connecting', ...next })
    // The owner may have stopped the socket.
    if (current !== started) return
    arm(CONNECT_TIMEOUT, () => end(1006))
    if (!handshakeIsUnproven) return open(started)
    void world.hasSession().then((answer) => {
      if (current !== started) return
      if (answer === 'no') return end(CLOSE.noSession)
      failedBesideHttp = answer === 'yes' ? failedBesideHttp + 1 : 0
      if (failedBesideHttp === BLOCKED_AFTER) enter({ state: 'connecting', ...next })
      if (current === started) open(started)
    })
  }

  function open(connection: Connection): void {
    let wire: Wire
    try {
      wire = world.open()
    } catch {
      // An address the browser refuses to connect to counts as an attempt like any other.
      return end(1006)
    }
    connection.wire = wire
    handshakeIsUnproven = true
    wire.onopen = () => {
      if (connection !== current || shown.state !== 'connecting') return
      handshakeIsUnproven = false
      clockSeenAt = world.now()
      enter({ ...shown, state: 'hello' })
      arm(CONNECT_TIMEOUT, () => end(1006))
      for (const frame of owner.firstFrames()) write(frame)
    }
    wire.onmessage = ({ data }) => {
      if (connection === current) receive(connection, data)
    }
    wire.onclose = ({ code }) => {
      if (connection === current) end(code)
    }
  }

  function write(frame: ClientFrame): void {
    current?.wire?.send(JSON.stringify(frame))
  }

  function receive(connection: Connection, data: unknown): void {
    if (!isAwake()) return
    const frame = parseFrame(data)
    if (frame === null) return
    connection.heardAt = world.now()
    if (frame.type === 'welcome' && frame.user.id !== world.userId()) {
      // Nothing of the previous person may leave on this connection (U48).
      stop()
      return world.signedInAs(frame.user)
    }
    if (frame.type === 'beat') write({ type: 'beat' })
    owner.received(frame)
    // The owner may have ended the connection.
    if (connection !== current) return
    if (frame.type === 'drain') {
      connection.drainSpread = frame.spread
      return arm(DRAIN_TIMEOUT, () => end(CLOSE.restart))
    }
    if (frame.type === 'welcome') {
      connection.liveSince = connection.heardAt
      failedBesideHttp = 0
    } else if (shown.state !== 'suspect') return
    enter({ state: 'live' })
    if (connection.drainSpread === null) watchForSilence(connection)
    owner.proven()
  }

  function watchForSilence(connection: Connection): void {
    arm(connection.heardAt + SILENT - world.now(), () => {
      if (!isAwake() || shown.state !== 'live') return
      // The difference is negative if the clock was set back.
      if (Math.abs(world.now() - connection.heardAt) >= SILENT) probe()
      else watchForSilence(connection)
    })
  }

  /** Asks the server for a sign of life, and ends the connection if there is none. */
  function probe(): void {
    if (shown.state !== 'live' || current?.drainSpread !== null) return
    enter({ state: 'suspect' })
    write({ type: 'beat' })
    arm(PROBE_TIMEOUT, () => {
      // After a long sleep `isAwake` has ended the connection itself.
      if (isAwake()) end(1006)
    })
  }

  /** The connection, or the attempt, is over. */
  function end(code: number): void {
    if (current === null) return
    const { liveSince, drainSpread, triedAt, ...before } = current
    const now = world.now()
    const wasLive = liveSince !== null
    const isAnnounced =
      wasLive && (code === CLOSE.goingAway || code === CLOSE.restart || drainSpread !== null)
    if (!wasLive && code === 1006) handshakeIsUnproven = true
    letGo()
    owner.closed(code)
    if (code >= 4500) return enter({ state: 'stopped', code })
    const attempt = wasLive ? attemptsHeld(before.attempt, now - liveSince, code) : before.attempt
    const since = wasLive ? now : before.since
    const awayFor = Math.abs(now - since)
    const lost = { code, isAnnounced, drainSpread, attempt, awayFor, isHidden: world.isHidden() }
    const wait = reconnectDelay(lost, world.random())
    const announced = wasLive ? isAnnounced : before.announced
    const next: NextAttempt = { attempt: attempt + 1, since, announced }
    sendMayConnectAt = code === CLOSE.overloaded ? now + wait : triedAt + SEND_RETRY_AFTER
    // Armed before the owner is told: the owner may start or stop, which cancels the timer.
    arm(wait, () => connect(next))
    enter({ state: 'waiting', until: now + wait, ...next })
  }

  function start(): void {
    if (shown.state !== 'idle' && shown.state !== 'stopped') return
    connect({ attempt: 0, since: world.now(), announced: false })
  }

  function stop(): void {
    const hasStarted = shown.state !== 'idle' && shown.state !== 'stopped'
    letGo()
    if (hasStarted) owner.closed(1000)
    enter({ state: 'idle' })
  }

  return {
    start,
    stop,
    send(frame) {
      if (shown.state !== 'live' || current === null || current.drainSpread !== null) return false
      write(frame)
      return true
    },
    nudge(why) {
      // A button press connects again even after a final close.
      if (why === 'button' && shown.state === 'stopped') return start()
      if (!isAwake() && shown.state !== 'waiting') return
      const now = world.now()
      const cameIntoView = why === 'visible'
      // The person sees the outage only now, so the banner counts from now.
      if (cameIntoView && current && (shown.state === 'connecting' || shown.state === 'hello')) {
        current.since = now
        return enter({ ...shown, since: now })
      }
      if (shown.state === 'live' && current && why !== 'send' && now - current.heardAt > FRESH) return probe()
      if (shown.state !== 'waiting' || (why === 'send' && now < sendMayConnectAt)) return
      connect(cameIntoView ? { ...shown, since: now } : shown)
    },
    probe() {
      if (isAwake()) probe()
    },
  }
}

/** How many failed attempts still count after a connection that was live for `liveFor` ms. */
function attemptsHeld(attempt: number, liveFor: number, code: number): number {
  if (liveFor >= STEADY) return 0
  // The server had let us in, so 1006 means that the network failed or the server crashed: it is tried again soon.
  return code === 1006 ? Math.min(attempt, ATTEMPTS_AFTER_CUT) : attempt
}

/** A frame, or null: this client cannot use it. Binary data is no JSON either. */
function parseFrame(data: unknown): ServerFrame | null {
  try {
    const frame = JSON.parse(data as string) as Partial<ServerFrame> | null
    return typeof frame?.type === 'string' ? (frame as ServerFrame) : null
  } catch {
    return null
  }
}
