import { expect, setDefaultTimeout, test } from 'bun:test'
import { join } from 'node:path'
import { Findings } from '../chaos/scenario.ts'
import { eventually } from '../support/eventually.ts'
import { aServer, aTemporaryDir } from '../support/server/aServer.ts'
import { type RawSocket, rawConnection } from '../support/server/rawSocket.ts'
import { aVictim, aWhile, foundBy, percentile } from './support/aVictim.ts'

// These tests mostly wait, so they run at once.
setDefaultTimeout(40_000)

const DRIP = 'GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: '

/** Writes a request that never ends, a byte every two seconds. @returns ms until the server closed the connection */
async function drip(client: RawSocket): Promise<number> {
  const began = performance.now()
  let at = 0
  const writeByte = () => client.write(DRIP[at++] ?? 'x')
  writeByte()
  const timer = setInterval(writeByte, 2_000)
  try {
    await eventually('the end of a dripping request', () => client.closed, 20_000)
  } finally {
    clearInterval(timer)
  }
  return performance.now() - began
}

test.concurrent(
  '[S7, S8] without a hello a socket lasts 6 s, a dripping request 15 s, and nobody waits for them',
  async () => {
    const victim = await aVictim()
    const guests = await Array.fromAsync({ length: 25 }, (_, at) => victim.guest(`Silent ${at}`))
    const findings = new Findings()
    const began = performance.now()
    const open = guests.map((guest, at) =>
      Array.fromAsync({ length: 20 }, () => victim.raw(guest, `203.0.113.${at}`)),
    )
    const silent = (await Promise.all(open)).flat()
    const opened = performance.now()
    const dripping = Array.from({ length: 200 }, () => drip(rawConnection(victim.port)))
    const probing = (async () => {
      const times: number[] = []
      for (const isOver = aWhile(12_000); !isOver(); await Bun.sleep(20)) {
        const asked = performance.now()
        await fetch(`${victim.origin}/healthz`)
        times.push(performance.now() - asked)
      }
      return percentile(times, 0.99)
    })()
    await eventually('the end of all silent sockets', () => silent.every(({ closed }) => closed), 15_000)
    const ended = performance.now()
    expect(silent.map((socket) => socket.code())).toEqual(Array(500).fill(4408))
    expect(ended - began).toBeGreaterThan(4_900)

    const figures = { silent: ended - opened, drip: Math.max(...(await Promise.all(dripping))) }
    // The tick of a second after the fifth second closes them; half a second more is for the machine.
    findings.atMost('ms that silent sockets last', figures.silent, 6_500)
    findings.atMost('ms that a dripping request lasts', figures.drip, 15_000)
    findings.atMost('p99 of a probe meanwhile', await probing, 50)
    expect(foundBy(findings, figures)).toEqual([])
  },
)

test.concurrent('[S30] a rejection that nothing handles is logged and ends the process with 1', async () => {
  const { dir, remove } = aTemporaryDir()
  const plant = join(dir, 'plant.ts')
  const planted = `const timer = setInterval(() => {
    if (process.listenerCount('unhandledRejection') === 0) return
    clearInterval(timer)
    void Promise.reject(new RangeError('planted'))
  }, 100)`
  await Bun.write(plant, planted)
  const server = await aServer({ DATA_DIR: dir, LOG_FORMAT: 'json', BUN_OPTIONS: `--preload ${plant}` })
  expect(await server.exited()).toBe(1)
  const last: unknown = JSON.parse(server.out().trim().split('\n').at(-1) ?? '{}')
  expect(last).toMatchObject({ level: 'error', msg: 'unhandledRejection', error: 'RangeError' })
  remove()
})
