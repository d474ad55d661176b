import { afterAll } from 'bun:test'
import { readFileSync } from 'node:fs'
import type { Findings } from '../../chaos/scenario.ts'
import { aGuest, type Guest } from '../../support/client/anApp.ts'
import { eventually } from '../../support/eventually.ts'
import { HELLO } from '../../support/server/aRunningApp.ts'
import { aServer, aTemporaryDir } from '../../support/server/aServer.ts'
import { clientFrame, type RawSocket, rawSocket } from '../../support/server/rawSocket.ts'
import type { SocketClient } from '../../support/server/socketClient.ts'

export type Victim = Awaited<ReturnType<typeof aVictim>>

const ends = new Set<() => Promise<void>>()
// Also after a test has failed.
afterAll(() => Promise.all([...ends].map((end) => end())))

/**
 * A server process behind a proxy that it trusts, so a test chooses the addresses of attackers. It ends with the file's tests.
 * @param fill writes to its directory before the start
 */
export async function aVictim(env: Record<string, string> = {}, fill: (dir: string) => void = () => {}) {
  const { dir, remove } = aTemporaryDir()
  fill(dir)
  const settings = { TRUST_PROXY: '1', LOG_FORMAT: 'json', MAX_NEW_GUESTS_PER_ADDRESS: '100000' }
  const server = await aServer({ DATA_DIR: dir, ...settings, ...env })
  const end = async () => {
    ends.delete(end)
    server.kill('SIGKILL')
    await server.exited()
    remove()
  }
  ends.add(end)
  const origin = await server.ready()
  const port = Number(new URL(origin).port)
  /** A guest's socket from an address, past its handshake. */
  const raw = ({ cookie }: Guest, address: string) => {
    const headers = { Cookie: cookie, Origin: `http://localhost:${port}`, 'X-Forwarded-For': address }
    return rawSocket(port, headers)
  }
  return {
    server,
    origin,
    port,
    dir,
    raw,
    guest: (name: string) => aGuest(origin, name),
    /** a guest's socket from an address, live in the lobby */
    async rawInLobby(guest: Guest, address: string): Promise<RawSocket> {
      const socket = await raw(guest, address)
      socket.write(clientFrame(0x81, JSON.stringify(HELLO)))
      await eventually('the room', () => socket.text().includes('"more":false'))
      return socket
    },
    /** a peaceful client, live in the lobby */
    async bystander(guest: Guest, address: string): Promise<SocketClient> {
      const client = await guest.socket({ 'x-forwarded-for': address })
      client.send(HELLO)
      await client.hears('sync', ({ more }) => !more)
      return client
    },
    /** resident memory in MB: the least within a second, since garbage may be collected first */
    async memory(): Promise<number> {
      let least = Infinity
      for (let look = 0; look < 10; look += 1) {
        await Bun.sleep(100)
        const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))?.[1]
        least = Math.min(least, Number(kilobytes) / 1024)
      }
      return least
    },
    end,
  }
}

/** Sends beats for each client, one after another, until `isOver`. @returns ms of each round trip */
export async function roundTrips(clients: readonly SocketClient[], isOver: () => boolean): Promise<number[]> {
  const each = clients.map(async (client) => {
    const times: number[] = []
    while (!isOver() && client.closed === undefined) {
      const before = client.heard.length
      const began = performance.now()
      client.send({ type: 'beat' })
      await client.hears('beat', () => true, before)
      times.push(performance.now() - began)
      // The server's beat is a question too.
      client.send({ type: 'beat' })
      await Bun.sleep(110)
    }
    return times
  })
  return (await Promise.all(each)).flat()
}

export function percentile(times: readonly number[], part: number): number {
  const sorted = times.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}

/** @returns a function that tells whether `ms` have passed since this call */
export function aWhile(ms: number): () => boolean {
  const end = performance.now() + ms
  return () => performance.now() > end
}

/** What a test must not find. A bound on time that this machine was too busy to judge is printed, and fails nothing. */
export function foundBy(findings: Findings, figures: Record<string, number>): string[] {
  const { violations, missed, notJudged = [], figures: seen } = findings.report(0, figures)
  if (notJudged.length > 0) console.log('NOT JUDGED, the machine was busy:', notJudged, seen)
  return [...violations, ...missed]
}
