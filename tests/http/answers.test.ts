import { describe, expect, setDefaultTimeout, test } from 'bun:test'
import { aRunningApp } from '../support/server/aRunningApp.ts'
import { eventually } from '../support/eventually.ts'
import { rawConnection } from '../support/server/rawSocket.ts'

// Real sockets on a busy machine.
setDefaultTimeout(20_000)

describe('every answer', () => {
  const ALWAYS = {
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=(), usb=()',
    'x-frame-options': 'DENY',
    'cache-control': 'no-store',
    server: null,
    'x-powered-by': null,
    'strict-transport-security': null,
  }
  const CSP = (ws: string) =>
    `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; media-src 'self'; manifest-src 'self'; worker-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'; connect-src 'self'${ws}`

  test('[S3, S4, S27] carries the security headers, whatever it answers', async () => {
    const app = await aRunningApp({ maxNewGuestsPerAddress: 4, trustProxy: 1 })
    const { origin, port, get } = app
    const address = { 'x-forwarded-for': '203.0.113.9' }
    const post = (body: unknown, headers: Record<string, string> = {}) =>
      app.send('POST', '/api/session', body, { ...address, ...headers })
    await post({ name: 'Ada' })
    app.store.history = () => Promise.reject(new Error('broken'))
    const cy = await app.guest('Cy')
    const answers: [status: number, answer: Response][] = [
      [200, await get('/healthz')],
      [200, await get('/readyz')],
      [200, await fetch(`${origin}/healthz`, { method: 'HEAD' })],
      [401, await get('/api/rooms')],
      [401, await fetch(`${origin}/api/rooms`, { method: 'HEAD' })],
      [404, await fetch(`${origin}/api/rooms`, { method: 'OPTIONS' })],
      [404, await get('/nothing')],
      [404, await app.send('DELETE', '/nothing', '')],
      [400, await post('{')],
      [400, await get('/ws?v=2')],
      [403, await post({}, { origin: 'https://evil.example' })],
      [413, await post({ name: 'x'.repeat(70_000) })],
      [415, await post('name=Ada', { 'content-type': 'application/x-www-form-urlencoded' })],
      [421, await get('/api/rooms', { host: 'a.b' })],
      [422, await post({ name: 'admin' })],
      [201, await post({ name: 'Bob' })],
      [429, await post({ name: 'Eve' })],
      [500, await cy.ask('/api/rooms/lobby/messages')],
      [101, await app.handshake()],
    ]
    for (const [status, answer] of answers) {
      const { headers } = answer
      const seen = Object.fromEntries(Object.keys(ALWAYS).map((name) => [name, headers.get(name)]))
      expect({ status: answer.status, ...seen }).toEqual({ status, ...ALWAYS })
      const policy = headers.get('content-security-policy')
      expect(policy).toBe(CSP(status === 421 ? '' : ` ws://127.0.0.1:${port}`))
    }
  })

  test('[S4] names wss behind a PUBLIC_URL of https', async () => {
    const { get } = await aRunningApp({ publicUrl: 'https://chat.example.org' })
    const { headers } = await get('/api/rooms')
    expect(headers.get('content-security-policy')).toBe(CSP(' wss://chat.example.org'))
  })

  test.each([
    ['https://chat.example.org', null, 'max-age=31536000'],
    ['https://chat.example.org', 600, 'max-age=600'],
    ['https://chat.example.org', 0, null],
    ['https://home.example:8443', null, null],
    ['https://home.example:8443', 600, 'max-age=600'],
    ['http://chat.example.org', 600, null],
    [null, 600, null],
  ])('[S81] at %p with HSTS_SECONDS %p asks for https by %p', async (publicUrl, hstsSeconds, hsts) => {
    const { get } = await aRunningApp({ publicUrl, hstsSeconds })
    for (const path of ['/healthz', '/api/rooms', '/nothing'])
      expect((await get(path)).headers.get('strict-transport-security')).toBe(hsts)
  })
})

test('[S29] every refusal is `{ error: { code, message, reason? } }`, at most 200 bytes, and repeats nothing', async () => {
  const { origin, get, send } = await aRunningApp()
  const canary = 'canary-7f3a'
  const answers = await Promise.all([
    get(`/${canary}`),
    get(`/api/rooms/${canary}/messages?limit=${canary}`),
    send('POST', '/api/session', `{"${canary}`),
    send('POST', '/api/session', { name: [canary] }),
    send('POST', '/api/session', []),
    send('POST', '/api/session', { name: `${canary}\u0000` }),
    send('POST', '/api/session', {}, { 'content-type': canary }),
    fetch(`${origin}/api/rooms`, { headers: { host: `${canary}?` } }),
  ])
  for (const answer of answers) {
    const text = await answer.text()
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(answer.headers.get('content-type')).toContain('application/json')
    const reason = text.includes('nameInvalid') && { reason: 'characters' }
    expect(JSON.parse(text)).toEqual({
      error: { code: expect.any(String), message: expect.any(String), ...reason },
    })
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(200)
    expect(text).not.toContain(canary)
  }
})

test('[S29] a bug is answered without a word about it, and logged under the id of the answer', async () => {
  const app = await aRunningApp()
  app.store.history = () => Promise.reject(new Error('canary in /some/path'))
  const answer = await (await app.guest('Ada')).ask('/api/rooms/lobby/messages')
  expect([answer.status, await answer.json()]).toEqual([
    500,
    { error: { code: 'internal', message: 'Something went wrong on the server.' } },
  ])
  expect(app.trouble).toMatchObject([{ what: `request ${answer.headers.get('x-request-id')}` }])
})

test('[S29] a path that Elysia cannot decode gets no error page of the framework', async () => {
  const { port } = await aRunningApp()
  const client = rawConnection(port, 'GET /%ff%fe/../..//%00?%zz HTTP/1.1\r\nHost: localhost\r\n\r\n')
  await eventually('an answer', () => client.text().includes('\r\n\r\n'))
  expect(client.text()).not.toContain('<html')
  client.end()
})

test('[S21] a request with a form, a text, a foreign origin or no origin changes nothing', async () => {
  const { origin, send, hub } = await aRunningApp()
  const tries: [status: number, headers: Record<string, string>][] = [
    [415, { 'content-type': 'application/x-www-form-urlencoded' }],
    [415, { 'content-type': 'text/plain' }],
    [415, { 'content-type': 'multipart/form-data; boundary=x' }],
    [415, { 'content-type': 'application/jsonp' }],
    [415, { 'content-type': '' }],
    [403, { origin: 'https://evil.example' }],
    [403, { origin: 'null' }],
  ]
  for (const [status, headers] of tries)
    expect((await send('POST', '/api/session', { name: 'Ada' }, headers)).status).toBe(status)
  const headers = { 'content-type': 'application/json' }
  const bare = await fetch(`${origin}/api/session`, { method: 'POST', headers, body: '{"name":"Ada"}' })
  expect(bare.status).toBe(403)
  expect((await hub.sessions.signUp('Ada', 'f'.repeat(64))).name).toBe('Ada')
})
