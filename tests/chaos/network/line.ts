/** One connection for loads: says hello, answers beats and follows its rooms. It does not reconnect. */
import type { ClientFrame, ServerFrame } from '../../../src/shared/protocol.ts'
import { Socket } from '../clients/minimalClient.ts'

export interface RoomPosition {
  room: string
  seq: number
  id: string | null
}

export class Line {
  /** its position in each room, moved by the events that follow it */
  readonly positions: Map<string, RoomPosition>
  /** events that did not follow the one before */
  holes = 0
  resets = 0
  /** are all its rooms live? */
  isLive = false
  /** the close code, once it is closed */
  code: number | null = null
  readonly #socket: WebSocket
  readonly #live = Promise.withResolvers<void>()
  readonly #closed = Promise.withResolvers<number>()

  /** @param onFrame gets every frame but events @param onEvent gets events with their JSON; without it they are not parsed */
  constructor(
    port: number,
    cookie: string,
    rooms: readonly (string | RoomPosition)[],
    onFrame: (frame: ServerFrame) => void = () => {},
    onEvent?: (event: Extract<ServerFrame, { type: 'event' }>, text: string) => void,
  ) {
    const positions = rooms.map((room) =>
      typeof room === 'string' ? { room, seq: 0, id: null } : { ...room },
    )
    this.positions = new Map(positions.map((position) => [position.room, position]))
    const waiting = new Set(this.positions.keys())
    const socket = new Socket(`ws://127.0.0.1:${port}/ws?v=2`, { headers: { cookie } })
    this.#socket = socket
    socket.onopen = () => {
      // Every guest is a member of the lobby, and a client with a position has joined before.
      const isMember = ({ room, seq }: RoomPosition) => seq > 0 || room === 'lobby'
      this.say({ type: 'hello', rooms: positions.filter(isMember), state: 'active' })
      for (const { room } of positions.filter((position) => !isMember(position)))
        this.say({ type: 'join', ref: room, room })
    }
    socket.onmessage = ({ data }) => {
      const text = String(data)
      if (onEvent === undefined && text.startsWith('{"type":"event"')) return
      const frame = JSON.parse(text) as ServerFrame
      if (frame.type === 'event') {
        this.#follow(frame.room, frame.seq, frame.id)
        onEvent?.(frame, text)
        return
      }
      if (frame.type === 'beat') this.say({ type: 'beat' })
      else if (frame.type === 'sync') {
        if (frame.at) this.#moveTo(frame.room, frame.at.seq, frame.at.id)
        for (const { seq, id } of frame.events) this.#follow(frame.room, seq, id)
        if (!frame.more && waiting.delete(frame.room) && waiting.size === 0) {
          this.isLive = true
          this.#live.resolve()
        }
      } else if (frame.type === 'reset') {
        this.resets += 1
        this.#moveTo(frame.room, 0, null)
      }
      onFrame(frame)
    }
    socket.onclose = ({ code }) => {
      this.code ??= code
      this.#closed.resolve(code)
    }
  }

  /** Resolves when its rooms are live. @throws if it is closed before, or after `ms` */
  async live(ms = 20_000): Promise<void> {
    const late = Bun.sleep(ms).then(() => Promise.reject(new Error(`not live within ${ms} ms`)))
    const closed = this.closed.then((code) => Promise.reject(new Error(`closed with ${code}`)))
    await Promise.race([this.#live.promise, late, closed])
  }

  get closed(): Promise<number> {
    return this.#closed.promise
  }

  say(frame: ClientFrame): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame))
  }

  end(): void {
    this.#socket.close()
  }

  #moveTo(room: string, seq: number, id: string | null): void {
    Object.assign(this.positions.get(room) ?? {}, { seq, id })
  }

  #follow(room: string, seq: number, id: string): void {
    const { seq: last = Infinity } = this.positions.get(room) ?? {}
    if (seq <= last) return
    if (last > 0 && seq !== last + 1) this.holes += 1
    this.#moveTo(room, seq, id)
  }
}

/** Opens lines, a hundred at a time, and waits until they are live. */
export async function openLines(
  port: number,
  cookies: readonly string[],
  rooms = ['lobby'],
): Promise<Line[]> {
  const lines: Line[] = []
  for (let first = 0; first < cookies.length; first += 100) {
    const opened = cookies.slice(first, first + 100).map((cookie) => new Line(port, cookie, rooms))
    lines.push(...opened)
    await Promise.all(opened.map((line) => line.live()))
  }
  return lines
}
