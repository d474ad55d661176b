import { describe, expect, test } from 'bun:test'
import type { Role } from '../../../src/shared/model.ts'
import { type Permission, may } from '../../../src/shared/policy.ts'
import type { Durable } from '../../../src/shared/protocol.ts'
import { aHub, aLobby, settled, type Screen } from '../../support/hub/aHub.ts'

let nonces = 0
type Content = {
  [T in Durable['type']]: Omit<Extract<Durable, { type: T }>, 'nonce' | 'room'>
}[Durable['type']]

/** Says something durable and waits for what becomes of it. */
async function say(screen: Screen, content: Content, room = 'lobby', nonce = `change-${(nonces += 1)}`) {
  screen.say({ ...content, nonce, room } as Durable)
  await settled()
  return nonce
}

/** Ada and Bob in the lobby, where Ada said something; its id. */
async function aTalk(text = 'hello') {
  const world = await aLobby()
  await world.ada.send(text)
  const id = (await world.store.idAt('lobby', 1)) ?? ''
  world.ada.forget()
  world.bob.forget()
  return { ...world, id }
}

/** Ada has made a room, and Bob is in it too. */
async function aTeaRoom() {
  const world = await aLobby()
  await world.hub.rooms.create(world.ada.self, { name: 'Tea' })
  for (const one of [world.ada, world.bob]) one.say({ type: 'join', ref: 'r', room: 'tea' })
  await settled()
  await world.bob.send('hello', undefined, 'tea')
  const id = (await world.store.idAt('tea', 1)) ?? ''
  world.ada.forget()
  world.bob.forget()
  return { ...world, id }
}

describe('a change to a message', () => {
  test('[M70] is an event that everybody hears, its author before the ack', async () => {
    const { ada, bob, id } = await aTalk()
    await say(ada, { type: 'edit', target: id, text: 'hello all' })
    await say(bob, { type: 'react', target: id, emoji: '👍', on: true })
    await say(ada, { type: 'react', target: id, emoji: '👍', on: true })
    await say(ada, { type: 'delete', target: id })
    expect(bob.connection.all('event')).toMatchObject([
      { seq: 2, kind: 'edit', target: id, text: 'hello all', user: { name: 'Ada' } },
      { seq: 3, kind: 'react', target: id, emoji: '👍', on: true, count: 1, user: { name: 'Bob' } },
      { seq: 4, kind: 'react', count: 2 },
      { seq: 5, kind: 'delete', target: id, by: 'author' },
    ])
    const types = ada.heard.map(({ type }) => type)
    expect(types).toEqual(['event', 'ack', 'event', 'event', 'ack', 'event', 'ack'])
  })

  test('[M70] sent again under its nonce is answered and happens once', async () => {
    const { ada, bob, id } = await aTalk()
    const nonce = await say(bob, { type: 'react', target: id, emoji: '👍', on: true })
    await say(ada, { type: 'delete', target: id })
    await say(bob, { type: 'react', target: id, emoji: '👍', on: true }, 'lobby', nonce)
    await say(bob, { type: 'react', target: id, emoji: '👍', on: false }, 'lobby', nonce)
    expect(bob.connection.all('event').map(({ kind }) => kind)).toEqual(['react', 'delete'])
    expect(bob.connection.all('ack')).toMatchObject([{ seq: 2 }, { seq: 2, duplicate: true }])
    expect(bob.connection.all('error')).toMatchObject([{ nonce, code: 'nonceReused' }])
  })

  test("[M71, S14] edits and deletes are the author's, and what is refused nobody hears", async () => {
    const { ada, bob, id } = await aTalk()
    await say(bob, { type: 'edit', target: id, text: 'mine now' })
    await say(bob, { type: 'delete', target: id })
    expect(bob.heard).toMatchObject([
      { type: 'error', code: 'forbidden', retry: false },
      { type: 'error', code: 'forbidden', retry: false },
    ])
    expect(ada.heard).toEqual([])
  })

  test('[M71, S14] who made a room may pin there, and nobody else, and they nowhere else', async () => {
    const { ada, bob, store, id } = await aTeaRoom()
    await say(bob, { type: 'pin', target: id, on: true }, 'tea')
    expect(bob.heard).toMatchObject([{ type: 'error', code: 'forbidden' }])
    await say(ada, { type: 'pin', target: id, on: true }, 'tea')
    expect(bob.connection.all('event')).toMatchObject([{ kind: 'pin', target: id, on: true }])
    await ada.send('in the lobby')
    await say(ada, { type: 'pin', target: (await store.idAt('lobby', 1)) ?? '', on: true })
    expect(ada.connection.all('error')).toMatchObject([{ code: 'forbidden' }])
  })

  test('[M71] to what is gone or elsewhere, or from outside the room, is refused', async () => {
    const { ada, bob, id } = await aTalk()
    await say(bob, { type: 'react', target: 'ff', emoji: '👍', on: true })
    await say(ada, { type: 'delete', target: id })
    await say(ada, { type: 'edit', target: id, text: 'again' })
    await say(bob, { type: 'react', target: id, emoji: '👍', on: true })
    await say(bob, { type: 'send', text: 'an answer', replyTo: id })
    await say(bob, { type: 'react', target: id, emoji: '👍', on: true }, 'tea')
    const codes = (screen: Screen) => screen.connection.all('error').map(({ code }) => code)
    expect([codes(ada), codes(bob)]).toEqual([['gone'], ['gone', 'gone', 'gone', 'notMember']])
  })

  test('[M72] reaches who was away, and who comes anew, as it stands in the log', async () => {
    const { ada, bob, id, connect } = await aTalk()
    bob.connection.end()
    await say(ada, { type: 'edit', target: id, text: 'edited' })
    await say(ada, { type: 'react', target: id, emoji: '👍', on: true })
    await say(ada, { type: 'delete', target: id })
    const back = connect(bob.self)
    back.say({ type: 'hello', state: 'active', rooms: [{ room: 'lobby', seq: 1, id }] })
    await settled()
    const kinds = back.connection.all('sync').flatMap(({ events }) => events)
    expect(kinds).toMatchObject([
      { kind: 'edit', target: id, gone: true },
      { kind: 'react', target: id, emoji: '👍', count: 1 },
      { kind: 'delete', target: id, by: 'author' },
    ])
    const anew = connect(bob.self)
    await anew.hello(['lobby'])
    expect(anew.connection.all('sync')[0]?.messages?.[0]).toMatchObject({ seq: 1, id, gone: true })
  })
})

