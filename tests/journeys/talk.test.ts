import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import type { HistoryPage } from '../../src/shared/model.ts'
import type { Heard } from '../../src/shared/protocol.ts'
import { timed } from '../support/aMeasure.ts'
import { type Guest, aGuest } from '../support/client/anApp.ts'
import { aServer, aTemporaryDir, type ServerProcess } from '../support/server/aServer.ts'
import type { SocketClient } from '../support/server/socketClient.ts'

// Real processes and sockets on a busy machine.
setDefaultTimeout(20_000)

const { dir, remove } = aTemporaryDir()
let server: ServerProcess
let origin: string
beforeAll(async () => {
  server = await aServer({ DATA_DIR: dir, MAX_HANDSHAKES_PER_ADDRESS: '1000' })
  origin = await server.ready()
})
afterAll(async () => {
  server.kill('SIGKILL')
  await server.exited()
  remove()
})

const say = (socket: SocketClient, nonce: string, text: string, room = 'lobby') =>
  socket.send({ type: 'send', nonce, room, text })
const textsOf = (socket: SocketClient) =>
  socket.heard.flatMap((frame) => (frame.type === 'event' && frame.text !== undefined ? [frame.text] : []))

describe('two people talk', () => {
  let ada: Guest
  let bob: Guest
  beforeAll(async () => {
    ada = await aGuest(origin, 'Ada')
    bob = await aGuest(origin, 'Bob')
  })

  test('[B1] what Ada says Bob reads at once, and the other way round, in one order for both', async () => {
    const [a, b] = [await ada.enter('lobby'), await bob.enter('lobby')]
    const times: number[] = []
    for (let at = 0; at < 10; at += 1) {
      const [from, to] = at % 2 === 0 ? [a, b] : [b, a]
      const nonce = `talk-${String(at).padStart(6, '0')}`
      const { ms } = await timed(() => {
        say(from, nonce, `line ${at}`)
        return to.hears('event', (event) => event.nonce === nonce)
      })
      times.push(ms)
      await from.hears('ack', (ack) => ack.nonce === nonce)
    }
    const lines = Array.from({ length: 10 }, (_, at) => `line ${at}`)
    expect([textsOf(a), textsOf(b)]).toEqual([lines, lines])
    const [fastest = 0, median = 0, slowest = 0] = [0, 5, 9].map((at) => times.toSorted((x, y) => x - y)[at])
    console.info(
      `  from one to the other: ${fastest.toFixed(1)} / ${median.toFixed(1)} / ${slowest.toFixed(1)} ms`,
    )
    expect(median).toBeLessThan(100)
    a.close()
    b.close()
  })

  test('[B4] who comes in sees what was said before, and can go back to the first line page by page', async () => {
    const writers = await Promise.all(['Cy', 'Dan', 'Flo', 'Gil', 'Hua'].map((name) => aGuest(origin, name)))
    expect((await ada.ask('/api/rooms', { method: 'POST', body: { name: 'History' } })).status).toBe(201)
    const sockets = await Promise.all(writers.map((writer) => writer.enter('history')))
    // Fifteen each: what a person may say at once.
    for (let at = 0; at < 75; at += 1) {
      const nonce = `old-${String(at).padStart(6, '0')}`
      const socket = sockets[at % 5]
      socket?.send({ type: 'send', nonce, room: 'history', text: `old ${at}` })
      await socket?.hears('ack', (ack) => ack.nonce === nonce)
    }
    const newcomer = await bob.enter('history')
    const { messages = [], head } = await newcomer.hears('sync', ({ room }) => room === 'history')
    expect([messages.length, head, messages.at(-1)?.text]).toEqual([50, 75, 'old 74'])

    const texts: (string | undefined)[] = messages.map(({ text }) => text)
    let before = messages[0]?.seq ?? 0
    for (let page: HistoryPage | undefined; page?.older !== false; before = page.messages[0]?.seq ?? 0) {
      page = (await (
        await bob.ask(`/api/rooms/history/messages?before=${before}&limit=10`)
      ).json()) as HistoryPage
      texts.unshift(...page.messages.map(({ text }) => text))
    }
    expect(texts).toEqual(Array.from({ length: 75 }, (_, at) => `old ${at}`))
  })

  test('[M2] the same nonce again is the same message, for as long as the room lives', async () => {
    const ivy = await aGuest(origin, 'Ivy')
    const [a, b] = [await ivy.enter('lobby'), await bob.enter('lobby')]
    say(a, 'twice-000001', 'once')
    const first = await a.hears('ack')
    a.close()
    const again = await ivy.enter('lobby')
    say(again, 'twice-000001', 'once')
    expect(await again.hears('ack')).toEqual({ ...first, duplicate: true })
    say(again, 'twice-000001', 'something else')
    expect(await again.hears('error')).toMatchObject({ code: 'nonceReused', nonce: 'twice-000001' })
    expect(textsOf(b)).toEqual(['once'])
  })

  test('[B5] who is here is told, with who comes and goes, and who is typing', async () => {
    const b = await bob.enter('lobby')
    const dee = await aGuest(origin, 'Dee')
    const d = await dee.enter('lobby')
    const came = (frame: Heard<'presence'>) => frame.joined?.some(({ id }) => id === dee.user.id) ?? false
    await b.hears('presence', came)
    d.send({ type: 'typing', room: 'lobby', on: true })
    expect(await b.hears('typing')).toMatchObject({ user: { id: dee.user.id, name: 'Dee' }, on: true })
    expect((await dee.ask('/api/session', { method: 'DELETE' })).status).toBe(204)
    await b.hears('presence', ({ left }) => left?.includes(dee.user.id) ?? false)
    expect((await d.ends()).code).toBe(4501)
  })
})
