import { describe, expect, setDefaultTimeout, test } from 'bun:test'
import { eventually } from '../support/eventually.ts'
import { aRunningApp } from '../support/server/aRunningApp.ts'
import { HANDSHAKE, rawConnection } from '../support/server/rawSocket.ts'

// Real sockets on a busy machine.
setDefaultTimeout(20_000)

const PUBLIC = 'https://chat.example.org'
const UPGRADE = Object.entries(HANDSHAKE).map(([name, value]) => `${name}: ${value}`)

/** The status of a request written byte by byte. */
async function statusOf(port: number, lines: readonly string[]): Promise<number> {
  const client = rawConnection(port, [...lines, '', ''].join('\r\n'))
  await eventually('the status', () => client.closed || client.text().includes('\r\n'))
  client.end()
  return Number(client.text().split(' ')[1] ?? 0)
}
const handshake = (port: number, host: string, ...more: string[]) =>
  statusOf(port, ['GET /ws?v=2 HTTP/1.1', `Host: ${host}`, ...UPGRADE, ...more])

describe('Origin', () => {
  const WRONG = [
    ...['null', '', 'file://', 'HTTPS://CHAT.EXAMPLE.ORG', 'http://chat.example.org', `${PUBLIC}/`],
    ...[
      `${PUBLIC}:8443`,
      `${PUBLIC}.evil.example`,
      `${PUBLIC}@evil.example`,
      `${PUBLIC}, https://evil.example`,
    ],
    ...['https://evil.chat.example.org', 'https://evilchat.example.org'],
  ]
  test('[S1] twelve wrong origins get no socket, the right ones do', async () => {
    const { port } = await aRunningApp({ publicUrl: PUBLIC, allowedOrigins: ['https://other.example'] })
    const ask = (origin: string) => handshake(port, 'chat.example.org', `Origin: ${origin}`)
    const statuses = await Promise.all(WRONG.map(ask))
    expect(statuses).toEqual(WRONG.map(() => 403))
    expect(await ask(PUBLIC)).toBe(101)
    expect(await ask('https://other.example')).toBe(101)
  })

  test('[S1] without PUBLIC_URL only the own host with its port is right', async () => {
    const { port } = await aRunningApp()
    const host = `localhost:${port}`
    expect(await handshake(port, host, `Origin: http://${host}`)).toBe(101)
    expect(await handshake(port, host, `Origin: http://localhost:${port + 1}`)).toBe(403)
    expect(await handshake(port, host, `Origin: http://127.0.0.1:${port}`)).toBe(403)
  })

  test('[S1] a program without an Origin needs a token, or connects from this machine under a loopback name', async () => {
    const { port } = await aRunningApp({ publicUrl: PUBLIC })
    expect(await handshake(port, `localhost:${port}`)).toBe(101)
    expect(await handshake(port, 'chat.example.org')).toBe(403)
    expect(await handshake(port, `localhost:${port}`, 'X-Forwarded-For: 203.0.113.9')).toBe(403)
    const token = 'a'.repeat(43)
    expect(await handshake(port, 'chat.example.org', `Authorization: Bearer ${token}`)).toBe(101)
    for (const value of [
      'Bearer',
      'Bearer null',
      'Basic YTpi',
      `Bearer ${token.slice(1)}`,
      `Bearer ${token} x`,
    ])
      expect(await handshake(port, 'chat.example.org', `Authorization: ${value}`)).toBe(403)
  })

  test('[S1] no spelling of the path gets around it', async () => {
    const { port } = await aRunningApp({ publicUrl: PUBLIC })
    const paths = ['/ws/', '/%77s', '//ws', '/ws%2f', '/./ws', '/WS', '/ws;x', '/chat/../ws', '/api/rooms']
    const headers = ['Host: chat.example.org', 'Origin: https://evil.example', ...UPGRADE]
    for (const path of paths)
      expect([path, await statusOf(port, [`GET ${path}?v=1 HTTP/1.1`, ...headers])]).toEqual([path, 403])
  })
})

