import { afterAll, describe, expect, test } from 'bun:test'
import { Elysia } from 'elysia'
import { tokensOf } from '../../src/http/authenticate.ts'
import { anApp, cookieOf } from '../support/client/anApp.ts'

const apps: Awaited<ReturnType<typeof anApp>>[] = []
afterAll(() => Promise.all(apps.map((app) => app.stop())))
async function running(options: Parameters<typeof anApp>[0] = {}) {
  const app = await anApp(options)
  apps.push(app)
  const json = { origin: app.origin, 'content-type': 'application/json' }
  const signUp = (name: string, headers: Record<string, string> = {}) =>
    fetch(`${app.origin}/api/session`, {
      method: 'POST',
      headers: { ...json, ...headers },
      body: JSON.stringify({ name }),
    })
  return { ...app, signUp, session: `${app.origin}/api/session`, json }
}
const codeOf = async (answer: Response) => ((await answer.json()) as { error: { code: string } }).error.code

describe('becoming somebody', () => {
  test('[S20] the cookie holds 256 random bits, for this host, for no script, for as long as a session', async () => {
    const { signUp, port } = await running()
    const answer = await signUp('Ada')
    expect(answer.status).toBe(201)
    expect(await answer.json()).toEqual({ user: { id: expect.any(String), name: 'Ada', role: 'guest' } })
    expect(answer.headers.get('set-cookie')).toMatch(
      new RegExp(`^session-${port}=[A-Za-z0-9_-]{43}; Path=/; Max-Age=7776000; HttpOnly; SameSite=Lax$`),
    )
    const secure = await running({ publicUrl: 'https://chat.example.org' })
    const behind = await secure.signUp('Ada', { origin: 'https://chat.example.org' })
    expect(behind.headers.get('set-cookie')).toMatch(/^__Host-session=.*; Path=\/; .*Secure;/)
  })

  test.each([
    [{ publicUrl: 'https://chat.example.org' }, 'chat.example.org', '__Host-session'],
    [{ publicUrl: 'https://chat.example.org:8443' }, 'chat.example.org:8443', '__Host-session'],
    [{ publicUrl: 'http://chat.example.org' }, 'chat.example.org', 'session'],
    [{ publicUrl: 'http://chat.example.org:443' }, 'chat.example.org:443', 'session'],
    [{ publicUrl: 'http://chat.example.org:8080' }, 'chat.example.org:8080', 'session-8080'],
    [{}, 'chat.example.org', 'session'],
    [{}, 'chat.example.org:80', 'session'],
    [{}, 'chat.example.org:3001', 'session-3001'],
    [{}, '[::1]:3001', 'session-3001'],
  ])('[S49] with %j and the Host %s the cookie is called %s', async (settings, host, name) => {
    const { signUp } = await running(settings)
    const origin = 'publicUrl' in settings ? settings.publicUrl : `http://${host.replace(/:80$/, '')}`
    const answer = await signUp('Ada', { host, origin })
    expect([answer.status, cookieOf(answer).split('=')[0]]).toEqual([201, name])
  })

  test('[S49] the page, too, looks for a session under these names alone', async () => {
    const page = new Elysia().get('/*', ({ request }) => String(tokensOf(request).tokens.length))
    const { origin, port } = await running({ assets: page })
    const names = ['session', `session-${port}`, 'session-1', '__Host-session']
    const found = names.map(async (name) => {
      const headers = { cookie: `${name}=${'a'.repeat(43)}` }
      return (await fetch(`${origin}/chat/lobby`, { headers })).text()
    })
    expect(await Promise.all(found)).toEqual(['1', '1', '0', '0'])
  })

  test('[S50] a new guest is a member of the named room, or of the lobby, from the answer on', async () => {
    const { guest, session, json, store } = await running()
    const ada = await guest('Ada')
    await ada.ask('/api/rooms', { method: 'POST', body: { name: 'Garden' } })
    const roomsOf = async (body: unknown) => {
      const answer = await fetch(session, { method: 'POST', headers: json, body: JSON.stringify(body) })
      const { user } = (await answer.json()) as { user?: { id: string } }
      return [answer.status, (await store.memberships(user?.id ?? '')).map(({ room }) => room)]
    }
    expect(await roomsOf({ name: 'Bob' })).toEqual([201, ['lobby']])
    expect(await roomsOf({ name: 'Cy', room: 'garden' })).toEqual([201, ['garden']])
    expect(await roomsOf({ name: 'Di', room: 'nowhere' })).toEqual([201, ['lobby']])
    for (const room of ['', 'Garden', '../garden', 'x'.repeat(65), 5, null])
      expect(await roomsOf({ name: 'Ed', room })).toEqual([400, []])
  })

  test('[S20] it is Secure, too, where a believed proxy says https', async () => {
    const { signUp } = await running({ trustProxy: 1 })
    expect((await signUp('Ada', { 'x-forwarded-proto': 'https' })).headers.get('set-cookie')).toContain(
      '; Secure;',
    )
    expect((await signUp('Bob')).headers.get('set-cookie')).not.toContain('Secure')
  })

  test('[S20] only the hash of a token reaches the store, and the hash opens nothing', async () => {
    const { store, signUp, session } = await running()
    const hashes: string[] = []
    const addGuest = store.addGuest.bind(store)
    store.addGuest = (guest, stale) => {
      hashes.push(guest.session)
      return addGuest(guest, stale)
    }
    const cookie = cookieOf(await signUp('Ada'))
    const token = cookie.split('=')[1] ?? ''
    expect(hashes).toEqual([new Bun.CryptoHasher('sha256').update(token).digest('hex')])
    expect(
      (await fetch(session, { headers: { cookie: cookie.replace(token, hashes[0] ?? '') } })).status,
    ).toBe(401)
  })

  test.each([
    ['', 'nameInvalid'],
    ['   ', 'nameInvalid'],
    ['x'.repeat(25), 'nameInvalid'],
    ['x'.repeat(60_000), 'nameInvalid'],
    ['a\u0000b', 'nameInvalid'],
    ['a\u202eb', 'nameInvalid'],
    ['admin', 'nameInvalid'],
    ['Hubbub', 'nameInvalid'],
    ['...', 'nameInvalid'],
    ['\ud800', 'nameInvalid'],
  ])('[I9] the name %j is refused in words (%s)', async (name, code) => {
    const { signUp } = await running()
    const answer = await signUp(name)
    const body = (await answer.json()) as { error: { code: string; message: string } }
    expect([answer.status, body.error.code]).toEqual([422, code])
    expect(body.error.message).toMatch(/^[A-Z].+\.$/)
  })

  test('[I9] a name that is taken, or looks like it, is refused with a free one beside it', async () => {
    const { signUp } = await running()
    await signUp('Ann')
    for (const name of ['Ann', 'ANN', ' ann ', '\uff21nn', 'A n n']) {
      const answer = await signUp(name)
      expect(answer.status).toBe(409)
      const { error } = (await answer.json()) as { error: { code: string; suggestion: string } }
      expect(error.code).toBe('nameTaken')
      expect((await signUp(error.suggestion)).status).toBe(201)
    }
  })

  test.each([
    '',
    '[]',
    'null',
    '{',
    '"Ada"',
    '{"name":5}',
    '{"name":null}',
    '{"nam":"Ada"}',
    '{"__proto__":{"name":"Ada"}}',
  ])('[I10] a body of %j is malformed', async (body) => {
    const { session, json } = await running()
    const answer = await fetch(session, { method: 'POST', headers: json, body })
    expect([answer.status, await codeOf(answer)]).toEqual([400, 'badRequest'])
  })

  test('[S12] one address makes thirty guests at once, and not one more; a refused name costs nothing', async () => {
    const { signUp } = await running({ trustProxy: 1 })
    const from = (address: string, name: string) => signUp(name, { 'x-forwarded-for': address })
    for (let at = 0; at < 5; at += 1) expect((await from('203.0.113.9', 'admin')).status).toBe(422)
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, at) => from('203.0.113.9', `Guest ${at}x`)),
    )
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(30)
    const refused = answers.find(({ status }) => status === 429)
    expect(refused?.headers.get('retry-after')).toBe('60')
    expect((await from('203.0.113.10', 'Elsewhere')).status).toBe(201)
  })

  test('[S12] of a hundred requests for one name one gets it', async () => {
    const { signUp } = await running()
    const answers = await Promise.all(Array.from({ length: 100 }, () => signUp('Ada')))
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(99)
  })
})

