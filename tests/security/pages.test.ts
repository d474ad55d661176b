import { beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { eventually } from '../support/eventually.ts'
import type { RawSocket } from '../support/server/rawSocket.ts'
import { aVictim, type Victim } from './support/aVictim.ts'

// Real processes and sockets on a busy machine.
setDefaultTimeout(60_000)

/** LONG=1: two thousand connections, as the rule says; else two hundred, beside which memory varies by some MB. */
const [PEOPLE, MAX_GROWTH, NOISE] = process.env['LONG'] === '1' ? [100, 30, 0] : [10, 3, 10]

let victim: Victim
beforeAll(async () => {
  victim = await aVictim()
})

test('[S3, S4] the page and each of its files carry the security headers, however they are asked for', async () => {
  const html = { accept: 'text/html' }
  const page = await (await fetch(victim.origin, { headers: html })).text()
  const [script = ''] = /\/assets\/[^"]+\.js/.exec(page) ?? []
  const [style = ''] = /\/assets\/[^"]+\.css/.exec(page) ?? []
  const headersOf = async (path: string, method = 'GET') => {
    const { headers } = await fetch(victim.origin + path, { method, headers: html })
    const names = 'content-security-policy x-content-type-options x-frame-options server x-powered-by'
    return names.split(' ').map((name) => headers.get(name))
  }
  const usual = await headersOf('/healthz')
  expect(usual[0]).toContain(`trusted-types 'none'`)
  for (const path of ['/', '/chat/lobby/12', '/nowhere', '/robots.txt', '/theme.js', script, style])
    for (const method of ['GET', 'HEAD', 'OPTIONS'])
      expect([path, method, ...(await headersOf(path, method))]).toEqual([path, method, ...usual])
})

test('[S7, O18] two thousand idle connections take at most thirty megabytes', async () => {
  const people = await Array.fromAsync({ length: PEOPLE }, (_, at) => victim.guest(`Idle ${at}`))
  /** Opens 20 sockets of each of these people, at an address of their own. */
  const enter = async (begin: number, end: number, network: string): Promise<RawSocket[]> => {
    const entering = people
      .slice(begin, end)
      .map((guest, at) =>
        Array.fromAsync({ length: 20 }, () => victim.rawInLobby(guest, `${network}.${begin + at}`)),
      )
    return (await Promise.all(entering)).flat()
  }
  // The first hundred come and go: the server allocates some memory once, not for each connection.
  for (const socket of await enter(0, 5, '198.51.100')) socket.end()
  const before = await victim.memory()
  const sockets: RawSocket[] = []
  for (let begin = 0; begin < PEOPLE; begin += 10)
    sockets.push(...(await enter(begin, begin + 10, '203.0.113')))
  const growth = (await victim.memory()) - before
  expect(sockets.filter(({ closed }) => closed)).toEqual([])
  expect(growth).toBeLessThanOrEqual(MAX_GROWTH + NOISE)
  for (const socket of sockets) socket.end()
  await eventually('they have gone', () => sockets.every(({ closed }) => closed))
})
