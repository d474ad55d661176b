/**
 * A TCP proxy on loopback that breaks connections as networks do: cut (both sides see an end), black hole (bytes vanish both
 * ways, the connection stays open), stall (bytes are held back, then released), fragments.
 */
import { createConnection, createServer, type AddressInfo, type Socket } from 'node:net'
import type { Chance } from '../random.ts'

export interface Weather {
  /** chance per 250 ms and connection */
  cut: number
  blackHole: number
  stall: number
  /** the part of the connections whose bytes arrive in small pieces */
  fragment: number
}

export const CALM: Weather = { cut: 0, blackHole: 0, stall: 0, fragment: 0 }
export const CHAOS: Weather = { cut: 0.015, blackHole: 0.007, stall: 0.018, fragment: 0.3 }

export type Proxy = Awaited<ReturnType<typeof faultProxy>>

interface Connection {
  client: Socket
  server: Socket
  /** since when (ms) bytes vanish, or null */
  blackHoleAt: number | null
  /** until when (ms) bytes are held back */
  heldUntil: number
  /** nothing reaches the client any more */
  isMuted: boolean
  isFragmented: boolean
  /** bytes on their way to each side, in order; null is the end */
  queues: Map<Socket, (Buffer | null)[]>
}

/** Listens on a free port of 127.0.0.1 and passes everything on to `target`. */
export async function faultProxy(target: number, random: Chance) {
  const connections = new Set<Connection>()
  /** how often each fault struck */
  const struck = { cut: 0, blackHole: 0, stall: 0, fragment: 0 }
  /** ms from a black hole until the server closed its end */
  const noticed: number[] = []
  let weather = CALM
  let isShut = false

  function cut(connection: Connection): void {
    connections.delete(connection)
    connection.client.destroy()
    connection.server.destroy()
  }

  function swallow(connection: Connection): void {
    connection.blackHoleAt = Date.now()
    for (const queue of connection.queues.values()) queue.length = 0
  }

  /** Each way has one queue: neither a piece nor the end may overtake what was held back. */
  function pass(connection: Connection, to: Socket, bytes: Buffer | null): void {
    if (connection.blackHoleAt !== null || (connection.isMuted && to === connection.client)) return
    const queue = connection.queues.get(to) ?? []
    if (bytes !== null && connection.isFragmented && bytes.length > 1) {
      struck.fragment += 1
      const at = 1 + Math.floor(random.next() * (bytes.length - 1))
      queue.push(bytes.subarray(0, at), bytes.subarray(at))
    } else queue.push(bytes)
    flush(connection, to)
  }

  function flush(connection: Connection, to: Socket): void {
    const queue = connection.queues.get(to) ?? []
    if (Date.now() < connection.heldUntil || to.destroyed) return
    const bytes = queue.shift()
    if (bytes === undefined) return
    if (bytes === null) to.end()
    else to.write(bytes)
    if (queue.length === 0) return
    if (connection.isFragmented) setImmediate(() => flush(connection, to))
    else flush(connection, to)
  }

  const listener = createServer((client) => {
    if (isShut) return void client.destroy()
    const server = createConnection({ port: target, host: '127.0.0.1' })
    const connection: Connection = {
      client,
      server,
      blackHoleAt: null,
      heldUntil: 0,
      isMuted: false,
      isFragmented: random.hit(weather.fragment),
      queues: new Map([client, server].map((side) => [side, []])),
    }
    connections.add(connection)
    for (const [side, peer] of [
      [client, server],
      [server, client],
    ] as const) {
      side.setNoDelay(true)
      side.on('data', (bytes: Buffer) => pass(connection, peer, bytes))
      side.on('error', () => side.destroy())
      side.on('close', () => {
        if (connection.blackHoleAt === null) pass(connection, peer, null)
        else if (side === server) noticed.push(Date.now() - connection.blackHoleAt)
        if (client.destroyed && server.destroyed) connections.delete(connection)
      })
    }
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))

  const faults = setInterval(() => {
    const now = Date.now()
    for (const connection of connections) {
      if (connection.blackHoleAt !== null) continue
      if (now >= connection.heldUntil) for (const to of connection.queues.keys()) flush(connection, to)
      const fault = (['cut', 'blackHole', 'stall'] as const).find((name) => random.hit(weather[name]))
      if (fault === undefined) continue
      struck[fault] += 1
      if (fault === 'cut') cut(connection)
      else if (fault === 'blackHole') swallow(connection)
      else connection.heldUntil = now + random.between(500, 3_000)
    }
  }, 250)

  return {
    port: (listener.address() as AddressInfo).port,
    struck,
    noticed,
    /** Are there connections in a black hole that the server still holds? */
    isHeld: () =>
      connections.values().some(({ blackHoleAt, server }) => blackHoleAt !== null && !server.destroyed),
    set: (next: Weather) => void (weather = next),
    /** Refuses new connections from now on. */
    shut: () => void (isShut = true),
    cutAll: () => connections.forEach(cut),
    blackHoleAll: () => connections.forEach(swallow),
    /** Drops what the server says on the open connections from now on; what clients say arrives. */
    muteAll: () => connections.forEach((connection) => (connection.isMuted = true)),
    /** Calms the weather, releases stalled connections and cuts those in a black hole. */
    heal() {
      weather = CALM
      for (const connection of connections) {
        connection.heldUntil = 0
        if (connection.blackHoleAt !== null) cut(connection)
      }
    },
    close() {
      clearInterval(faults)
      connections.forEach(cut)
      listener.close()
    },
  }
}
