import { describe, expect, setDefaultTimeout, test } from 'bun:test'
import { hashOf } from '../../src/http/authenticate.ts'
import type { Guest } from '../support/client/anApp.ts'
import { timed } from '../support/aMeasure.ts'
import { eventually } from '../support/eventually.ts'
import { aLobby } from '../support/server/aRunningApp.ts'

// Real sockets on a busy machine.
setDefaultTimeout(20_000)

const sessionOf = (guest: Guest) => hashOf(guest.cookie.split('=')[1] ?? '')

describe('a session that ends', () => {
  test('[S15] clears its cookie and closes its sockets with 4501; nothing more is heard, and none comes back', async () => {
    const { ada, bob, port } = await aLobby()
    const sockets = [await ada.enter('lobby'), await ada.enter('lobby'), await ada.enter()]
    const other = await bob.enter('lobby')
    const { ms, answer: ends } = await timed(async () => {
      const { status, headers } = await ada.ask('/api/session', { method: 'DELETE' })
      expect([status, headers.get('set-cookie')]).toEqual([
        204,
        `session-${port}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax`,
      ])
      return await Promise.all(sockets.map((socket) => socket.ends()))
    })
    expect(ends.map(({ code }) => code)).toEqual([4501, 4501, 4501])
    expect(ms).toBeLessThan(1_000)

    const before = sockets.map(({ heard }) => heard.length)
    other.send({ type: 'send', nonce: 'nonce-0001', room: 'lobby', text: 'is she gone?' })
    await other.hears('ack')
    expect(sockets.map(({ heard }) => heard.length)).toEqual(before)
    expect((await (await ada.socket()).ends()).code).toBe(4501)
    expect((await ada.ask('/api/rooms/lobby/messages')).status).toBe(401)
    expect((await ada.ask('/api/session', { method: 'DELETE' })).status).toBe(204)
  })

  test('[K60] on another node lets its sockets here into no further room', async () => {
    const { ada, bob, store, trouble } = await aLobby()
    await bob.ask('/api/rooms', { method: 'POST', body: { name: 'Den' } })
    const socket = await ada.enter('lobby')
    await store.endSession(sessionOf(ada))
    socket.send({ type: 'join', ref: 'r', room: 'den' })
    expect(await socket.hears('error')).toMatchObject({ ref: 'r', code: 'unauthenticated', retry: false })
    expect([await store.memberships(ada.user.id), trouble]).toEqual([[], []])
  })

  test('[S15] on another node, or by a command, closes its sockets here within five minutes', async () => {
    const { ada, bob, store, pass } = await aLobby()
    const sockets = [await ada.enter('lobby'), await ada.enter()]
    const other = await bob.enter('lobby')
    await store.endSession(sessionOf(ada))
    for (let minute = 0; minute < 4; minute += 1) {
      pass(60_000)
      for (const socket of [...sockets, other]) socket.send({ type: 'beat' })
      await bob.ask('/healthz')
    }
    expect(sockets.map(({ closed }) => closed)).toEqual([undefined, undefined])
    pass(60_000)
    const ends = await Promise.all(sockets.map((socket) => socket.ends()))
    expect([ends.map(({ code }) => code), other.closed]).toEqual([[4501, 4501], undefined])
  })

  test('[S15] is none while the disk cannot be read: nobody is signed out', async () => {
    const { ada, store, get, pass, trouble } = await aLobby()
    const socket = await ada.enter('lobby')
    store.fail('reads')
    for (let minute = 0; minute < 6; minute += 1) {
      pass(60_000)
      socket.send({ type: 'beat' })
      await eventually('a turn', async () => (await get('/healthz')).ok)
    }
    expect(socket.closed).toBeUndefined()
    expect(trouble).toContainEqual(expect.objectContaining({ what: 'session' }))
    store.heal()
  })
})

test('[S12] a held name stays its owner’s while they are away, however often others ask for it', async () => {
  const { ada, hub, signUp } = await aLobby({ maxNewGuestsPerAddress: 1_000 })
  ;(await ada.enter('lobby')).close()
  await eventually('she is away', () => hub.stats().connections === 0)
  for (let at = 0; at < 100; at += 1) {
    expect((await signUp(at % 2 ? 'Ada' : 'ᴀda')).status).toBe(409)
    expect(await (await ada.ask('/api/session')).json()).toMatchObject({
      user: { id: ada.user.id, name: 'Ada' },
    })
    if (at % 10 === 0) (await ada.enter('lobby')).close()
  }
})
