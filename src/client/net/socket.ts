/** The one socket: CONNECTION of protocol §6. The person it works for and the time come from outside. */
import { assertNever } from '../../shared/assert.ts'
import { CLOSE } from '../../shared/errors.ts'
import { TIMES } from '../../shared/limits.ts'
import type { Self } from '../../shared/model.ts'
import type { ClientFrame, ServerFrame } from '../../shared/protocol.ts'
import type { ConnectionState } from '../state/state.ts'
import { reconnectDelay } from './reconnectDelay.ts'
import type { Timers } from './timers.ts'

/** As much of a `WebSocket` as is used. */
export interface Wire {
  send(text: string): void
  close(): void
  onopen: ((event: never) => void) | null
  onmessage: ((event: { data: unknown }) => void) | null
  onclose: ((event: { code: number }) => void) | null
}

export interface SocketWorld extends Timers {
  /** @throws if no socket can be made at all */
  open(): Wire
  /** 0 … 1 */
  random(): number
  isHidden(): boolean
  /** Asks over HTTP whether my session lives: a refused handshake shows nothing but 1006 (P30). */
  hasSession(): Promise<'yes' | 'no' | 'unknown'>
  /** the id of the person this page works for */
  userId(): string | null
  /** The server knows this page as another person. */
  signedInAs(user: Self): void
}

export interface SocketOwner {
  /** the first frames of a connection: `hello`, and what may follow it without waiting */
  firstFrames(): readonly ClientFrame[]
  received(frame: ServerFrame): void
  stateChanged(connection: ConnectionState): void
  /** what has no ack yet may be sent again: the connection is new, or has proven alive */
  proven(): void
  /** The connection is over, whatever its state was. */
  closed(code: number): void
}

export type NudgeReason = 'online' | 'visible' | 'pageshow' | 'send' | 'person'

export interface Socket {
  /** Connects, also after a final close. */
  start(): void
  /** Lets go and stays away. */
  stop(): void
  /** False unless live: then nothing was sent, and nothing is kept. */
  send(frame: ClientFrame): boolean
  /** A reason to connect now instead of waiting on, or to check a connection that may be dead. */
  nudge(why: NudgeReason): void
  /** A reason to doubt this connection: the network is off, an ack is overdue. */
  probe(): void
}

/** All in ms. */
const CONNECT = 8_000
const SILENT = 35_000
const PROBE = 3_000
/** The server lets go of a client that is silent for so long. */
const LET_GO = TIMES.deaf
const STEADY = 10_000
/** So many attempts are held against a connection that was live and was cut. */
const CUT = 2
/** A page that comes into view trusts a socket that spoke so lately. */
const FRESH = 5_000
const DRAINED = 10_000
/** A send does not shorten a wait that has just begun. */
const SENDS_WAIT = 1_000

/** One attempt to connect, and the connection it became. Times in ms since the epoch. */
interface ConnectionAttempt {
  /** attempts that failed before this one */
  attempt: number
  triedAt: number
  /** null while the session is checked, and once it was let go */
  wire: Wire | null
  /** no handshake succeeded since the last one failed: the server may have refused the session */
  handshakeFailed: boolean
  heardAt: number
  /** over how many ms a draining server wants its clients to come back; null: it does not drain */
  drainSpread: number | null
}

/** What is true in each state. What others are told of it is a `ConnectionState`. Times in ms since the epoch. */
type SocketPhase =
  | { state: 'idle'; handshakeFailed: boolean }
  | { state: 'connecting' | 'hello'; connection: ConnectionAttempt; since: number; announced: boolean }
  /** `liveSince`: when the server said `welcome` */
  | { state: 'live' | 'suspect'; connection: ConnectionAttempt; liveSince: number }
  | ({ state: 'waiting'; until: number; triedAt: number; overloaded: boolean } & NextAttempt)
  | { state: 'stopped'; code: number; handshakeFailed: boolean }

/** `since`: when the last connection was lost, or the page last came into view. `announced`: the server said so beforehand */
interface NextAttempt {
  attempt: number
  since: number
  announced: boolean
  handshakeFailed: boolean
}

