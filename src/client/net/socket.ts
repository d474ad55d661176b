/** The one socket: CONNECTION of protocol §6. Who it is for, and what time it is, it is told. */
import { CLOSE } from '../../shared/errors.ts'
import { TIMES } from '../../shared/limits.ts'
import type { Self } from '../../shared/model.ts'
import type { ClientFrame, ServerFrame } from '../../shared/protocol.ts'
import type { ConnectionState } from '../state/state.ts'

/** As much of a `WebSocket` as is used. */
export interface Wire {
  send(text: string): void
  close(): void
  onopen: ((event: never) => void) | null
  onmessage: ((event: { data: unknown }) => void) | null
  onclose: ((event: { code: number }) => void) | null
}

export interface SocketWorld {
  /** @throws if no socket can be made at all */
  open(): Wire
  /** ms since the epoch; may jump */
  now(): number
  /** runs once after `ms`, late if the page slept; gives what cancels it */
  after(ms: number, run: () => void): () => void
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
  stateChanged(link: ConnectionState): void
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
  /** Something speaks for trying now. */
  nudge(why: NudgeReason): void
  /** Something speaks against this connection: the network is off, an ack is overdue. */
  probe(): void
}

/** All in ms. */
const CONNECT = 8_000
const SILENT = 35_000
const PROBE = 3_000
/** The server lets go of whoever is silent for so long. */
const LET_GO = TIMES.deaf
const STEADY = 10_000
/** So many attempts are held against a connection that was live and was cut. */
const CUT = 2
const OVERLOADED = 8_000
const SPREAD = 2_000
/** `atFirst`: and half the time it has been away, where nobody answered */
const MOST = { seen: 20_000, hidden: 300_000, atFirst: 2_000 }
/** A page that comes into view trusts a socket that spoke so lately. */
const FRESH = 5_000
const DRAINED = 10_000
/** A send does not shorten a wait that has just begun. */
const SENDS_WAIT = 1_000

