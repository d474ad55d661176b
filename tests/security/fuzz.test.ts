import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import fc from 'fast-check'
import type { Guest } from '../support/client/anApp.ts'
import { eventually } from '../support/eventually.ts'
import { aRunningApp, HELLO } from '../support/server/aRunningApp.ts'
import { clientFrame, rawSocket, serverFrames } from '../support/server/rawSocket.ts'

setDefaultTimeout(600_000)

/** LONG=1 runs twenty times as many. SEED repeats a run. */
const COUNT = process.env['LONG'] === '1' ? 108_000 : 5_400
const SEED = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31))
/** Bad frames that one connection may send; the tenth would close it. */
const BATCH = 9

/** Values that a JSON parser accepts and no field is meant to have. */
const odd = fc.oneof(
  fc.constantFrom<unknown>(null, true, -1, 0.5, 1e308, 2 ** 53, '', '__proto__', [], {}, '\u0000', '\ud800'),
  fc.constantFrom<unknown>('x'.repeat(4_001), '漢'.repeat(4_097), 'a\u0301'.repeat(200), '\u202e\u2066', '-'),
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.jsonValue({ maxDepth: 4 }),
  fc.constant(Array.from({ length: 101 }, (_, at) => ({ room: `r${at}`, seq: 0, id: null }))),
)
const room = fc.constantFrom('lobby', 'nowhere', 'den')
const nonce = fc.stringMatching(/^[A-Za-z0-9_-]{8,12}$/)
const seq = fc.oneof(fc.nat(9), fc.constantFrom(0, Number.MAX_SAFE_INTEGER))
/** the id of a message that exists */
let known = ''
const target = fc.nat(3).map((at) => [known, known, '018bcfe5-6800-7000-8000-000000000001', 'x'][at] ?? '')
const text = fc.oneof(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }), fc.constant('hi @Ada'))
const emoji = fc.constantFrom('👍', '👩‍👩‍👧', '🇪🇺', 'a', '👍👍')
const on = fc.boolean()
const state = fc.constantFrom('active', 'idle')
const frame = (type: string, fields: Record<string, fc.Arbitrary<unknown>> = {}) =>
  fc.record<Record<string, unknown>>({ type: fc.constant(type), ...fields })
const change = { nonce, room, target }
/** Frames as a client of ours sends them. */
const proper = fc.oneof(
  frame('hello', { rooms: fc.array(fc.record({ room, seq, id: target }), { maxLength: 3 }), state }),
  frame('join', { ref: nonce, room, seq, id: target }),
  frame('leave', { ref: nonce, room }),
  frame('send', { nonce, room, text }),
  frame('send', { nonce, room, text, replyTo: target }),
  frame('edit', { ...change, text }),
  frame('delete', change),
  frame('react', { ...change, emoji, on }),
  frame('pin', { ...change, on }),
  frame('read', { room, seq }),
  frame('typing', { room, on }),
  frame('state', { state }),
  frame('beat'),
)
const NAMES = ['type', 'room', 'nonce', 'ref', 'text', 'seq', 'id', 'rooms', 'state', 'target', 'emoji', 'on']

/** A proper frame with a change: a field set, removed, wrapped or repeated, or its JSON cut, torn or repeated. */
const mutated = fc
  .tuple(proper, fc.nat(7), fc.constantFrom(...NAMES, '__proto__', 'constructor', 'toString'), odd, fc.nat())
  .map(([fields, how, field, value, at]) => {
    const json = JSON.stringify(fields)
    const cut = at % (json.length + 1)
    // prettier-ignore
    switch (how) {
      case 0: return json
      case 1: return JSON.stringify({ ...fields, [field]: value })
      case 2: return JSON.stringify(Object.fromEntries(Object.entries(fields).filter(([name]) => name !== field)))
      case 3: return JSON.stringify({ ...fields, [field]: { [field]: [value] } })
      case 4: return `${json.slice(0, -1)},${JSON.stringify(field)}:${JSON.stringify(value) ?? '0'}}`
      case 5: return json.slice(0, cut)
      case 6: return `${json.slice(0, cut)}${String.fromCharCode(at % 0x300)}${json.slice(cut)}`
      default: return json.repeat(1 + (at % 3))
    }
  })

/** Bytes around a frame: mostly the right ones, at times other flags, a wrong length, no mask, pieces, or a part. */
const framed = fc.tuple(mutated, fc.nat(99), fc.nat(255), fc.nat(255)).map(([json, how, byte, other]) => {
  const bytes = Buffer.from(clientFrame(0x81, json.slice(0, 16_000), how !== 1))
  if (how === 2) bytes[0] = byte
  if (how === 3) bytes[1] = other
  if (how === 4)
    return Buffer.concat([clientFrame(0x01, json.slice(0, 100)), clientFrame(0x80, json.slice(100, 200))])
  if (how === 5) return bytes.subarray(0, byte % bytes.length)
  return bytes
})