export function createSocket(world: SocketWorld, owner: SocketOwner): Socket {
  let phase: SocketPhase = { state: 'idle', handshakeFailed: false }
  /** when the clock was last looked at */
  let clockSeenAt = 0
  /** the one timer: each phase has at most one thing to wait for */
  let cancelTimer = () => {}

  function arm(ms: number, run: () => void): void {
    cancelTimer()
    cancelTimer = world.after(Math.max(0, ms), run)
  }

  function enter(next: SocketPhase): void {
    phase = next
    owner.stateChanged(connectionState(next))
  }

  /** The connection of this phase, or null where there is none. */
  function current(): ConnectionAttempt | null {
    return 'connection' in phase ? phase.connection : null
  }

  function isLive(): boolean {
    return phase.state === 'live' || phase.state === 'suspect'
  }

  /** Compares clocks (T6). False: the page slept for so long that the connection was given up. */
  function isAwake(): boolean {
    const now = world.now()
    const jump = now - clockSeenAt
    clockSeenAt = now
    if (!isLive()) return true
    if (jump > LET_GO) {
      end(1006)
      return false
    }
    if (jump > SILENT) probe()
    return true
  }

  /** Nothing more is heard from the present connection, and its timer does not fire. */
  function letGo(): void {
    cancelTimer()
    const connection = current()
    const wire = connection?.wire
    if (!connection || !wire) return
    connection.wire = null
    wire.onopen = wire.onmessage = wire.onclose = null
    wire.close()
  }

  function connect({ attempt, since, announced, handshakeFailed }: NextAttempt): void {
    letGo()
    const now = world.now()
    clockSeenAt = now
    const connection: ConnectionAttempt = {
      attempt,
      triedAt: now,
      wire: null,
      handshakeFailed,
      heardAt: now,
      drainSpread: null,
    }
    enter({ state: 'connecting', connection, since, announced })
    if (connection !== current()) return
    arm(CONNECT, () => end(1006))
    if (!handshakeFailed) return open(connection)
    void world.hasSession().then((answer) => {
      if (connection !== current()) return
      if (answer === 'no') end(CLOSE.noSession)
      else open(connection)
    })
  }

  function open(connection: ConnectionAttempt): void {
    let wire: Wire
    try {
      wire = world.open()
    } catch {
      // An address the browser refuses to connect to counts as an attempt like any other.
      return end(1006)
    }
    connection.wire = wire
    connection.handshakeFailed = true
    wire.onopen = () => {
      if (connection !== current() || phase.state !== 'connecting') return
      connection.handshakeFailed = false
      clockSeenAt = world.now()
      enter({ ...phase, state: 'hello' })
      arm(CONNECT, () => end(1006))
      for (const frame of owner.firstFrames()) write(frame)
    }
    wire.onmessage = ({ data }) => {
      if (connection === current()) receive(connection, data)
    }
    wire.onclose = ({ code }) => {
      if (connection === current()) end(code)
    }
  }

  function write(frame: ClientFrame): void {
    current()?.wire?.send(JSON.stringify(frame))
  }

  function receive(connection: ConnectionAttempt, data: unknown): void {
    if (!isAwake()) return
    const frame = parsed(data)
    if (frame === null) return
    connection.heardAt = world.now()
    if (frame.type === 'welcome' && frame.user.id !== world.userId()) {
      // Nothing of the person before may leave on this connection (U48).
      stop()
      return world.signedInAs(frame.user)
    }
    if (frame.type === 'beat') write({ type: 'beat' })
    owner.received(frame)
    // What the owner heard may have made it let go of this connection.
    if (connection !== current()) return
    if (frame.type === 'drain') {
      connection.drainSpread = frame.spread
      return arm(DRAINED, () => end(CLOSE.restart))
    }
    if (frame.type === 'welcome') enter({ state: 'live', connection, liveSince: connection.heardAt })
    else if (phase.state === 'suspect') enter({ ...phase, state: 'live' })
    else return
    if (connection.drainSpread === null) watchForSilence(connection)
    owner.proven()
  }

  /** Looks again when the last frame would be too old. A frame from the future: the clock was set back. */
  function watchForSilence(connection: ConnectionAttempt): void {
    arm(connection.heardAt + SILENT - world.now(), () => {
      if (!isAwake() || phase.state !== 'live') return
      if (Math.abs(world.now() - connection.heardAt) >= SILENT) probe()
      else watchForSilence(connection)
    })
  }

  /** Asks the server for a sign of life, and ends the connection without one. */
  function probe(): void {
    if (phase.state !== 'live' || phase.connection.drainSpread !== null) return
    enter({ ...phase, state: 'suspect' })
    write({ type: 'beat' })
    arm(PROBE, () => {
      if (isAwake()) end(1006)
    })
  }

  /** The connection, or the attempt, is over. */
  function end(code: number): void {
    if (!('connection' in phase)) return
    const ended = phase
    const { connection } = ended
    const now = world.now()
    const wasLive = 'liveSince' in ended
    const { drainSpread, handshakeFailed, triedAt } = connection
    const isAnnounced =
      wasLive && (code === CLOSE.goingAway || code === CLOSE.restart || drainSpread !== null)
    letGo()
    owner.closed(code)
    if (code >= 4500) return enter({ state: 'stopped', code, handshakeFailed })
    const attempt = wasLive
      ? attemptsHeld(connection.attempt, now - ended.liveSince, code)
      : connection.attempt
    const since = wasLive ? now : ended.since
    const awayFor = Math.abs(now - since)
    const lost = { code, isAnnounced, drainSpread, attempt, awayFor, isHidden: world.isHidden() }
    const wait = reconnectDelay(lost, world.random())
    const waiting: SocketPhase = {
      state: 'waiting',
      until: now + wait,
      since,
      attempt: attempt + 1,
      announced: wasLive ? isAnnounced : ended.announced,
      triedAt,
      overloaded: code === CLOSE.overloaded,
      handshakeFailed,
    }
    // Armed first: who hears of it may start or stop, which cancels the timer.
    arm(wait, () => connect(waiting))
    enter(waiting)
  }

  function start(): void {
    if (phase.state !== 'idle' && phase.state !== 'stopped') return
    connect({ attempt: 0, since: world.now(), announced: false, handshakeFailed: phase.handshakeFailed })
  }

  function stop(): void {
    const had = phase.state !== 'idle' && phase.state !== 'stopped'
    const { handshakeFailed } = 'connection' in phase ? phase.connection : phase
    letGo()
    if (had) owner.closed(1000)
    enter({ state: 'idle', handshakeFailed })
  }

  return {
    start,
    stop,
    send(frame) {
      if (phase.state !== 'live') return false
      const { wire, drainSpread } = phase.connection
      if (drainSpread !== null || wire === null) return false
      write(frame)
      return true
    },
    nudge(why) {
      // A button press connects again even after a final close.
      if (why === 'person' && phase.state === 'stopped') return start()
      if (!isAwake() && phase.state !== 'waiting') return
      const now = world.now()
      const cameIntoView = why === 'visible' || why === 'pageshow'
      // An outage that nobody could see did not bother anybody: the banner counts from now.
      if (cameIntoView && (phase.state === 'connecting' || phase.state === 'hello'))
        return enter({ ...phase, since: now })
      if (phase.state === 'live' && why !== 'send' && now - phase.connection.heardAt > FRESH) return probe()
      if (phase.state !== 'waiting') return
      if (why === 'send' && (phase.overloaded || now - phase.triedAt < SENDS_WAIT)) return
      connect(cameIntoView ? { ...phase, since: now } : phase)
    },
    probe() {
      if (isAwake()) probe()
    },
  }
}