export function createSocket(world: SocketWorld, owner: SocketOwner): Socket {
  let generation = 0
  let wire: Wire | null = null
  let link: ConnectionState = { state: 'idle' }
  let attempt = 0
  let refused = false
  let overloaded = false
  let spread: number | null = null
  let lostAt = 0
  let calm = false
  let triedAt = 0
  let liveAt = 0
  let heardAt = 0
  let seenAt = 0
  let cancel = () => {}

  function arm(ms: number, run: () => void): void {
    cancel()
    const mine = generation
    cancel = world.after(Math.max(0, ms), () => {
      if (mine === generation) run()
    })
  }

  function show(next: ConnectionState): void {
    link = next
    owner.stateChanged(next)
  }

  function isLive(): boolean {
    return link.state === 'live' || link.state === 'suspect'
  }

  /** Compares clocks (T6). False: the page slept for so long that the connection was given up. */
  function awake(): boolean {
    const now = world.now()
    const jump = now - seenAt
    seenAt = now
    if (!isLive()) return true
    if (jump > LET_GO) {
      ended(1006)
      return false
    }
    if (jump > SILENT) doubt()
    return true
  }

  /** Ends the present generation: whatever its socket still says is not heard. */
  function abandon(): void {
    generation += 1
    cancel()
    const old = wire
    wire = null
    spread = null
    if (old === null) return
    old.onopen = old.onmessage = old.onclose = null
    old.close()
  }

  function connect(): void {
    abandon()
    const mine = generation
    const now = world.now()
    seenAt = triedAt = now
    show({ state: 'connecting', attempt, since: lostAt, calm })
    arm(CONNECT, () => ended(1006))
    if (!refused) return open(mine)
    void world.hasSession().then((answer) => {
      if (mine !== generation) return
      if (answer === 'no') ended(CLOSE.noSession)
      else open(mine)
    })
  }

  function open(mine: number): void {
    let made: Wire
    try {
      made = world.open()
    } catch {
      // An address the browser refuses to connect to counts as an attempt like any other.
      return ended(1006)
    }
    wire = made
    refused = true
    made.onopen = () => {
      if (mine !== generation) return
      refused = false
      seenAt = world.now()
      show({ state: 'hello', attempt, since: lostAt, calm })
      arm(CONNECT, () => ended(1006))
      for (const frame of owner.firstFrames()) write(frame)
    }
    made.onmessage = ({ data }) => {
      if (mine === generation) receive(data)
    }
    made.onclose = ({ code }) => {
      if (mine === generation) ended(code)
    }
  }

  function write(frame: ClientFrame): void {
    wire?.send(JSON.stringify(frame))
  }

  function receive(data: unknown): void {
    if (!awake()) return
    const frame = parsed(data)
    if (frame === null) return
    heardAt = world.now()
    if (frame.type === 'welcome' && frame.user.id !== world.userId()) {
      // Nothing of the person before may leave on this connection (U48).
      stop()
      return world.signedInAs(frame.user)
    }
    if (frame.type === 'beat') write({ type: 'beat' })
    owner.received(frame)
    if (frame.type === 'drain') {
      spread = frame.spread
      return arm(DRAINED, () => ended(CLOSE.restart))
    }
    if (frame.type !== 'welcome' && link.state !== 'suspect') return
    if (frame.type === 'welcome') {
      liveAt = heardAt
      calm = overloaded = false
    }
    show({ state: 'live' })
    if (spread === null) watch()
    owner.proven()
  }

  /** Watches for silence: looks again when the last frame would be too old. One from the future: the clock was set back. */
  function watch(): void {
    arm(heardAt + SILENT - world.now(), () => {
      if (!awake() || link.state !== 'live') return
      if (Math.abs(world.now() - heardAt) >= SILENT) doubt()
      else watch()
    })
  }

  function doubt(): void {
    if (link.state !== 'live' || spread !== null) return
    show({ state: 'suspect' })
    write({ type: 'beat' })
    arm(PROBE, () => {
      if (awake()) ended(1006)
    })
  }

  function ended(code: number): void {
    const now = world.now()
    const wasLive = isLive()
    const announced = wasLive && (code === CLOSE.goingAway || code === CLOSE.restart || spread !== null)
    const within = spread ?? SPREAD
    abandon()
    owner.closed(code)
    if (code >= 4500) return show({ state: 'stopped', code })
    if (wasLive) {
      lostAt = now
      calm = announced
      if (now - liveAt >= STEADY) attempt = 0
      // Cut without a word although it had let me in: the network, or a crash. It need not be spared.
      else if (code === 1006) attempt = Math.min(attempt, CUT)
    }
    overloaded = code === CLOSE.overloaded
    const most = world.isHidden() ? MOST.hidden : MOST.seen
    // Quick draws while a server restarts must not add up to a long one once it is back.
    const patient = code === 1006 ? MOST.atFirst + Math.abs(now - lostAt) / 2 : most
    const backoff = world.random() * Math.min(most, patient, 500 * 2 ** Math.min(attempt, 20))
    const wait = announced ? world.random() * within : (overloaded ? OVERLOADED : 100) + backoff
    attempt += 1
    const mine = generation
    show({ state: 'waiting', until: now + wait, since: lostAt, attempt, calm })
    if (mine === generation) arm(wait, connect)
  }

  function start(): void {
    if (link.state !== 'idle' && link.state !== 'stopped') return
    attempt = 0
    calm = false
    lostAt = world.now()
    connect()
  }

  function stop(): void {
    const had = link.state !== 'idle' && link.state !== 'stopped'
    abandon()
    if (had) owner.closed(1000)
    show({ state: 'idle' })
  }

  return {
    start,
    stop,
    send(frame) {
      if (link.state !== 'live' || spread !== null || wire === null) return false
      write(frame)
      return true
    },
    nudge(why) {
      // A button press connects again even after a final close.
      if (why === 'person' && link.state === 'stopped') return start()
      if (!awake() && link.state !== 'waiting') return
      const now = world.now()
      if (why === 'visible' || why === 'pageshow') {
        // What nobody could see did not bother anybody.
        lostAt = now
        if (link.state === 'connecting' || link.state === 'hello') show({ ...link, since: now })
      }
      if (link.state === 'live' && why !== 'send' && now - heardAt > FRESH) doubt()
      if (link.state !== 'waiting') return
      if (why === 'send' && (overloaded || now - triedAt < SENDS_WAIT)) return
      connect()
    },
    probe() {
      if (awake()) doubt()
    },
  }
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
