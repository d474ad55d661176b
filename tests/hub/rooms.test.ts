import { describe, expect, test } from 'bun:test'
import { ChatError } from '../../src/shared/errors.ts'
import { aHub, aLobby, settled } from '../support/aHub.ts'

async function refusal(asked: Promise<unknown>) {
  const error = await asked.then(
    () => null,
    (reason: unknown) => reason,
  )
  if (!(error instanceof ChatError)) throw new Error('expected a ChatError', { cause: error })
  return { code: error.code, ...error.more }
}

describe('the list of rooms', () => {
  test('[M30] begins with those I have joined, and says what I have not read in them', async () => {
    const { ada, bob, hub } = await aLobby()
    await hub.rooms.make(ada.self, { name: 'Aquarium', topic: ' Fish\n and  plants ' })
    await ada.send('hi @Bob')
    await ada.send('are you there?')
    bob.say({ type: 'read', room: 'lobby', seq: 1 })
    await settled()
    const common = { kind: 'public', role: 'guest' }
    expect(await hub.rooms.list(bob.self)).toEqual([
      {
        ...common,
        room: 'lobby',
        name: 'lobby',
        topic: '',
        joined: true,
        head: 2,
        readSeq: 1,
        unread: 1,
        mentions: 0,
        count: 2,
      },
      {
        ...common,
        room: 'aquarium',
        name: 'Aquarium',
        topic: 'Fish and plants',
        joined: false,
        head: 0,
        readSeq: 0,
        unread: 0,
        mentions: 0,
        count: 0,
      },
    ] as Awaited<ReturnType<typeof hub.rooms.list>>)
    expect((await hub.rooms.list(ada.self)).map(({ room, role }) => [room, role])).toEqual([
      ['aquarium', 'owner'],
      ['lobby', 'guest'],
    ])
  })

  test('[M31] has the lobby from the first start on, and only one', async () => {
    const { hub, store } = await aHub()
    await aHub({ store })
    expect((await store.rooms()).map(({ room }) => room)).toEqual(['lobby'])
    expect(hub.stats()).toEqual({ connections: 0, users: 0, queue: 0 })
  })
})

describe('a new room', () => {
  test('[M32] is named by its slug, and its maker owns it and finds it in their list', async () => {
    const { hub, guest } = await aHub()
    const ada = await guest('Ada')
    expect(await hub.rooms.make(ada.self, { name: ' Café  Olé ' })).toEqual({
      room: 'cafe-ole',
      name: 'Café Olé',
      topic: '',
      kind: 'public',
      joined: true,
      role: 'owner',
      head: 0,
      readSeq: 0,
      unread: 0,
      mentions: 0,
      count: 0,
    })
    ada.say({ type: 'join', ref: 'r', room: 'cafe-ole' })
    await settled()
    expect(ada.connection.all('sync').at(-1)?.you).toMatchObject({ role: 'owner' })
  })

  test('[M32] of whose name no slug is left gets eight random letters', async () => {
    const { hub, guest } = await aHub()
    const ada = await guest('Ada')
    expect(await hub.rooms.make(ada.self, { name: '茶室' })).toMatchObject({
      name: '茶室',
      room: expect.stringMatching(/^[a-z0-9]{8}$/),
    })
  })

  test('[M33] of a taken name is refused with a free one, also where the name is long', async () => {
    const { hub, guest } = await aHub()
    const ada = await guest('Ada')
    for (const name of ['Lobby', 'x'.repeat(60)]) {
      if (name !== 'Lobby') await hub.rooms.make(ada.self, { name })
      const { code, suggestion = '' } = await refusal(hub.rooms.make(ada.self, { name }))
      expect(code).toBe('roomTaken')
      expect(await hub.rooms.make(ada.self, { name: suggestion })).toMatchObject({ name: suggestion })
    }
  })

  test.each([
    ['', 'roomInvalid'],
    ['x'.repeat(61), 'roomInvalid'],
    ['a\u200bb', 'roomInvalid'],
  ] as const)('[M34] called %j is refused: %s', async (name, code) => {
    const { hub, guest } = await aHub()
    const ada = await guest('Ada')
    expect(await refusal(hub.rooms.make(ada.self, { name }))).toEqual({ code })
  })

  test('[U122] has no topic where it would show nothing', async () => {
    const { hub, guest } = await aHub()
    const ada = await guest('Ada')
    expect(await hub.rooms.make(ada.self, { name: 'Blank', topic: '\u3164 \u2800\u200b' })).toMatchObject({
      topic: '',
    })
  })

  test('[M34, S43] has a topic of 250 characters at most', async () => {
    const { hub, guest } = await aHub()
    const ada = await guest('Ada')
    expect(await hub.rooms.make(ada.self, { name: 'One', topic: 'x'.repeat(250) })).toMatchObject({
      room: 'one',
    })
    expect(await refusal(hub.rooms.make(ada.self, { name: 'Two', topic: 'x'.repeat(251) }))).toEqual({
      code: 'tooBig',
    })
  })
})

describe('history', () => {
  test('[M35] is paged from the store; of a room that does not exist there is none', async () => {
    const { ada, hub } = await aLobby()
    for (const text of ['one', 'two', 'three']) await ada.send(text)
    expect(await hub.history('lobby', { at: 'before', seq: 3, limit: 1 })).toMatchObject({
      messages: [{ text: 'two' }],
      head: 3,
      older: true,
      newer: true,
    })
    expect(await refusal(hub.history('nowhere', { at: 'end', limit: 1 }))).toEqual({ code: 'noRoom' })
  })
})
