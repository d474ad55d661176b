import { afterAll, expect, test } from 'bun:test'
import type { Server, ServerWebSocket, WebSocketHandler } from 'bun'
import { eventually } from '../support/eventually.ts'
import { clientFrame, rawSocket, serverFrames } from '../support/server/rawSocket.ts'

type Raw = ServerWebSocket<undefined>
const servers: Server<undefined>[] = []
afterAll(() => Promise.all(servers.map((server) => server.stop(true))))

/** A bare Bun server: what Hubbub leans on below Elysia. */
function aServer(websocket: Partial<WebSocketHandler<undefined>>): {
  server: Server<undefined>
  port: number
} {
  const server = Bun.serve<undefined>({
    port: 0,
    hostname: '127.0.0.1',
    reusePort: false,
    fetch: (request, listening) =>
      listening.upgrade(request) ? undefined : new Response('no', { status: 400 }),
    websocket: { message() {}, ...websocket },
  })
  servers.push(server)
  return { server, port: server.port ?? 0 }
}

/** A server and one socket of it, as the server has it. */
async function aSocket(websocket: Partial<WebSocketHandler<undefined>>, subscribed: string[] = []) {
  let opened: Raw | undefined
  const { server, port } = aServer({
    ...websocket,
    open(ws) {
      opened = ws
      for (const topic of subscribed) ws.subscribe(topic)
    },
  })
  const client = await rawSocket(port)
  const raw = await eventually('the open socket', () => opened)
  const heard = () => serverFrames(client.bytes()).filter((frame) => frame.opcode === 1)
  return { server, port, client, raw, heard }
}

test('[P1, P2, X14] a reader that stops is cut off at the limit, and has seen an unbroken beginning', async () => {
  let gone = false
  const { server, client, heard } = await aSocket(
    { backpressureLimit: 1024 * 1024, closeOnBackpressureLimit: true, close: () => void (gone = true) },
    ['room'],
  )
  client.pause()
  const filler = 'x'.repeat(16_000)
  let sent = 0
  await eventually('the cut', () => {
    for (let at = 0; at < 40; at += 1) server.publish('room', `${(sent += 1)} ${filler}`)
    return gone
  })
  client.resume()
  await eventually('the end of the connection', () => client.closed)
  const numbers = heard().map(({ payload }) => Number.parseInt(payload.toString('latin1', 0, 8), 10))
  expect(numbers.length).toBeLessThan(sent)
  expect(numbers).toEqual(numbers.map((_, at) => at + 1))
  expect(client.code()).toBeUndefined()
})

test('[P3] what is unsent can be asked, and `drain` tells when it has left', async () => {
  let drained = 0
  const { client, raw, heard } = await aSocket({
    backpressureLimit: 1024 * 1024,
    closeOnBackpressureLimit: true,
    drain: () => void (drained += 1),
  })
  client.pause()
  const page = 'x'.repeat(256 * 1024)
  let sent = 0
  await eventually('backpressure', () => {
    if (raw.getBufferedAmount() <= 256 * 1024) raw.send(`${(sent += 1)} ${page}`)
    return raw.getBufferedAmount() > 256 * 1024
  })
  client.resume()
  await eventually('the drain', () => drained > 0 && raw.getBufferedAmount() <= 256 * 1024)
  await eventually('every page', () => heard().length === sent)
})

test('[P5] sends and publishes of one turn arrive in the order of their calls, over topics, and a subscription hears only later ones', async () => {
  const { server, client, raw, heard } = await aSocket({}, ['a'])
  const long = 'x'.repeat(100_000)
  server.publish('a', '1')
  raw.send('2')
  server.publish('b', 'never')
  raw.subscribe('b')
  server.publish('b', '3')
  server.publish('a', `4${long}`)
  raw.send('5')
  raw.unsubscribe('a')
  server.publish('a', 'never')
  server.publish('b', '6')
  raw.close(1012, 'restart')
  await eventually('the close', () => client.code())
  expect(heard().map(({ payload }) => payload.toString('latin1', 0, 1))).toEqual([
    '1',
    '2',
    '3',
    '4',
    '5',
    '6',
  ])
  expect(client.code()).toBe(1012)
})

test('[P7] publishes of one turn leave in one write a socket, those of two turns in two', async () => {
  const { server, client, heard } = await aSocket({}, ['room'])
  const before = client.reads
  for (let at = 0; at < 50; at += 1) server.publish('room', `together ${at}`)
  await eventually('all of one turn', () => heard().length === 50)
  expect(client.reads - before).toBe(1)

  for (let at = 0; at < 5; at += 1) {
    server.publish('room', `alone ${at}`)
    await eventually('one of its own', () => heard().length === 51 + at)
  }
  expect(client.reads - before).toBe(6)
})

