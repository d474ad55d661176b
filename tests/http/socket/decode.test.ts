import { describe, expect, test } from 'bun:test'
import { decode } from '../../../src/http/socket/decode.ts'

const NONCE = 'nonce-0001'
const send = { type: 'send', nonce: NONCE, room: 'lobby', text: 'hi' }
const ID = '018bcfe5-6800-7ffb-b569-208e33f710d8'

describe('frames', () => {
  test.each([
    [{ type: 'hello', rooms: [{ room: 'lobby', seq: 0, id: null }], state: 'active' }],
    [{ type: 'hello', rooms: [], state: 'idle' }],
    [{ type: 'join', ref: 'r', room: 'lobby' }],
    [{ type: 'join', ref: 'r', room: 'lobby', seq: 7, id: ID }],
    [{ type: 'leave', ref: 'r', room: 'lobby' }],
    [send],
    [{ ...send, replyTo: ID }],
    [{ type: 'edit', nonce: NONCE, room: 'lobby', target: ID, text: 'hi' }],
    [{ type: 'delete', nonce: NONCE, room: 'lobby', target: ID }],
    [{ type: 'react', nonce: NONCE, room: 'lobby', target: ID, emoji: '👍', on: true }],
    [{ type: 'pin', nonce: NONCE, room: 'lobby', target: ID, on: false }],
    [{ type: 'read', room: 'lobby', seq: 3 }],
    [{ type: 'typing', room: 'lobby', on: true }],
    [{ type: 'state', state: 'idle' }],
    [{ type: 'beat' }],
  ])('[F20] %j is a frame', (frame) => {
    expect(decode(JSON.parse(JSON.stringify(frame)))).toMatchObject({ result: 'frame', frame })
  })

  test.each([
    [null],
    [1],
    ['text'],
    [true],
    [[]],
    [[send]],
    [{}],
    [{ type: 1 }],
    [{ type: null }],
    [{ type: ['send'] }],
  ])('[F2] %j is a bad frame', (value) => {
    expect(decode(value)).toEqual({ result: 'fault', code: 'badFrame', target: {} })
  })

  test.each([
    [{ ...send, text: undefined }],
    [{ ...send, text: 5 }],
    [{ ...send, text: '' }],
    [{ ...send, text: ' \n\t ' }],
    [{ ...send, text: 'a\u0000b' }],
    [{ ...send, text: 'a\rb' }],
    [{ ...send, text: '\ud800' }],
    [{ ...send, room: 'Lobby' }],
    [{ ...send, room: '' }],
    [{ ...send, room: 'x'.repeat(65) }],
    [{ ...send, room: 'lobby\n' }],
    [{ ...send, replyTo: null }],
    [{ ...send, replyTo: 'NOT AN ID' }],
    [{ type: 'edit', nonce: NONCE, room: 'lobby', target: ID, text: ' ' }],
    [{ type: 'edit', nonce: NONCE, room: 'lobby', text: 'hi' }],
    [{ type: 'delete', nonce: NONCE, room: 'lobby', target: null }],
    [{ type: 'react', nonce: NONCE, room: 'lobby', target: ID, emoji: '👍' }],
    [{ type: 'pin', nonce: NONCE, room: 'lobby', target: ID, on: 1 }],
  ])('[F3] %j is a bad frame, and its answer has its nonce', (value) => {
    const fault = { result: 'fault', code: 'badFrame', target: { nonce: NONCE } }
    expect(decode(JSON.parse(JSON.stringify(value)))).toEqual(fault as ReturnType<typeof decode>)
  })

  test.each([
    ['read', { type: 'read', room: 'lobby', seq: -1 }],
    ['read', { type: 'read', room: 'lobby', seq: 1.5 }],
    ['read', { type: 'read', room: 'lobby', seq: '1' }],
    ['read', { type: 'read', room: 'lobby', seq: 2 ** 53 }],
    ['typing', { type: 'typing', room: 'lobby', on: 1 }],
    ['state', { type: 'state', state: 'away' }],
    ['hello', { type: 'hello', rooms: {}, state: 'active' }],
    ['hello', { type: 'hello', rooms: [{ room: 'lobby', seq: 0 }], state: 'active' }],
    ['hello', { type: 'hello', rooms: [null], state: 'active' }],
    ['leave', { type: 'leave', room: 'lobby' }],
  ])('[F3] a malformed %s is a bad frame', (_type, value) => {
    expect(decode(value)).toMatchObject({ result: 'fault', code: 'badFrame' })
  })

  test('[F3] a number beyond what a number holds is a bad frame', () => {
    const value: unknown = JSON.parse('{"type":"read","room":"lobby","seq":1e400}')
    expect(decode(value)).toMatchObject({ result: 'fault', code: 'badFrame' })
  })

  test.each([
    ['short', 'nonce', 'short'],
    ['long', 'nonce', 'n'.repeat(65)],
    ['of other letters', 'nonce', 'nonce 0001'],
    ['no text', 'nonce', 12_345_678],
    ['long', 'ref', 'r'.repeat(65)],
  ])('[F4] an answer never repeats a name that is %s', (_how, field, value) => {
    expect(decode({ type: 'send', [field]: value })).toEqual({
      result: 'fault',
      code: 'badFrame',
      target: {},
    })
  })

  test('[F4] the answer to a bad frame names it by its ref where it has no nonce', () => {
    expect(decode({ type: 'join', ref: 'r-1', room: 5 })).toMatchObject({ target: { ref: 'r-1' } })
  })

  test('[F5] a frame of unknown type is ignored, whatever it holds', () => {
    expect(decode({ type: 'dance', text: 5 })).toEqual({ result: 'unknown' })
    expect(decode({ type: 'constructor' })).toEqual({ result: 'unknown' })
    expect(decode({ type: '__proto__' })).toEqual({ result: 'unknown' })
  })

  test('[F5, S13] fields that a frame does not have are left behind, inner ones too', () => {
    const forged = { user: { id: 'eve' }, at: 1, seq: 9, id: ID, kind: 'notice' }
    expect(decode({ ...send, ...forged })).toMatchObject({ frame: send })
    const { frame } = decode({ ...send, ...forged }) as { frame: object }
    expect(Object.keys(frame).sort()).toEqual(['nonce', 'room', 'text', 'type'])
    const room = { room: 'lobby', seq: 0, id: null, role: 'owner' }
    const hello = decode({ type: 'hello', rooms: [room], state: 'idle' }) as { frame: { rooms: object[] } }
    expect(Object.keys(hello.frame.rooms[0] ?? {}).sort()).toEqual(['id', 'room', 'seq'])
  })

  test('[F6] a text of 4,000 units is taken, one more is too big; so is one of more than 12 KiB', () => {
    expect(decode({ ...send, text: 'x'.repeat(4_000) }).result).toBe('frame')
    const tooBig = { result: 'fault', code: 'tooBig', target: { nonce: NONCE } }
    expect(decode({ ...send, text: 'x'.repeat(4_001) })).toEqual(tooBig as ReturnType<typeof decode>)
    expect(decode({ ...send, text: 'é'.repeat(4_000) }).result).toBe('frame')
    expect(decode({ ...send, text: '漢'.repeat(4_000) }).result).toBe('frame')
    expect(decode({ ...send, text: '漢'.repeat(4_000) + 'éé'.repeat(200) })).toEqual(
      tooBig as ReturnType<typeof decode>,
    )
  })

  test('[S10] what a frame says of prototypes changes nothing, and is not read as its own', () => {
    const nested =
      '{"type":"send","__proto__":{"nonce":"nonce-0001","room":"lobby","text":"x"},"constructor":{}}'
    expect(decode(JSON.parse(nested))).toMatchObject({ result: 'fault', code: 'badFrame', target: {} })
    const polluting = `{"type":"hello","rooms":[{"__proto__":{"polluted":1},"room":"a","seq":0,"id":null}],"state":"idle"}`
    expect(decode(JSON.parse(polluting)).result).toBe('frame')
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })

  test('[S10] 10,000 random values and deep nesting are answered or ignored, never thrown at', () => {
    let seed = 42
    const random = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff
      return seed % below
    }
    const WORDS = [
      'type',
      'send',
      'room',
      'nonce',
      '__proto__',
      'text',
      'constructor',
      'lobby',
      'toString',
      'rooms',
    ]
    const word = () => WORDS[random(WORDS.length)] ?? ''
    const value = (depth: number): unknown => {
      const kind = random(depth > 3 ? 5 : 8)
      if (kind < 3) return word()
      if (kind === 3) return random(2) === 0 ? null : random(2) === 0
      if (kind === 4) return [1e308, -1, NaN, 0.1, Infinity, 2 ** 60][random(6)]
      if (kind === 5) return Array.from({ length: random(4) }, () => value(depth + 1))
      return JSON.parse(
        `{${Array.from({ length: random(5) }, () => `${JSON.stringify(word())}:${JSON.stringify(value(depth + 1)) ?? 1}`).join()}}`,
      )
    }
    const results = new Set<string>()
    for (let at = 0; at < 10_000; at += 1) results.add(decode(value(0)).result)
    expect([...results].every((result) => ['frame', 'unknown', 'fault'].includes(result))).toBe(true)
    const deep: unknown = JSON.parse(`${'['.repeat(8_000)}${']'.repeat(8_000)}`)
    expect(decode({ type: 'hello', rooms: deep, state: 'active' }).result).toBe('fault')
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })
})

