import { describe, expect, test } from 'bun:test'
import { type Decoded, decode } from '../../../src/http/socket/decode.ts'

const NONCE = 'nonce-0001'
const ID = '018bcfe5-6800-7ffb-b569-208e33f710d8'
const send = { type: 'send', nonce: NONCE, room: 'lobby', text: 'hi' }
const react = { type: 'react', nonce: NONCE, room: 'lobby', target: ID, emoji: '👍', on: true }
const edit = { type: 'edit', nonce: NONCE, room: 'lobby', target: ID, text: 'hi' }
const fault = (code: 'badFrame' | 'tooBig', replyTarget = {}): Decoded => ({
  result: 'fault',
  code,
  replyTarget,
})
/** Decodes a frame as it comes off the wire: without the fields that are undefined. */
const received = (frame: unknown) => decode(JSON.parse(JSON.stringify(frame)))

describe('a frame', () => {
  test('[F20] of each type, with or without its optional fields, is taken', () => {
    const frames = [
      { type: 'hello', rooms: [{ room: 'lobby', seq: 0, id: null }], state: 'active' },
      { type: 'hello', rooms: [], state: 'idle' },
      { type: 'join', ref: 'r', room: 'lobby' },
      { type: 'join', ref: 'r', room: 'lobby', seq: 7, id: ID },
      { type: 'leave', ref: 'r', room: 'lobby' },
      send,
      { ...send, replyTo: ID },
      edit,
      { type: 'delete', nonce: NONCE, room: 'lobby', target: ID },
      react,
      { type: 'pin', nonce: NONCE, room: 'lobby', target: ID, on: false },
      { type: 'read', room: 'lobby', seq: 3 },
      { type: 'typing', room: 'lobby', on: true },
      { type: 'state', state: 'idle' },
      { type: 'beat' },
    ]
    for (const frame of frames) expect(received(frame)).toMatchObject({ result: 'frame', frame })
  })

  test('[F2] that is no object with a type is a bad frame', () => {
    const values = [null, 1, 'text', true, [], [send], {}, { type: 1 }, { type: null }, { type: ['send'] }]
    for (const value of values) expect([value, decode(value)]).toEqual([value, fault('badFrame')])
  })

  test('[F3] with a malformed field is a bad frame, and its answer has its nonce', () => {
    const bad: object[] = [
      ...[undefined, 5, '', ' \n\t ', 'a\u0000b', 'a\rb', '\ud800'].map((text) => ({ ...send, text })),
      ...['Lobby', '', 'x'.repeat(65), 'lobby\n'].map((room) => ({ ...send, room })),
      ...[null, 'NOT AN ID'].map((replyTo) => ({ ...send, replyTo })),
      { ...edit, text: ' ' },
      { ...edit, target: undefined },
      { type: 'delete', nonce: NONCE, room: 'lobby', target: null },
      { ...react, on: undefined },
      { type: 'pin', nonce: NONCE, room: 'lobby', target: ID, on: 1 },
    ]
    for (const frame of bad)
      expect([frame, received(frame)]).toEqual([frame, fault('badFrame', { nonce: NONCE })])
  })

  test('[F3] without a nonce, and with a malformed field, is a bad frame', () => {
    const bad: object[] = [
      ...[-1, 1.5, '1', 2 ** 53, Infinity].map((seq) => ({ type: 'read', room: 'lobby', seq })),
      { type: 'typing', room: 'lobby', on: 1 },
      { type: 'state', state: 'away' },
      { type: 'leave', room: 'lobby' },
      ...[{}, [{ room: 'lobby', seq: 0 }], [null]].map((rooms) => ({ type: 'hello', rooms, state: 'idle' })),
    ]
    for (const frame of bad) expect([frame, decode(frame)]).toEqual([frame, fault('badFrame')])
  })

  test('[F4] is answered by its ref where it has no nonce, and by neither where they are malformed', () => {
    expect(decode({ type: 'join', ref: 'r-1', room: 5 })).toMatchObject({ replyTarget: { ref: 'r-1' } })
    for (const nonce of ['short', 'n'.repeat(65), 'nonce 0001', 12_345_678])
      expect(decode({ type: 'send', nonce })).toEqual(fault('badFrame'))
    expect(decode({ type: 'send', ref: 'r'.repeat(65) })).toEqual(fault('badFrame'))
  })

  test('[F5] of unknown type is ignored', () => {
    for (const type of ['dance', 'constructor', '__proto__'])
      expect(decode({ type, text: 5 })).toEqual({ result: 'unknown' })
  })

  test('[F5, S13] loses the fields that its type does not have, inner ones too', () => {
    const forged = { user: { id: 'eve' }, at: 1, seq: 9, id: ID, kind: 'notice', role: 'owner' }
    expect(decode({ ...send, ...forged })).toHaveProperty('frame', send)
    const hello = { type: 'hello', rooms: [{ room: 'lobby', seq: 0, id: null }], state: 'idle' }
    const rooms = [{ ...forged, room: 'lobby', seq: 0, id: null }]
    expect(decode({ ...hello, rooms })).toHaveProperty('frame', hello)
  })

  test('[F6, F30] with a text of 4,000 units and 12 KiB is taken, one more is too big; an edit likewise', () => {
    const tooBig = fault('tooBig', { nonce: NONCE })
    for (const frame of [send, edit]) {
      for (const letter of ['x', 'é', '漢'])
        expect(decode({ ...frame, text: letter.repeat(4_000) }).result).toBe('frame')
      expect(decode({ ...frame, text: 'x'.repeat(4_001) })).toEqual(tooBig)
      expect(decode({ ...frame, text: '漢'.repeat(4_000) + 'éé'.repeat(200) })).toEqual(tooBig)
    }
  })

  test('[S10] that names prototypes changes none, and inherits no field', () => {
    const nested =
      '{"type":"send","__proto__":{"nonce":"nonce-0001","room":"lobby","text":"x"},"constructor":{}}'
    expect(decode(JSON.parse(nested))).toEqual(fault('badFrame'))
    const polluting = `{"type":"hello","rooms":[{"__proto__":{"polluted":1},"room":"a","seq":0,"id":null}],"state":"idle"}`
    expect(decode(JSON.parse(polluting)).result).toBe('frame')
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })

  test('[S10] of 8,000 levels is a bad frame', () => {
    const rooms: unknown = JSON.parse(`${'['.repeat(8_000)}${']'.repeat(8_000)}`)
    expect(decode({ type: 'hello', rooms, state: 'active' })).toEqual(fault('badFrame'))
  })
})

