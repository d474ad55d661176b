/**
 * A second client, written from `docs/protocol.md` alone, that shares no code with the product's: where both agree with the
 * database, they do not share a mistake. It has one frame in flight per room and keeps its nonce until it is answered.
 */
import type { HistoryMessage, ReactionCount, RoomEvent } from '../../../src/shared/model.ts'
import type { ClientFrame, ServerFrame } from '../../../src/shared/protocol.ts'
import type { Operation, Shown, Witness } from '../checker.ts'
import type { Chance } from '../random.ts'
import type { Participant } from '../world.ts'

/** Bun's WebSocket takes headers, which the browser's type does not know. */
export const Socket = WebSocket as unknown as new (
  url: string,
  options: { headers: Record<string, string> },
) => WebSocket

/** How long (ms) an ack, or a frame while a room is not live, is waited for: the product's 5 s and 3 s. */
const OVERDUE = 8_000
/** How long (ms) any frame is waited for: the product's 35 s and 3 s. */
const DEAF = 38_000

/** A planted fault of this client, which the checker must notice: `careless` draws across holes, the others affect the outbox. */
export type Flaw = 'careless' | 'forgets' | 'renames' | 'reorders'

export interface ClientSettings {
  name: string
  url: string
  cookie: string
  rooms: readonly string[]
  random: Chance
  /** its clock runs this many times faster */
  speed: number
  /** only of the independent client */
  flaw: Flaw | undefined
}

interface Room {
  /** `hello` names the room; before it was live once it is joined instead */
  joined: boolean
  live: boolean
  seq: number
  id: string | null
  rows: Shown[]
  /** events beyond a hole or during a sync, by seq */
  held: Map<number, RoomEvent>
  outbox: Operation[]
  /** nonce of the frame in flight, and since when (ms) */
  inFlight: string | null
  sentAt: number
  /** nothing is sent before this time (ms) */
  notBefore: number
}

type Frame<Type extends ServerFrame['type']> = Extract<ServerFrame, { type: Type }>

/** A message to be sent. Its text is its id. */
export function newOperation(sender: string, room: string, order: number, random: Chance): Operation {
  const id = `${sender}-${order}`
  return { id, sender, room, nonce: newNonce(id, random), order, outcome: 'open' }
}

const newNonce = (id: string, random: Chance) => `${id}-${Math.floor(random.between(1e8, 1e9))}`

export class MinimalClient implements Participant {
  readonly name: string
  readonly operations: Operation[] = []
  readonly waits: number[] = []
  readonly closes: number[] = []
  readonly stats = { drained: 0, duplicates: 0, lines: 0 }
  readonly #settings: ClientSettings
  readonly #rooms: Map<string, Room>
  readonly #witness: Witness & { resets: Witness['resets'][number][]; errors: string[]; misdrawn: string[] }
  readonly #writtenAt = new Map<string, number>()
  readonly #timer = setInterval(() => this.#check(), 100)
  #socket: WebSocket | null = null
  #isWelcome = false
  #heardAt = 0
  #reconnectAt = 0
  #attempt = 0
  #isAway = false

