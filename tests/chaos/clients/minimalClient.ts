/**
 * A second client, written from `docs/protocol.md` alone and sharing no code with the product's: what both agree on with the
 * database is right for other reasons than a shared mistake. One frame in flight per room, the same nonce until it is answered.
 */
import type { ServerFrame } from '../../../src/shared/protocol.ts'
import type { HistoryMessage, ReactionCount, RoomEvent } from '../../../src/shared/model.ts'
import type { Operation, Shown, Witness } from '../checker.ts'
import type { Chance } from '../random.ts'

/** Bun's own takes headers; the browser's type, which tests see too, does not know of them. */
export const Socket = WebSocket as unknown as new (
  url: string,
  options: { headers: Record<string, string> },
) => WebSocket

/** ms without an ack, or without a frame while a room is not live, until a connection is given up: as the product's 5 s and 3 s */
const OVERDUE = 8_000
/** ms without a frame until the same: the product waits 35 s and probes for 3 s */
const DEAF = 38_000

/** A fault of the client's, to see whether the checker notices. */
export type Flaw =
  /** draws across holes */
  | 'careless'
  /** drops what waits when the connection goes */
  | 'forgets'
  /** sends again under a new nonce */
  | 'renames'
  /** sends the newest first after a reconnect */
  | 'reorders'

interface Room {
  /** it was live once: `hello` names it, else it is joined */
  joined: boolean
  seq: number
  id: string | null
  rows: Shown[]
  /** events heard from beyond a hole or while pages are under way, by seq */
  held: Map<number, RoomEvent>
  live: boolean
  outbox: Operation[]
  /** nonce of the frame that waits for its answer, and since when (ms) */
  flying: string | null
  sentAt: number
  /** ms since the epoch before which nothing is sent */
  notBefore: number
}

export interface Setting {
  name: string
  /** asked again at each connection: the port of a restarted server may be another */
  url: () => string
  cookie: string
  rooms: readonly string[]
  random: Chance
  /** its clock runs so many times faster */
  speed?: number
  flaw?: Flaw
}

export class MinimalClient {
  readonly rooms = new Map<string, Room>()
  readonly operations: Operation[] = []
  readonly resets: Witness['resets'][number][] = []
  readonly errors: string[] = []
  readonly misdrawn: string[] = []
  /** ms from invoking to ack */
  readonly waits: number[] = []
  connects = 0
  drained = 0
  /** close codes, as heard */
  readonly closes: number[] = []
  duplicates = 0
  /** people it was told have left */
  lines = 0
  #socket: WebSocket | null = null
  #welcomed = false
  #heard = 0
  #backAt = 0
  #attempt = 0
  #ended = false
  #away = false
  #invoked = new Map<string, number>()
  readonly #timer: Timer

  constructor(readonly setting: Setting) {
    for (const room of setting.rooms)
      this.rooms.set(room, {
        joined: false,
        seq: 0,
        id: null,
        rows: [],
        held: new Map(),
        live: false,
        outbox: [],
        flying: null,
        sentAt: 0,
        notBefore: 0,
      })
    this.#timer = setInterval(() => this.#turn(), 100)
    this.#connect()
  }

  /** Writes one message; it is sent when its turn comes. */
  say(room: string): void {
    const order = this.operations.length
    const id = `${this.setting.name}-${order}`
    const operation: Operation = {
      id,
      sender: this.setting.name,
      room,
      nonce: `${id}-${Math.floor(this.setting.random.between(1e8, 1e9))}`,
      order,
      outcome: 'open',
    }
    this.operations.push(operation)
    this.#invoked.set(operation.nonce, Date.now())
    const own = this.rooms.get(room)
    if (own === undefined) throw new TypeError(`${this.setting.name} is not in ${room}`)
    own.outbox.push(operation)
    this.#flush(room, own)
  }

  /** Connected, every room live, nothing waiting. */
  get calm(): boolean {
    return this.#welcomed && [...this.rooms.values()].every((room) => room.live && room.outbox.length === 0)
  }

  get unsettled(): number {
    return [...this.rooms.values()].reduce((sum, { outbox }) => sum + outbox.length, 0)
  }

  get connected(): boolean {
    return this.#welcomed && [...this.rooms.values()].every((room) => room.live)
  }

