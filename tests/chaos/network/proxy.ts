/**
 * A TCP proxy on loopback that breaks connections the way networks do: cut (both sides see an end), black hole (bytes are
 * swallowed both ways, the connection stays open), stall (held back, then released), delay, fragments.
 */
import { createConnection, createServer, type Socket } from 'node:net'
import type { Chance } from '../random.ts'

export interface Weather {
  /** chance each 250 ms and connection */
  cut: number
  blackHole: number
  stall: number
  /** part of the connections whose bytes arrive in small pieces */
  fragment: number
  /** ms added to every chunk */
  delay: number
}

export const CALM: Weather = { cut: 0, blackHole: 0, stall: 0, fragment: 0, delay: 0 }
export const CHAOS: Weather = { cut: 0.015, blackHole: 0.007, stall: 0.018, fragment: 0.3, delay: 0 }

export interface Proxy {
  port: number
  /** how often each fault struck */
  struck: Record<'cut' | 'blackHole' | 'stall' | 'fragment', number>
  /** ms from being swallowed until the server let go of its end; a client that gives up says so into the void */
  noticed: number[]
  /** swallowed connections that the server still holds */
  readonly held: number
  set(weather: Weather): void
  /** Refuses new connections until it is opened again. */
  shut(isShut: boolean): void
  /** strikes every open connection now */
  cutAll(): void
  blackHoleAll(): void
  /** From now on what the server says on the open connections gets lost; what it is told arrives. */
  muteAll(): void
  /** calm weather, and connections that were swallowed are cut at last */
  heal(): void
  close(): void
}

interface Line {
  client: Socket
  server: Socket
  /** ms since the epoch, or null while bytes pass */
  swallowedAt: number | null
  /** ms since the epoch until when nothing passes */
  heldUntil: number
  /** nothing reaches the client any more */
  muted: boolean
  fragmented: boolean
  /** what waits on its way to each side, in order; null is the end */
  waiting: Map<Socket, (Buffer | null)[]>
}

/** Listens on a free port of 127.0.0.1 and passes on to `target`. */
export async function faultProxy(target: number, random: Chance, first: Weather = CALM): Promise<Proxy> {
  const lines = new Set<Line>()
  const struck = { cut: 0, blackHole: 0, stall: 0, fragment: 0 }
  const noticed: number[] = []
  let weather = first
  let isShut = false

  function cut(line: Line): void {
    lines.delete(line)
    line.client.destroy()
    line.server.destroy()
  }

  function swallow(line: Line): void {
    line.swallowedAt = Date.now()
    for (const queue of line.waiting.values()) queue.length = 0
  }

  /** Everything goes one way through one queue: neither a piece nor an end may overtake what was held back. */
  function pass(line: Line, to: Socket, bytes: Buffer | null): void {
    if (line.swallowedAt !== null || (line.muted && to === line.client)) return
    const queue = line.waiting.get(to) ?? []
    if (bytes !== null && line.fragmented && bytes.length > 1) {
      struck.fragment += 1
      const at = 1 + Math.floor(random.next() * (bytes.length - 1))
      queue.push(bytes.subarray(0, at), bytes.subarray(at))
    } else queue.push(bytes)
    if (weather.delay > 0) setTimeout(() => flush(line, to), weather.delay)
    else flush(line, to)
  }

  function flush(line: Line, to: Socket): void {
    const queue = line.waiting.get(to) ?? []
    if (Date.now() < line.heldUntil || to.destroyed) return
    const bytes = queue.shift()
    if (bytes === undefined) return
    if (bytes === null) to.end()
    else to.write(bytes)
    if (queue.length === 0) return
    if (line.fragmented) setImmediate(() => flush(line, to))
    else flush(line, to)
  }

  const listener = createServer((client) => {
    if (isShut) return void client.destroy()
    const server = createConnection({ port: target, host: '127.0.0.1' })
    const line: Line = {
      client,
      server,
      swallowedAt: null,
      heldUntil: 0,
      muted: false,
      fragmented: random.hit(weather.fragment),
      waiting: new Map([
        [client, []],
        [server, []],
      ]),
    }
    lines.add(line)
    const ended = (side: Socket, other: Socket) => {
      if (line.swallowedAt === null) pass(line, other, null)
      else if (side === server) noticed.push(Date.now() - line.swallowedAt)
      if (client.destroyed && server.destroyed) lines.delete(line)
    }
    client.setNoDelay(true)
    server.setNoDelay(true)
    client.on('data', (bytes: Buffer) => pass(line, server, bytes))
    server.on('data', (bytes: Buffer) => pass(line, client, bytes))
    client.on('close', () => ended(client, server))
    server.on('close', () => ended(server, client))
    // `close` follows and says all there is to say.
    for (const side of [client, server]) side.on('error', () => side.destroy())
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const address = listener.address()
  if (address === null || typeof address === 'string') throw new TypeError('no port')

  const draws = setInterval(() => {
    const now = Date.now()
    for (const line of [...lines]) {
      if (line.swallowedAt !== null) continue
      if (now >= line.heldUntil) for (const to of line.waiting.keys()) flush(line, to)
      if (random.hit(weather.cut)) {
        struck.cut += 1
        cut(line)
      } else if (random.hit(weather.blackHole)) {
        struck.blackHole += 1
        swallow(line)
      } else if (random.hit(weather.stall)) {
        struck.stall += 1
        line.heldUntil = now + random.between(500, 3_000)
      }
    }
  }, 250)

  return {
    port: address.port,
    struck,
    noticed,
    get held() {
      return [...lines].filter(({ swallowedAt, server }) => swallowedAt !== null && !server.destroyed).length
    },
    set(next) {
      weather = next
    },
    shut(shut) {
      isShut = shut
    },
    cutAll() {
      for (const line of [...lines]) cut(line)
    },
    blackHoleAll() {
      for (const line of lines) swallow(line)
    },
    muteAll() {
      for (const line of lines) line.muted = true
    },
    heal() {
      weather = CALM
      for (const line of [...lines]) {
        line.heldUntil = 0
        if (line.swallowedAt !== null) cut(line)
      }
    },
    close() {
      clearInterval(draws)
      for (const line of [...lines]) cut(line)
      listener.close()
    },
  }
}
