import { expect, test } from 'bun:test'
import { aHub, aLobby, settled } from '../support/hub/aHub.ts'

test('[C1] hello is answered by welcome, then by each room in the order named', async () => {
  const { hub, guest, clock } = await aHub()
  const ada = await guest('Ada')
  expect(ada.heard).toEqual([
    {
      type: 'welcome',
      version: 2,
      connection: ada.connection.id,
      user: { id: ada.self.id, name: 'Ada', role: 'guest' },
      now: clock.now(),
      beat: 25_000,
      limits: { frame: 16_384, text: 4_000, textBytes: 12_288, rooms: 100, unacked: 64 },
      build: 'test',
    },
  ])
  await hub.rooms.create(ada.self, { name: 'Tea' })
  const bob = await guest('Bob', ['tea', 'nowhere', 'lobby'])
  expect(bob.heard).toMatchObject([
    { type: 'welcome' },
    { type: 'sync', room: 'tea' },
    { type: 'reset', room: 'nowhere' },
    { type: 'sync', room: 'lobby' },
  ])
})

test('[C2] hello comes first and once, and names each room once; any other frame before it is bad and does nothing', async () => {
  const { connect, hub, store } = await aHub()
  const ada = connect(await hub.sessions.signUp('Ada', 'session'))
  await store.removeMember('lobby', ada.self.id)
  const rooms = [{ room: 'lobby', seq: 0, id: null }]
  await ada.ask(
    { type: 'join', ref: 'j', room: 'lobby' },
    { type: 'leave', ref: 'l', room: 'lobby' },
    { type: 'send', nonce: 'nonce-000', room: 'lobby', text: 'hi' },
    { type: 'read', room: 'lobby', seq: 1 },
    { type: 'typing', room: 'lobby', on: true },
    { type: 'state', state: 'idle' },
    { type: 'beat' },
    { type: 'hello', state: 'active', rooms: [...rooms, ...rooms] },
  )
  expect(ada.all('error').map(({ code }) => code)).toEqual(Array(8).fill('badFrame'))
  expect(await store.memberships(ada.self.id)).toEqual([])
  await ada.hello()
  await ada.hello()
  expect(ada.heard.slice(8)).toMatchObject([{ type: 'welcome' }, { type: 'error', code: 'badFrame' }])
})

test('[C28] a connection that ends while its join is under way is in no room afterwards', async () => {
  const { ada, bob, hub, store, guest, pass, log } = await aLobby()
  const eve = await guest('Eve')
  await store.removeMember('lobby', eve.self.id)
  store.pause()
  await eve.ask({ type: 'join', ref: 'r', room: 'lobby' })
  eve.connection.end()
  await settled()
  store.resume()
  await pass(2)
  expect(ada.heard).toEqual([])
  expect((await hub.rooms.list(ada.self)).rooms[0]?.count).toBe(2)
  for (const { connection } of [ada, bob]) connection.end()
  await settled()
  // If a room were still open, its head would be read now.
  store.fail('reads')
  await pass(4)
  expect(log.errors).toEqual([])
})

test('[C21] a beat comes every 25 s with the heads of the live rooms', async () => {
  const { ada, pass } = await aLobby()
  await ada.send('hi')
  await pass(24)
  expect(ada.all('beat')).toEqual([{ type: 'beat', heads: { lobby: 1 } }])
  ada.say({ type: 'beat' })
  await pass(24)
  expect(ada.all('beat')).toHaveLength(1)
  await pass(1)
  expect(ada.all('beat')).toHaveLength(2)
})

test('[C22] a connection that answers no beat for 75 s is closed with 1001, even while it is sent frames', async () => {
  const { ada, bob, pass } = await aLobby()
  for (let n = 0; n < 74; n += 1) {
    if (n % 25 === 0) ada.say({ type: 'beat' })
    await ada.send('hi')
    await pass(1)
  }
  expect([ada.connection.closed, bob.connection.closed]).toEqual([null, 1001])
})

test('[C23] a beat that the client sends first is answered at once; an answer to a beat is not', async () => {
  const { ada } = await aLobby()
  await ada.ask({ type: 'beat' })
  expect(ada.heard).toMatchObject([{ type: 'beat' }])
  await ada.ask({ type: 'beat' })
  expect(ada.heard).toHaveLength(1)
})

test('[C24] a clock set forward or back closes no connection and changes no presence', async () => {
  const { ada, bob, clock, hub, pass } = await aLobby()
  for (const jump of [3_600_000, -7_200_000]) {
    clock.set(jump)
    hub.tick()
    await pass(5)
  }
  expect([ada.connection.closed, bob.connection.closed]).toEqual([null, null])
  expect([...ada.all('presence'), ...bob.all('presence')]).toEqual([])
})

test('[C25] a drain stores accepted messages, refuses new ones, and closes all connections with 1012', async () => {
  const { ada, bob, hub, store, clock, connect } = await aLobby()
  store.pause()
  await ada.send('before')
  const drained = hub.drain(1)
  await settled()
  await bob.send('after', 'nonce-000')
  expect(bob.heard).toMatchObject([{ type: 'error', nonce: 'nonce-000', code: 'unavailable', retry: true }])
  store.resume()
  await settled()
  expect(ada.heard).toMatchObject([{ type: 'event' }, { type: 'ack' }, { type: 'drain', spread: 2_000 }])
  expect([ada.connection.closed, bob.connection.closed]).toEqual([1012, null])
  clock.pass(100)
  await drained
  expect(bob.connection.closed).toBe(1012)
  expect(connect(ada.self).connection.closed).toBe(1012)
})

test('[C25] a drain waits at most 3 s for a disk that hangs', async () => {
  const { ada, hub, store, clock } = await aLobby()
  store.pause()
  await ada.send('stuck')
  const drained = hub.drain()
  await settled()
  expect(ada.connection.closed).toBe(null)
  clock.pass(3_000)
  await drained
  expect(ada.connection.closed).toBe(1012)
})
