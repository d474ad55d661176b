import { expect, test } from 'bun:test'
import { aHub, aLobby, refusal, UNLIMITED } from '../../support/hub/aHub.ts'

/** A hub, Ada, and what she does to create a room. */
async function aCreator(siteName = 'Hubbub') {
  const here = await aHub({ siteName, limits: UNLIMITED })
  const ada = await here.guest('Ada')
  return {
    ...here,
    ada,
    create: (name: string, topic = '') => here.hub.rooms.create(ada.self, { name, topic }),
  }
}

test('[M30] the list of rooms begins with those of the person, by name', async () => {
  const { ada, bob, hub } = await aLobby()
  await hub.rooms.create(ada.self, { name: 'Aquarium', topic: ' Fish\n and  plants ' })
  await ada.send('hi @Bob')
  const common = { kind: 'public', role: 'guest' } as const
  const lobby = { ...common, room: 'lobby', name: 'lobby', topic: '', joined: true, head: 1, count: 2 }
  const tank = { room: 'aquarium', name: 'Aquarium', topic: 'Fish and plants', head: 0, count: 0 }
  expect(await hub.rooms.list(bob.self)).toEqual({
    rooms: [lobby, { ...common, ...tank, joined: false }],
    more: false,
  })
  expect((await hub.rooms.list(ada.self)).rooms.map(({ room, role }) => [room, role])).toEqual([
    ['aquarium', 'owner'],
    ['lobby', 'guest'],
  ])
})

test('[M90] everybody hears of a new room, and all connections of a person of each room they join', async () => {
  const { ada, bob, connect, hub } = await aLobby()
  const tab = connect(bob.self)
  await tab.hello()
  const entry = await hub.rooms.create(ada.self, { name: 'Aquarium' })
  const others = { ...entry, role: 'guest', joined: false } as const
  expect(bob.heard).toEqual([{ type: 'room', entry: others }])
  expect(ada.heard).toEqual([
    { type: 'room', entry: others },
    { type: 'room', entry },
  ])
  await bob.ask({ type: 'join', ref: 'j', room: 'aquarium' })
  await bob.ask({ type: 'join', ref: 'again', room: 'aquarium' })
  for (const client of [bob, tab])
    expect(client.all('room').slice(1)).toEqual([{ type: 'room', entry: { ...others, joined: true } }])
  expect(ada.all('room')).toHaveLength(2)
})

test('[U190] lists and cards count who is online, without those who are away', async () => {
  const { ada, bob, hub, pass } = await aLobby()
  bob.say({ type: 'state', state: 'idle' })
  await pass(6)
  expect((await hub.rooms.list(ada.self)).rooms[0]).toMatchObject({ room: 'lobby', count: 1 })
  expect(await hub.rooms.card('lobby')).toMatchObject({ count: 1 })
})

test('[M78] the list has at most 200 other rooms, the busiest first, and continues after a given one', async () => {
  const { ada, hub, store, guest, pass } = await aLobby()
  for (let n = 100; n < 350; n += 1)
    await store.addRoom({ room: `r${n}`, name: `Room ${n}`, topic: '', kind: 'public' }, 1)
  for (const name of ['Cy', 'Dee']) await guest(name, ['r200', ...(name === 'Cy' ? ['r300'] : [])])
  await pass(2)
  const first = await hub.rooms.list(ada.self)
  expect([first.rooms.length, first.more]).toEqual([201, true])
  expect(first.rooms.slice(0, 4).map(({ room }) => room)).toEqual(['lobby', 'r200', 'r300', 'r100'])
  const last = first.rooms.at(-1)?.room ?? ''
  const rest = await hub.rooms.list(ada.self, { after: last })
  const all = [...first.rooms, ...rest.rooms].map(({ room }) => room)
  expect([all.length, new Set(all).size, rest.more]).toEqual([251, 251, false])
  expect((await hub.rooms.list(ada.self, { after: 'r200' })).rooms[0]?.room).toBe('r300')
})

test('[M79] a search finds rooms by part of their name, in any case and without accents', async () => {
  const { ada, bob, hub } = await aLobby()
  for (const name of ['Tea garden', 'Чайная Роза', 'Café Olé']) await hub.rooms.create(bob.self, { name })
  const found = async (search: string) =>
    (await hub.rooms.list(ada.self, { search })).rooms.map(({ name }) => name)
  expect(await found('GARD')).toEqual(['Tea garden'])
  expect(await found('чайная роза')).toEqual(['Чайная Роза'])
  await hub.rooms.create(bob.self, { name: 'Red ROSE' })
  expect(await found('rose')).toEqual(['Red ROSE'])
  expect(await found('cafe o')).toEqual(['Café Olé'])
  expect(await found('lob')).toEqual(['lobby'])
  expect(await found('nothing')).toEqual([])
  const { rooms } = await hub.rooms.list(bob.self, { search: 'tea' })
  expect(rooms).toMatchObject([{ room: 'tea-garden', joined: true, role: 'owner' }])
})

test('[M31] there is one lobby from the first start on', async () => {
  const { hub, store } = await aHub()
  await aHub({ store })
  expect((await store.roomsAfter('', 100)).map(({ room }) => room)).toEqual(['lobby'])
  expect(hub.stats()).toEqual({ connections: 0, users: 0, queue: 0 })
})

const random: string = expect.stringMatching(/^[a-z0-9]{8}$/)