describe('an emoji', () => {
  const react = (emoji: unknown) =>
    decode({ type: 'react', nonce: NONCE, room: 'lobby', target: ID, emoji, on: true })

  test.each(['👍', '👍🏽', '❤️', '❤', '🇦🇹', '👨‍👩‍👧‍👦', '1️⃣', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', '©️', '🧑🏿‍❤️‍💋‍🧑🏾'])('[F30, S43] %s is one', (emoji) => {
    expect(react(emoji)).toMatchObject({ result: 'frame', frame: { emoji } })
  })

  test.each([
    '',
    ' ',
    'a',
    '1',
    '#',
    '12',
    'ok',
    '👍👍',
    '👍 ',
    'x👍',
    '🇦',
    '\u200d',
    '\ud83d',
    '👍\u202e',
    5,
    null,
    { emoji: '👍' },
  ])('[F30, S43] %j is none', (emoji) => {
    expect(react(emoji)).toEqual({ result: 'fault', code: 'badFrame', target: { nonce: NONCE } })
  })

  test('[F30, S43] what takes more than 64 bytes is too much', () => {
    const most = `👍${'\u0301'.repeat(30)}`
    expect(Buffer.byteLength(most)).toBe(64)
    expect(react(most)).toMatchObject({ result: 'frame' })
    const fault = { result: 'fault', code: 'tooBig', target: { nonce: NONCE } } as const
    expect(react(`${most}\u0301`)).toEqual(fault)
    expect(react('👍'.repeat(100_000))).toEqual(fault)
  })
})

test('[F30, F6] the text of an edit is measured like that of a message', () => {
  const edit = (text: string) => decode({ type: 'edit', nonce: NONCE, room: 'lobby', target: ID, text })
  expect(edit('x'.repeat(4_000))).toMatchObject({ result: 'frame' })
  expect(edit('x'.repeat(4_001))).toEqual({ result: 'fault', code: 'tooBig', target: { nonce: NONCE } })
})
