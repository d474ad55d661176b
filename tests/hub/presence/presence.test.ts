import { expect, test } from 'bun:test'
import { aHub, aLobby, UNLIMITED, type Client } from '../../support/hub/aHub.ts'

const presences = (client: Client) => client.all('presence').map(({ type: _, room: __, ...rest }) => rest)
const membersOf = (client: Client) => client.all('sync').at(-1)?.members
const typed = (client: Client) => client.all('typing').map(({ user, on }) => `${user.name} ${on}`)
const typing = (on: boolean) => ({ type: 'typing', room: 'lobby', on }) as const

test('[H2, H9, U61] a room hears within a second who joined, all of that second in one frame', async () => {
  const { ada, guest, pass } = await aLobby()
  const eve = await guest('Eve', ['lobby'])
  const kim = await guest('Kim', ['lobby'])
  expect(presences(ada)).toEqual([])
  await pass(1)
  const joined = [
    { id: eve.self.id, name: 'Eve', state: 'active' },
    { id: kim.self.id, name: 'Kim', state: 'active' },
  ]
  expect(presences(ada)).toMatchObject([{ count: 4, joined }])
  await pass(20)
  expect(presences(ada)).toHaveLength(1)
})

test('[H1, U60] three tabs of a person are one entry, one join and one leave', async () => {
  const { ada, guest, connect, pass } = await aLobby()
  const eve = await guest('Eve', ['lobby'])
  const [second, third] = [connect(eve.self), connect(eve.self)]
  for (const tab of [second, third]) await tab.hello(['lobby'])
  await pass(1)
  expect(presences(ada)).toMatchObject([{ count: 3, joined: [{ name: 'Eve' }] }])
  expect(membersOf(third)?.full).toHaveLength(3)
  ada.forget()
  for (const tab of [eve, second]) tab.connection.end()
  await pass(20)
  expect(presences(ada)).toEqual([])
  third.connection.end()
  await pass(20)
  expect(presences(ada)).toMatchObject([{ count: 2, left: [eve.self.id] }])
})

test('[H3, U61] a room hears nothing of an absence of 14 s, and of a leave after 15 s', async () => {
  const { ada, bob, connect, pass } = await aLobby()
  bob.connection.end()
  await pass(14)
  const again = connect(bob.self)
  await again.hello(['lobby'])
  await pass(10)
  expect(presences(ada)).toEqual([])
  again.connection.end()
  await pass(14)
  expect(presences(ada)).toEqual([])
  await pass(1)
  expect(presences(ada)).toEqual([{ version: 2, count: 1, left: [bob.self.id] }])
})

test('[H4, U61] a room hears at once of a deliberate leave and of a sign-out', async () => {
  const { ada, bob, guest, hub, pass } = await aLobby()
  const eve = await guest('Eve', ['lobby'])
  await pass(1)
  ada.forget()
  await bob.ask({ type: 'leave', ref: 'r', room: 'lobby' })
  await hub.sessions.signOut('session of Eve')
  const left = [
    { count: 2, left: [bob.self.id] },
    { count: 1, left: [eve.self.id] },
  ]
  expect(presences(ada)).toMatchObject(left)
  await pass(20)
  expect(presences(ada)).toMatchObject(left)
})

test('[H5, U62] a room hears after 5 s that a person is away, and not while one of their tabs is active', async () => {
  const { ada, bob, connect, pass } = await aLobby()
  bob.say({ type: 'state', state: 'idle' })
  await pass(4)
  bob.say({ type: 'state', state: 'active' })
  await pass(10)
  const tab = connect(bob.self)
  await tab.hello(['lobby'])
  bob.say({ type: 'state', state: 'idle' })
  await pass(10)
  expect(presences(ada)).toEqual([])
  tab.say({ type: 'state', state: 'idle' })
  await pass(6)
  expect(presences(ada)).toMatchObject([{ changed: [{ id: bob.self.id, state: 'idle' }] }])
})

test('[H6] a room hears of a new name, and later messages have it', async () => {
  const { ada, bob, hub, pass } = await aLobby()
  await bob.send('before')
  await hub.sessions.names.rename(bob.self, 'Robert')
  await bob.send('after')
  await pass(1)
  expect(presences(ada)).toMatchObject([{ changed: [{ id: bob.self.id, name: 'Robert' }] }])
  expect(ada.all('event').map(({ user }) => user?.name)).toEqual(['Bob', 'Robert'])
})

