import { eventually } from '../../support/eventually.ts'
import { clientFrame, rawSocket, serverFrames, type RawSocket } from '../../support/server/rawSocket.ts'
import type { Chance } from '../random.ts'
import { Findings, type Scenario } from '../scenario.ts'
import { guests } from '../serverProcess.ts'
import { world } from '../world.ts'

/** Frames of one connection: bad ones cost more, and the tenth in a minute the connection. */
const EACH = 7
const AT_ONCE = 20
const MOST = 100_000
/** bytes that memory may have grown by, of what it was when a tenth was sent */
const GROWTH = 40 * 1024 * 1024
/** must never come back */
const CANARY = 'canary!7d1f'

const hello = { type: 'hello', rooms: [{ room: 'lobby', seq: 0, id: null }], state: 'active' }
const VALID: readonly Record<string, unknown>[] = [
  hello,
  { type: 'join', ref: 'again', room: 'lobby', seq: 0, id: null },
  { type: 'leave', ref: 'leave', room: 'kitchen' },
  { type: 'send', nonce: 'nonce-0001', room: 'lobby', text: `said ${CANARY}`, replyTo: '01a2' },
  { type: 'edit', nonce: 'nonce-0002', room: 'lobby', target: '01a2', text: CANARY },
  { type: 'delete', nonce: 'nonce-0003', room: 'lobby', target: '01a2' },
  { type: 'react', nonce: 'nonce-0004', room: 'lobby', target: '01a2', emoji: '👍', on: true },
  { type: 'pin', nonce: 'nonce-0005', room: 'lobby', target: '01a2', on: true },
  { type: 'read', room: 'lobby', seq: 1 },
  { type: 'typing', room: 'lobby', on: true },
  { type: 'state', state: 'idle' },
  { type: 'beat' },
]

/** JSON of what no field expects. */
const ODD = [
  'null',
  'true',
  '-1',
  '1e400',
  '9007199254740993',
  '0.5',
  '""',
  '[]',
  '{}',
  `"${CANARY}"`,
  '"\\ud800"',
  '"\\u0000"',
  `"${'a'.repeat(5_000)}"`,
  `${'['.repeat(500)}${']'.repeat(500)}`,
  '{"__proto__":{"polluted":true}}',
  '"constructor"',
]

/** Framings that no client makes. Each ends the connection. */
const FRAMINGS: Record<string, Uint8Array> = {
  unmasked: clientFrame(0x81, '{}', false),
  'first reserved bit': clientFrame(0xc1, '{}'),
  'second reserved bit': clientFrame(0xa1, '{}'),
  'third reserved bit': clientFrame(0x91, '{}'),
  'reserved opcode': clientFrame(0x83, '{}'),
  'reserved control opcode': clientFrame(0x8b, ''),
  'a ping in pieces': clientFrame(0x09, 'a'),
  'a long ping': clientFrame(0x89, 'a'.repeat(126)),
  'a piece of nothing': clientFrame(0x80, '{}'),
  'a text within a text': Buffer.concat([clientFrame(0x01, '{'), clientFrame(0x81, '}')]),
  'bad UTF-8': clientFrame(0x81, new Uint8Array([0xff, 0xfe])),
  'more than a terabyte': new Uint8Array([
    0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4,
  ]),
  binary: clientFrame(0x82, '{}'),
}

/** A valid frame with one thing wrong, or with its text damaged. */
function mutated(fate: Chance): string {
  const frame = { ...fate.pick(VALID) }
  const names = Object.keys(frame)
  const name = fate.pick(names)
  const whole = JSON.stringify(frame)
  const draw = fate.next()
  if (draw < 0.5) return JSON.stringify({ ...frame, [name]: '@@' }).replace('"@@"', () => fate.pick(ODD))
  if (draw < 0.65)
    return JSON.stringify(Object.fromEntries(Object.entries(frame).filter(([key]) => key !== name)))
  if (draw < 0.75) return whole.replace('{', () => `{"__proto__":${fate.pick(ODD)},"more":${fate.pick(ODD)},`)
  const at = Math.floor(fate.between(0, whole.length))
  if (draw < 0.85) return whole.slice(0, at)
  return `${whole.slice(0, at)}${String.fromCharCode(fate.between(1, 300))}${whole.slice(at + 1)}`
}

