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

describe('every answer', () => {
  const ALWAYS = {
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=(), usb=()',
    'x-frame-options': 'DENY',
    'cache-control': 'no-store',
  }
  const CSP = (ws: string) =>
    `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; media-src 'self'; connect-src 'self'${ws}; manifest-src 'self'; worker-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'`

  test('[S3, S4, S27] has the headers, whatever it is an answer to', async () => {
    const app = await running({ maxNewGuestsPerAddress: 4, trustProxy: 1 })
    const { origin, port } = app
    const json = { origin, 'content-type': 'application/json', 'x-forwarded-for': '203.0.113.9' }
    const post = (path: string, body: string, headers: Record<string, string> = json) =>
      fetch(origin + path, { method: 'POST', headers, body })
    await post('/api/session', '{"name":"Ada"}')
    app.store.fail('reads')
    const broken = await fetch(`${origin}/api/session`, { headers: { cookie: `session=${'a'.repeat(43)}` } })
    app.store.heal()
    const answers: [number, Response][] = [
      [200, await fetch(`${origin}/healthz`)],
      [200, await fetch(`${origin}/readyz`)],
      [200, await fetch(`${origin}/healthz`, { method: 'HEAD' })],
      [401, await fetch(`${origin}/api/rooms`)],
      [401, await fetch(`${origin}/api/rooms`, { method: 'HEAD' })],
      [404, await fetch(`${origin}/api/rooms`, { method: 'OPTIONS' })],
      [404, await fetch(`${origin}/nothing`)],
      [404, await fetch(`${origin}/nothing`, { method: 'DELETE', headers: json })],
      [400, await post('/api/session', '{')],
      [400, await fetch(`${origin}/ws?v=2`)],
      [403, await post('/api/session', '{}', { ...json, origin: 'https://evil.example' })],
      [413, await post('/api/session', JSON.stringify({ name: 'x'.repeat(70_000) }))],
      [
        415,
        await post('/api/session', 'name=Ada', {
          ...json,
          'content-type': 'application/x-www-form-urlencoded',
        }),
      ],
      [421, await fetch(`${origin}/api/rooms`, { headers: { host: 'a.b' } })],
      [422, await post('/api/session', '{"name":"admin"}')],
      [201, await post('/api/session', '{"name":"Bob"}')],
      [429, await post('/api/session', '{"name":"Eve"}')],
      [broken.status, broken],
      [101, await fetch(`${origin}/ws?v=2`, { headers: { ...HANDSHAKE, origin } })],
    ]
    expect(answers.map(([, { status }]) => status)).toEqual(answers.map(([status]) => status))
    expect([500, 503]).toContain(broken.status)
    for (const [status, { headers }] of answers) {
      const seen = Object.fromEntries(Object.keys(ALWAYS).map((name) => [name, headers.get(name)]))
      expect({ status, ...seen }).toEqual({ status, ...ALWAYS })
      const policy = headers.get('content-security-policy')
      expect(policy).toBe(CSP(status === 421 ? '' : ` ws://127.0.0.1:${port}`))
      expect([headers.get('server'), headers.get('x-powered-by')]).toEqual([null, null])
      expect(headers.get('strict-transport-security')).toBeNull()
    }
  })

  test('[S4] behind https it says wss and asks for https from then on', async () => {
    const { origin } = await running({ publicUrl: PUBLIC })
    const { headers } = await fetch(`${origin}/api/rooms`)
    expect(headers.get('content-security-policy')).toBe(CSP(' wss://chat.example.org'))
    expect(headers.get('strict-transport-security')).toBe('max-age=31536000')
  })

  test('[S29] every refusal is `{ error: { code, message, reason? } }`, at most 200 bytes, and repeats nothing', async () => {
    const { origin } = await running()
    const canary = 'canary-7f3a'
    const json = { origin, 'content-type': 'application/json' }
    const answers = await Promise.all([
      fetch(`${origin}/${canary}`),
      fetch(`${origin}/api/rooms/${canary}/messages?limit=${canary}`),
      fetch(`${origin}/api/session`, { method: 'POST', headers: json, body: `{"${canary}` }),
      fetch(`${origin}/api/session`, { method: 'POST', headers: json, body: `{"name":["${canary}"]}` }),
      fetch(`${origin}/api/session`, { method: 'POST', headers: json, body: `[]` }),
      fetch(`${origin}/api/session`, { method: 'POST', headers: json, body: `{"name":"${canary}\\u0000"}` }),
      fetch(`${origin}/api/session`, {
        method: 'POST',
        headers: { ...json, 'content-type': canary },
        body: '{}',
      }),
      fetch(`${origin}/api/rooms`, { headers: { host: `${canary}?` } }),
    ])
    for (const answer of answers) {
      const text = await answer.text()
      expect(answer.status).toBeGreaterThanOrEqual(400)
      expect(answer.headers.get('content-type')).toContain('application/json')
      const isName = text.includes('nameInvalid')
      expect(JSON.parse(text)).toEqual({
        error: {
          code: expect.any(String),
          message: expect.any(String),
          ...(isName && { reason: 'characters' }),
        },
      })
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(200)
      expect(text).not.toContain(canary)
    }
  })

  test('[S29, S4] a bug is answered without a word about it, with all headers; the log has it under the id of the answer', async () => {
    const app = await running()
    app.store.history = () => Promise.reject(new Error('canary in /some/path'))
    const ada = await app.guest('Ada')
    const answer = await ada.ask('/api/rooms/lobby/messages')
    expect(answer.status).toBe(500)
    const usual = await fetch(`${app.origin}/healthz`)
    for (const name of [
      'content-security-policy',
      'x-content-type-options',
      'cache-control',
      'x-frame-options',
    ])
      expect([name, answer.headers.get(name)]).toEqual([name, usual.headers.get(name) ?? 'missing'])
    expect(await answer.json()).toEqual({
      error: { code: 'internal', message: 'Something went wrong on the server.' },
    })
    expect(app.trouble).toMatchObject([{ what: `request ${answer.headers.get('x-request-id')}` }])
  })
})

