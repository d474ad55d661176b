import { describe, expect, test } from 'bun:test'
import { aLobby, count, drafts, errorOf, from, statusesOf } from '../support/server/aRunningApp.ts'
import { openSocket } from '../support/server/socketClient.ts'

const PATH = '/api/session'

describe('a session', () => {
  test('[S20] is that of its cookie, which each answer renews', async () => {
    const { ada } = await aLobby()
    const answer = await ada.ask(PATH)
    expect([answer.status, await answer.json()]).toEqual([200, { user: ada.user }])
    expect(answer.headers.get('set-cookie')).toStartWith(`${ada.cookie}; `)
    const again = await ada.ask(PATH, { method: 'POST', body: { name: 'Eve' } })
    expect([again.status, (await errorOf(again)).code]).toEqual([409, 'signedIn'])
  })

  test('[S20] is not that of a missing, wrong or malformed cookie', async () => {
    const { get } = await aLobby()
    const token = 'a'.repeat(43)
    const cookies = ['', 'session=', 'session=x', `session=${token}`, `Session=${token}`, '__proto__=x']
    for (const cookie of cookies)
      expect([cookie, (await get(PATH, { cookie })).status]).toEqual([cookie, 401])
  })

  test('[S20] two living sessions in one request are refused; signing out ends both', async () => {
    const { ada, bob, send, get, origin, ws, port } = await aLobby()
    const both = { origin, cookie: `${ada.cookie}; ${bob.cookie}` }
    expect((await get(PATH, both)).status).toBe(401)
    expect((await send('POST', PATH, { name: 'Cy' }, both)).status).toBe(401)
    expect((await (await openSocket(ws, both)).ends()).code).toBe(4501)
    const dead = `session-${port}=${'a'.repeat(43)}`
    expect((await get(PATH, { cookie: `${dead}; ${ada.cookie}; ${ada.cookie}` })).status).toBe(200)

    expect((await send('DELETE', PATH, '', both)).status).toBe(204)
    expect([(await ada.ask(PATH)).status, (await bob.ask(PATH)).status]).toEqual([401, 401])
  })

  test('[S49] under the former cookie name stays, with today’s cookie set and the former cleared', async () => {
    const { ada, get, send, origin, port, ws } = await aLobby()
    const cookie = ada.cookie.replace(`session-${port}`, 'session')
    const answer = await get(PATH, { cookie })
    expect([answer.status, await answer.json()]).toEqual([200, { user: ada.user }])
    expect(answer.headers.getSetCookie()).toEqual([
      `${ada.cookie}; Path=/; Max-Age=7776000; HttpOnly; SameSite=Lax`,
      'session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax',
    ])
    expect((await send('POST', PATH, { name: 'Eve' }, { cookie })).status).toBe(409)
    const socket = await openSocket(ws, { cookie, origin })
    socket.send({ type: 'hello', rooms: [], state: 'active' })
    expect(await socket.hears('welcome')).toMatchObject({ user: ada.user })

    const cleared = (await send('DELETE', PATH, '', { cookie })).headers.getSetCookie()
    expect(cleared.map((header) => header.split(';')[0])).toEqual([`session-${port}=`, 'session='])
    expect((await socket.ends()).code).toBe(4501)
  })

  test('[S49] of today’s cookie hides one under the former name; another chat’s cookie is never cleared', async () => {
    const { ada, bob, get, send, port } = await aLobby()
    const planted = bob.cookie.replace(`session-${port}`, 'session')
    const answer = await get(PATH, { cookie: `${planted}; ${ada.cookie}` })
    expect(await answer.json()).toEqual({ user: ada.user })
    expect(answer.headers.getSetCookie()).toHaveLength(1)
    const foreign = { cookie: `session=${'a'.repeat(43)}` }
    const made = await send('POST', PATH, { name: 'Cy' }, foreign)
    expect([made.status, made.headers.getSetCookie().length]).toEqual([201, 1])
    const [cleared = '', ...more] = (await send('DELETE', PATH, '', foreign)).headers.getSetCookie()
    expect([cleared.split(';')[0], more]).toEqual([`session-${port}=`, []])
    expect((await bob.ask(PATH)).status).toBe(200)
  })

  test('[S20, S80] can be a bearer token, beside which no cookie is read, however odd it is', async () => {
    const { ada, bob, get } = await aLobby()
    const token = ada.cookie.split('=')[1] ?? ''
    const bearer = (authorization: string) => get(PATH, { authorization, cookie: bob.cookie })
    const answer = await bearer(`Bearer ${token}`)
    expect([await answer.json(), answer.headers.get('set-cookie')]).toEqual([{ user: ada.user }, null])
    expect(await (await bearer(`bearer ${token}`)).json()).toEqual({ user: ada.user })
    const odd = ['Bearer', 'Bearer ', 'bearer', 'BEARER x', 'Bearer null', `Bearer ${token.slice(1)}`]
    for (const value of [...odd, `Bearer ${token.toUpperCase()}`])
      expect([value, (await bearer(value)).status]).toEqual([value, 401])
  })

  test('[S80] stays that of the cookie behind a proxy that asks for a password of its own', async () => {
    const { ada, get, send } = await aLobby()
    const others = [
      'Basic YWRhOnBhc3M=',
      'basic',
      'Digest username="ada"',
      'Negotiate YII=',
      'Bearerx y',
      'x',
      '',
    ]
    for (const authorization of others) {
      const answer = await get(PATH, { authorization, cookie: ada.cookie })
      expect([authorization, answer.status]).toEqual([authorization, 200])
    }
    const headers = { authorization: others[0] ?? '', cookie: ada.cookie }
    const socket = await ada.socket({ authorization: headers.authorization })
    socket.send({ type: 'hello', rooms: [], state: 'active' })
    await socket.hears('welcome')
    expect((await send('DELETE', PATH, '', headers)).status).toBe(204)
    expect((await get(PATH, headers)).status).toBe(401)
  })

  test('[I11] under another name is the same person; nobody renames without a session', async () => {
    const { ada, send } = await aLobby()
    const rename = (name: string) => ada.ask(PATH, { method: 'PATCH', body: { name } })
    const renamed = await rename('Ann')
    expect([renamed.status, await renamed.json()]).toEqual([200, { user: { ...ada.user, name: 'Ann' } }])
    expect(await (await ada.ask(PATH)).json()).toEqual({ user: { ...ada.user, name: 'Ann' } })
    const soon = await rename('Amy')
    expect([soon.status, Number(soon.headers.get('retry-after')) > 0]).toEqual([429, true])
    expect((await send('PATCH', PATH, { name: 'Eve' })).status).toBe(401)
  })
})

