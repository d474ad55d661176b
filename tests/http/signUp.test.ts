import { describe, expect, test } from 'bun:test'
import { Elysia } from 'elysia'
import { tokensOf } from '../../src/http/authenticate.ts'
import { cookieOf } from '../support/client/anApp.ts'
import { aLobby, aRunningApp, count, errorOf, from, statusesOf } from '../support/server/aRunningApp.ts'

const PUBLIC = 'https://chat.example.org'
const PATH = '/api/session'

describe('the session cookie', () => {
  test('[S20] holds 256 random bits, for this host, for no script, for as long as a session', async () => {
    const { signUp, port } = await aRunningApp()
    const answer = await signUp('Ada')
    expect([answer.status, await answer.json()]).toEqual([
      201,
      { user: { id: expect.any(String), name: 'Ada', role: 'guest' } },
    ])
    expect(answer.headers.get('set-cookie')).toMatch(
      new RegExp(`^session-${port}=[A-Za-z0-9_-]{43}; Path=/; Max-Age=7776000; HttpOnly; SameSite=Lax$`),
    )
  })

  test('[S20] is Secure behind https, also where only a trusted proxy says so', async () => {
    const { signUp } = await aRunningApp({ trustProxy: 1 })
    const overHttps = await signUp('Ada', { 'x-forwarded-proto': 'https' })
    expect(overHttps.headers.get('set-cookie')).toMatch(/^__Host-session=.*; Path=\/; .*Secure;/)
    expect((await signUp('Bob')).headers.get('set-cookie')).not.toContain('Secure')
  })

  test.each([
    [{ publicUrl: PUBLIC }, 'chat.example.org', '__Host-session'],
    [{ publicUrl: `${PUBLIC}:8443` }, 'chat.example.org:8443', '__Host-session'],
    [{ publicUrl: 'http://chat.example.org' }, 'chat.example.org', 'session'],
    [{ publicUrl: 'http://chat.example.org:443' }, 'chat.example.org:443', 'session'],
    [{ publicUrl: 'http://chat.example.org:8080' }, 'chat.example.org:8080', 'session-8080'],
    [{}, 'chat.example.org', 'session'],
    [{}, 'chat.example.org:80', 'session'],
    [{}, 'chat.example.org:3001', 'session-3001'],
    [{}, '[::1]:3001', 'session-3001'],
  ])('[S49] with %j and the Host %s is called %s', async (settings, host, name) => {
    const { signUp } = await aRunningApp(settings)
    const origin = 'publicUrl' in settings ? settings.publicUrl : `http://${host.replace(/:80$/, '')}`
    const answer = await signUp('Ada', { host, origin })
    expect([answer.status, cookieOf(answer).split('=')[0]]).toEqual([201, name])
  })

  test('[S49] the page, too, reads a session under these names alone', async () => {
    const page = new Elysia().get('/*', ({ request }) => String(tokensOf(request).tokens.length))
    const { get, port } = await aRunningApp({ assets: page })
    const found = ['session', `session-${port}`, 'session-1', '__Host-session'].map(async (name) =>
      (await get('/chat/lobby', { cookie: `${name}=${'a'.repeat(43)}` })).text(),
    )
    expect(await Promise.all(found)).toEqual(['1', '1', '0', '0'])
  })

  test('[S20] only the hash of its token reaches the store, and the hash opens nothing', async () => {
    const { store, signUp, get } = await aRunningApp()
    const hashes: string[] = []
    const addGuest = store.addGuest.bind(store)
    store.addGuest = (guest, stale) => {
      hashes.push(guest.session)
      return addGuest(guest, stale)
    }
    const [name = '', token = ''] = cookieOf(await signUp('Ada')).split('=')
    expect(hashes).toEqual([new Bun.CryptoHasher('sha256').update(token).digest('hex')])
    expect((await get(PATH, { cookie: `${name}=${hashes[0]}` })).status).toBe(401)
  })
})

test('[S50] a new guest is a member of the named room, or of the lobby, from the answer on', async () => {
  const { guest, send, store } = await aRunningApp()
  const ada = await guest('Ada')
  await ada.ask('/api/rooms', { method: 'POST', body: { name: 'Garden' } })
  const roomsOf = async (body: unknown) => {
    const answer = await send('POST', PATH, body)
    const { user } = (await answer.json()) as { user?: { id: string } }
    return [answer.status, (await store.memberships(user?.id ?? '')).map(({ room }) => room)]
  }
  expect(await roomsOf({ name: 'Bob' })).toEqual([201, ['lobby']])
  expect(await roomsOf({ name: 'Cy', room: 'garden' })).toEqual([201, ['garden']])
  expect(await roomsOf({ name: 'Di', room: 'nowhere' })).toEqual([201, ['lobby']])
  for (const room of ['', 'Garden', '../garden', 'x'.repeat(65), 5, null])
    expect(await roomsOf({ name: 'Ed', room })).toEqual([400, []])
})

