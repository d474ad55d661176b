import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { Findings } from '../chaos/scenario.ts'
import { anApp } from '../support/client/anApp.ts'
import { eventually } from '../support/eventually.ts'
import { clientFrame, type RawSocket, rawSocket, serverFrames } from '../support/server/rawSocket.ts'
import {
  aVictim,
  endVictims,
  aWhile,
  foundBy,
  HELLO,
  percentile,
  roundTrips,
  type Victim,
} from './support/aVictim.ts'

// Real processes and sockets on a busy machine.
setDefaultTimeout(40_000)
afterAll(endVictims)

const TEXT = 0x81
const CONTINUED = 0x00
const send = (at: number) =>
  JSON.stringify({ type: 'send', nonce: `nonce-${String(at).padStart(6, '0')}`, room: 'lobby', text: 'hi' })

/** An app with Ada's socket by hand, live in the lobby. */
async function aLobby() {
  const app = await anApp()
  const ada = await app.guest('Ada')
  const byHand = async () => {
    const own = [`Cookie: ${ada.cookie}`, `Origin: http://localhost:${app.port}`]
    const socket = await rawSocket(app.port, '/ws?v=2', own)
    socket.write(clientFrame(TEXT, JSON.stringify(HELLO)))
    await eventually('the room', () => socket.text().includes('"more":false'))
    return socket
  }
  return { ...app, ada, byHand }
}

describe('a frame that is none', () => {
  let app: Awaited<ReturnType<typeof aLobby>>
  beforeAll(async () => {
    app = await aLobby()
  })
  afterAll(() => app.stop())

  const beat = '{"type":"beat"}'
  const fragments = (count: number, each: string) =>
    Buffer.concat([
      clientFrame(0x01, each),
      ...Array.from({ length: count - 1 }, () => clientFrame(CONTINUED, each)),
    ])
  const lying = clientFrame(TEXT, '')
  lying[1] = 0xff
  test.each<[code: number, what: string, bytes: Uint8Array]>([
    [1009, 'of 16,385 bytes', clientFrame(TEXT, 'x'.repeat(16_385))],
    [1009, 'that only says it were 2^63 bytes long', Buffer.concat([lying, Buffer.alloc(64, 0x7f)])],
    [1009, 'of 17 pieces of 1 KiB', fragments(17, 'x'.repeat(1_024))],
    [1009, 'of 50,000 pieces of one byte', fragments(50_000, 'x')],
    [1003, 'of bytes', clientFrame(0x82, beat)],
    [1007, 'of text that is not UTF-8', clientFrame(TEXT, new Uint8Array([0x22, 0xff, 0xfe, 0x22]))],
    [1007, 'of half a surrogate', clientFrame(TEXT, new Uint8Array([0xed, 0xa0, 0x80]))],
    [1002, 'without a mask', clientFrame(TEXT, beat, false)],
    [1002, 'that claims to be compressed', clientFrame(0xc1, beat)],
    [1002, 'with a reserved bit', clientFrame(0xa1, beat)],
    [1002, 'of an opcode that does not exist', clientFrame(0x83, beat)],
    [1002, 'that goes on with nothing', clientFrame(0x80, beat)],
    [1002, 'that begins within another', Buffer.concat([clientFrame(0x01, beat), clientFrame(TEXT, beat)])],
    [1002, 'that is a ping in pieces', clientFrame(0x09, 'x')],
    [1002, 'that is a ping of 126 bytes', clientFrame(0x89, 'x'.repeat(126))],
  ])('[S5, F16] ends the connection with %i: one %s', async (code, _what, bytes) => {
    const socket = await app.byHand()
    const before = app.hub.stats().connections
    socket.write(bytes)
    await eventually('the end', () => socket.closed)
    expect(socket.code()).toBe(code)
    await eventually('its place is free', () => app.hub.stats().connections === before - 1)
    expect(app.trouble).toEqual([])
  })

  test.each([
    ['plainly', 'permessage-deflate'],
    ['as browsers do', 'permessage-deflate; client_max_window_bits'],
    ['by the message', 'permessage-deflate; server_no_context_takeover; client_no_context_takeover'],
    ['under its old name', 'x-webkit-deflate-frame'],
    ['two hundred times', `permessage-deflate${'; client_max_window_bits'.repeat(200)}`],
  ])('[S5] compression offered %s is not agreed to', async (_how, offer) => {
    const socket = await rawSocket(app.port, '/ws?v=2', [
      `Origin: http://localhost:${app.port}`,
      `Sec-WebSocket-Extensions: ${offer}`,
    ])
    expect(socket.text().toLowerCase()).not.toContain('sec-websocket-extensions')
    socket.end()
  })
})

