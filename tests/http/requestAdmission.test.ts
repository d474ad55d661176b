import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { anApp } from '../support/client/anApp.ts'
import { eventually } from '../support/eventually.ts'
import { rawConnection } from '../support/server/rawSocket.ts'

// Real processes and sockets on a busy machine.
setDefaultTimeout(20_000)

const apps: Awaited<ReturnType<typeof anApp>>[] = []
afterAll(() => Promise.all(apps.map((app) => app.stop())))
async function running(options: Parameters<typeof anApp>[0] = {}) {
  const app = await anApp(options)
  apps.push(app)
  return app
}

const PUBLIC = 'https://chat.example.org'
const HANDSHAKE = {
  upgrade: 'websocket',
  connection: 'Upgrade',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'sec-websocket-version': '13',
}

/** The status line's number of a request written by hand. */
async function statusOf(port: number, lines: readonly string[]): Promise<number> {
  const client = rawConnection(port, [...lines, '', ''].join('\r\n'))
  await eventually('the status', () => client.closed || client.text().includes('\r\n'))
  client.end()
  return Number(client.text().split(' ')[1] ?? 0)
}
const handshake = (port: number, host: string, ...more: string[]) =>
  statusOf(port, [
    'GET /ws?v=2 HTTP/1.1',
    `Host: ${host}`,
    ...Object.entries(HANDSHAKE).map(([name, value]) => `${name}: ${value}`),
    ...more,
  ])

describe('Origin', () => {
  const WRONG = [
    'null',
    '',
    'file://',
    'https://chat.example.org:8443',
    'http://chat.example.org',
    'https://evil.chat.example.org',
    'https://chat.example.org.evil.example',
    'https://evilchat.example.org',
    'HTTPS://CHAT.EXAMPLE.ORG',
    'https://chat.example.org@evil.example',
    'https://chat.example.org/',
    'https://chat.example.org, https://evil.example',
  ]
  test('[S1] of twelve wrong origins not one gets a socket, the right ones do', async () => {
    const { port } = await running({ publicUrl: PUBLIC, allowedOrigins: ['https://other.example'] })
    const ask = (origin: string) => handshake(port, 'chat.example.org', `Origin: ${origin}`)
    const statuses = await Promise.all(WRONG.map(ask))
    expect(statuses).toEqual(WRONG.map(() => 403))
    expect(await ask(PUBLIC)).toBe(101)
    expect(await ask('https://other.example')).toBe(101)
  })

  test('[S1] without PUBLIC_URL it is the own host, the port included', async () => {
    const { port } = await running()
    const host = `localhost:${port}`
    expect(await handshake(port, host, `Origin: http://${host}`)).toBe(101)
    expect(await handshake(port, host, `Origin: http://localhost:${port + 1}`)).toBe(403)
    expect(await handshake(port, host, `Origin: http://127.0.0.1:${port}`)).toBe(403)
  })

  test('[S1] a request with no Origin is a program: at this machine under its own name, or with a token', async () => {
    const { port } = await running({ publicUrl: PUBLIC })
    expect(await handshake(port, `localhost:${port}`)).toBe(101)
    expect(await handshake(port, 'chat.example.org')).toBe(403)
    expect(await handshake(port, `localhost:${port}`, 'X-Forwarded-For: 203.0.113.9')).toBe(403)
    const token = 'a'.repeat(43)
    expect(await handshake(port, 'chat.example.org', `Authorization: Bearer ${token}`)).toBe(101)
    const odd = [
      'Bearer',
      'Bearer ',
      'Bearer null',
      'Basic YTpi',
      `Bearer ${token.slice(1)}`,
      `Bearer ${token} x`,
    ]
    const refused = odd.map((value) => handshake(port, 'chat.example.org', `Authorization: ${value}`))
    expect(await Promise.all(refused)).toEqual(odd.map(() => 403))
  })

  test('[S1] no spelling of the path gets around it', async () => {
    const { port } = await running({ publicUrl: PUBLIC })
    const lines = Object.entries(HANDSHAKE).map(([name, value]) => `${name}: ${value}`)
    const paths = ['/ws/', '/%77s', '//ws', '/ws%2f', '/./ws', '/WS', '/ws;x', '/chat/../ws', '/api/rooms']
    const statuses = paths.map((path) =>
      statusOf(port, [
        `GET ${path}?v=1 HTTP/1.1`,
        'Host: chat.example.org',
        'Origin: https://evil.example',
        ...lines,
      ]),
    )
    expect(await Promise.all(statuses)).toEqual(paths.map(() => 403))
  })
})