/** R9: what no client sends. */
export const fuzz: Scenario = {
  id: 'R9',
  title: 'malformed framings and mutations of valid frames',
  short: 6,
  long: 300,
  async play({ seed, seconds }) {
    const found = new Findings()
    const there = await world({
      seed,
      rooms: ['lobby', 'kitchen'],
      minimal: 1,
      product: 1,
      entry: 'src/main.ts',
    })
    const { server } = there
    const ends = new Map<string, number>()
    let frames = 0
    let rss = 0
    try {
      const cookies = await guests(
        server.port,
        Array.from({ length: AT_ONCE }, (_, at) => `fuzz ${at}`),
      )
      for (const [what, bytes] of Object.entries(FRAMINGS)) {
        const socket = await byHand(server.port, cookies[0] ?? '')
        socket.write(bytes)
        await eventually(`the end of ${what}`, () => socket.closed || socket.code() !== undefined)
        socket.end()
        frames += 1
      }

      const end = Date.now() + seconds * 1_000
      const goal = Math.min(MOST, seconds * 1_000)
      await Promise.all(
        cookies.map(async (cookie, who) => {
          const fate = there.random.fork(`fuzz ${who}`)
          while (Date.now() < end && frames < goal) {
            const sent = Array.from({ length: EACH }, () => mutated(fate))
            const how = await fuzzed(server.port, cookie, sent, fate.hit(0.3), found)
            ends.set(how, (ends.get(how) ?? 0) + 1)
            frames += EACH
            if (rss === 0 && frames > goal / 10) rss = server.rss()
          }
        }),
      )
      const grown = server.rss() - rss
      found.atMost('R9 memory grew by, bytes', grown, GROWTH)
      if ((await there.settle(10_000)) === null) found.add('R9 not everybody came to rest')
      // Some of what was mutated is a message all the same: those who listen must agree about it.
      found.add(...(await there.verdict()))
      return found.report(frames, {
        'malformed framings': Object.keys(FRAMINGS).length,
        'ended with': [...ends].map(([how, count]) => `${how}: ${count}`).join(', '),
        'memory grew by, MB': grown / 1024 / 1024,
      })
    } finally {
      await there.close()
    }
  },
}

async function byHand(port: number, cookie: string): Promise<RawSocket> {
  return await rawSocket(port, '/ws?v=2', [`Cookie: ${cookie}`])
}

const LAST = 'the-last-question'
/** refused before a hello and after it */
const QUESTION = JSON.stringify({ type: 'join', ref: LAST, room: 'nowhere' })

/** One connection: mutations, then a question. It must be answered, or the connection be closed with a code. */
async function fuzzed(
  port: number,
  cookie: string,
  sent: readonly string[],
  rude: boolean,
  found: Findings,
): Promise<string> {
  const socket = await byHand(port, cookie)
  const opening = rude ? [] : [JSON.stringify(hello)]
  const frames = [...opening, ...sent, QUESTION]
  socket.write(Buffer.concat(frames.map((text) => clientFrame(0x81, text))))
  const answers = () =>
    serverFrames(socket.bytes())
      .filter(({ opcode }) => opcode === 1)
      .map(({ payload }) => payload.toString())
  const isAnswered = () => answers().some((text) => text.includes(LAST))
  const isOver = () => socket.closed || socket.code() !== undefined || isAnswered()
  await eventually('an answer', isOver).catch(() => found.add(`R9 no answer to ${JSON.stringify(sent)}`))
  for (const text of answers().filter(isError))
    if (text.length > 200 || text.includes(CANARY)) found.add(`R9 an error says too much: ${text}`)
  const code = socket.code()
  socket.end()
  return code === undefined ? (socket.closed && !isAnswered() ? 'cut' : 'answered') : String(code)
}

function isError(text: string): boolean {
  return text.startsWith('{"type":"error"')
}