describe('forty frames written by hand', () => {
  const nested = (open: string, close: string, levels: number) =>
    `${open.repeat(levels)}${close.repeat(levels)}`
  const field = (json: string) => `{"type":"send","nonce":"nonce-000001","room":"lobby","text":${json}}`
  const FRAMES: readonly string[] = [
    '',
    ' ',
    '\u0000',
    'null',
    'true',
    '0',
    '1e400',
    '-0',
    '""',
    '"__proto__"',
    '[]',
    '[{"type":"beat"}]',
    '{}',
    '{"type":null}',
    '{"type":["beat"]}',
    '{"type":{"toString":"beat"}}',
    '{"type":"__proto__"}',
    '{"type":"constructor"}',
    '{"type":"hasOwnProperty"}',
    '{"type":"toString","nonce":"nonce-000001"}',
    '{"__proto__":{"type":"beat"}}',
    '{"__proto__":{"polluted":true},"type":"typing","room":"lobby","on":true}',
    '{"constructor":{"prototype":{"polluted":true}},"type":"state","state":"idle"}',
    '{"type":"send","__proto__":{"nonce":"nonce-000001","room":"lobby","text":"x"}}',
    '{"type":"hello","rooms":{"length":9},"state":"active"}',
    '{"type":"join","ref":"r","room":"__proto__"}',
    '{"type":"join","ref":"r","room":"constructor"}',
    '{"type":"join","ref":"r","room":"lobby","seq":1e400,"id":null}',
    '{"type":"join","ref":"r","room":"lobby","seq":-1,"id":null}',
    '{"type":"join","ref":"r","room":"lobby","seq":0.5,"id":null}',
    '{"type":"read","room":"lobby","seq":9007199254740993}',
    field('"\\u0000"'),
    field('"\\ud800"'),
    field('"\\udfff\\ud800"'),
    field('{"toString":"x"}'),
    field('["x"]'),
    nested('[', ']', 8_000),
    `${'{"a":'.repeat(2_600)}1${'}'.repeat(2_600)}`,
    field(nested('[', ']', 8_000)),
    '{"type":"beat"'.padEnd(16_000, ' '),
  ]

  test('[S10] are each answered by 200 bytes or ignored, change nothing of any object, and end nothing', async () => {
    expect(FRAMES).toHaveLength(40)
    const app = await aLobby()
    for (const text of FRAMES) {
      const socket = await app.byHand()
      const before = serverFrames(socket.bytes()).length
      socket.write(Buffer.concat([clientFrame(TEXT, text), clientFrame(0x89, 'after it')]))
      const heard = await eventually(`what follows ${text.slice(0, 40)}`, () => {
        const frames = serverFrames(socket.bytes()).slice(before)
        return frames.some(({ opcode }) => opcode === 10) && frames
      })
      const errors = heard.filter(({ payload }) => payload.includes('"error"'))
      expect(errors.filter(({ payload }) => payload.length > 200)).toEqual([])
      expect([errors.length <= 1, socket.closed]).toEqual([true, false])
      socket.end()
    }
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
    expect(app.trouble).toEqual([])
    expect(await app.store.events('lobby', 0, 10)).toEqual([])
    await app.stop()
  })

  test('[S10] 500,000 levels are too long to be read at all', async () => {
    const app = await aLobby()
    const socket = await app.byHand()
    socket.write(clientFrame(TEXT, '['.repeat(500_000)))
    await eventually('the end', () => socket.closed)
    expect([1006, 1009]).toContain(socket.code() ?? 1006)
    const headers = { origin: app.origin, 'content-type': 'application/json' }
    const body = `{"name":${'['.repeat(30_000)}${']'.repeat(30_000)}}`
    const answer = await fetch(`${app.origin}/api/session`, { method: 'POST', headers, body })
    expect(answer.status).toBe(400)
    await app.stop()
  })
})

