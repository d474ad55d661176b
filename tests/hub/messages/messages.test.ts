import { expect, spyOn, test } from 'bun:test'
import { errorFrame } from '../../../src/hub/answerFrames.ts'
import { ChatError, ERRORS, type ErrorCode } from '../../../src/shared/errors.ts'
import type { ClientFrame } from '../../../src/shared/protocol.ts'
import { aHub, aLobby, settled, UNLIMITED, type Client } from '../../support/hub/aHub.ts'

/** Type and seq of the frames heard. */
const summary = ({ heard }: Client) =>
  heard.map((frame) => ('seq' in frame ? `${frame.type} ${frame.seq}` : frame.type))

const message = (nonce: string, text = 'hi', room = 'lobby', replyTo?: string): ClientFrame => ({
  type: 'send',
  nonce,
  room,
  text,
  ...(replyTo !== undefined && { replyTo }),
})

test('[M1] a message is stored, then heard by everybody in the room, and then acknowledged', async () => {
  const { ada, bob, store } = await aLobby()
  store.pause()
  await ada.send('hello')
  expect([...ada.heard, ...bob.heard]).toEqual([])
  store.resume()
  await settled()
  expect([summary(ada), summary(bob)]).toEqual([['event 1', 'ack 1'], ['event 1']])
  expect(bob.heard).toMatchObject([{ type: 'event', room: 'lobby', seq: 1, text: 'hello' }])
})

test('[M2] the same nonce twice is one message, before and after it is stored', async () => {
  const { ada, bob, store } = await aLobby()
  store.pause()
  await ada.ask(message('nonce-000'), message('nonce-000'))
  store.resume()
  await ada.send('hi', 'nonce-000')
  expect(summary(bob)).toEqual(['event 1'])
  const [first, ...again] = ada.all('ack')
  expect(first).not.toHaveProperty('duplicate')
  expect(again).toEqual(Array(2).fill({ ...first, duplicate: true }))
})

test('[M3] a nonce reused for other content is refused, and the first message stays', async () => {
  const { ada, bob, hub } = await aLobby()
  await hub.rooms.create(ada.self, { name: 'Tea' })
  await ada.ask({ type: 'join', ref: 'r', room: 'tea' }, message('nonce-000'))
  await ada.ask(message('nonce-000', 'other'), message('nonce-000', 'hi', 'tea'))
  const refused = { nonce: 'nonce-000', code: 'nonceReused', retry: false }
  expect(ada.all('error')).toMatchObject([refused, refused])
  expect(bob.all('event')).toMatchObject([{ text: 'hi' }])
})

test('[M4] the same nonce from two people is two messages', async () => {
  const { ada, bob } = await aLobby()
  await ada.send('mine', 'nonce-000')
  await bob.send('mine too', 'nonce-000')
  expect(bob.all('event')).toMatchObject([{ text: 'mine' }, { text: 'mine too' }])
  expect(bob.all('ack')).toEqual([expect.not.objectContaining({ duplicate: true })])
})

test('[M5] a message to a room that this connection has not joined is refused, even from a member', async () => {
  const { ada, bob, connect } = await aLobby()
  const tab = connect(ada.self)
  await tab.hello([])
  await tab.send('hi', 'nonce-000')
  expect(tab.all('error')).toMatchObject([{ nonce: 'nonce-000', code: 'notMember' }])
  expect(bob.heard).toEqual([])
})

test('[M6] the events of a batch are heard in seq order, and the acks come after them', async () => {
  const { ada, store } = await aLobby()
  store.pause()
  await ada.ask(message('nonce-001'), message('nonce-002'), message('nonce-003'))
  store.resume()
  await settled()
  expect(summary(ada)).toEqual(['event 1', 'ack 1', 'event 2', 'event 3', 'ack 2', 'ack 3'])
})

test('[M7] messages wait while a batch is written; then up to 512 are written together', async () => {
  const { guest, store } = await aHub({ limits: UNLIMITED })
  const people = await Promise.all(Array.from({ length: 12 }, (_, n) => guest(`P${n}x`, ['lobby'])))
  store.pause()
  for (const client of people) await client.sendMany(60)
  expect(store.batches).toEqual([1])
  store.resume()
  await settled()
  expect(store.batches).toEqual([1, 512, 207])
})

