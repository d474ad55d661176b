import { readFileSync } from 'node:fs'
import type { Findings } from '../../chaos/scenario.ts'
import { aServer, aTemporaryDir, type ServerProcess } from '../../support/server/aServer.ts'
import { aGuest, type Guest } from '../../support/client/anApp.ts'
import { eventually } from '../../support/eventually.ts'
import { clientFrame, type RawSocket, rawSocket } from '../../support/server/rawSocket.ts'
import { openSocket, type SocketClient } from '../../support/server/socketClient.ts'

export const HELLO = { type: 'hello', rooms: [{ room: 'lobby', seq: 0, id: null }], state: 'active' }

/** A server in a process of its own, behind a proxy that it believes: an attacker's addresses are what the test says. */
export interface Victim {
  readonly server: ServerProcess
  readonly origin: string
  readonly port: number
  readonly dir: string
  guest(name: string): Promise<Guest>
  /** a socket by hand, past its handshake, of somebody at an address */
  raw(who: Guest, address: string): Promise<RawSocket>
  /** the same, past its hello, live in the lobby */
  rawInLobby(who: Guest, address: string): Promise<RawSocket>
  /** somebody who only talks, live in the lobby */
  bystander(who: Guest, address: string): Promise<SocketClient>
  /** resident memory in MB, the least of a second: what is garbage may go first */
  memory(): Promise<number>
  end(): Promise<void>
}

const ends = new Set<() => Promise<void>>()

/** For `afterAll`: none is left over, also where a test has failed. */
export async function endVictims(): Promise<void> {
  await Promise.all([...ends].map((end) => end()))
}

/** @param filled puts something into its directory before it starts */
export async function aVictim(
  env: Record<string, string> = {},
  filled: (dir: string) => void = () => {},
): Promise<Victim> {
  const data = aTemporaryDir()
  filled(data.dir)
  const most = '100000'
  const server = await aServer({
    DATA_DIR: data.dir,
    TRUST_PROXY: '1',
    LOG_FORMAT: 'json',
    MAX_NEW_GUESTS_PER_ADDRESS: most,
    ...env,
  })
  const end = async () => {
    ends.delete(end)
    server.kill('SIGKILL')
    await server.exited()
    data.remove()
  }
  ends.add(end)
  const origin = await server.ready()
  const port = Number(new URL(origin).port)
  const raw = (who: Guest, address: string) =>
    rawSocket(port, '/ws?v=2', [
      `Cookie: ${who.cookie}`,
      `Origin: http://localhost:${port}`,
      `X-Forwarded-For: ${address}`,
    ])
  return {
    server,
    origin,
    port,
    dir: data.dir,
    raw,
    guest: (name) => aGuest(origin, name),
    async rawInLobby(who, address) {
      const socket = await raw(who, address)
      socket.write(clientFrame(0x81, JSON.stringify(HELLO)))
      await eventually('the room', () => socket.text().includes('"more":false'))
      return socket
    },
    async bystander(who, address) {
      const headers = { ...who.headers(), 'x-forwarded-for': address }
      const client = await openSocket(`${origin.replace('http', 'ws')}/ws?v=2`, headers)
      client.send(HELLO)
      await client.hears('sync', ({ more }) => !more)
      return client
    },
    async memory() {
      let least = Infinity
      for (let at = 0; at < 10; at += 1) {
        await Bun.sleep(100)
        least = Math.min(least, residentOf(server.pid))
      }
      return least
    },
    end,
  }
}

function residentOf(pid: number): number {
  const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kilobytes) / 1024
}

/** ms of each round trip of these people, asked one after another, until `until` says so. */
export async function roundTrips(people: readonly SocketClient[], until: () => boolean): Promise<number[]> {
  const each = people.map(async (client) => {
    const times: number[] = []
    while (!until() && client.closed === undefined) {
      const before = client.heard.length
      const began = performance.now()
      client.send({ type: 'beat' })
      await client.hears('beat', () => true, before)
      times.push(performance.now() - began)
      // the answer to the beat that came as an answer
      client.send({ type: 'beat' })
      await Bun.sleep(110)
    }
    return times
  })
  return (await Promise.all(each)).flat()
}

export function percentile(times: readonly number[], part: number): number {
  const sorted = times.toSorted((one, other) => one - other)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}

/** Tells whether so many ms have passed since now. */
export function aWhile(ms: number): () => boolean {
  const end = performance.now() + ms
  return () => performance.now() > end
}

/** What was found. Bounds on time that this machine had no time to judge are said aloud, and hold nothing up (reliability §8). */
export function foundBy(findings: Findings, figures: Record<string, number>): string[] {
  const { violations, missed, notJudged = [], figures: seen } = findings.report(0, figures)
  if (notJudged.length > 0) console.log('NOT JUDGED, the machine was busy:', notJudged, seen)
  return [...violations, ...missed]
}
