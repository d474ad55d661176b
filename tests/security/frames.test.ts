import { beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { eventually } from '../support/eventually.ts'
import { aLobby, aRunningApp, rawGuest } from '../support/server/aRunningApp.ts'
import { clientFrame, rawSocket, serverFrames } from '../support/server/rawSocket.ts'

// Real processes and sockets on a busy machine.
setDefaultTimeout(40_000)

/** First bytes of a frame: FIN and opcode. */
const [TEXT, BEGUN, CONTINUED, BYTES, PING] = [0x81, 0x01, 0x00, 0x82, 0x89]
const many = (count: number, first: number, text = '') =>
  Buffer.concat(Array.from({ length: count }, () => clientFrame(first, text)))

describe('a malformed frame', () => {
  let app: Awaited<ReturnType<typeof aLobby>>
  beforeAll(async () => {
    app = await aLobby()
  })

  const beat = '{"type":"beat"}'
  const pieces = (count: number, text: string) =>
    Buffer.concat([clientFrame(BEGUN, text), many(count - 1, CONTINUED, text)])
  const lying = clientFrame(TEXT, '')
  lying[1] = 0xff
  test.each<[code: number, what: string, bytes: Uint8Array]>([
    [1009, 'of 16,385 bytes', clientFrame(TEXT, 'x'.repeat(16_385))],
    [1009, 'of 500,000 levels', clientFrame(TEXT, '['.repeat(500_000))],
    [1009, 'that claims to be 2^63 bytes long', Buffer.concat([lying, Buffer.alloc(64, 0x7f)])],
    [1009, 'of 17 pieces of 1 KiB', pieces(17, 'x'.repeat(1_024))],
    [1009, 'of 50,000 pieces of one byte', pieces(50_000, 'x')],
    [1003, 'of bytes', clientFrame(BYTES, beat)],
    [1007, 'of text that is not UTF-8', clientFrame(TEXT, new Uint8Array([0x22, 0xff, 0xfe, 0x22]))],
    [1007, 'of half a surrogate', clientFrame(TEXT, new Uint8Array([0xed, 0xa0, 0x80]))],
    [1002, 'without a mask', clientFrame(TEXT, beat, false)],
    [1002, 'that claims to be compressed', clientFrame(0xc1, beat)],
    [1002, 'with a reserved bit', clientFrame(0xa1, beat)],
    [1002, 'of an opcode that does not exist', clientFrame(0x83, beat)],
    [1002, 'that continues nothing', clientFrame(0x80, beat)],
    [1002, 'that begins within another', Buffer.concat([clientFrame(BEGUN, beat), clientFrame(TEXT, beat)])],
    [1002, 'that is a ping in pieces', clientFrame(0x09, 'x')],
    [1002, 'that is a ping of 126 bytes', clientFrame(PING, 'x'.repeat(126))],
  ])('[S5, F16] ends the connection with %i: one %s', async (code, _what, bytes) => {
    const socket = await rawGuest(app.port, app.ada.cookie)
    const before = app.hub.stats().connections
    socket.write(bytes)
    await eventually('the end', () => socket.closed)
    expect(socket.code()).toBe(code)
    await eventually('its place is free', () => app.hub.stats().connections === before - 1)
    expect(app.trouble).toEqual([])
  })

  test('[S5] is every compressed one: no offer of compression is agreed to', async () => {
    const bits = 'permessage-deflate; client_max_window_bits'
    const bare = bits.replace('client_max_window_bits', 'server_no_context_takeover')
    const long = `permessage-deflate${'; client_max_window_bits'.repeat(200)}`
    for (const offer of ['permessage-deflate', bits, bare, 'x-webkit-deflate-frame', long]) {
      const headers = { Origin: `http://localhost:${app.port}`, 'Sec-WebSocket-Extensions': offer }
      const socket = await rawSocket(app.port, headers)
      expect(socket.text().toLowerCase()).not.toContain('sec-websocket-extensions')
      socket.end()
    }
  })
})

describe('JSON written by hand', () => {
  const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`
  const types = ['null', '["beat"]', '{"toString":"beat"}', '"__proto__"', '"constructor"', '"valueOf"']
  const texts = ['"\\u0000"', '"\\ud800"', '"\\udfff\\ud800"', '{"toString":"x"}', '["x"]', nested(8_000)]
  const FRAMES = [
    ...['', ' ', '\u0000', 'null', 'true', '0', '1e400', '-0', '""', '"__proto__"', '[]', '{}'],
    ...types.map((type) => `{"type":${type}}`),
    ...texts.map((text) => `{"type":"send","nonce":"nonce-000001","room":"lobby","text":${text}}`),
    ...['1e400', '-1', '0.5'].map((seq) => `{"type":"join","ref":"r","room":"lobby","seq":${seq},"id":null}`),
    ...['__proto__', 'constructor'].map((room) => `{"type":"join","ref":"r","room":"${room}"}`),
    '{"type":"toString","nonce":"nonce-000001"}',
    '{"__proto__":{"type":"beat"}}',
    '{"__proto__":{"polluted":true},"type":"typing","room":"lobby","on":true}',
    '{"constructor":{"prototype":{"polluted":true}},"type":"state","state":"idle"}',
    '{"type":"send","__proto__":{"nonce":"nonce-000001","room":"lobby","text":"x"}}',
    '{"type":"hello","rooms":{"length":9},"state":"active"}',
    '{"type":"read","room":"lobby","seq":9007199254740993}',
    '[{"type":"beat"}]',
    nested(8_000),
    `${'{"a":'.repeat(2_600)}1${'}'.repeat(2_600)}`,
    '{"type":"beat"'.padEnd(16_000, ' '),
  ]

  test('[S10] is answered with at most 200 bytes or ignored, changes no object, and ends nothing', async () => {
    const app = await aLobby()
    expect(FRAMES).toHaveLength(40)
    for (const text of FRAMES) {
      const socket = await rawGuest(app.port, app.ada.cookie)
      const before = serverFrames(socket.bytes()).length
      socket.write(Buffer.concat([clientFrame(TEXT, text), clientFrame(PING, 'behind')]))
      const answers = await eventually(`the pong behind ${text.slice(0, 40)}`, () => {
        const frames = serverFrames(socket.bytes()).slice(before)
        return frames.some(({ opcode }) => opcode === 10) && frames
      })
      const errors = answers.filter(({ payload }) => payload.includes('"error"'))
      expect(errors.filter(({ payload }) => payload.length > 200)).toEqual([])
      expect([errors.length <= 1, socket.closed]).toEqual([true, false])
      socket.end()
    }
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
    expect([app.trouble, await app.store.events('lobby', 0, 10)]).toEqual([[], []])
  })

  test('[S10] of 30,000 levels in a body is 400', async () => {
    const { send } = await aRunningApp()
    expect((await send('POST', '/api/session', `{"name":${nested(30_000)}}`)).status).toBe(400)
  })
})
