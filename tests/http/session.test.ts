import { afterAll, describe, expect, test } from 'bun:test'
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
    expect(today).toStartWith(`${ada.cookie}; Path=/; Max-Age=7776000; HttpOnly; SameSite=Lax`)
    expect([cleared, more]).toEqual(['session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax', []])

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
      `session-${port}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax`,
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