describe('what comes to nothing', () => {
  test('[S51] sixty refused names of one address are answered, one a second from then on; what succeeds is free', async () => {
    const app = await running({ trustProxy: 1 })
    const from = (address: string, name: string) => app.signUp(name, { 'x-forwarded-for': address })
    await from('203.0.113.9', 'Ada')
    const asked = Array.from(
      { length: 500 },
      async (_, n) => (await from('203.0.113.9', n % 2 ? 'Ada' : '')).status,
    )
    const statuses = await Promise.all(asked)
    expect(statuses.filter((status) => status !== 429)).toHaveLength(60)
    expect((await from('203.0.113.9', 'Bob')).status).toBe(429)
    expect((await from('203.0.113.10', 'Bob')).status).toBe(201)
    app.pass(2_000)
    expect((await from('203.0.113.9', 'Cy')).status).toBe(201)
    expect((await from('203.0.113.9', 'Di')).status).toBe(201)
  })

  test('[S51] a private peer, which may be many people, has five hundred at once', async () => {
    const app = await running()
    await app.signUp('Ada')
    const asked = Array.from({ length: 700 }, async () => (await app.signUp('Ada')).status)
    const statuses = await Promise.all(asked)
    expect(statuses.filter((status) => status === 409)).toHaveLength(500)
    expect(statuses.filter((status) => status === 429)).toHaveLength(200)
  })

  test('[S51] a person is refused twenty other names at once', async () => {
    const app = await running()
    const [ada] = [await app.guest('Ada'), await app.guest('Bob')]
    const rename = async () =>
      (await ada.ask('/api/session', { method: 'PATCH', body: { name: 'Bob' } })).status
    const statuses = await Promise.all(Array.from({ length: 50 }, rename))
    expect(statuses.filter((status) => status === 409)).toHaveLength(20)
    expect(statuses.filter((status) => status === 429)).toHaveLength(30)
  })

  test('[S51] a sign-out with made-up tokens costs two looks and no write, and an address has sixty of them', async () => {
    const app = await running({ trustProxy: 1 })
    const calls = { session: 0, endSession: 0 }
    const { session, endSession } = app.store
    app.store.session = (hash) => ((calls.session += 1), session.call(app.store, hash))
    app.store.endSession = (hash) => ((calls.endSession += 1), endSession.call(app.store, hash))
    const leave = async (cookie: string, address = '203.0.113.9') => {
      const headers = { ...app.json, cookie, 'x-forwarded-for': address }
      return (await fetch(app.session, { method: 'DELETE', headers })).status
    }
    const name = `session-${app.port}`
    const madeUp = Array.from({ length: 8 }, (_, n) => `${name}=${String(n).repeat(43)}`).join('; ')
    expect(await leave(madeUp)).toBe(204)
    expect(calls).toEqual({ session: 2, endSession: 0 })
    const statuses = await Promise.all(Array.from({ length: 200 }, () => leave(madeUp)))
    expect(statuses.filter((status) => status === 204)).toHaveLength(59)
    // Without a token there is nothing to look for, and elsewhere a session that exists ends.
    expect(await leave('')).toBe(204)
    const ada = await app.guest('Ada')
    expect([await leave(ada.cookie, '203.0.113.10'), calls.endSession]).toEqual([204, 1])
  })
})
