import { describe, expect, test } from 'bun:test'
import { aHub, aLobby, settled } from '../support/hub/aHub.ts'

describe('hello', () => {
  test('[C1] is answered by welcome alone, if no rooms are named', async () => {
    const { guest, clock } = await aHub()
    const ada = await guest('Ada')
    expect(ada.heard).toEqual([
      {
        type: 'welcome',
        version: 2,
        connection: ada.connection.id,
        user: { ...ada.self, name: 'Ada', role: 'guest' },
        now: clock.now(),
        beat: 25_000,
        limits: { frame: 16_384, text: 4_000, textBytes: 12_288, rooms: 100, unacked: 64 },
        build: 'test',
      },
    ])
  })

  test('[C1] is answered by welcome, then by each room in the order named', async () => {
    const { hub, guest } = await aHub()
    const ada = await guest('Ada')
    await hub.rooms.create(ada.self, { name: 'Tea' })
    const bob = await guest('Bob', ['tea', 'nowhere', 'lobby'])
    expect(bob.heard.map((frame) => [frame.type, 'room' in frame && frame.room])).toEqual([
      ['welcome', false],
      ['sync', 'tea'],
      ['reset', 'nowhere'],
      ['sync', 'lobby'],
    ])
  })

  test('[C2] comes first, once, and names each room once: all else is a bad frame and does nothing', async () => {
    const { connect, hub, store } = await aHub()
    const ada = connect(await hub.sessions.signUp('Ada', 'session'))
    await store.removeMember('lobby', ada.self.id)
    const rooms = [{ room: 'lobby', seq: 0, id: null }]
    ada.say(
      { type: 'join', ref: 'j', room: 'lobby' },
      { type: 'leave', ref: 'l', room: 'lobby' },
      { type: 'send', nonce: 'nonce-000', room: 'lobby', text: 'hi' },
      { type: 'read', room: 'lobby', seq: 1 },
      { type: 'typing', room: 'lobby', on: true },
      { type: 'state', state: 'idle' },
      { type: 'beat' },
      { type: 'hello', state: 'active', rooms: [...rooms, ...rooms] },
    )
    await settled()
    expect(ada.heard.map((frame) => frame.type === 'error' && frame.code)).toEqual(Array(8).fill('badFrame'))
    expect(await store.memberships(ada.self.id)).toEqual([])
    await ada.hello()
    await ada.hello()
    expect(ada.heard.slice(8)).toMatchObject([{ type: 'welcome' }, { type: 'error', code: 'badFrame' }])
  })

  test('[C2] is due within 5 s: then the connection is closed with 4408', async () => {
    const { connect, hub, pass, guest } = await aHub()
    const silent = connect(await hub.sessions.signUp('Ada', 'session'))
    const bob = await guest('Bob')
    await pass(4)
    expect(silent.connection.closed).toBe(null)
    await pass(1)
    expect([silent.connection.closed, bob.connection.closed]).toEqual([4408, null])
  })
})

describe('a connection', () => {
  test('[C28] that ends while its join is under way is nowhere afterwards', async () => {
    const { ada, bob, hub, store, guest, pass, log } = await aLobby()
    const eve = await guest('Eve')
    await store.removeMember('lobby', eve.self.id)
    store.pause()
    eve.say({ type: 'join', ref: 'r', room: 'lobby' })
    await settled()
    eve.connection.end()
    await settled()
    store.resume()
    await pass(2)
    expect(ada.heard).toEqual([])
    expect((await hub.rooms.list(ada.self)).rooms[0]?.count).toBe(2)
    for (const { connection } of [ada, bob]) connection.end()
    await settled()
    // Were any room still open, its head would be asked for now.
    store.fail('reads')
    await pass(4)
    expect(log.errors).toEqual([])
  })
})

describe('beats', () => {
  test('[C21] come every 25 s with the heads of the live rooms', async () => {
    const { ada, pass } = await aLobby()
    await ada.send('hi')
    await pass(24)
    expect(ada.connection.all('beat')).toEqual([{ type: 'beat', heads: { lobby: 1 } }])
    ada.say({ type: 'beat' })
    await pass(24)
    expect(ada.connection.all('beat')).toHaveLength(1)
    await pass(1)
    expect(ada.connection.all('beat')).toHaveLength(2)
  })

  test('[C22] close with 1001 whoever has not answered for 75 s, however much was sent to them', async () => {
    const { ada, bob, pass } = await aLobby()
    for (let n = 0; n < 74; n += 1) {
      if (n % 25 === 0) ada.say({ type: 'beat' })
      await ada.send('hi')
      await pass(1)
    }
    expect([ada.connection.closed, bob.connection.closed]).toEqual([null, 1001])
  })

  test('[C23] that a client sends unasked are a question, answered at once; the answer to a beat is not', async () => {
    const { ada } = await aLobby()
    ada.say({ type: 'beat' })
    await settled()
    expect(ada.heard).toMatchObject([{ type: 'beat' }])
    ada.say({ type: 'beat' })
    await settled()
    expect(ada.heard).toHaveLength(1)
  })

  test('[C24] are not missed by anybody because the clock was set forward an hour, or back', async () => {
    const { ada, bob, clock, hub, pass } = await aLobby()
    for (const jump of [3_600_000, -7_200_000]) {
      clock.set(jump)
      hub.tick()
      await pass(5)
    }
    expect([ada.connection.closed, bob.connection.closed]).toEqual([null, null])
    expect([...ada.connection.all('presence'), ...bob.connection.all('presence')]).toEqual([])
  })
})

describe('a drain', () => {
  test('[C25] finishes what was taken, refuses what comes, and sends everybody away with 1012', async () => {
    const { ada, bob, hub, store, clock, connect } = await aLobby()
    store.pause()
    await ada.send('before')
    const over = hub.drain({ closeBatch: 1 })
    await settled()
    await bob.send('after', 'nonce-000')
    expect(bob.heard).toMatchObject([{ type: 'error', nonce: 'nonce-000', code: 'unavailable', retry: true }])
    store.resume()
    await settled()
    expect(ada.heard.map(({ type }) => type)).toEqual(['event', 'ack', 'drain'])
    expect(ada.connection.all('drain')).toEqual([{ type: 'drain', spread: 2_000 }])
    expect([ada.connection.closed, bob.connection.closed]).toEqual([1012, null])
    clock.pass(100)
    await over
    expect(bob.connection.closed).toBe(1012)
    expect(connect(ada.self).connection.closed).toBe(1012)
  })

  test('[C25] waits no longer than 3 s for a disk that hangs', async () => {
    const { ada, hub, store, clock } = await aLobby()
    store.pause()
    await ada.send('stuck')
    const over = hub.drain()
    await settled()
    expect(ada.connection.closed).toBe(null)
    clock.pass(3_000)
    await over
    expect(ada.connection.closed).toBe(1012)
  })
})
