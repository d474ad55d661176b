/**
 * A TCP proxy on loopback that breaks connections the way networks do: cut (both sides see an end), black hole (bytes are
 * swallowed both ways, the connection stays open), stall (held back, then released), delay, fragments.
 */
import { createConnection, createServer, type Socket } from 'node:net'
import type { Chance } from './random.ts'

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
  set(weather: Weather): void
  /** strikes every open connection now */
  cutAll(): void
  blackHoleAll(): void
  /** calm weather, and connections that were swallowed are cut at last */
  heal(): void
  close(): void
}

interface Line {
  client: Socket
  server: Socket
  swallowed: boolean
  /** ms since the epoch until when nothing passes */
  heldUntil: number
  fragmented: boolean
  waiting: (() => void)[]
}

/** Listens on a free port of 127.0.0.1 and passes on to `target`. */
export async function faultProxy(target: number, random: Chance, first: Weather = CALM): Promise<Proxy> {
  const lines = new Set<Line>()
  const struck = { cut: 0, blackHole: 0, stall: 0, fragment: 0 }
  let weather = first

  function cut(line: Line): void {
    lines.delete(line)
    line.client.destroy()
    line.server.destroy()
  }

  function pass(line: Line, to: Socket, bytes: Buffer): void {
    if (line.swallowed || to.destroyed) return
    const write = () => {
      if (line.swallowed || to.destroyed) return
      if (!line.fragmented || bytes.length < 2) {
        to.write(bytes)
        return
      }
      struck.fragment += 1
      const at = 1 + Math.floor(random.next() * (bytes.length - 1))
      to.write(bytes.subarray(0, at))
      setImmediate(() => to.destroyed || line.swallowed || to.write(bytes.subarray(at)))
    }
    if (Date.now() < line.heldUntil || line.waiting.length > 0) line.waiting.push(write)
    else if (weather.delay > 0) setTimeout(write, weather.delay)
    else write()
  }

  const listener = createServer((client) => {
    const server = createConnection({ port: target, host: '127.0.0.1' })
    const line: Line = {
      client,
      server,
      swallowed: false,
      heldUntil: 0,
      fragmented: random.hit(weather.fragment),
      waiting: [],
    }
    lines.add(line)
    client.setNoDelay(true)
    server.setNoDelay(true)
    client.on('data', (bytes: Buffer) => pass(line, server, bytes))
    server.on('data', (bytes: Buffer) => pass(line, client, bytes))
    const ended = () => (line.swallowed ? undefined : cut(line))
    for (const side of [client, server]) {
      side.on('error', ended)
      side.on('close', ended)
    }
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const address = listener.address()
  if (address === null || typeof address === 'string') throw new TypeError('no port')

  const draws = setInterval(() => {
    const now = Date.now()
    for (const line of [...lines]) {
      if (line.waiting.length > 0 && now >= line.heldUntil)
        for (const write of line.waiting.splice(0)) write()
      if (line.swallowed) continue
      if (random.hit(weather.cut)) {
        struck.cut += 1
        cut(line)
      } else if (random.hit(weather.blackHole)) {
        struck.blackHole += 1
        line.swallowed = true
      } else if (random.hit(weather.stall)) {
        struck.stall += 1
        line.heldUntil = now + random.between(500, 3_000)
      }
    }
  }, 250)

  return {
    port: address.port,
    struck,
    set(next) {
      weather = next
    },
    cutAll() {
      for (const line of [...lines]) cut(line)
    },
    blackHoleAll() {
      for (const line of lines) line.swallowed = true
    },
    heal() {
      weather = CALM
      for (const line of [...lines]) if (line.swallowed) cut(line)
    },
    close() {
      clearInterval(draws)
      for (const line of [...lines]) cut(line)
      listener.close()
    },
  }
}
