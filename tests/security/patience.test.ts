import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { join } from 'node:path'
import { SOCKET_LIMITS } from '../../src/http/socket/socket.ts'
import { Findings } from '../chaos/scenario.ts'
import { aTemporaryDir } from '../support/server/aServer.ts'
import type { Guest } from '../support/client/anApp.ts'
import { eventually } from '../support/eventually.ts'
import { type RawSocket, rawConnection, rawSocket } from '../support/server/rawSocket.ts'
import { aVictim, endVictims, foundBy, percentile } from './support/aVictim.ts'

// They wait, nearly all of the time: all at once.
setDefaultTimeout(40_000)
afterAll(endVictims)

describe('whoever takes their time', () => {
  const DRIP = 'GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: '

  /** Writes a request that never ends, a byte each two seconds. @returns ms until it was closed */
  async function drips(client: RawSocket): Promise<number> {
    const began = performance.now()
    let at = 0
    const drip = () => client.write(DRIP[at++] ?? 'x')
    drip()
    const timer = setInterval(drip, 2_000)
    try {
      await eventually('the end of who drips', () => client.closed, 20_000)
    } finally {
      clearInterval(timer)
    }
    return performance.now() - began
  }

  test.concurrent(
    '[S7, S8] without a hello a socket lasts 6 s, a request that drips 15 s, and nobody waits for them',
    async () => {
      const victim = await aVictim()
      const people: Guest[] = []
      for (let at = 0; at < 25; at += 1) people.push(await victim.guest(`Silent ${at}`))
      const silent: RawSocket[] = []
      const findings = new Findings()
      const began = performance.now()
      await Promise.all(
        people.map(async (who, at) => {
          for (let of = 0; of < 20; of += 1) silent.push(await victim.raw(who, `203.0.113.${at}`))
        }),
      )
      const opened = performance.now()
      const dripping = Array.from({ length: 200 }, () => rawConnection(victim.port)).map(drips)
      const probes: number[] = []
      const isOver = () => performance.now() - opened > 12_000
      const probing = (async () => {
        while (!isOver()) {
          const asked = performance.now()
          await fetch(`${victim.origin}/healthz`)
          probes.push(performance.now() - asked)
          await Bun.sleep(20)
        }
      })()
      await eventually('the end of all silent sockets', () => silent.every(({ closed }) => closed), 15_000)
      const gone = performance.now()
      expect(silent.map((socket) => socket.code())).toEqual(Array(500).fill(4408))
      // from the first of them to the last: they were not opened in one moment
      findings.atMost('ms that silent sockets last', gone - opened, 6_000)
      expect(gone - began).toBeGreaterThan(4_900)

      const lasted = await Promise.all(dripping)
      await probing
      findings.atMost('ms that a drip lasts', Math.max(...lasted), 15_000)
      findings.atMost('p99 of a probe meanwhile', percentile(probes, 0.99), 50)
      expect(foundBy(findings, { silent: gone - opened, drip: Math.max(...lasted) })).toEqual([])
      await victim.end()
    },
  )

  test.concurrent(
    '[X15] `idleTimeout` does not end who is written to and reads nothing: the own timer is needed',
    async () => {
      let gone = false
      let write = (): void => {}
      const server = Bun.serve<undefined>({
        port: 0,
        hostname: '127.0.0.1',
        reusePort: false,
        fetch: (request, own) => (own.upgrade(request) ? undefined : new Response('no')),
        websocket: {
          idleTimeout: 1,
          sendPings: false,
          message() {},
          open(ws) {
            write = () => void ws.send('x')
          },
          close: () => void (gone = true),
        },
      })
      const client = await rawSocket(server.port ?? 0)
      client.pause()
      const writing = setInterval(() => write(), 200)
      const began = performance.now()
      await eventually('three times as long', () => performance.now() - began > 3_000)
      clearInterval(writing)
      expect(gone).toBe(false)
      expect(SOCKET_LIMITS.idleTimeout).toBeGreaterThan(75)
      await server.stop(true)
    },
  )

  test.concurrent('[S30] a rejection that nobody handles is logged and ends the process with 1', async () => {
    const { dir, remove } = aTemporaryDir()
    const plant = join(dir, 'plant.ts')
    const planted = `const timer = setInterval(() => {
      if (process.listenerCount('unhandledRejection') === 0) return
      clearInterval(timer)
      void Promise.reject(new RangeError('planted'))
    }, 100)`
    await Bun.write(plant, planted)
    const main = join(import.meta.dir, '../../src/main.ts')
    const child = Bun.spawn([process.execPath, '--preload', plant, main], {
      env: {
        PATH: process.env['PATH'] ?? '',
        PORT: '0',
        HOST: '127.0.0.1',
        DATA_DIR: dir,
        LOG_FORMAT: 'json',
      },
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'ignore',
    })
    const [out, code] = await Promise.all([new Response(child.stdout).text(), child.exited])
    expect(code).toBe(1)
    const last = JSON.parse(out.trim().split('\n').at(-1) ?? '{}') as Record<string, unknown>
    expect(last).toMatchObject({ level: 'error', msg: 'unhandledRejection', error: 'RangeError' })
    remove()
  })
})
