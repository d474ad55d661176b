import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import type { HistoryPage } from '../../src/shared/model.ts'
import { median, timed } from '../support/aMeasure.ts'
import { type Guest, aGuest } from '../support/client/anApp.ts'
import { aServer, aTemporaryDir, type ServerProcess } from '../support/server/aServer.ts'
import type { SocketClient } from '../support/server/socketClient.ts'

// Real processes and sockets on a busy machine.
setDefaultTimeout(20_000)

const { dir, remove } = aTemporaryDir()
let server: ServerProcess
let origin: string
let ada: Guest
let bob: Guest
beforeAll(async () => {
  server = await aServer({ DATA_DIR: dir, MAX_HANDSHAKES_PER_ADDRESS: '1000' })
  origin = await server.ready()
  ada = await aGuest(origin, 'Ada')
  bob = await aGuest(origin, 'Bob')
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  remove()
})

const say = (socket: SocketClient, nonce: string, text: string, room = 'lobby') =>
  socket.send({ type: 'send', nonce, room, text })
const textsOf = (socket: SocketClient) =>
  socket.heard.flatMap((frame) => (frame.type === 'event' && frame.text !== undefined ? [frame.text] : []))

test('[B1] Ada and Bob read each other’s messages at once, in one order for both', async () => {
  const [a, b] = [await ada.enter('lobby'), await bob.enter('lobby')]
  const times: number[] = []
  for (let at = 0; at < 10; at += 1) {
    const [author, reader] = at % 2 === 0 ? [a, b] : [b, a]
    const nonce = `talk-${String(at).padStart(6, '0')}`
    const { ms } = await timed(() => {
      say(author, nonce, `line ${at}`)
      return reader.hears('event', (event) => event.nonce === nonce)
    })
    times.push(ms)
    await author.hears('ack', (ack) => ack.nonce === nonce)
  }
  const lines = Array.from({ length: 10 }, (_, at) => `line ${at}`)
  expect([textsOf(a), textsOf(b)]).toEqual([lines, lines])
  console.info(`  from one to the other: ${median(times).toFixed(1)} ms`)
  expect(median(times)).toBeLessThan(100)
  a.close()
  b.close()
})

test('[B4] a newcomer sees the last fifty messages, and goes back to the first page by page', async () => {
  const authors = await Promise.all(['Cy', 'Dan', 'Flo', 'Gil', 'Hua'].map((name) => aGuest(origin, name)))
  expect((await ada.ask('/api/rooms', { method: 'POST', body: { name: 'History' } })).status).toBe(201)
  const sockets = await Promise.all(authors.map((author) => author.enter('history')))
  // Fifteen each, as many as a person may send at once.
  for (let at = 0; at < 75; at += 1) {
    const nonce = `old-${String(at).padStart(6, '0')}`
    const socket = sockets[at % 5]
    if (socket) say(socket, nonce, `old ${at}`, 'history')
    await socket?.hears('ack', (ack) => ack.nonce === nonce)
  }
  const newcomer = await bob.enter('history')
  const { messages = [], head } = await newcomer.hears('sync', ({ room }) => room === 'history')
  expect([messages.length, head, messages.at(-1)?.text]).toEqual([50, 75, 'old 74'])

  const texts = messages.map(({ text }) => text)
  let before = messages[0]?.seq ?? 0
  for (let page: HistoryPage | undefined; page?.older !== false; before = page.messages[0]?.seq ?? 0) {
    const answer = await bob.ask(`/api/rooms/history/messages?before=${before}&limit=10`)
    page = (await answer.json()) as HistoryPage
    texts.unshift(...page.messages.map(({ text }) => text))
  }
  expect(texts).toEqual(Array.from({ length: 75 }, (_, at) => `old ${at}`))
})

test('[M2] the same nonce on another connection is the same message', async () => {
  const ivy = await aGuest(origin, 'Ivy')
  const [first, reader] = [await ivy.enter('lobby'), await bob.enter('lobby')]
  say(first, 'twice-000001', 'once')
  const ack = await first.hears('ack')
  first.close()
  const second = await ivy.enter('lobby')
  say(second, 'twice-000001', 'once')
  expect(await second.hears('ack')).toEqual({ ...ack, duplicate: true })
  say(second, 'twice-000001', 'something else')
  expect(await second.hears('error')).toMatchObject({ code: 'nonceReused', nonce: 'twice-000001' })
  expect(textsOf(reader)).toEqual(['once'])
})

test('[B5] a room shows who joins, types and signs out', async () => {
  const reader = await bob.enter('lobby')
  const dee = await aGuest(origin, 'Dee')
  const { id } = dee.user
  const socket = await dee.enter('lobby')
  await reader.hears('presence', ({ joined }) => joined?.some((person) => person.id === id) ?? false)
  socket.send({ type: 'typing', room: 'lobby', on: true })
  expect(await reader.hears('typing')).toMatchObject({ user: { id, name: 'Dee' }, on: true })
  expect((await dee.ask('/api/session', { method: 'DELETE' })).status).toBe(204)
  await reader.hears('presence', ({ left }) => left?.includes(id) ?? false)
  expect((await socket.ends()).code).toBe(4501)
})
