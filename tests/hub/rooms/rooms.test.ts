import { describe, expect, test } from 'bun:test'
import { ChatError } from '../../../src/shared/errors.ts'
import { aHub, aLobby, settled } from '../../support/hub/aHub.ts'

async function refusal(asked: Promise<unknown>) {
  const error = await asked.then(
    () => null,
    (reason: unknown) => reason,
  )
  if (!(error instanceof ChatError)) throw new Error('expected a ChatError', { cause: error })
  return { code: error.code, ...error.details }
}

describe('the list of rooms', () => {
  test('[M30] begins with those I have joined, by name', async () => {
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

  test('[M78] has at most 200 of others, those with most people first, and goes on behind one of them', async () => {
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

  test('[M79] finds rooms by a part of their name, mine among them, whatever the case', async () => {
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
    const mine = (await hub.rooms.list(bob.self, { search: 'tea' })).rooms
    expect(mine).toMatchObject([{ room: 'tea-garden', joined: true, role: 'owner' }])
  })

  test('[M31] has the lobby from the first start on, and only one', async () => {
    const { hub, store } = await aHub()
    await aHub({ store })
    expect((await store.roomsAfter('', 100)).map(({ room }) => room)).toEqual(['lobby'])
    expect(hub.stats()).toEqual({ connections: 0, users: 0, queue: 0 })
  })
})

describe('a new room', () => {
  test('[M32] is named by its slug, and its maker owns it and finds it in their list', async () => {
    const { hub, guest } = await aHub()
    const ada = await guest('Ada')
    expect(await hub.rooms.create(ada.self, { name: ' Café  Olé ' })).toEqual({
      room: 'cafe-ole',
      name: 'Café Olé',
      topic: '',
      kind: 'public',
      joined: true,
      role: 'owner',
      head: 0,
      count: 0,
    })
    ada.say({ type: 'join', ref: 'r', room: 'cafe-ole' })
    await settled()
    expect(ada.connection.all('sync').at(-1)?.you).toMatchObject({ role: 'owner' })
  })

  test('[M32] of whose name no slug is left gets eight random letters', async () => {
    const { hub, guest } = await aHub()
    const ada = await guest('Ada')
    expect(await hub.rooms.create(ada.self, { name: '茶室' })).toMatchObject({
      name: '茶室',
      room: expect.stringMatching(/^[a-z0-9]{8}$/),
    })
  })

  test('[M33] of a taken name is refused with a free one, also where the name is long', async () => {
    const { hub, guest } = await aHub()
    const ada = await guest('Ada')
    for (const name of ['Lobby', 'x'.repeat(60)]) {
      if (name !== 'Lobby') await hub.rooms.create(ada.self, { name })
      const { code, suggestion = '' } = await refusal(hub.rooms.create(ada.self, { name }))
      expect(code).toBe('roomTaken')
      expect(await hub.rooms.create(ada.self, { name: suggestion })).toMatchObject({ name: suggestion })
    }
  })

  test.each([
    ['', 'empty'],
    ['x'.repeat(61), 'long'],
    ['a\u200bb', 'characters'],
  ] as const)('[M34] called %j is refused: %s', async (name, reason) => {
    const { hub, guest } = await aHub()
    const ada = await guest('Ada')
    expect(await refusal(hub.rooms.create(ada.self, { name }))).toEqual({ code: 'roomInvalid', reason })
  })

  test.each([
    '1obby',
    'l0bby',
    'lo·bby',
    'ʟᴏʙʙʏ',
    'ӏоЬЬу',
    'Iobby',
    '!obby',
    'lob by',
    'ＬＯＢＢＹ',
    'löbby',
    'lobbу',
  ])('[I20] called %j would pass for the lobby: taken', async (name) => {
    const { hub, guest } = await aHub()
    const ada = await guest('Ada')
    const { code, suggestion = '' } = await refusal(hub.rooms.create(ada.self, { name }))
    // Of two scripts in one name it is the mixture that is refused.
    expect(name === 'lobbу' ? 'roomInvalid' : 'roomTaken').toBe(code)
    if (name !== 'lobbу')
      expect(await hub.rooms.create(ada.self, { name: suggestion })).toMatchObject({ name: suggestion })
  })

  test('[I20] that looks like a room with more than ten members is taken; a smaller one may have a double', async () => {
    const { hub, guest, store } = await aHub()
    const ada = await guest('Ada')
    await hub.rooms.create(ada.self, { name: 'Garden Hill' })
    const members = async (from: number, to: number) => {
      for (let n = from; n < to; n += 1)
        await store.addMember('garden-hill', (await hub.sessions.signUp(`P${n}x`, `s${n}`)).id, 'guest', 1)
    }
    await members(0, 9)
    expect(await hub.rooms.create(ada.self, { name: 'Garden Hi11' })).toMatchObject({ room: 'garden-hi11' })
    await members(9, 10)
    expect(await refusal(hub.rooms.create(ada.self, { name: 'Gärden-HilI' }))).toMatchObject({
      code: 'roomTaken',
      suggestion: 'Gärden-HilI 2',
    })
    expect(await hub.rooms.create(ada.self, { name: 'Garden Hull' })).toMatchObject({ room: 'garden-hull' })
  })

  test('[I20] is compared with the rooms there were before this process began', async () => {
    const { hub, store, guest } = await aHub()
    const ada = await guest('Ada')
    for (let n = 0; n < 120; n += 1) await hub.rooms.create(ada.self, { name: `Nook ${n}` })
    for (let n = 0; n < 10; n += 1)
      await store.addMember('nook-111', (await hub.sessions.signUp(`P${n}x`, `s${n}`)).id, 'guest', 1)
    const again = await aHub({ store })
    const bob = await again.guest('Bob')
    expect(await refusal(again.hub.rooms.create(bob.self, { name: 'N00k l11' }))).toMatchObject({
      code: 'roomTaken',
    })
  })

  test.each([
    'admin',
    'Support',
    'Hubbub official',
    'аdmin',
    'Adm1n',
    'The staff room',
    'Kettle',
    'everyone',
    'Room',
  ])('[I21] called %j is refused: reserved', async (name) => {
    const { hub, guest } = await aHub({ siteName: 'Kettle' })
    const ada = await guest('Ada')
    expect(await refusal(hub.rooms.create(ada.self, { name }))).toEqual({
      code: 'roomInvalid',
      // The first letter is Cyrillic: a mixed name is refused before anybody looks whether it is reserved.
      reason: name === 'аdmin' ? 'mixed' : 'reserved',
    })
  })

  test.each(['Room 5', 'Channel 4', 'Supporters', 'Kitchen', '茶室', '2026', '🎉'])(
    '[I21] called %j is made: it imitates nobody',
    async (name) => {
      const { hub, guest } = await aHub()
      const ada = await guest('Ada')
      expect(await hub.rooms.create(ada.self, { name })).toMatchObject({ name })
    },
  )

  test('[U122] has no topic where it would show nothing', async () => {
    const { hub, guest } = await aHub()
    const ada = await guest('Ada')
    expect(await hub.rooms.create(ada.self, { name: 'Blank', topic: '\u3164 \u2800\u200b' })).toMatchObject({
      topic: '',
    })
  })

  test('[M34, S43] has a topic of 250 characters at most', async () => {
    const { hub, guest } = await aHub()
    const ada = await guest('Ada')
    expect(await hub.rooms.create(ada.self, { name: 'One', topic: 'x'.repeat(250) })).toMatchObject({
      room: 'one',
    })
    expect(await refusal(hub.rooms.create(ada.self, { name: 'Two', topic: 'x'.repeat(251) }))).toEqual({
      code: 'tooBig',
      reason: 'topic',
    })
  })
})

describe('history', () => {
  test('[M35] is paged from the store; of a room that does not exist there is none', async () => {
    const { ada, hub } = await aLobby()
    for (const text of ['one', 'two', 'three']) await ada.send(text)
    expect(await hub.rooms.history('lobby', { at: 'before', seq: 3, limit: 1 }, ada.self.id)).toMatchObject({
      messages: [{ text: 'two' }],
      head: 3,
      older: true,
      newer: true,
    })
    expect(await refusal(hub.rooms.history('nowhere', { at: 'end', limit: 1 }, ada.self.id))).toEqual({
      code: 'noRoom',
    })
  })
})