test('[M32] a new room gets a slug of its name, or of eight characters, and its creator owns it', async () => {
  const { ada, create } = await aCreator()
  expect(await create(' Café  Olé ')).toEqual({
    room: 'cafe-ole',
    name: 'Café Olé',
    topic: '',
    kind: 'public',
    joined: true,
    role: 'owner',
    head: 0,
    count: 0,
  })
  await ada.ask({ type: 'join', ref: 'r', room: 'cafe-ole' })
  expect(ada.all('sync').at(-1)?.you).toMatchObject({ role: 'owner' })
  expect(await create('茶室')).toMatchObject({ name: '茶室', room: random })
})

test('[M33] a taken room name is refused with a free one, even if the name is long', async () => {
  const { create } = await aCreator()
  await create('x'.repeat(60))
  for (const name of ['Lobby', 'x'.repeat(60)]) {
    const { code, suggestion = '' } = await refusal(create(name))
    expect(code).toBe('roomTaken')
    expect(await create(suggestion)).toMatchObject({ name: suggestion })
  }
})

test('[I24] names that differ are two rooms, even with one slug; the same name in other letters is one, also at once', async () => {
  const { create } = await aCreator()
  const rooms = [
    await create('кухня 1'),
    await create('чай 1'),
    await create('C'),
    await create('C++'),
    await create('C#'),
    await create('☕'),
  ]
  expect(rooms.map(({ room }) => room)).toEqual(['1', random, 'c', random, random, random])
  for (const name of ['Кухня-1', 'C.', 'ç', '#c', '# C', '*c', 'c #', 'C#!', '☕\ufe0f'])
    expect(await refusal(create(name))).toMatchObject({ code: 'roomTaken' })
  expect(await create('कि')).toMatchObject({ name: 'कि' })
  expect(await create('की')).toMatchObject({ name: 'की' })
  const outcomes = await Promise.allSettled([create('茶室'), create('茶室')])
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
  expect(await refusal(create('茶室'))).toMatchObject({ suggestion: '茶室 2' })
  expect(await create('茶室 2')).toMatchObject({ name: '茶室 2' })
})

test.each([
  ['', 'empty'],
  ['x'.repeat(61), 'long'],
  ['a\u200bb', 'characters'],
  // The first letter is Cyrillic: a mixed name is refused before it is compared with the reserved ones.
  ['аdmin', 'mixed'],
  ['admin', 'reserved'],
  ['The staff room', 'reserved'],
  ['Kettle', 'reserved'],
  ['Room', 'reserved'],
])('[M34, I21] the room name %j is refused: %s', async (name, reason) => {
  const { create } = await aCreator('Kettle')
  expect(await refusal(create(name))).toMatchObject({ code: 'roomInvalid', reason })
})

test.each([
  'Room 5',
  'Channel 4',
  'Lobby 2',
  'Lobbyists',
  '4you',
  'Supporters',
  'Kitchen',
  '茶室',
  '2026',
  '🎉',
])('[I21] the room name %j is accepted: it imitates nobody', async (name) => {
  const { create } = await aCreator()
  expect(await create(name)).toMatchObject({ name })
})

// prettier-ignore
test.each(['1obby', 'l0bby', 'lo·bby', 'ʟᴏʙʙʏ', 'ӏоЬЬу', 'Iobby', '!obby', 'lob by', 'ＬＯＢＢＹ', 'löbby', '★lobby★', 'lobby✓', 'Lobby!', '🅻obby', '🅛obby', 'łobby', 'L◯BBY', 'ᏞᎾᏴᏴᎩ', 'lo88y'])(
  '[I20] the room name %j looks like the lobby: taken', async (name) => {
  const { create } = await aCreator()
  const { code, suggestion = '' } = await refusal(create(name))
  expect(code).toBe('roomTaken')
  expect(await create(suggestion)).toMatchObject({ name: suggestion })
})

test('[I20] a name like that of a room with more than ten members is taken, also after a restart; a smaller room may have a double', async () => {
  const { hub, store, ada, create } = await aCreator()
  for (let n = 0; n < 120; n += 1) await create(`Nook ${n}`)
  await create('Garden Hill')
  const addMembers = async (from: number, to: number) => {
    for (let n = from; n < to; n += 1)
      await store.addMember('garden-hill', (await hub.sessions.signUp(`P${n}x`, `s${n}`)).id, 'guest', 1)
  }
  await addMembers(0, 9)
  expect(await create('Garden Hi11')).toMatchObject({ room: 'garden-hi11' })
  await addMembers(9, 10)
  const taken = { code: 'roomTaken', suggestion: 'Gärden-HilI 2' }
  expect(await refusal(create('Gärden-HilI'))).toMatchObject(taken)
  expect(await refusal(create('Garclen Hill'))).toMatchObject({ code: 'roomTaken' })
  for (const [name, room] of [
    ['Garden Hull', 'garden-hull'],
    ['Garden HiIi', 'garden-hiii'],
  ] as const)
    expect(await create(name)).toMatchObject({ room })
  const restarted = await aHub({ store })
  expect(await refusal(restarted.hub.rooms.create(ada.self, { name: 'Gärden-HilI' }))).toMatchObject(taken)
})

test('[M34, S43, U122] a room’s topic has at most 250 characters, and is empty if nothing of it is visible', async () => {
  const { create } = await aCreator()
  expect(await create('One', 'x'.repeat(250))).toMatchObject({ room: 'one' })
  expect(await refusal(create('Two', 'x'.repeat(251)))).toMatchObject({ code: 'tooBig', reason: 'topic' })
  expect(await create('Blank', '\u3164 \u2800\u200b')).toMatchObject({ topic: '' })
})