describe('one who floods', () => {
  let victim: Victim
  beforeAll(async () => {
    victim = await aVictim()
  })

  test('[S6] five thousand frames a second end in 200 ms, sixteen are heard, and others are answered in 50 ms', async () => {
    const [eve, ...others] = await Promise.all(['Eve', 'Ada', 'Bob', 'Cy'].map((name) => victim.guest(name)))
    if (!eve) throw new TypeError('nobody')
    const bystanders = await Promise.all(others.map((who, at) => victim.bystander(who, `203.0.113.${at}`)))
    const calm = percentile(await roundTrips(bystanders, aWhile(1_000)), 0.99)
    const findings = new Findings()

    const isOver = aWhile(2_000)
    const measured = roundTrips(bystanders, isOver)
    const began = performance.now()
    const lasted: number[] = []
    // Again and again, each time from another address.
    for (let attack = 0; !isOver(); attack += 1) {
      const flood = await victim.rawInLobby(eve, `198.51.100.${attack % 200}`)
      const burst = Array.from({ length: 1_000 }, (_, at) => clientFrame(TEXT, send(attack * 1_000 + at)))
      const from = performance.now()
      flood.write(Buffer.concat(burst))
      await eventually('the close', () => flood.code() === 4429)
      lasted.push(performance.now() - from)
      flood.end()
    }
    const seconds = (performance.now() - began) / 1_000
    const times = await measured
    const heard = bystanders.map(
      (one) => one.heard.filter((frame) => frame.type === 'event' && frame.user?.id === eve.user.id).length,
    )
    findings.atMost('ms until it is closed', Math.max(...lasted), 200)
    findings.atMost('p99 of others', percentile(times, 0.99), Math.max(50, 2 * calm))
    expect(foundBy(findings, { calm, p99: percentile(times, 0.99), floods: lasted.length })).toEqual([])
    // fifteen at once and five a second, over all her sockets
    expect(Math.max(...heard)).toBeLessThanOrEqual(16 + Math.ceil(5 * seconds))
  })

  test('[S5, S6] endless pieces, empty ones and pings take no memory, and others are served', async () => {
    const [eve, ada] = [await victim.guest('Eva'), await victim.guest('Ann')]
    const bystander = await victim.bystander(ada, '203.0.113.9')
    const attacks: [what: string, bytes: Buffer][] = [
      ['pieces', Buffer.concat(Array.from({ length: 50_000 }, () => clientFrame(CONTINUED, 'x')))],
      ['empty', Buffer.concat(Array.from({ length: 300_000 }, () => clientFrame(CONTINUED, '')))],
      ['pings', Buffer.concat(Array.from({ length: 500_000 }, () => clientFrame(0x89, '')))],
    ]
    const begin = (what: string, socket: RawSocket) =>
      what === 'pings' ? undefined : socket.write(clientFrame(0x01, 'x'))
    const attack = async ([what, bytes]: [string, Buffer]) => {
      const socket = await victim.rawInLobby(eve, '198.51.100.2')
      begin(what, socket)
      socket.write(bytes)
      // what comes behind it: a ping that is answered, or the end
      socket.write(clientFrame(0x89, 'behind'))
      await eventually(`the end of ${what}`, () => socket.closed || socket.text().includes('behind'), 10_000)
      const before = bystander.heard.length
      bystander.send({ type: 'beat' })
      await bystander.hears('beat', () => true, before)
      bystander.send({ type: 'beat' })
      return socket
    }
    for (const one of attacks) (await attack(one)).end()
    const before = await victim.memory()
    const sockets = []
    for (const one of attacks) sockets.push(await attack(one))
    const after = await victim.memory()
    expect(after - before).toBeLessThanOrEqual(5)
    expect(sockets.map((socket) => socket.code())).toEqual([1009, undefined, 4429])
    for (const socket of sockets) socket.end()
  })
})