describe('a reaction', () => {
  test('[F30, S43] is one emoji, however many code points it has', () => {
    for (const emoji of ['👍', '👍🏽', '❤️', '❤', '🇦🇹', '👨‍👩‍👧‍👦', '1️⃣', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', '©️', '🧑🏿‍❤️‍💋‍🧑🏾'])
      expect(decode({ ...react, emoji })).toMatchObject({ result: 'frame', frame: { emoji } })
  })

  test('[F30, S43] of anything else is a bad frame', () => {
    const texts = ['', ' ', 'a', '1', '#', '12', 'ok', '👍👍', '👍 ', 'x👍', '🇦', '\u200d', '\ud83d']
    texts.push('👍\u202e')
    for (const emoji of [...texts, 5, null, { emoji: '👍' }])
      expect([emoji, decode({ ...react, emoji })]).toEqual([emoji, fault('badFrame', { nonce: NONCE })])
  })

  test('[F30, S43] of more than 64 bytes is too big', () => {
    const longest = `👍${'\u0301'.repeat(30)}`
    expect(Buffer.byteLength(longest)).toBe(64)
    expect(decode({ ...react, emoji: longest })).toMatchObject({ result: 'frame' })
    for (const emoji of [`${longest}\u0301`, '👍'.repeat(100_000)])
      expect(decode({ ...react, emoji })).toEqual(fault('tooBig', { nonce: NONCE }))
  })
})