test('[M8] a message is refused as overloaded while 2,000 wait, and its nonce stays unused', async () => {
  const { hub, guest, connect, store, clock } = await aHub({ limits: UNLIMITED })
  const ada = await guest('Ada')
  const tabs = Array.from({ length: 33 }, () => connect(ada.self))
  for (const tab of tabs) await tab.hello(['lobby'])
  store.pause()
  for (const tab of tabs) await tab.sendMany(61)
  expect(hub.stats().queue).toBe(2_000)
  const refused = tabs.flatMap((tab) => tab.all('error'))
  expect(refused).toHaveLength(33 * 61 - 2_001)
  expect(refused.every(({ code, retry }) => code === 'overloaded' && retry)).toBe(true)
  store.resume()
  await settled()
  clock.pass(5_000)
  await tabs[0]?.send('hi', refused[0]?.nonce)
  expect(tabs[0]?.all('ack').at(-1)).toMatchObject({ nonce: refused[0]?.nonce, seq: 2_002 })
})

test('[M9] a message is refused while 64 frames of its connection are unanswered', async () => {
  const { ada, store } = await aLobby({ limits: UNLIMITED })
  store.pause()
  await ada.ask(...Array.from({ length: 65 }, (_, i) => message(`nonce-0${i}`)))
  expect(ada.heard).toMatchObject([{ type: 'error', nonce: 'nonce-064', code: 'overloaded' }])
  store.resume()
  await settled()
  await ada.send('hi', 'nonce-064')
  expect(ada.all('ack')).toHaveLength(65)
})

test('[M10] a person’s sixteenth message at once, over all connections, is refused until the time named', async () => {
  const { ada, bob, connect, clock } = await aLobby()
  const tab = connect(ada.self)
  await tab.hello(['lobby'])
  for (let i = 0; i < 8; i += 1) for (const client of [ada, tab]) await client.send('hi')
  expect(tab.all('error')).toMatchObject([{ code: 'rateLimited', retry: true, after: 200 }])
  await bob.send('I may')
  expect(bob.all('ack')).toHaveLength(1)
  clock.pass(200)
  await tab.send('again')
  expect(tab.all('ack')).toHaveLength(8)
})

test('[M11] a message that cannot be stored is unavailable and nobody hears it; later its nonce works', async () => {
  const { ada, bob, store } = await aLobby()
  store.fail('writes')
  await ada.send('hi', 'nonce-000')
  expect(ada.heard).toMatchObject([{ type: 'error', nonce: 'nonce-000', code: 'unavailable', retry: true }])
  expect(bob.heard).toEqual([])
  store.heal()
  await ada.send('hi', 'nonce-000')
  expect([summary(ada).slice(1), summary(bob)]).toEqual([['event 1', 'ack 1'], ['event 1']])
})

test('[M13] a message is serialised and published once, however many hear it', async () => {
  const { ada, guest, topics } = await aLobby()
  for (let n = 0; n < 10; n += 1) await guest(`P${n}x`, ['lobby'])
  const publish = spyOn(topics, 'publish')
  await ada.send('hi')
  expect(publish).toHaveBeenCalledTimes(1)
})

test('[M16] a message whose author disconnects before the ack is stored and heard by the others', async () => {
  const { ada, bob, store } = await aLobby()
  store.pause()
  await ada.send('last words')
  ada.connection.end()
  await settled()
  store.resume()
  await settled()
  expect(bob.heard).toMatchObject([{ type: 'event', text: 'last words' }])
})

test('[S13] author, time and id of a message come from the hub, whatever the frame says', async () => {
  const { ada, bob, clock } = await aLobby()
  const forged = { user: { id: 'f', name: 'Bob' }, at: 1, seq: 99, id: 'f', kind: 'notice' }
  await ada.ask({ ...message('nonce-000'), ...forged } as ClientFrame)
  const user = { id: ada.self.id, name: 'Ada' }
  expect(bob.heard).toMatchObject([{ seq: 1, kind: 'message', at: clock.now(), user }])
  expect(bob.heard).not.toMatchObject([{ id: 'f' }])
})

test('[M17] an error has at most 200 bytes, the message of its code and nothing of what was thrown', () => {
  const target = { nonce: 'n'.repeat(64) }
  const codes = (Object.keys(ERRORS) as ErrorCode[]).filter((code) => code !== 'wrongHost')
  for (const code of codes) {
    const frame = errorFrame(new ChatError(code, 'secret', { after: 999_999 }), target)
    expect(frame).toMatchObject({
      code,
      message: ERRORS[code].message,
      retry: ERRORS[code].retry,
      after: 999_999,
    })
    expect(JSON.stringify({ ...frame, after: undefined }).length).toBeLessThanOrEqual(200)
  }
  const { message: words } = ERRORS.internal
  expect(errorFrame(new Error('secret'), { ref: 'r' })).toEqual({
    type: 'error',
    ref: 'r',
    code: 'internal',
    message: words,
    retry: true,
  })
})
