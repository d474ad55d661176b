import { describe, expect, setDefaultTimeout, test } from 'bun:test'
import { timed } from '../support/aMeasure.ts'
import { eventually } from '../support/eventually.ts'
import { aLobby } from '../support/server/aRunningApp.ts'

// Real sockets on a busy machine.
setDefaultTimeout(20_000)

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
