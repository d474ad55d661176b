import { beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { hashOf } from '../../src/http/authenticate.ts'
import { aCommand } from '../support/server/aCommand.ts'
import type { Guest } from '../support/client/anApp.ts'
import { eventually } from '../support/eventually.ts'
import { rawConnection } from '../support/server/rawSocket.ts'
import { aVictim, type Victim } from './support/aVictim.ts'

// Real processes on a busy machine.
setDefaultTimeout(30_000)

/** The content of every file below a directory. */
function filesIn(dir: string): Map<string, Buffer> {
  const files = new Map<string, Buffer>()
  for (const name of readdirSync(dir, { recursive: true, encoding: 'utf8' })) {
    const path = join(dir, name)
    if (statSync(path).isFile()) files.set(name, readFileSync(path))
  }
  return files
}
const namesHolding = (files: Map<string, Buffer>, text: string) =>
  [...files].filter(([, bytes]) => bytes.includes(text)).map(([name]) => name)

describe('secrets', () => {
  const ADDRESS = '203.0.113.77'
  let victim: Victim
  let ada: Guest
  let token: string
  beforeAll(async () => {
    victim = await aVictim({ LOG_LEVEL: 'debug' })
    ada = await victim.guest('Canaryname')
    token = ada.cookie.split('=')[1] ?? ''
    const socket = await victim.bystander(ada, ADDRESS)
    socket.send({ type: 'send', nonce: 'nonce-0001', room: 'lobby', text: 'canarytext' })
    await socket.hears('ack')
    socket.raw('{"canaryframe":')
    await socket.hears('error')
  })

  test('[S19] whatever is sent, the log is one JSON object a line, without text, name, token or query', async () => {
    const ugly = [
      `Host: localhost:${victim.port}`,
      `User-Agent: \u001b[31mcanaryagent${'x'.repeat(14_000)}`,
      `X-Forwarded-For: canaryaddress", "level":60`,
      'Origin: canaryorigin',
      `Cookie: session=canarycookie; session=${token}`,
    ]
    const upgrade = ['Upgrade: websocket', 'Connection: Upgrade']
    const asked = [
      ['GET /canarypath?token=canaryquery HTTP/1.1', ...ugly],
      ['GET /ws?v=2&token=canaryquery HTTP/1.1', ...ugly, ...upgrade],
      ['POST /api/session HTTP/1.1', ...ugly, 'Content-Type: application/json', 'Content-Length: 2'],
      ['GET / HTTP/1.1', 'Host: canaryhost?'],
    ]
    for (const lines of asked) {
      const client = rawConnection(victim.port, `${lines.join('\r\n')}\r\n\r\n{}`)
      await eventually('an answer', () => client.text().includes('\r\n\r\n') || client.closed)
      client.end()
    }
    const headers = { origin: victim.origin, 'content-type': 'application/json' }
    for (const name of ['canary\n{"level":60}', '\u001b[31mcanary', 'canary\u2028x']) {
      const body = JSON.stringify({ name })
      const answer = await fetch(`${victim.origin}/api/session`, { method: 'POST', headers, body })
      // White space becomes one space (I1); other control characters are refused.
      expect([201, 422]).toContain(answer.status)
      expect(await answer.text()).not.toMatch(/\p{Cc}|\p{Zl}/u)
    }
    const lines = victim.server.out().trim().split('\n')
    expect(lines.length).toBeGreaterThan(0)
    for (const line of lines)
      expect(JSON.parse(line)).toMatchObject({ level: expect.any(String), msg: expect.any(String) })
    const written = victim.server.out() + victim.server.err()
    expect(written.toLowerCase()).not.toContain('canary')
    for (const secret of [token, hashOf(token), '\u001b']) expect(written).not.toContain(secret)
  })

  test('[S20] the database and a backup hold the hash of a session, never its token', async () => {
    expect((await aCommand(['backup'], { DATA_DIR: victim.dir })).code).toBe(0)
    const files = filesIn(victim.dir)
    const packed = [...files].find(([name]) => name.endsWith('.tar.gz'))
    expect(packed).toBeDefined()
    files.set('unpacked', Buffer.from(Bun.gunzipSync(Uint8Array.from(packed?.[1] ?? []))))
    expect(namesHolding(files, token)).toEqual([])
    // The search looks in the right place: the hash, the name and the text are there.
    for (const stored of [hashOf(token), 'Canaryname', 'canarytext'])
      expect(namesHolding(files, stored)).toContain('unpacked')
  })

  test('[O17] at debug a connection logs a line when it opens and when it closes, its address hashed', async () => {
    const socket = await victim.bystander(ada, ADDRESS)
    socket.close()
    const lines = (msg: string) =>
      victim.server
        .out()
        .split('\n')
        .filter((line) => line.includes(`"msg":"${msg}"`))
        .map((line) => JSON.parse(line) as Record<string, unknown>)
    await eventually('the close', () => lines('socket closed').length > 0)
    const [first, second] = lines('socket opened').filter(({ user }) => user === ada.user.id)
    expect(first?.address).toMatch(/^[0-9a-f]{12}$/)
    expect(second?.address).toBe(first?.address)
    const closed = lines('socket closed').find(({ connection }) => connection === second?.connection)
    expect(closed).toMatchObject({ code: expect.any(Number), ms: expect.any(Number) })
  })

  test('[S34] no address is stored, on the disk or in the log', async () => {
    expect(namesHolding(filesIn(victim.dir), ADDRESS)).toEqual([])
    expect(victim.server.out()).not.toContain(ADDRESS)
  })
})

test('[S40] without PUBLIC_URL a page of a rebound name has no rights, and the start and `doctor` warn', async () => {
  const open = await aVictim()
  const ada = await open.guest('Ada')
  expect(open.server.out()).toContain('PUBLIC_URL')
  const headers = { host: 'rebound.example', origin: 'http://rebound.example' }
  // The browser keeps Ada's cookie for the name she knows: the page under the other name has none.
  for (const path of ['/api/session', '/api/rooms'])
    expect((await fetch(open.origin + path, { headers })).status).toBe(401)
  const answer = await fetch(`${open.origin}/api/session`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: '{"name":"Eve"}',
  })
  expect(answer.headers.get('set-cookie')).not.toMatch(/domain/i)
  expect(await answer.json()).toMatchObject({ user: { role: 'guest' } })
  expect((await ada.ask('/api/session')).status).toBe(200)
  await open.end()
  const doctor = await aCommand(['doctor'], { DATA_DIR: open.dir })
  expect(doctor.out).toContain('PUBLIC_URL is not set')
})
