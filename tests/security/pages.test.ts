import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { eventually } from '../support/eventually.ts'
import type { Guest } from '../support/client/anApp.ts'
import type { RawSocket } from '../support/server/rawSocket.ts'
import { aVictim, endVictims, type Victim } from './support/aVictim.ts'

// Real processes and sockets on a busy machine.
setDefaultTimeout(60_000)
afterAll(endVictims)

/** LONG=1: as many as S7 says; else a tenth of them. Beside what they cost, memory goes up and down by some MB. */
const [PEOPLE, MOST, NOISE] = process.env['LONG'] === '1' ? [100, 30, 0] : [10, 3, 10]

let victim: Victim
beforeAll(async () => {
  victim = await aVictim()
})

test('[S3, S4] every page and every file of it carries the whole policy, however it is asked for', async () => {
  const html = { accept: 'text/html' }
  const page = await (await fetch(victim.origin, { headers: html })).text()
  const [script = ''] = /\/assets\/[^"]+\.js/.exec(page) ?? []
  const [style = ''] = /\/assets\/[^"]+\.css/.exec(page) ?? []
  const paths = ['/', '/chat/lobby', '/chat/lobby/12', '/nowhere', '/robots.txt', '/theme.js', script, style]
  const policy = `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; media-src 'self'; manifest-src 'self'; worker-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'; connect-src 'self' ws://127.0.0.1:${victim.port}`
  for (const path of paths)
    for (const method of ['GET', 'HEAD', 'OPTIONS']) {
      const { headers } = await fetch(victim.origin + path, { method, headers: html })
      const seen = [
        'content-security-policy',
        'x-content-type-options',
        'x-frame-options',
        'server',
        'x-powered-by',
      ]
      expect([path, method, ...seen.map((name) => headers.get(name))]).toEqual([
        path,
        method,
        policy,
        'nosniff',
        'DENY',
        null,
        null,
      ])
    }
})

test('[S7, O18] two thousand people who say nothing cost thirty megabytes at most', async () => {
  const people: Guest[] = []
  for (let at = 0; at < PEOPLE; at += 1) people.push(await victim.guest(`Idle ${at}`))
  const sockets: RawSocket[] = []
  /** 20 sockets of each of these, at an address of their own. */
  const enter = (from: number, to: number, network = '203.0.113') =>
    Promise.all(
      people.slice(from, to).map(async (who, at) => {
        for (let of = 0; of < 20; of += 1)
          sockets.push(await victim.rawInLobby(who, `${network}.${from + at}`))
      }),
    )
  // The first hundred come and go: what a server allocates once is not theirs.
  await enter(0, 5, '198.51.100')
  for (const socket of sockets) socket.end()
  const before = await victim.memory()
  sockets.length = 0
  for (let from = 0; from < PEOPLE; from += 10) await enter(from, from + 10)
  const grown = (await victim.memory()) - before
  expect(sockets.filter(({ closed }) => closed)).toEqual([])
  expect(grown).toBeLessThanOrEqual(MOST + NOISE)
  for (const socket of sockets) socket.end()
  await eventually('they have gone', () => sockets.every(({ closed }) => closed))
})