describe('the topic', () => {
  test('[M73] is set by who made the room, heard by the room, and part of its entry from then on', async () => {
    const { hub, ada, bob, store } = await aTeaRoom()
    const entry = await hub.rooms.setTopic(ada.self, 'tea', '  Green \n or black ')
    await settled()
    expect(entry).toMatchObject({ room: 'tea', topic: 'Green or black', role: 'owner', joined: true })
    expect(bob.heard).toMatchObject([
      { type: 'event', seq: 2, kind: 'topic', text: 'Green or black', user: { name: 'Ada' } },
    ])
    expect(bob.heard[0]).not.toHaveProperty('nonce')
    await hub.rooms.setTopic(ada.self, 'tea', 'Green or black')
    expect(await store.heads(['tea'])).toEqual(new Map([['tea', 2]]))
  })

  test('[M73, S14, S43] is refused to others, where it is too long, and of a room that is not', async () => {
    const { hub, ada, bob } = await aTeaRoom()
    const refusal = (asked: Promise<unknown>) =>
      asked.then(
        () => null,
        (error: { code: string }) => error.code,
      )
    expect(await refusal(hub.rooms.setTopic(bob.self, 'tea', 'x'))).toBe('forbidden')
    expect(await refusal(hub.rooms.setTopic(ada.self, 'lobby', 'x'))).toBe('forbidden')
    expect(await refusal(hub.rooms.setTopic(ada.self, 'nowhere', 'x'))).toBe('noRoom')
    expect(await refusal(hub.rooms.setTopic(ada.self, 'tea', 'x'.repeat(251)))).toBe('tooBig')
    expect(await refusal(hub.rooms.setTopic(ada.self, 'tea', 'x'.repeat(250)))).toBeNull()
    expect([ada.heard, bob.heard].map(({ length }) => length)).toEqual([1, 1])
  })

  test('[M73] is as slow as all that is said, and waits for a disk that works', async () => {
    const { hub, ada, store } = await aTeaRoom()
    const codes = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        hub.rooms.setTopic(ada.self, 'tea', `topic ${n}`).then(
          () => 'set',
          (error: { code: string }) => error.code,
        ),
      ),
    )
    expect(codes.filter((code) => code === 'rateLimited').length).toBeGreaterThanOrEqual(5)
    store.fail('writes')
    const { hub: other, clock } = await aHub({ store })
    clock.pass(60_000)
    const refused: unknown = await other.rooms.setTopic(ada.self, 'tea', 'x').catch((error: unknown) => error)
    expect(refused).toMatchObject({ code: 'unavailable' })
  })
})

