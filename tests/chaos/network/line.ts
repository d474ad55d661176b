/** One connection for loads: says hello, answers beats, and hands on the frames that somebody wants. It does not come back. */
import type { ClientFrame, ServerFrame } from '../../../src/shared/protocol.ts'
import { Socket } from '../clients/minimalClient.ts'

export interface Standing {
  room: string
  seq: number
  id: string | null
}

export class Line {
  /** where it stands in each room; moved by what it hears, if that follows */
  readonly standing: Map<string, Standing>
  /** events that did not follow the one before */
  holes = 0
  /** how often it was told that its position is of no use any more */
  resets = 0
  /** when its rooms were all live, ms of `performance.now()` */
  liveAt: number | null = null
  /** close code, once it is closed */
  code: number | null = null
  readonly #socket: WebSocket
  readonly #live = Promise.withResolvers<void>()
  readonly #closed = Promise.withResolvers<number>()

  /** @param heard gets every frame but events; those too if `events` is given */
  constructor(
    port: number,
    cookie: string,
    rooms: readonly (string | Standing)[],
    heard: (frame: ServerFrame) => void = () => {},
    events?: (event: Extract<ServerFrame, { type: 'event' }>, text: string) => void,
  ) {
    const standing = rooms.map((room) => (typeof room === 'string' ? { room, seq: 0, id: null } : room))
    this.standing = new Map(standing.map((one) => [one.room, { ...one }]))
    const waiting = new Set(this.standing.keys())
    const socket = new Socket(`ws://127.0.0.1:${port}/ws?v=2`, { headers: { cookie } })
    this.#socket = socket
    socket.onopen = () => {
      // Whoever stands somewhere has joined before, and a guest is a member of the lobby.
      const isMine = ({ room, seq }: Standing) => seq > 0 || room === 'lobby'
      const all = [...this.standing.values()]
      this.say({ type: 'hello', rooms: all.filter(isMine), state: 'active' })
      for (const { room } of all.filter((one) => !isMine(one))) this.say({ type: 'join', ref: room, room })
    }
    socket.onmessage = ({ data }) => {
      const text = String(data)
      // Of thousands a second that nobody wants only the beginning is looked at.
      if (events === undefined && text.startsWith('{"type":"event"')) return
      const frame = JSON.parse(text) as ServerFrame
      if (frame.type === 'beat') this.say({ type: 'beat' })
      if (frame.type === 'event') {
        this.#follow(frame.room, frame.seq, frame.id)
        events?.(frame, text)
        return
      }
      if (frame.type === 'sync') {
        if (frame.at) Object.assign(this.standing.get(frame.room) ?? {}, frame.at)
        for (const { seq, id } of frame.events) this.#follow(frame.room, seq, id)
        if (!frame.more && waiting.delete(frame.room) && waiting.size === 0) {
          this.liveAt = performance.now()
          this.#live.resolve()
        }
      }
      if (frame.type === 'reset') {
        this.resets += 1
        Object.assign(this.standing.get(frame.room) ?? {}, { seq: 0, id: null })
      }
      heard(frame)
    }
    socket.onclose = ({ code }) => {
      this.code ??= code
      this.#closed.resolve(code)
    }
  }

  /** Resolves when its rooms are live; rejects after `ms`, or if it is closed before. */
  async live(ms = 20_000): Promise<void> {
    const late = Bun.sleep(ms).then(() => Promise.reject(new Error(`not live within ${ms} ms`)))
    const ended = this.#closed.promise.then((code) => Promise.reject(new Error(`closed with ${code}`)))
    await Promise.race([this.#live.promise, late, ended])
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

  #follow(room: string, seq: number, id: string): void {
    const standing = this.standing.get(room)
    if (standing === undefined || seq <= standing.seq) return
    if (standing.seq > 0 && seq !== standing.seq + 1) this.holes += 1
    Object.assign(standing, { seq, id })
  }
}
