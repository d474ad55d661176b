import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { anApp } from '../support/client/anApp.ts'
import { eventually } from '../support/eventually.ts'

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
    `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; media-src 'self'; manifest-src 'self'; worker-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'; connect-src 'self'${ws}`

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
    expect((await hub.sessions.signUp('Ada', 'f'.repeat(64))).name).toBe('Ada')
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