/** What others are told of a phase. */
function connectionState(phase: SocketPhase): ConnectionState {
  switch (phase.state) {
    case 'idle':
      return { state: phase.state }
    case 'connecting':
    case 'hello': {
      const { state, since, announced, connection } = phase
      return { state, attempt: connection.attempt, since, announced }
    }
    case 'live':
    case 'suspect':
      return { state: phase.state }
    case 'waiting': {
      const { state, until, since, attempt, announced } = phase
      return { state, until, since, attempt, announced }
    }
    case 'stopped':
      return { state: phase.state, code: phase.code }
    default:
      return assertNever(phase)
  }
}

/** How many failed attempts still count against a connection that was live for so long (ms). */
function attemptsHeld(attempt: number, liveFor: number, code: number): number {
  if (liveFor >= STEADY) return 0
  // Cut without a word although it had let me in: the network, or a crash. It need not be spared.
  return code === 1006 ? Math.min(attempt, CUT) : attempt
}

function parsed(data: unknown): ServerFrame | null {
  try {
    // What is no text is no JSON either.
    const frame = JSON.parse(data as string) as Partial<ServerFrame> | null
    return typeof frame?.type === 'string' ? (frame as ServerFrame) : null
  } catch {
    // Nothing this client could use.
    return null
  }
}