describe('what is unread', () => {
  test('[U73, M74] a message deleted before I come is not counted, an edited one mentions whom it mentions now', async () => {
    const { ada, bob, store, connect } = await aTalk('before')
    bob.connection.end()
    for (const text of ['@Bob one', 'two', '@Bob three']) await ada.send(text)
    const id = async (seq: number) => (await store.idAt('lobby', seq)) ?? ''
    await say(ada, { type: 'delete', target: await id(2) })
    await say(ada, { type: 'edit', target: await id(3), text: 'two for @bob' })
    await say(ada, { type: 'edit', target: await id(4), text: 'three' })
    const back = connect(bob.self)
    await back.hello(['lobby'])
    expect(back.connection.all('sync').at(-1)?.you).toMatchObject({ unread: 3 - 1 + 1, mentions: 1 })
  })

  test('[U73, M74] it is counted for the event at which it is said, whatever is stored meanwhile', async () => {
    for (let late = 0; late < 12; late += 1) {
      const { ada, bob, store, connect } = await aLobby()
      bob.connection.end()
      await ada.send('@Bob one')
      await ada.send('@Bob two')
      const target = (await store.idAt('lobby', 1)) ?? ''
      const back = connect(bob.self)
      back.say({ type: 'hello', state: 'active', rooms: [{ room: 'lobby', seq: 0, id: null }] })
      for (let turn = 0; turn < late; turn += 1) await Promise.resolve()
      ada.say({ type: 'delete', nonce: 'delete-01', room: 'lobby', target })
      ada.say({ type: 'send', nonce: 'three-001', room: 'lobby', text: '@Bob three' })
      await settled()
      expect(countedAtLast(back)).toEqual({ unread: 2, mentions: 2 })
    }
  })

  test('[U71, M74] what another screen is told counts no more than it has been shown', async () => {
    const { hub, ada, bob, store, connect, clock } = await aLobby()
    const second = connect(bob.self)
    await second.hello(['lobby'])
    for (const text of ['one', 'two']) await ada.send(text)
    bob.say({ type: 'read', room: 'lobby', seq: 1 })
    await settled()
    second.forget()
    // Another node has stored something that this one has not shown yet.
    await store.commit([
      {
        kind: 'message',
        room: 'lobby',
        id: 'far',
        at: 1,
        user: { id: 'far', name: 'Far' },
        nonce: 'nonce-far',
        text: 'far',
      },
    ])
    clock.pass(1)
    hub.tick()
    await settled()
    expect(second.connection.all('read')).toEqual([])
    for (let n = 0; n < 4; n += 1) {
      clock.pass(1_000)
      hub.tick()
      await settled()
    }
    expect(second.connection.all('read')).toMatchObject([{ seq: 1, unread: 2 }])
    expect(second.heard.findIndex(({ type }) => type === 'read')).toBeGreaterThan(
      second.heard.findIndex((frame) => frame.type === 'event' && frame.id === 'far'),
    )
  })
})

/** What a client counts: what the last page said, and what it heard behind it. */
function countedAtLast({ heard }: Screen): { unread: number; mentions: number } {
  const messages = new Map<string, boolean>()
  let [unread, mentions] = [0, 0]
  let live = false
  let position = 0
  for (const frame of heard) {
    const events =
      frame.type === 'sync'
        ? [...(frame.messages ?? []), ...frame.events]
        : frame.type === 'event'
          ? [frame]
          : []
    for (const event of events) {
      if (frame.type === 'event' && event.seq <= position) continue
      position = event.seq
      const count = (change: number, text = '') => {
        if (!live) return
        unread += change
        if (text.includes('@Bob')) mentions += change
      }
      if (event.kind === 'message') {
        messages.set(event.id, !event.gone)
        if (!event.gone) count(1, event.text)
      } else if (event.kind === 'delete' && messages.get(event.target)) {
        messages.set(event.target, false)
        count(-1, '@Bob')
      }
    }
    if (frame.type === 'sync' && !frame.more && frame.you) {
      ;[unread, mentions] = [frame.you.unread, frame.you.mentions]
      live = true
    }
  }
  return { unread, mentions }
}

describe('the policy', () => {
  const roles: Role[] = ['spectator', 'guest', 'member', 'moderator', 'admin', 'owner']
  const who = (role: Role) => ({ id: 'a', role })
  const allowed = (deed: Permission, author?: string) => roles.filter((role) => may(who(role), deed, author))

  test.each([
    ['send', undefined, 'guest member moderator admin owner'],
    ['react', 'b', 'guest member moderator admin owner'],
    ['edit', 'a', 'guest member moderator admin owner'],
    ['edit', 'b', ''],
    ['delete', 'a', 'guest member moderator admin owner'],
    ['delete', 'b', ''],
    ['pin', 'a', 'moderator admin owner'],
    ['pin', 'b', 'moderator admin owner'],
    ['topic', undefined, 'moderator admin owner'],
  ] as const)('[S14] %s of a thing of %p is for: %s', (deed, author, list) => {
    expect(allowed(deed, author).join(' ')).toBe(list)
  })
})