describe('what is allowed in', () => {
  test('[S21] a form, a text, another origin or none at all change nothing', async () => {
    const { origin, hub } = await running()
    const body = '{"name":"Ada"}'
    const tries: Record<string, string>[] = [
      { origin, 'content-type': 'application/x-www-form-urlencoded' },
      { origin, 'content-type': 'text/plain' },
      { origin, 'content-type': 'multipart/form-data; boundary=x' },
      { origin, 'content-type': 'application/jsonp' },
      { origin, 'content-type': '' },
      { origin: 'https://evil.example', 'content-type': 'application/json' },
      { origin: 'null', 'content-type': 'application/json' },
      { 'content-type': 'application/json' },
    ]
    const answers = tries.map((headers) => fetch(`${origin}/api/session`, { method: 'POST', headers, body }))
    const statuses = (await Promise.all(answers)).map(({ status }) => status)
    expect(statuses).toEqual([415, 415, 415, 415, 415, 403, 403, 403])
    expect((await hub.people.signUp('Ada', 'f'.repeat(64))).name).toBe('Ada')
  })

  test('[S7] of one address at most 50 sockets live; another address is not touched by it', async () => {
    const app = await running({ trustProxy: 1, maxHandshakesPerAddress: 1_000 })
    const guests = await Promise.all(['Ada', 'Bob', 'Cy'].map((name) => app.guest(name)))
    const from = (address: string, at = 0) =>
      guests[at % 3]?.socket({ 'x-forwarded-for': address }) ?? Promise.reject(new Error('nobody'))
    const many = await Promise.all(Array.from({ length: 60 }, (_, at) => from('203.0.113.9', at)))
    await eventually(
      'ten to be refused',
      () => many.filter(({ closed }) => closed !== undefined).length === 10,
    )
    expect(app.hub.stats().connections).toBe(50)
    expect((await from('198.51.100.7')).closed).toBeUndefined()

    many.find(({ closed }) => closed === undefined)?.close()
    await eventually('a place', () => app.hub.stats().connections === 50)
    expect((await from('203.0.113.9')).closed).toBeUndefined()
  })

  test('[S7] handshakes of one address: twenty at once, ten a second, the rest is 429 with a time to wait', async () => {
    const app = await running({ trustProxy: 1 })
    const ask = (address: string) =>
      fetch(`${app.origin}/ws?v=2`, {
        headers: { ...HANDSHAKE, origin: app.origin, 'x-forwarded-for': address },
      })
    const answers = await Promise.all(Array.from({ length: 30 }, () => ask('203.0.113.9')))
    expect(answers.filter(({ status }) => status === 101)).toHaveLength(20)
    const refused = answers.filter(({ status }) => status === 429)
    expect(refused).toHaveLength(10)
    expect(refused[0]?.headers.get('retry-after')).toBe('1')
    expect((await ask('203.0.113.10')).status).toBe(101)
    expect((await ask('spoofed, 203.0.113.9')).status).toBe(429)
  })

  test('[S7, S18] a private peer has no limit under TRUST_PROXY none, and is warned of once if it is a proxy', async () => {
    const app = await running()
    const headers = { ...HANDSHAKE, origin: app.origin, 'x-forwarded-for': '203.0.113.9' }
    const answers = await Promise.all(
      Array.from({ length: 60 }, () => fetch(`${app.origin}/ws?v=2`, { headers })),
    )
    expect(answers.filter(({ status }) => status === 101)).toHaveLength(60)
    expect(app.warnings).toHaveLength(1)
  })

  test('[S7] a full server answers 503', async () => {
    const app = await running({ maxConnections: 2 })
    const ada = await app.guest('Ada')
    await Promise.all([ada.enter('lobby'), ada.enter('lobby')])
    const third = await fetch(`${app.origin}/ws?v=2`, { headers: { ...HANDSHAKE, origin: app.origin } })
    expect([third.status, third.headers.get('retry-after')]).toEqual([503, '1'])
  })
})

test('[S5] compression is offered in vain', async () => {
  const { origin } = await running()
  const offer = { 'sec-websocket-extensions': 'permessage-deflate; client_max_window_bits' }
  const answer = await fetch(`${origin}/ws?v=2`, { headers: { ...HANDSHAKE, ...offer, origin } })
  expect([answer.status, answer.headers.get('sec-websocket-extensions')]).toEqual([101, null])
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