describe('an export of my data', () => {
  const EXPORT = '/api/session/export'
  interface Export {
    user: { id: string; name: string }
    rooms: { room: string }[]
    events: { room: string; seq: number; kind: string; text?: string; gone?: true; user?: { id: string } }[]
  }

  test('[S34] is a file with all I said, room by room in order, and nothing of others', async () => {
    const { ada, bob, store } = await aLobby()
    await ada.ask('/api/rooms', { method: 'POST', body: { name: 'Garden', topic: 'roses' } })
    const mine = drafts(ada.user, 130)
    await store.commit([...mine, ...drafts(bob.user, 130, { text: 'by Bob' })])
    await store.commit(drafts(ada.user, 130, { room: 'garden' }))
    const { room, at, user, id: target } = mine[4] ?? (undefined as never)
    await store.commit([{ kind: 'delete', room, at, user, target, id: 'dd', nonce: 'nonce-delete' }])

    const answer = await ada.ask(EXPORT)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="hubbub.json"')
    expect(answer.headers.get('cache-control')).toBe('no-store')
    const text = await answer.text()
    expect(text).not.toContain('Bob')
    const { rooms, events, ...rest } = JSON.parse(text) as Export
    expect(rest.user).toMatchObject({ id: ada.user.id, name: 'Ada' })
    expect(rooms).toMatchObject([{ room: 'garden' }, { room: 'lobby' }])
    const { message: messages = [], delete: deletes = [] } = Object.groupBy(events, ({ kind }) => kind)
    const gone = messages.filter((event) => event.gone)
    expect([messages.length, gone.length, deletes.length]).toEqual([260, 1, 1])
    const order = events.map(({ room: inRoom, seq }) => `${inRoom} ${String(seq).padStart(9, '0')}`)
    expect(order).toEqual(order.toSorted())
  })

  test('[S34] needs a session, is valid when empty, and is given three times at once', async () => {
    const { ada, get } = await aLobby()
    expect((await get(EXPORT)).status).toBe(401)
    const first = (await (await ada.ask(EXPORT)).json()) as Export
    expect(first).toMatchObject({ rooms: [{ room: 'lobby' }], events: [] })
    const statuses = await statusesOf(3, () => ada.ask(EXPORT))
    expect([count(statuses, 200), count(statuses, 429)]).toEqual([2, 1])
    expect((await ada.ask(EXPORT)).headers.get('retry-after')).toMatch(/^[1-9]\d?$/)
  })

  test('[S34] refused because of others at the same address, costs the person nothing', async () => {
    const { ada, bob } = await aLobby({ trustProxy: 1 })
    const statuses = (guest: typeof ada, address: string) =>
      statusesOf(3, () => guest.ask(EXPORT, { headers: from(address) }))
    expect(await statuses(ada, '192.0.2.1')).toEqual([200, 200, 200])
    expect(await statuses(bob, '192.0.2.1')).toEqual([429, 429, 429])
    expect(await statuses(bob, '192.0.2.2')).toEqual([200, 200, 200])
  })

  test('[S52] HEAD of it or of the list of rooms is free; of a history page HEAD costs what GET does', async () => {
    const { ada, origin } = await aLobby()
    const head = (path: string) => ada.ask(path, { method: 'HEAD' })
    for (const path of [EXPORT, '/api/rooms']) {
      expect((await fetch(origin + path, { method: 'HEAD' })).status).toBe(401)
      expect(count(await statusesOf(30, () => head(path)), 200)).toBe(30)
      expect(await statusesOf(1, () => ada.ask(path))).toEqual([200])
    }
    await statusesOf(30, () => head('/api/rooms/lobby/messages'))
    expect((await ada.ask('/api/rooms/lobby/messages')).status).toBe(429)
  })
})