describe('a name', () => {
  test('[I9] that is invalid is refused with the reason, of a guest and of a rename', async () => {
    const { guest, signUp } = await aRunningApp()
    const ada = await guest('Ada')
    const names = { empty: '…', long: 'x'.repeat(60_000), characters: 'a\u202eb', reserved: 'admin' }
    for (const [reason, name] of Object.entries(names))
      for (const answer of [await signUp(name), await ada.ask(PATH, { method: 'PATCH', body: { name } })])
        expect([answer.status, await errorOf(answer)]).toMatchObject([422, { code: 'nameInvalid', reason }])
  })

  test('[I9] that is taken, or looks like a taken one, is refused with a free one beside it', async () => {
    const { signUp } = await aRunningApp()
    await signUp('Ann')
    for (const name of ['Ann', 'ANN', ' ann ', '\uff21nn', 'A n n']) {
      const answer = await signUp(name)
      const { code, suggestion = '' } = await errorOf(answer)
      expect([answer.status, code]).toEqual([409, 'nameTaken'])
      expect((await signUp(suggestion)).status).toBe(201)
    }
  })

  test('[I10] is missing in a body that is no JSON object with a text', async () => {
    const { send } = await aRunningApp()
    const bodies = ['', '[]', 'null', '{', '"Ada"', '{"name":5}', '{"name":null}', '{"nam":"Ada"}']
    for (const body of [...bodies, '{"__proto__":{"name":"Ada"}}']) {
      const answer = await send('POST', PATH, body)
      expect([body, answer.status, (await errorOf(answer)).code]).toEqual([body, 400, 'badRequest'])
    }
  })
})

describe('an address', () => {
  test('[S12] makes thirty guests at once, and then waits; a refused name costs nothing', async () => {
    const { signUp } = await aRunningApp({ trustProxy: 1 })
    for (let at = 0; at < 5; at += 1) expect((await signUp('admin', from('203.0.113.9'))).status).toBe(422)
    const statuses = await statusesOf(60, (at) => signUp(`Guest ${at}x`, from('203.0.113.9')))
    expect([count(statuses, 201), count(statuses, 429)]).toEqual([30, 30])
    const refused = await signUp('Late', from('203.0.113.9'))
    expect(refused.headers.get('retry-after')).toBe('60')
    const error = { code: 'rateLimited', reason: 'newGuests', after: 60_000, message: expect.any(String) }
    expect(await errorOf(refused)).toEqual(error)
    expect((await signUp('Elsewhere', from('203.0.113.10'))).status).toBe(201)
  })

  test('[S51] has sixty refused names at once and one a second; what succeeds is free', async () => {
    const { signUp, pass } = await aRunningApp({ trustProxy: 1 })
    const here = (name: string) => signUp(name, from('203.0.113.9'))
    await here('Ada')
    const statuses = await statusesOf(500, (at) => here(at % 2 ? 'Ada' : ''))
    expect(count(statuses, 429)).toBe(440)
    expect((await here('Bob')).status).toBe(429)
    expect((await signUp('Bob', from('203.0.113.10'))).status).toBe(201)
    pass(2_000)
    expect([(await here('Cy')).status, (await here('Di')).status]).toEqual([201, 201])
  })

  test('[S51] that is private, and may be many people, has five hundred at once', async () => {
    const { signUp } = await aRunningApp()
    await signUp('Ada')
    const statuses = await statusesOf(700, () => signUp('Ada'))
    expect([count(statuses, 409), count(statuses, 429)]).toEqual([500, 200])
  })

  test('[S51] looks up two made-up tokens of a sign-out, writes nothing, and has sixty such sign-outs', async () => {
    const app = await aRunningApp({ trustProxy: 1 })
    const calls = { session: 0, endSession: 0 }
    const { session, endSession } = app.store
    app.store.session = (hash) => ((calls.session += 1), session.call(app.store, hash))
    app.store.endSession = (hash) => ((calls.endSession += 1), endSession.call(app.store, hash))
    const signOut = (cookie: string, address = '203.0.113.9') =>
      app.send('DELETE', PATH, '', { cookie, ...from(address) })
    const name = `session-${app.port}`
    const madeUp = Array.from({ length: 8 }, (_, n) => `${name}=${String(n).repeat(43)}`).join('; ')
    expect((await signOut(madeUp)).status).toBe(204)
    expect(calls).toEqual({ session: 2, endSession: 0 })
    expect(count(await statusesOf(200, () => signOut(madeUp)), 204)).toBe(59)
    // Without a token there is nothing to look up, and a session that exists ends.
    expect((await signOut('')).status).toBe(204)
    const ada = await app.guest('Ada')
    expect([(await signOut(ada.cookie, '203.0.113.10')).status, calls.endSession]).toEqual([204, 1])
  })
})

test('[S51] a person is refused twenty new names at once', async () => {
  const { ada } = await aLobby()
  const rename = () => ada.ask(PATH, { method: 'PATCH', body: { name: 'Bob' } })
  const statuses = await statusesOf(50, rename)
  expect([count(statuses, 409), count(statuses, 429)]).toEqual([20, 30])
})
