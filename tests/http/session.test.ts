import { afterAll, describe, expect, test } from 'bun:test'
import { Elysia } from 'elysia'
import { tokensOf } from '../../src/http/authenticate.ts'
import { anApp, cookieOf } from '../support/client/anApp.ts'
import { openSocket } from '../support/server/socketClient.ts'

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
      new RegExp(`^session-${port}=[A-Za-z0-9_-]{43}; Path=/; HttpOnly; SameSite=Lax; Max-Age=7776000$`),
    )
    const secure = await running({ publicUrl: 'https://chat.example.org' })
    const behind = await secure.signUp('Ada', { origin: 'https://chat.example.org' })
    expect(behind.headers.get('set-cookie')).toMatch(/^__Host-session=.*; Path=\/;.*; Secure$/)
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
    expect((await signUp('Ada', { 'x-forwarded-proto': 'https' })).headers.get('set-cookie')).toEndWith(
      '; Secure',
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

describe('being them again', () => {
  test('[S20] the cookie says who I am, and is renewed whenever it does', async () => {
    const { guest } = await running()
    const ada = await guest('Ada')
    const answer = await ada.ask('/api/session')
    expect([answer.status, await answer.json()]).toEqual([200, { user: ada.user }])
    expect(answer.headers.get('set-cookie')).toStartWith(`${ada.cookie}; `)
    const again = await ada.ask('/api/session', { method: 'POST', body: { name: 'Eve' } })
    expect([again.status, await codeOf(again)]).toEqual([409, 'signedIn'])
  })

  test('[S20] nobody is who has no cookie, a wrong one, or one of another form', async () => {
    const { session } = await running()
    const cookies = [
      '',
      'session=',
      'session=x',
      `session=${'a'.repeat(43)}`,
      `Session=${'a'.repeat(43)}`,
      '__proto__=x',
    ]
    const answers = await Promise.all(cookies.map((cookie) => fetch(session, { headers: { cookie } })))
    expect(answers.map(({ status }) => status)).toEqual(cookies.map(() => 401))
  })

  test('[S20] two living sessions in one request are nobody; signing out ends both', async () => {
    const { guest, session, json, origin, port } = await running()
    const [ada, eve] = [await guest('Ada'), await guest('Eve')]
    const both = { ...json, cookie: `${ada.cookie}; ${eve.cookie}` }
    expect((await fetch(session, { headers: both })).status).toBe(401)
    expect((await fetch(session, { method: 'POST', headers: both, body: '{"name":"Cy"}' })).status).toBe(401)
    const socket = await openSocket(`${origin.replace('http', 'ws')}/ws?v=2`, both)
    expect((await socket.ends()).code).toBe(4501)
    const dead = { cookie: `session-${port}=${'a'.repeat(43)}; ${ada.cookie}; ${ada.cookie}` }
    expect((await fetch(session, { headers: dead })).status).toBe(200)

    expect((await fetch(session, { method: 'DELETE', headers: both })).status).toBe(204)
    expect([(await ada.ask('/api/session')).status, (await eve.ask('/api/session')).status]).toEqual([
      401, 401,
    ])
  })

  test('[S49] a cookie under the former name keeps its person: today’s is set with it, and the former cleared', async () => {
    const { guest, session, json, port, ws } = await running()
    const ada = await guest('Ada')
    const former = ada.cookie.replace(`session-${port}`, 'session')
    const answer = await fetch(session, { headers: { cookie: former } })
    expect([answer.status, await answer.json()]).toEqual([200, { user: ada.user }])
    const [today = '', cleared = '', ...more] = answer.headers.getSetCookie()
    expect(today).toStartWith(`${ada.cookie}; Path=/; HttpOnly; SameSite=Lax; Max-Age=7776000`)
    expect([cleared, more]).toEqual(['session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0', []])

    const again = { method: 'POST', headers: { ...json, cookie: former }, body: '{"name":"Eve"}' }
    expect((await fetch(session, again)).status).toBe(409)
    const socket = await openSocket(ws, { cookie: former, origin: json.origin })
    socket.send({ type: 'hello', rooms: [], state: 'active' })
    expect(await socket.hears('welcome')).toMatchObject({ user: ada.user })

    const out = await fetch(session, { method: 'DELETE', headers: { ...json, cookie: former } })
    expect(out.headers.getSetCookie().map((one) => one.split(';')[0])).toEqual([
      `session-${port}=`,
      'session=',
    ])
    expect((await socket.ends()).code).toBe(4501)
  })

  test('[S49] beside today’s cookie the former name is not read, whoever has set it; nor is another chat’s cleared', async () => {
    const { guest, session, json, port } = await running()
    const [ada, eve] = [await guest('Ada'), await guest('Eve')]
    const planted = eve.cookie.replace(`session-${port}`, 'session')
    const who = await fetch(session, { headers: { cookie: `${planted}; ${ada.cookie}` } })
    expect(await who.json()).toEqual({ user: ada.user })
    expect(who.headers.getSetCookie()).toHaveLength(1)
    const headers = { ...json, cookie: `session=${'a'.repeat(43)}` }
    const made = await fetch(session, { method: 'POST', headers, body: '{"name":"Cy"}' })
    expect([made.status, made.headers.getSetCookie().length]).toEqual([201, 1])
    const out = await fetch(session, { method: 'DELETE', headers })
    expect(out.headers.getSetCookie().map((one) => one.split(';')[0])).toEqual([`session-${port}=`])
    expect((await eve.ask('/api/session')).status).toBe(200)
  })

  test('[S20] a program may bring the same token as a bearer; then no cookie is read', async () => {
    const { guest, session } = await running()
    const [ada, eve] = [await guest('Ada'), await guest('Eve')]
    const bearer = (token: string) =>
      fetch(session, { headers: { authorization: token, cookie: eve.cookie } })
    const token = ada.cookie.split('=')[1] ?? ''
    expect(await (await bearer(`Bearer ${token}`)).json()).toEqual({ user: ada.user })
    expect((await bearer(`Bearer ${token}`)).headers.get('set-cookie')).toBeNull()
    const odd = [
      'Bearer',
      'Bearer ',
      'Bearer null',
      token,
      `Basic ${token}`,
      `Bearer ${token.slice(1)}`,
      `Bearer ${token.toUpperCase()}`,
    ]
    const statuses = await Promise.all(odd.map(async (value) => (await bearer(value)).status))
    expect(statuses).toEqual(odd.map(() => 401))
  })

  test('[I11] another name is the same person, and can be refused like a first one', async () => {
    const { guest } = await running()
    const [ada] = [await guest('Ada'), await guest('Bob')]
    const renamed = await ada.ask('/api/session', { method: 'PATCH', body: { name: 'Ann' } })
    expect([renamed.status, await renamed.json()]).toEqual([200, { user: { ...ada.user, name: 'Ann' } }])
    expect(await (await ada.ask('/api/session')).json()).toEqual({ user: { ...ada.user, name: 'Ann' } })
    const soon = await ada.ask('/api/session', { method: 'PATCH', body: { name: 'Amy' } })
    expect([soon.status, Number(soon.headers.get('retry-after')) > 0]).toEqual([429, true])
  })

  test('[I11] nobody can be renamed but by their own session', async () => {
    const { session, json } = await running()
    expect((await fetch(session, { method: 'PATCH', headers: json, body: '{"name":"Eve"}' })).status).toBe(
      401,
    )
  })

  test('[S15] signing out ends the session and closes its sockets with 4501', async () => {
    const { guest, port } = await running()
    const ada = await guest('Ada')
    const [here, there] = [await ada.enter('lobby'), await ada.enter()]
    const answer = await ada.ask('/api/session', { method: 'DELETE' })
    expect(answer.status).toBe(204)
    expect(answer.headers.get('set-cookie')).toStartWith(
      `session-${port}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0`,
    )
    expect([(await here.ends()).code, (await there.ends()).code]).toEqual([4501, 4501])
    expect((await ada.ask('/api/session')).status).toBe(401)
    expect((await (await ada.socket()).ends()).code).toBe(4501)
    expect((await ada.ask('/api/session', { method: 'DELETE' })).status).toBe(204)
  })
})

describe('a copy of what there is of me', () => {
  interface Copy {
    user: { id: string; name: string }
    rooms: { room: string }[]
    events: { room: string; seq: number; kind: string; text?: string; gone?: true; user?: { id: string } }[]
  }

  test('[S34] is a file with all I said, room by room in its order, and with nothing of others', async () => {
    const app = await running()
    const [ada, bob] = [await app.guest('Ada'), await app.guest('Bob')]
    await ada.ask('/api/rooms', { method: 'POST', body: { name: 'Garden', topic: 'roses' } })
    const say = (who: typeof ada, room: string, n: number) => ({
      kind: 'message' as const,
      room,
      id: `0${who.user.id.length}-${room}-${n}-${who.user.name}`,
      at: n,
      user: { id: who.user.id, name: who.user.name },
      // in no order
      nonce: `nonce-${(n * 7_919) % 10_007}-${room}`,
      text: `${who.user.name} ${n}`,
    })
    for (let n = 1; n <= 130; n += 1)
      await app.store.commit([say(ada, 'lobby', n), say(bob, 'lobby', n), say(ada, 'garden', n)])
    const { room, at, user, id: target } = say(ada, 'lobby', 5)
    await app.store.commit([{ kind: 'delete', room, at, user, target, id: 'dd', nonce: 'nonce-delete' }])

    const answer = await ada.ask('/api/session/export')
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="hubbub.json"')
    expect(answer.headers.get('cache-control')).toBe('no-store')
    const text = await answer.text()
    expect(text).not.toContain('Bob')
    const copy = JSON.parse(text) as Copy
    expect(copy.user).toMatchObject({ id: ada.user.id, name: 'Ada' })
    expect(copy.rooms).toMatchObject([{ room: 'garden' }, { room: 'lobby' }])
    const said = copy.events.filter(({ kind }) => kind === 'message')
    expect(said).toHaveLength(260)
    expect(said.filter((event) => event.gone)).toHaveLength(1)
    expect(copy.events.filter(({ kind }) => kind === 'delete')).toHaveLength(1)
    const order = copy.events.map(({ room, seq }) => `${room} ${String(seq).padStart(9, '0')}`)
    expect(order).toEqual(order.toSorted())
    const others = (await (await bob.ask('/api/session/export')).json()) as Copy
    expect(others.events.every(({ user }) => user?.id === bob.user.id)).toBe(true)
  })

  test('[S34] is nobody else’s, valid with nothing in it, and not for asking all the time', async () => {
    const app = await running()
    expect((await fetch(`${app.origin}/api/session/export`)).status).toBe(401)
    const eve = await app.guest('Eve')
    const answers = await Promise.all([1, 2, 3, 4].map(() => eve.ask('/api/session/export')))
    expect(answers.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([
      200, 200, 200, 429,
    ])
    const copies = answers.filter(({ ok }) => ok).map((answer) => answer.json() as Promise<Copy>)
    for (const copy of await Promise.all(copies))
      expect(copy).toMatchObject({ rooms: [{ room: 'lobby' }], events: [] })
    expect(answers.find(({ ok }) => !ok)?.headers.get('retry-after')).toMatch(/^[1-9]\d?$/)
  })

  test('[S52] to ask for its headers alone is free, and so it is with the list of rooms', async () => {
    const app = await running()
    const ada = await app.guest('Ada')
    for (const path of ['/api/session/export', '/api/rooms']) {
      expect((await fetch(app.origin + path, { method: 'HEAD' })).status).toBe(401)
      for (let n = 0; n < 30; n += 1) expect((await ada.ask(path, { method: 'HEAD' })).status).toBe(200)
      const answer = await ada.ask(path)
      expect([path, answer.status]).toEqual([path, 200])
      await answer.body?.cancel()
    }
    // A page is read for either, and tells whether there is the room: it costs the same.
    for (let n = 0; n < 30; n += 1) await ada.ask('/api/rooms/lobby/messages', { method: 'HEAD' })
    expect((await ada.ask('/api/rooms/lobby/messages')).status).toBe(429)
  })

  test('[S34] refused for what others at the same address have had, it is not counted as had', async () => {
    const app = await running({ trustProxy: 1 })
    const cookies = await Promise.all(['Ada', 'Bob'].map(async (name) => cookieOf(await app.signUp(name))))
    const from = async (address: string, cookie = '') => {
      const answer = await fetch(`${app.session}/export`, { headers: { cookie, 'x-forwarded-for': address } })
      await answer.body?.cancel()
      return answer.status
    }
    const [ada, bob] = cookies
    for (const _ of [1, 2, 3]) expect(await from('192.0.2.1', ada)).toBe(200)
    for (const _ of [1, 2, 3]) expect(await from('192.0.2.1', bob)).toBe(429)
    for (const _ of [1, 2, 3]) expect(await from('192.0.2.2', bob)).toBe(200)
  })
})