const body = fc
  .tuple(fc.constantFrom('name', 'topic', 'kind', '__proto__'), fc.oneof(odd, text), mutated, fc.nat(4))
  .map(([field, value, json, how]) => {
    // prettier-ignore
    switch (how) {
      case 0: return json
      case 1: return `{"name":"x","${field}":${JSON.stringify(value) ?? '0'}}`
      default: return JSON.stringify({ [field]: value, topic: how === 2 ? value : 'x' })
    }
  })

describe(`random input (seed ${SEED})`, () => {
  let app: Awaited<ReturnType<typeof aRunningApp>>
  let ada: Guest
  const unhandled: unknown[] = []
  const note = (error: unknown) => void unhandled.push(error)
  beforeAll(async () => {
    process.on('unhandledRejection', note)
    app = await aRunningApp({ maxNewGuestsPerAddress: 1_000_000 })
    ada = await app.guest('Ada')
    const socket = await ada.enter('lobby')
    socket.send({ type: 'send', nonce: 'nonce-before', room: 'lobby', text: 'hi' })
    known = (await socket.hears('ack')).id
    socket.close()
  })
  afterAll(() => void process.off('unhandledRejection', note))

  async function isWell(): Promise<void> {
    app.pass(120_000)
    const bob = await app.guest(`Bob ${Math.random().toString(36).slice(2, 8)}`)
    const socket = await bob.enter('lobby')
    socket.send({ type: 'send', nonce: 'nonce-after', room: 'lobby', text: 'still here' })
    await socket.hears('ack')
    socket.close()
    expect({ trouble: app.trouble, unhandled }).toEqual({ trouble: [], unhandled: [] })
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  }

  /** Handles all items, ten at a time; some time passes after each `every`, for the limits. */
  async function inTurns<T>(
    items: readonly T[],
    every: number,
    handle: (item: T, at: number) => Promise<void>,
  ) {
    let next = 0
    const turns = async () => {
      for (let at = next++; at < items.length; at = next++) {
        await handle(items[at] as T, at)
        if (at % every === 0) app.pass(31_000)
      }
    }
    await Promise.all(Array.from({ length: 10 }, turns))
  }

  test(`[S30] none of ${COUNT} frames ends the server or gets an error of more than 200 bytes`, async () => {
    const frames = fc.sample(framed, { seed: SEED, numRuns: COUNT })
    const batches = Array.from({ length: COUNT / BATCH }, (_, at) =>
      frames.slice(at * BATCH, (at + 1) * BATCH),
    )
    const own = { Cookie: ada.cookie, Origin: `http://localhost:${app.port}` }
    const long: string[] = []
    const answers = new Set<string>()
    await inTurns(batches, 60, async (batch) => {
      const socket = await rawSocket(app.port, own)
      socket.write(clientFrame(0x81, JSON.stringify(HELLO)))
      for (const bytes of batch) socket.write(bytes)
      socket.write(clientFrame(0x89, 'behind'))
      // A frame with a wrong length swallows what follows it and waits for more.
      const isThrough = () => socket.closed || socket.text().includes('behind')
      await eventually('the end of a batch', isThrough, 120).catch(() => null)
      for (const { opcode, payload } of serverFrames(socket.bytes())) {
        if (opcode !== 1) continue
        const { type, code } = JSON.parse(payload.toString()) as { type: string; code?: string }
        answers.add(code ?? type)
        if (type === 'error' && payload.length > 200) long.push(payload.toString())
      }
      socket.end()
    })
    expect(long).toEqual([])
    // Many frames were understood.
    expect([...answers]).toEqual(expect.arrayContaining(['welcome', 'sync', 'ack', 'badFrame', 'notMember']))
    expect(answers).not.toContain('internal')
    await isWell()
  })

  test(`[S30, S29] none of ${COUNT / 5} bodies is answered with 500, or with an error of more than 200 bytes`, async () => {
    const targets = ['POST /api/session', 'PATCH /api/session', 'POST /api/rooms', 'PATCH /api/rooms/lobby']
    const wrong: string[] = []
    const statuses = new Set<number>()
    await inTurns(fc.sample(body, { seed: SEED, numRuns: COUNT / 5 }), 50, async (text, at) => {
      const [method = '', path = ''] = targets[at % targets.length]?.split(' ') ?? []
      const cookie = at % targets.length === 0 ? '' : ada.cookie
      const answer = await app.send(method, path, text, { cookie })
      const said = await answer.text()
      statuses.add(answer.status)
      if (answer.status >= 500 || (answer.status >= 400 && Buffer.byteLength(said) > 200))
        wrong.push(`${answer.status} ${said}`)
    })
    expect(wrong).toEqual([])
    expect([...statuses]).toEqual(expect.arrayContaining([200, 201, 400, 422]))
    await isWell()
  })
})
