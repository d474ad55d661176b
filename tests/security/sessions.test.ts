import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { hashOf } from '../../src/http/authenticate.ts'
import { anApp } from '../support/client/anApp.ts'
import { timed } from '../support/aMeasure.ts'
import { eventually } from '../support/eventually.ts'

// Real sockets on a busy machine.
setDefaultTimeout(20_000)

const apps: Awaited<ReturnType<typeof anApp>>[] = []
afterAll(() => Promise.all(apps.map((app) => app.stop())))
async function running(options: Parameters<typeof anApp>[0] = {}) {
  const app = await anApp(options)
  apps.push(app)
  return app
}

describe('a session that ends', () => {
  test('[S15] takes its three sockets along: 4501, nothing more is heard, and none comes back', async () => {
    const app = await running()
    const [ada, bob] = [await app.guest('Ada'), await app.guest('Bob')]
    const sockets = [await ada.enter('lobby'), await ada.enter('lobby'), await ada.enter()]
    const other = await bob.enter('lobby')
    const { ms, answer: ends } = await timed(async () => {
      expect((await ada.ask('/api/session', { method: 'DELETE' })).status).toBe(204)
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
  })

  test('[K60] elsewhere lets its sockets into no further room until then: unauthenticated, and no trouble', async () => {
    const app = await running()
    const [ada, bob] = [await app.guest('Ada'), await app.guest('Bob')]
    await bob.ask('/api/rooms', { method: 'POST', body: { name: 'Den' } })
    const socket = await ada.enter('lobby')
    await app.store.endSession(hashOf(ada.cookie.split('=')[1] ?? ''))
    socket.send({ type: 'join', ref: 'r', room: 'den' })
    expect(await socket.hears('error')).toMatchObject({ ref: 'r', code: 'unauthenticated', retry: false })
    expect(await app.store.memberships(ada.user.id)).toEqual([])
    expect(app.trouble).toEqual([])
  })

  test('[S15] elsewhere than here is noticed within five minutes', async () => {
    const app = await running()
    const [ada, bob] = [await app.guest('Ada'), await app.guest('Bob')]
    const sockets = [await ada.enter('lobby'), await ada.enter()]
    const other = await bob.enter('lobby')
    const beats = () => {
      for (const socket of [...sockets, other]) socket.send({ type: 'beat' })
    }
    // as another node, or a command, ends it: in the store alone
    await app.store.endSession(hashOf(ada.cookie.split('=')[1] ?? ''))
    for (let minute = 0; minute < 4; minute += 1) {
      app.pass(60_000)
      beats()
      await bob.ask('/healthz')
    }
    expect(sockets.map(({ closed }) => closed)).toEqual([undefined, undefined])
    app.pass(60_000)
    const ends = await Promise.all(sockets.map((socket) => socket.ends()))
    expect(ends.map(({ code }) => code)).toEqual([4501, 4501])
    expect(other.closed).toBeUndefined()
  })

  test('[S15] a disk that cannot be read signs nobody out', async () => {
    const app = await running()
    const ada = await app.guest('Ada')
    const socket = await ada.enter('lobby')
    app.store.fail('reads')
    for (let minute = 0; minute < 6; minute += 1) {
      app.pass(60_000)
      socket.send({ type: 'beat' })
      await eventually('a turn', async () => (await fetch(`${app.origin}/healthz`)).ok)
    }
    expect(socket.closed).toBeUndefined()
    expect(app.trouble).toContainEqual(expect.objectContaining({ what: 'session' }))
    app.store.heal()
  })
})

describe('a held name', () => {
  test('[S12] is nobody else’s while its owner is away, a hundred times of a hundred, and the owner’s each time they come back', async () => {
    const app = await running({ maxNewGuestsPerAddress: 1_000 })
    const ada = await app.guest('Ada')
    ;(await ada.enter('lobby')).close()
    await eventually('she is away', () => app.hub.stats().connections === 0)
    const headers = { origin: app.origin, 'content-type': 'application/json' }
    const results = { refused: 0, back: 0 }
    for (let at = 0; at < 100; at += 1) {
      const body = JSON.stringify({ name: at % 2 ? 'Ada' : 'ᴀda' })
      const taken = await fetch(`${app.origin}/api/session`, { method: 'POST', headers, body })
      if (taken.status === 409) results.refused += 1
      const back = (await (await ada.ask('/api/session')).json()) as { user: { id: string; name: string } }
      if (back.user.id === ada.user.id && back.user.name === 'Ada') results.back += 1
      if (at % 10 === 0) (await ada.enter('lobby')).close()
    }
    expect(results).toEqual({ refused: 100, back: 100 })
  })

  test('[S12] two hundred sign-ups at once from one address make thirty people', async () => {
    const app = await running({ trustProxy: 1 })
    const headers = {
      origin: app.origin,
      'content-type': 'application/json',
      'x-forwarded-for': '203.0.113.9',
    }
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, at) =>
        fetch(`${app.origin}/api/session`, { method: 'POST', headers, body: `{"name":"Person ${at}"}` }),
      ),
    )
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(30)
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(170)
  })
})