test('[H7] presence frames are numbered on from the version in a newcomer’s page', async () => {
  const { ada, guest, pass } = await aLobby()
  const eve = await guest('Eve', ['lobby'])
  const { version = 0, full } = membersOf(eve) ?? {}
  expect(full?.map(({ name }) => name)).toEqual(['Ada', 'Bob', 'Eve'])
  await pass(1)
  ada.connection.end()
  await pass(15)
  expect(presences(eve)).toMatchObject([{ version: version + 1 }, { version: version + 2 }])
})

test('[H7, U63] a newcomer’s page names only people who were announced, so that no ghost stays', async () => {
  const { ada, guest, pass } = await aLobby()
  const eve = await guest('Eve', ['lobby'])
  eve.connection.end()
  const kim = await guest('Kim', ['lobby'])
  expect(membersOf(kim)).toMatchObject({ count: 3, full: [{}, {}, { name: 'Kim' }] })
  await pass(20)
  expect(presences(ada)).toMatchObject([{ count: 3, joined: [{ name: 'Kim' }] }])
})

test('[H8, U60] a room of more than 200 people names 100, then only counts; below 180 it names everybody again', async () => {
  const { guest, connect, pass } = await aHub({ limits: UNLIMITED })
  const first = await guest('P0x', ['lobby'])
  const others: Client[] = []
  for (let n = 1; n < 200; n += 1) others.push(await guest(`P${n}x`, ['lobby']))
  await pass(1)
  first.forget()

  const last = await guest('Last', ['lobby'])
  await pass(1)
  const [large] = presences(first)
  expect(large).toMatchObject({
    count: 201,
    full: { length: 100, 0: { name: 'P0x' }, 99: { name: 'P99x' } },
  })
  last.connection.end()
  await guest('Later', ['lobby'])
  await pass(20)
  expect(presences(first)).toHaveLength(1)

  const tab = connect(last.self)
  await tab.hello(['lobby'])
  expect(membersOf(tab)).toMatchObject({
    version: large?.version,
    count: 202,
    full: { length: 100, 99: { name: 'Last' } },
  })
  first.say({ type: 'beat' })
  await pass(1)
  expect(first.all('beat').at(-1)?.counts).toEqual({ lobby: 202 })

  first.forget()
  const leave = { type: 'leave', ref: 'r', room: 'lobby' } as const
  for (const client of others.slice(177)) await client.ask(leave)
  expect(presences(first)).toEqual([])
  await others[0]?.ask(leave)
  const version = (large?.version ?? 0) + 1
  expect(presences(first)).toMatchObject([{ version, count: 179, full: { length: 179 } }])
  await guest('Small', ['lobby'])
  await pass(1)
  expect(presences(first).at(-1)).toMatchObject({ count: 180, joined: [{ name: 'Small' }] })
})

test('[H10] typing is heard by the room once per 3 s and person, and ends by itself after 6 s', async () => {
  const { ada, bob, pass } = await aLobby()
  bob.say(typing(true), typing(true))
  await pass(2)
  bob.say(typing(true))
  await pass(1)
  expect(typed(ada)).toEqual(['Bob true'])
  bob.say(typing(true))
  await pass(5)
  expect(typed(ada)).toEqual(['Bob true', 'Bob true'])
  await pass(1)
  expect(typed(ada)).toEqual(['Bob true', 'Bob true', 'Bob false'])
})

test('[H10] typing ends at once when the person leaves the room or signs out', async () => {
  const { ada, bob, guest, hub } = await aLobby()
  const eve = await guest('Eve', ['lobby'])
  for (const client of [bob, eve]) await client.ask(typing(true))
  await bob.ask({ type: 'leave', ref: 'r', room: 'lobby' })
  await hub.sessions.signOut('session of Eve')
  expect(typed(ada)).toEqual(['Bob true', 'Eve true', 'Bob false', 'Eve false'])
})

test('[H10] typing ends once, and only if it has begun', async () => {
  const { ada, bob, pass } = await aLobby()
  await bob.ask(typing(false))
  expect(ada.heard).toEqual([])
  bob.say(...[true, false, false, true].map(typing))
  await pass(10)
  expect(typed(ada)).toEqual(['Bob true', 'Bob false'])
})

test('[H10] typing is not passed on from outside the room, nor among more than 100 people', async () => {
  const { ada, guest } = await aLobby({ limits: UNLIMITED })
  const eve = await guest('Eve')
  await eve.ask(typing(true))
  expect(ada.heard).toEqual([])
  for (let n = 0; n < 98; n += 1) await guest(`P${n}x`, ['lobby'])
  await ada.ask(typing(true))
  const last = await guest('Last', ['lobby'])
  await last.ask(typing(true))
  expect(typed(ada)).toEqual(['Ada true'])
})
