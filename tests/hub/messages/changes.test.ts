import { expect, test } from 'bun:test'
import type { Durable } from '../../../src/shared/protocol.ts'
import { aHub, aLobby, nonce, refusal, type Client } from '../../support/hub/aHub.ts'

type Content = {
  [T in Durable['type']]: Omit<Extract<Durable, { type: T }>, 'nonce' | 'room'>
}[Durable['type']]

/** Sends a durable frame and waits for the answer. @returns its nonce */
async function change(client: Client, content: Content, room = 'lobby', key = nonce()): Promise<string> {
  await client.ask({ ...content, nonce: key, room } as Durable)
  return key
}

/** Ada and Bob in a room with one message, and its id; Ada has made the room if it is not the lobby. */
async function aMessage(room = 'lobby') {
  const here = await aLobby()
  const { ada, bob, hub, store } = here
  if (room !== 'lobby') {
    await hub.rooms.create(ada.self, { name: room })
    for (const client of [ada, bob]) await client.ask({ type: 'join', ref: 'r', room })
  }
  await (room === 'lobby' ? ada : bob).send('hello', undefined, room)
  const id = (await store.idAt(room, 1)) ?? ''
  ada.forget()
  bob.forget()
  return { ...here, id }
}

const codes = (client: Client) => client.all('error').map(({ code }) => code)

test('[M70] a change is an event that everybody hears, its author before the ack', async () => {
  const { ada, bob, id } = await aMessage()
  await change(ada, { type: 'edit', target: id, text: 'hello all' })
  await change(bob, { type: 'react', target: id, emoji: '👍', on: true })
  await change(ada, { type: 'react', target: id, emoji: '👍', on: true })
  await change(ada, { type: 'delete', target: id })
  expect(bob.all('event')).toMatchObject([
    { seq: 2, kind: 'edit', target: id, text: 'hello all', user: { name: 'Ada' } },
    { seq: 3, kind: 'react', target: id, emoji: '👍', on: true, count: 1, user: { name: 'Bob' } },
    { seq: 4, kind: 'react', count: 2 },
    { seq: 5, kind: 'delete', target: id, by: 'author' },
  ])
  const types = ada.heard.map(({ type }) => type)
  expect(types).toEqual(['event', 'ack', 'event', 'event', 'ack', 'event', 'ack'])
})

test('[M71, S14] another person’s edit or delete is refused, and nobody hears it', async () => {
  const { ada, bob, id } = await aMessage()
  await change(bob, { type: 'edit', target: id, text: 'mine now' })
  await change(bob, { type: 'delete', target: id })
  expect(codes(bob)).toEqual(['forbidden', 'forbidden'])
  expect(ada.heard).toEqual([])
})

test('[M71, S14] only the owner of the room may pin', async () => {
  const { ada, bob, store, id } = await aMessage('tea')
  await change(bob, { type: 'pin', target: id, on: true }, 'tea')
  expect(codes(bob)).toEqual(['forbidden'])
  await change(ada, { type: 'pin', target: id, on: true }, 'tea')
  expect(bob.all('event')).toMatchObject([{ kind: 'pin', target: id, on: true }])
  await ada.send('in the lobby')
  await change(ada, { type: 'pin', target: (await store.idAt('lobby', 1)) ?? '', on: true })
  expect(codes(ada)).toEqual(['forbidden'])
})

test('[M71, M12] a change or reply is refused if its message is gone or elsewhere, or the sender outside the room', async () => {
  const { ada, bob, id } = await aMessage()
  await change(bob, { type: 'react', target: 'ff', emoji: '👍', on: true })
  await change(ada, { type: 'delete', target: id })
  await change(ada, { type: 'edit', target: id, text: 'again' })
  await change(bob, { type: 'react', target: id, emoji: '👍', on: true })
  await change(bob, { type: 'send', text: 'an answer', replyTo: id })
  await change(bob, { type: 'react', target: id, emoji: '👍', on: true }, 'tea')
  expect([codes(ada), codes(bob)]).toEqual([['gone'], ['gone', 'gone', 'gone', 'notMember']])
})

test('[M72] a change reaches a client that was away, and a newcomer sees the message as it is now', async () => {
  const { ada, bob, id, connect } = await aMessage()
  bob.connection.end()
  await change(ada, { type: 'edit', target: id, text: 'edited' })
  await change(ada, { type: 'react', target: id, emoji: '👍', on: true })
  await change(ada, { type: 'delete', target: id })
  const back = connect(bob.self)
  await back.ask({ type: 'hello', state: 'active', rooms: [{ room: 'lobby', seq: 1, id }] })
  expect(back.all('sync').flatMap(({ events }) => events)).toMatchObject([
    { kind: 'edit', target: id, gone: true },
    { kind: 'react', target: id, emoji: '👍', count: 1 },
    { kind: 'delete', target: id, by: 'author' },
  ])
  const newcomer = connect(bob.self)
  await newcomer.hello(['lobby'])
  expect(newcomer.all('sync')[0]?.messages?.[0]).toMatchObject({ seq: 1, id, gone: true })
})

test('[M73] the owner of a room sets its topic, which the room hears and its entry shows', async () => {
  const { hub, ada, bob, store } = await aMessage('tea')
  const entry = await hub.rooms.setTopic(ada.self, 'tea', '  Green \n or black ')
  expect(entry).toMatchObject({ room: 'tea', topic: 'Green or black', role: 'owner', joined: true })
  expect(bob.heard).toMatchObject([
    { type: 'event', seq: 2, kind: 'topic', text: 'Green or black', user: { name: 'Ada' } },
  ])
  expect(bob.heard[0]).not.toHaveProperty('nonce')
  await hub.rooms.setTopic(ada.self, 'tea', 'Green or black')
  expect(await store.heads(['tea'])).toEqual(new Map([['tea', 2]]))
})

test('[M73, S14, S43] a topic is refused from others, if it is too long, and in a missing room', async () => {
  const { hub, ada, bob } = await aMessage('tea')
  const set = async (client: Client, room: string, topic: string) =>
    (await refusal(hub.rooms.setTopic(client.self, room, topic))).code
  expect(await set(bob, 'tea', 'x')).toBe('forbidden')
  expect(await set(ada, 'lobby', 'x')).toBe('forbidden')
  expect(await set(ada, 'nowhere', 'x')).toBe('noRoom')
  expect(await set(ada, 'tea', 'x'.repeat(251))).toBe('tooBig')
  await hub.rooms.setTopic(ada.self, 'tea', 'x'.repeat(250))
  expect([ada.heard.length, bob.heard.length]).toEqual([1, 1])
})

test('[M73] a topic counts as a message for the rate limit, and needs a disk that works', async () => {
  const { hub, ada, store } = await aMessage('tea')
  const setting = Array.from({ length: 20 }, (_, n) => hub.rooms.setTopic(ada.self, 'tea', `topic ${n}`))
  const refused = (await Promise.allSettled(setting)).filter(({ status }) => status === 'rejected')
  expect(refused.length).toBeGreaterThanOrEqual(5)
  expect(refused).toContainEqual(
    expect.objectContaining({ reason: expect.objectContaining({ code: 'rateLimited' }) }),
  )
  store.fail('writes')
  const other = await aHub({ store })
  expect(await refusal(other.hub.rooms.setTopic(ada.self, 'tea', 'x'))).toMatchObject({
    code: 'unavailable',
  })
})