test('[P8] a silent peer is closed on time, but never one that is written to', async () => {
  const gone = { silent: false, busy: false }
  const before = performance.now()
  await aSocket({ idleTimeout: 1, sendPings: false, close: () => void (gone.silent = true) })
  const { raw } = await aSocket({ idleTimeout: 1, sendPings: true, close: () => void (gone.busy = true) })
  const writing = setInterval(() => raw.send('more'), 100)
  await eventually('the timeout', () => gone.silent, 9_000)
  const took = performance.now() - before
  expect(took).toBeGreaterThan(900)
  await eventually('a second more', () => gone.busy || performance.now() - before > took + 1_000, 9_000)
  clearInterval(writing)
  expect(gone.busy).toBe(false)
}, 20_000)

test('[P10, X2] 16 KiB hold for a frame, also in pieces; what is larger ends the connection', async () => {
  const sizes: number[] = []
  const limits = {
    maxPayloadLength: 16_384,
    message: (_: Raw, text: string | Buffer) => void sizes.push(text.length),
  }
  const whole = await aSocket(limits)
  whole.client.write(clientFrame(0x81, 'x'.repeat(16_384)))
  await eventually('the frame', () => sizes[0] === 16_384)
  whole.client.write(clientFrame(0x81, 'x'.repeat(16_385)))
  await eventually('the end', () => whole.client.closed)

  const pieces = await aSocket(limits)
  pieces.client.write(clientFrame(0x01, 'x'.repeat(1_024)))
  for (let at = 0; at < 16; at += 1) pieces.client.write(clientFrame(0x00, 'x'.repeat(1_024)))
  await eventually('the end', () => pieces.client.closed)
  expect(sizes).toEqual([16_384])
})

test('[P11] codes from 4000 on arrive with their reason, and the server itself hears its own', async () => {
  let reason = ''
  const { client, raw } = await aSocket({ close: (_ws, _code, why) => void (reason = why) })
  raw.close(4429, 'flood')
  await eventually('the close', () => client.code() === 4429)
  expect(reason).toBe('flood')
})

test.each([
  [1007, 'text that is not UTF-8', clientFrame(0x81, new Uint8Array([0xff, 0xfe]))],
  [1002, 'a frame that is not masked', clientFrame(0x81, 'hello', false)],
])('[P11, S5] the connection ends (%i) on %s', async (_code, _what, frame) => {
  let heard = 0
  const { client } = await aSocket({ message: () => void (heard += 1) })
  client.write(frame)
  await eventually('the end', () => client.closed)
  expect(heard).toBe(0)
})

test.each(['close', 'terminate'] as const)(
  '[P12] after %s no other frame of the same read is handled',
  async (how) => {
    let handled = 0
    const { client } = await aSocket({
      message: (ws) => {
        handled += 1
        if (handled !== 120) return
        if (how === 'close') ws.close(4429, 'flood')
        else ws.terminate()
      },
    })
    client.write(Buffer.concat(Array.from({ length: 20_000 }, () => clientFrame(0x81, '{"type":"beat"}'))))
    await eventually('the end', () => client.closed)
    expect(handled).toBe(120)
  },
)

test('[P14] the server is asked for each ping, so that they can be charged', async () => {
  let pings = 0
  const { client } = await aSocket({ ping: () => void (pings += 1) })
  client.write(Buffer.concat(Array.from({ length: 1_000 }, () => clientFrame(0x89, ''))))
  await eventually('a thousand pings', () => pings === 1_000)
})

test('[P70] the server is asked for each pong, and for no empty piece of a message that goes on', async () => {
  const seen = { pongs: 0, messages: 0, pings: 0 }
  const { client } = await aSocket({
    ping: () => void (seen.pings += 1),
    pong: () => void (seen.pongs += 1),
    message: () => void (seen.messages += 1),
  })
  client.write(Buffer.concat(Array.from({ length: 1_000 }, () => clientFrame(0x8a, ''))))
  await eventually('a thousand pongs', () => seen.pongs === 1_000)
  client.write(clientFrame(0x01, 'x'))
  client.write(Buffer.concat(Array.from({ length: 1_000 }, () => clientFrame(0x00, ''))))
  client.write(clientFrame(0x89, ''))
  await eventually('the ping behind them', () => seen.pings === 1)
  expect(seen).toEqual({ pongs: 1_000, messages: 0, pings: 1 })
})

test('[P15] handlers run in the context of the server, not of the request: state belongs to the socket', async () => {
  const { AsyncLocalStorage } = await import('node:async_hooks')
  const context = new AsyncLocalStorage<string>()
  let seen: string | undefined = 'nothing asked'
  const server = Bun.serve<undefined>({
    port: 0,
    hostname: '127.0.0.1',
    reusePort: false,
    fetch: (request, listening) =>
      context.run('of the request', () => (listening.upgrade(request) ? undefined : new Response('no'))),
    websocket: { message: () => void (seen = context.getStore()) },
  })
  servers.push(server)
  const client = await rawSocket(server.port ?? 0)
  client.write(clientFrame(0x81, 'x'))
  await eventually('the frame', () => seen !== 'nothing asked')
  expect(seen).toBeUndefined()
})

test('[P11] `close` of the server is heard within the call, so what follows from it must wait for a later turn', async () => {
  let heard = false
  const { raw } = await aSocket({ close: () => void (heard = true) })
  raw.close(1000, 'bye')
  expect(heard).toBe(true)
})