  get #speed(): number {
    return this.setting.speed ?? 1
  }

  get witness(): Witness {
    return {
      name: this.setting.name,
      rooms: new Map([...this.rooms].map(([room, { rows }]) => [room, rows])),
      resets: this.resets,
      errors: this.errors,
      misdrawn: this.misdrawn,
    }
  }

  /** Drops the connection; it comes back by itself. */
  cut(): void {
    this.#lose(this.#socket, 0)
  }

  /** Away, and not back before it is let go. */
  hold(isAway: boolean): void {
    this.#away = isAway
    if (isAway) this.#lose(this.#socket, 0)
  }

  end(): void {
    this.#ended = true
    clearInterval(this.#timer)
    this.#socket?.close()
  }

  #connect(): void {
    this.connects += 1
    this.#heard = Date.now()
    const socket = new Socket(this.setting.url(), { headers: { cookie: this.setting.cookie } })
    this.#socket = socket
    socket.onopen = () => {
      if (socket !== this.#socket) return
      const rooms = [...this.rooms].flatMap(([room, { joined, seq, id }]) =>
        joined ? { room, seq, id } : [],
      )
      for (const room of this.rooms.values()) this.#unsettle(room)
      socket.send(JSON.stringify({ type: 'hello', rooms, state: 'active' }))
      for (const [name, room] of this.rooms) if (!room.joined) this.#rejoin(name, room)
    }
    socket.onmessage = ({ data }) => {
      if (socket !== this.#socket) return
      this.#heard = Date.now()
      this.#receive(JSON.parse(String(data)) as ServerFrame)
    }
    socket.onclose = ({ code }) => {
      if (socket === this.#socket) this.closes.push(code)
      this.#lose(socket, code)
    }
    socket.onerror = () => this.#lose(socket, 1006)
  }

  #unsettle(room: Room): void {
    room.live = false
    room.flying = null
    room.held.clear()
  }

  #lose(socket: WebSocket | null, code: number): void {
    if (socket === null || socket !== this.#socket) return
    this.#socket = null
    this.#welcomed = false
    for (const room of this.rooms.values()) {
      this.#unsettle(room)
      if (this.setting.flaw === 'forgets') room.outbox.length = 0
      if (this.setting.flaw === 'reorders') room.outbox.reverse()
    }
    const most = code === 1012 ? 2_000 : Math.min(3_000, 300 * 2 ** this.#attempt)
    this.#attempt += 1
    this.#backAt = Date.now() + (50 + this.setting.random.between(0, most)) / this.#speed
    socket.close()
  }

  #turn(): void {
    if (this.#ended) return
    const now = Date.now()
    if (this.#socket === null) {
      if (now >= this.#backAt && !this.#away) this.#connect()
      return
    }
    const patience = OVERDUE / this.#speed
    const overdue = [...this.rooms.values()].some(
      ({ flying, sentAt }) => flying !== null && now - sentAt > patience,
    )
    const silence = this.connected ? DEAF / this.#speed : patience
    if (overdue || now - this.#heard > silence) return this.#lose(this.#socket, 1006)
    for (const [name, room] of this.rooms) this.#flush(name, room)
  }

  #write(frame: object): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame))
  }

  #flush(name: string, room: Room): void {
    const next = room.outbox[0]
    if (!room.live || room.flying !== null || next === undefined || Date.now() < room.notBefore) return
    if (this.setting.flaw === 'renames') this.#rename(next)
    room.flying = next.nonce
    room.sentAt = Date.now()
    this.#write({ type: 'send', nonce: next.nonce, room: name, text: next.id })
  }

  #rename(operation: Operation): void {
    const since = this.#invoked.get(operation.nonce) ?? Date.now()
    operation.nonce = `${operation.id}-${Math.floor(this.setting.random.between(1e8, 1e9))}`
    this.#invoked.set(operation.nonce, since)
  }

  #receive(frame: ServerFrame): void {
    if (frame.type === 'welcome') {
      this.#welcomed = true
      this.#attempt = 0
    } else if (frame.type === 'beat') this.#beat(frame.heads)
    else if (frame.type === 'drain') this.drained += 1
    else if (frame.type === 'ack') this.#settle(frame.room, frame.nonce, frame)
    else if (frame.type === 'error') this.#refused(frame)
    else if (frame.type === 'sync') this.#page(frame)
    else if (frame.type === 'reset') this.#reset(frame)
    else if (frame.type === 'event') this.#event(frame.room, frame)
    else if (frame.type === 'presence') this.lines += frame.left?.length ?? 0
  }

  #beat(heads: Record<string, number>): void {
    this.#write({ type: 'beat' })
    for (const [name, room] of this.rooms)
      if ((heads[name] ?? 0) > room.seq && room.live) this.#rejoin(name, room)
  }

  #rejoin(name: string, room: Room): void {
    room.live = false
    this.#write({ type: 'join', ref: 'again', room: name, seq: room.seq, id: room.id })
  }

  #reset({ room: name, reason, head = 0 }: Extract<ServerFrame, { type: 'reset' }>): void {
    const room = this.rooms.get(name)
    if (room === undefined) return
    this.resets.push({ room: name, reason, behind: head - room.seq })
    Object.assign(room, { seq: 0, id: null, rows: [] })
    this.#unsettle(room)
    // A backup from before it joined: it is a member no more.
    if (reason === 'access') this.#rejoin(name, room)
  }

  #page(frame: Extract<ServerFrame, { type: 'sync' }>): void {
    const room = this.rooms.get(frame.room)
    if (room === undefined) return
    if (frame.at !== undefined) {
      Object.assign(room, { rows: [], ...frame.at })
      for (const message of frame.messages) room.rows.push(rowOf(message))
    }
    for (const event of frame.events) {
      if (event.seq <= room.seq) continue
      if (room.seq > 0 && event.seq !== room.seq + 1)
        this.misdrawn.push(`was sent a page of ${frame.room} that goes from ${room.seq} to ${event.seq}`)
      this.#draw(room, event)
    }
    if (frame.more) return
    room.live = true
    room.joined = true
    for (let next = room.held.get(room.seq + 1); next !== undefined; next = room.held.get(room.seq + 1))
      this.#draw(room, next)
    room.held.clear()
    this.#flush(frame.room, room)
  }

  #event(name: string, event: RoomEvent): void {
    const room = this.rooms.get(name)
    if (room === undefined || event.seq <= room.seq) return
    if (this.setting.flaw !== 'careless' && (!room.live || event.seq > room.seq + 1)) {
      room.held.set(event.seq, event)
      if (room.live) this.#rejoin(name, room)
      return
    }
    this.#draw(room, event)
  }

  #draw(room: Room, event: RoomEvent): void {
    room.rows.push(rowOf(event))
    room.seq = event.seq
    room.id = event.id
  }

  #settle(name: string, nonce: string, ack: { seq: number; id: string; duplicate?: true }): void {
    const room = this.rooms.get(name)
    const at = room?.outbox.findIndex((operation) => operation.nonce === nonce) ?? -1
    if (ack.duplicate === true) this.duplicates += 1
    if (room === undefined || at < 0) return
    const [operation] = room.outbox.splice(at, 1)
    if (operation !== undefined) {
      Object.assign(operation, { outcome: 'acked', seq: ack.seq, event: ack.id })
      this.waits.push(Date.now() - (this.#invoked.get(nonce) ?? Date.now()))
    }
    if (room.flying === nonce) room.flying = null
    this.#flush(name, room)
  }

  #refused(frame: Extract<ServerFrame, { type: 'error' }>): void {
    this.errors.push(frame.code)
    for (const [name, room] of this.rooms) {
      if (frame.nonce !== undefined && room.flying !== frame.nonce) continue
      if (room.flying === null) continue
      room.flying = null
      if (frame.retry) room.notBefore = Date.now() + (frame.after ?? 200)
      else {
        const at = room.outbox.findIndex((operation) => operation.nonce === frame.nonce)
        const [operation] = at < 0 ? [] : room.outbox.splice(at, 1)
        if (operation !== undefined) Object.assign(operation, { outcome: 'failed', code: frame.code })
      }
      this.#flush(name, room)
    }
  }
}

function rowOf({ seq, id, kind, nonce = '', text }: RoomEvent | HistoryMessage<ReactionCount>): Shown {
  return shared({ seq, id, kind, nonce, text: text ?? null })
}

const seen = new Map<string, Shown>()

/** The same row once for all clients that agree on it: ten minutes of sixty people are millions otherwise. */
function shared(row: Shown): Shown {
  const key = `${row.id} ${row.seq}`
  const known = seen.get(key)
  if (known?.text === row.text && known.nonce === row.nonce) return known
  seen.set(key, row)
  return row
}