describe('Host', () => {
  /** Short ones, ports, and characters that a host name cannot have. */
  const WRONG = [
    ...['x', 'a.b', 'x:80', 'nas:00080', 'x:8', '', 'localhost\r\nHost: evil.example', 'a@b.example'],
    ...['b.example?', 'b.example/x', 'b example', 'b.example:http', 'b.example:123456', 'b.example:65536'],
    ...['http://b.example', 'b.example\\x', 'a.example, b.example', 'b..example'],
  ]
  test('[S38] eighteen odd Hosts, and none, are refused', async () => {
    const { port } = await aRunningApp()
    const answered: string[] = []
    for (const host of WRONG) {
      const status = await statusOf(port, ['GET /zzz/api/rooms HTTP/1.1', `Host: ${host}`])
      if (status !== 421 && status !== 400) answered.push(host)
    }
    expect(answered).toEqual([])
    expect(await statusOf(port, ['GET /api/rooms HTTP/1.0'])).toBe(400)
  })

  test('[S38] no path of ours is answered before the Host is checked', async () => {
    const { port } = await aRunningApp()
    for (const path of ['/', '/api/session', '/api/rooms/lobby/messages', '/ws', '/metrics', '/nothing'])
      expect([path, await statusOf(port, [`GET ${path} HTTP/1.1`, 'Host: x'])]).toEqual([path, 421])
  })

  test('[S38] a short name with a port that makes it four characters is answered, and its path is routed as sent', async () => {
    const { port } = await aRunningApp()
    const ask = (host: string, path: string) => statusOf(port, [`GET ${path} HTTP/1.1`, `Host: ${host}`])
    for (const host of ['nas:3000', 'nas:8080', 'x:443', 'ab:9'])
      expect([await ask(host, '/api/rooms'), await ask(host, '/zzz/api/rooms')]).toEqual([401, 404])
    expect(await ask('nas', '/api/rooms')).toBe(421)
  })

  test('[S38] with PUBLIC_URL only its host, those of ALLOWED_ORIGINS and loopback names are answered; a refusal names PUBLIC_URL', async () => {
    const settings = { publicUrl: PUBLIC, allowedOrigins: ['http://other.example:8080'] }
    const { port, get } = await aRunningApp(settings)
    const ask = (host: string) => statusOf(port, ['GET /api/rooms HTTP/1.1', `Host: ${host}`])
    const known = ['chat.example.org', 'CHAT.example.org', 'chat.example.org:443', 'other.example:8080']
    known.push(`127.0.0.1:${port}`, '[::1]:99', 'localhost')
    expect(await Promise.all(known.map(ask))).toEqual(known.map(() => 401))
    const foreign = ['evil.example', 'chat.example.org.evil.example', 'sub.chat.example.org', '203.0.113.9']
    expect(await Promise.all(foreign.map(ask))).toEqual(foreign.map(() => 421))
    expect(await ask('other.example')).toBe(421)
    const answer = await get('/api/rooms', { host: 'evil.example' })
    expect([answer.status, await answer.text()]).toEqual([421, expect.stringContaining('PUBLIC_URL')])
  })
})

describe('the life of a server', () => {
  test('[O4] before it is ready it says so, to people in a page that reloads itself', async () => {
    const { get } = await aRunningApp({ ready: false })
    const api = await get('/api/rooms')
    expect([api.status, await api.json()]).toMatchObject([503, { error: { code: 'unavailable' } }])
    const page = await get('/chat/lobby', { accept: 'text/html' })
    const { refresh, 'content-type': type } = page.headers.toJSON()
    expect([page.status, refresh, type]).toEqual([503, '1', 'text/html;charset=utf-8'])
    expect([(await get('/healthz')).status, (await get('/readyz')).status]).toEqual([200, 503])
  })

  test('[O15] `/readyz` names what fails; probes need no Host and no session, and are never stored', async () => {
    const failing: string[] = []
    const { get, gate, port } = await aRunningApp({ publicUrl: PUBLIC, failing })
    const probe = async (path: string) => {
      const answer = await get(path, { host: '10.0.0.7:3000' })
      expect(answer.headers.get('cache-control')).toBe('no-store')
      return [answer.status, await answer.json()]
    }
    expect(await probe('/readyz')).toEqual([200, { ready: true, failing: [] }])
    failing.push('store')
    expect(await probe('/readyz')).toEqual([503, { ready: false, failing: ['store'] }])
    expect(await probe('/healthz')).toEqual([200, { alive: true }])
    gate.stage = 'draining'
    expect(await probe('/readyz')).toEqual([503, { ready: false, failing: ['draining', 'store'] }])
    expect(await statusOf(port, ['GET /healthz HTTP/1.1', 'Host: x'])).toBe(200)
  })

  test('[O13] while it drains it admits nobody new, changes nothing, and can still be read', async () => {
    const app = await aRunningApp()
    const ada = await app.guest('Ada')
    app.gate.stage = 'draining'
    expect((await app.handshake()).status).toBe(503)
    expect((await ada.ask('/api/session', { method: 'PATCH', body: { name: 'Ann' } })).status).toBe(503)
    expect((await ada.ask('/api/rooms/lobby/messages')).status).toBe(200)
  })
})