  constructor(settings: ClientSettings) {
    this.#settings = settings
    this.name = settings.name
    const none = { joined: false, live: false, seq: 0, id: null, inFlight: null, sentAt: 0, notBefore: 0 }
    this.#rooms = new Map(
      settings.rooms.map((room) => [room, { ...none, rows: [], held: new Map(), outbox: [] }]),
    )
    this.#witness = { name: settings.name, rooms: new Map(), resets: [], errors: [], misdrawn: [] }
    this.#connect()
  }

  get unsettled(): number {
    return [...this.#rooms.values()].reduce((sum, { outbox }) => sum + outbox.length, 0)
  }

  get connected(): boolean {
    return this.#isWelcome && [...this.#rooms.values()].every((room) => room.live)
  }

  get witness(): Witness {
    return { ...this.#witness, rooms: new Map([...this.#rooms].map(([name, { rows }]) => [name, rows])) }
  }

  say(name: string): void {
    const room = this.#rooms.get(name)
    if (room === undefined) throw new TypeError(`${this.name} is not in ${name}`)
    const operation = newOperation(this.name, name, this.operations.length, this.#settings.random)
    this.operations.push(operation)
    this.#writtenAt.set(operation.nonce, Date.now())
    room.outbox.push(operation)
    this.#flush(name, room)
  }

  hold(isAway: boolean): void {
    this.#isAway = isAway
    if (isAway) this.#lose(this.#socket, 0)
  }

  end(): void {
    clearInterval(this.#timer)
    this.#isAway = true
    this.#socket?.close()
  }

  #connect(): void {
    this.#heardAt = Date.now()
    const socket = new Socket(this.#settings.url, { headers: { cookie: this.#settings.cookie } })
    this.#socket = socket
    socket.onopen = () => {
      if (socket !== this.#socket) return
      const joined = [...this.#rooms].filter(([, room]) => room.joined)
      for (const room of this.#rooms.values()) this.#unsettle(room)
      const rooms = joined.map(([room, { seq, id }]) => ({ room, seq, id }))
      this.#write({ type: 'hello', rooms, state: 'active' })
      for (const [name, room] of this.#rooms) if (!room.joined) this.#rejoin(name, room)
    }
    socket.onmessage = ({ data }) => {
      if (socket !== this.#socket) return
      this.#heardAt = Date.now()
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
    room.inFlight = null
    room.held.clear()
  }

  #lose(socket: WebSocket | null, code: number): void {
    if (socket === null || socket !== this.#socket) return
    this.#socket = null
    this.#isWelcome = false
    for (const room of this.#rooms.values()) {
      this.#unsettle(room)
      if (this.#settings.flaw === 'forgets') room.outbox.length = 0
      if (this.#settings.flaw === 'reorders') room.outbox.reverse()
    }
    const longest = code === 1012 ? 2_000 : Math.min(3_000, 300 * 2 ** this.#attempt)
    this.#attempt += 1
    const { random, speed } = this.#settings
    this.#reconnectAt = Date.now() + (50 + random.between(0, longest)) / speed
    socket.close()
  }

  /** Every 100 ms: reconnects, gives up a dead connection, sends what may be sent. */
  #check(): void {
    const now = Date.now()
    if (this.#socket === null) {
      if (now >= this.#reconnectAt && !this.#isAway) this.#connect()
      return
    }
    const { speed } = this.#settings
    const isOverdue = ({ inFlight, sentAt }: Room) => inFlight !== null && now - sentAt > OVERDUE / speed
    const silence = (this.connected ? DEAF : OVERDUE) / speed
    if ([...this.#rooms.values()].some(isOverdue) || now - this.#heardAt > silence)
      return this.#lose(this.#socket, 1006)
    for (const [name, room] of this.#rooms) this.#flush(name, room)
  }

  #write(frame: ClientFrame): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame))
  }

  #flush(name: string, room: Room): void {
    const [next] = room.outbox
    if (!room.live || room.inFlight !== null || next === undefined || Date.now() < room.notBefore) return
    if (this.#settings.flaw === 'renames') {
      const writtenAt = this.#writtenAt.get(next.nonce) ?? Date.now()
      next.nonce = newNonce(next.id, this.#settings.random)
      this.#writtenAt.set(next.nonce, writtenAt)
    }
    room.inFlight = next.nonce
    room.sentAt = Date.now()
    this.#write({ type: 'send', nonce: next.nonce, room: name, text: next.id })
  }

  #receive(frame: ServerFrame): void {
    // prettier-ignore
    switch (frame.type) {
      case 'welcome': this.#isWelcome = true; this.#attempt = 0; break
      case 'beat': this.#beat(frame.heads); break
      case 'drain': this.stats.drained += 1; break
      case 'ack': this.#settle(frame); break
      case 'error': this.#refused(frame); break
      case 'sync': this.#page(frame); break
      case 'reset': this.#reset(frame); break
      case 'event': this.#event(frame); break
      case 'presence': this.stats.lines += frame.left?.length ?? 0; break
      default:
    }
  }

  #beat(heads: Record<string, number>): void {
    this.#write({ type: 'beat' })
    for (const [name, room] of this.#rooms)
      if ((heads[name] ?? 0) > room.seq && room.live) this.#rejoin(name, room)
  }

  #rejoin(name: string, room: Room): void {
    room.live = false
    this.#write({ type: 'join', ref: 'again', room: name, seq: room.seq, id: room.id })
  }

  #reset({ room: name, reason, head = 0 }: Frame<'reset'>): void {
    const room = this.#rooms.get(name)
    if (room === undefined) return
    this.#witness.resets.push({ room: name, reason, behind: head - room.seq })
    Object.assign(room, { seq: 0, id: null, rows: [] })
    this.#unsettle(room)
    // A backup from before it joined was restored, so it is no longer a member.
    if (reason === 'access') this.#rejoin(name, room)
  }

  #page(page: Frame<'sync'>): void {
    const room = this.#rooms.get(page.room)
    if (room === undefined) return
    if (page.at !== undefined) Object.assign(room, { rows: page.messages.map(rowOf), ...page.at })
    for (const event of page.events) {
      if (event.seq <= room.seq) continue
      if (room.seq > 0 && event.seq !== room.seq + 1)
        this.#witness.misdrawn.push(`got a page of ${page.room} from ${room.seq} to ${event.seq}`)
      this.#draw(room, event)
    }
    if (page.more) return
    room.live = room.joined = true
    for (let next = room.held.get(room.seq + 1); next !== undefined; next = room.held.get(room.seq + 1))
      this.#draw(room, next)
    room.held.clear()
    this.#flush(page.room, room)
  }

  #event(event: Frame<'event'>): void {
    const room = this.#rooms.get(event.room)
    if (room === undefined || event.seq <= room.seq) return
    const isNext = room.live && event.seq === room.seq + 1
    if (isNext || this.#settings.flaw === 'careless') return this.#draw(room, event)
    room.held.set(event.seq, event)
    if (room.live) this.#rejoin(event.room, room)
  }

  #draw(room: Room, event: RoomEvent): void {
    room.rows.push(rowOf(event))
    Object.assign(room, { seq: event.seq, id: event.id })
  }

  #settle({ room: name, nonce, seq, id: event, duplicate }: Frame<'ack'>): void {
    if (duplicate) this.stats.duplicates += 1
    const room = this.#rooms.get(name)
    if (room === undefined || !this.#end(room, nonce, { outcome: 'acked', seq, event })) return
    this.waits.push(Date.now() - (this.#writtenAt.get(nonce) ?? Date.now()))
    if (room.inFlight === nonce) room.inFlight = null
    this.#flush(name, room)
  }

  #refused({ nonce, code, retry, after = 200 }: Frame<'error'>): void {
    this.#witness.errors.push(code)
    for (const [name, room] of this.#rooms) {
      if (room.inFlight === null || (nonce !== undefined && room.inFlight !== nonce)) continue
      room.inFlight = null
      if (retry) room.notBefore = Date.now() + after
      else this.#end(room, nonce, { outcome: 'failed', code })
      this.#flush(name, room)
    }
  }

  /** @returns false if no such operation waits */
  #end(room: Room, nonce: string | undefined, result: Partial<Operation>): boolean {
    const operation = room.outbox.find((waiting) => waiting.nonce === nonce)
    if (operation === undefined) return false
    room.outbox = room.outbox.filter((waiting) => waiting !== operation)
    Object.assign(operation, result)
    return true
  }
}

const knownRows = new Map<string, Shown>()

/** A row, shared by all clients that show the same: ten minutes of sixty people are millions of rows otherwise. */
function rowOf({ seq, id, kind, nonce = '', text }: RoomEvent | HistoryMessage<ReactionCount>): Shown {
  const row = { seq, id, kind, nonce, text: text ?? null }
  const known = knownRows.get(`${id} ${seq}`)
  if (known?.text === row.text && known.nonce === nonce) return known
  knownRows.set(`${id} ${seq}`, row)
  return row
}