describe('Host', () => {
  const WRONG: [what: string, ...lines: string[]][] = [
    ['one letter', 'Host: x'],
    ['three letters', 'Host: a.b'],
    ['one letter and the port of http', 'Host: x:80'],
    ['the same port in other digits', 'Host: nas:00080'],
    ['three characters with the port', 'Host: x:8'],
    ['empty', 'Host: '],
    ['two', 'Host: localhost', 'Host: evil.example'],
    ['a user', 'Host: a@b.example'],
    ['a question mark', 'Host: b.example?'],
    ['a path', 'Host: b.example/x'],
    ['a blank', 'Host: b example'],
    ['a port that is none', 'Host: b.example:http'],
    ['a port too long', 'Host: b.example:123456'],
    ['a port too high', 'Host: b.example:65536'],
    ['a scheme', 'Host: http://b.example'],
    ['a backslash', 'Host: b.example\\x'],
    ['a comma', 'Host: a.example, b.example'],
    ['an empty label', 'Host: b..example'],
  ]
  test('[S38] nineteen odd Hosts are refused, whatever is asked of them', async () => {
    const { port } = await running()
    const statuses = await Promise.all([
      ...WRONG.map(([, ...lines]) => statusOf(port, ['GET /zzz/api/rooms HTTP/1.1', ...lines])),
      statusOf(port, ['GET /api/rooms HTTP/1.0']),
    ])
    expect(statuses).toHaveLength(19)
    expect(statuses.filter((status) => status !== 421 && status !== 400)).toEqual([])
  })

  test('[S38] a short name is answered with a port that makes it four characters, and each path is what it says', async () => {
    const { port } = await running()
    const ask = (host: string, path: string) => statusOf(port, [`GET ${path} HTTP/1.1`, `Host: ${host}`])
    for (const host of ['nas:3000', 'nas:8080', 'x:443', 'ab:9'])
      expect([await ask(host, '/api/rooms'), await ask(host, '/zzz/api/rooms')]).toEqual([401, 404])
    expect(await ask('nas', '/api/rooms')).toBe(421)
  })

  test('[S38] with PUBLIC_URL only its host, those of ALLOWED_ORIGINS and loopback names are answered', async () => {
    const { port } = await running({ publicUrl: PUBLIC, allowedOrigins: ['http://other.example:8080'] })
    const ask = (host: string) => statusOf(port, ['GET /api/rooms HTTP/1.1', `Host: ${host}`])
    const known = [
      'chat.example.org',
      'CHAT.example.org',
      'chat.example.org:443',
      'other.example:8080',
      `127.0.0.1:${port}`,
      '[::1]:99',
      'localhost',
    ]
    expect(await Promise.all(known.map(ask))).toEqual(known.map(() => 401))
    const foreign = [
      'evil.example',
      'chat.example.org.evil.example',
      'other.example',
      'sub.chat.example.org',
      '203.0.113.9',
    ]
    expect(await Promise.all(foreign.map(ask))).toEqual(foreign.map(() => 421))
  })

  test('[S38] the refusal says what to do', async () => {
    const { origin } = await running({ publicUrl: PUBLIC })
    const answer = await fetch(`${origin}/api/rooms`, { headers: { host: 'evil.example' } })
    expect(answer.status).toBe(421)
    expect(await answer.text()).toContain('PUBLIC_URL')
  })
})

describe('the life of a server', () => {
  test('[O4] before it is ready it says so, to people in a page that comes back by itself', async () => {
    const { origin } = await running({ ready: false })
    const api = await fetch(`${origin}/api/rooms`)
    expect([api.status, await api.json()]).toMatchObject([503, { error: { code: 'unavailable' } }])
    const page = await fetch(`${origin}/chat/lobby`, { headers: { accept: 'text/html' } })
    expect([page.status, page.headers.get('refresh'), page.headers.get('content-type')]).toEqual([
      503,
      '1',
      'text/html;charset=utf-8',
    ])
    expect(await page.text()).toContain('Starting')
    expect((await fetch(`${origin}/healthz`)).status).toBe(200)
    expect((await fetch(`${origin}/readyz`)).status).toBe(503)
  })

  test('[O15] `/readyz` names what fails; probes need no Host, no login, and are never stored', async () => {
    const failing: string[] = []
    const app = await running({ publicUrl: PUBLIC, failing })
    const ask = (path: string) => fetch(app.origin + path, { headers: { host: '10.0.0.7:3000' } })
    expect(await (await ask('/readyz')).json()).toEqual({ ready: true, failing: [] })
    failing.push('store')
    const ready = await ask('/readyz')
    expect([ready.status, await ready.json()]).toEqual([503, { ready: false, failing: ['store'] }])
    expect(ready.headers.get('cache-control')).toBe('no-store')
    expect((await ask('/healthz')).status).toBe(200)
    app.gate.stage = 'draining'
    expect(await (await ask('/readyz')).json()).toEqual({ ready: false, failing: ['draining', 'store'] })
    expect(await statusOf(app.port, ['GET /healthz HTTP/1.1', 'Host: x'])).toBe(200)
  })

  test('[O13] while it drains nobody new is let in and nothing is changed, what is there can be read', async () => {
    const app = await running()
    const ada = await app.guest('Ada')
    app.gate.stage = 'draining'
    const socket = await fetch(`${app.origin}/ws?v=2`, { headers: { ...HANDSHAKE, origin: app.origin } })
    expect(socket.status).toBe(503)
    expect((await ada.ask('/api/session', { method: 'PATCH', body: { name: 'Ann' } })).status).toBe(503)
    expect((await ada.ask('/api/rooms/lobby/messages')).status).toBe(200)
  })
})
