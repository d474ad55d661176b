import { eventually } from '../../support/eventually.ts'
import { rawSocket } from '../../support/server/rawSocket.ts'
import { textFrame, textsOf } from '../network/rawClient.ts'
import type { Chance } from '../random.ts'
import type { Findings } from '../scenario.ts'
import { guests, numbered } from '../serverProcess.ts'
import { conclude, scenario } from '../world.ts'

/** Frames of one connection: the tenth bad frame in a minute ends it. */
const FRAMES_EACH = 7
const CONNECTIONS = 20
const MAX_FRAMES = 100_000
/** bytes by which memory may grow after the first tenth of the frames */
const MAX_GROWTH = 40 * 1024 * 1024
/** Must never come back. */
const CANARY = 'canary!7d1f'

const HELLO = { type: 'hello', rooms: [{ room: 'lobby', seq: 0, id: null }], state: 'active' }
const VALID: readonly Record<string, unknown>[] = [
  HELLO,
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

/** JSON values that no field expects. */
const ODD = [
  ...['null', 'true', '-1', '1e400', '9007199254740993', '0.5', '""', '[]', '{}', `"${CANARY}"`],
  ...['"\\ud800"', '"\\u0000"', `"${'a'.repeat(5_000)}"`, `${'['.repeat(500)}${']'.repeat(500)}`],
  ...['{"__proto__":{"polluted":true}}', '"constructor"'],
]

/** A valid frame with one wrong field, or with damaged text. */
function mutated(fate: Chance): string {
  const frame = fate.pick(VALID)
  const field = fate.pick(Object.keys(frame))
  const whole = JSON.stringify(frame)
  const draw = fate.next()
  if (draw < 0.5) return JSON.stringify({ ...frame, [field]: '@@' }).replace('"@@"', () => fate.pick(ODD))
  if (draw < 0.65) return JSON.stringify({ ...frame, [field]: undefined })
  if (draw < 0.75) return whole.replace('{', () => `{"__proto__":${fate.pick(ODD)},"more":${fate.pick(ODD)},`)
  const at = Math.floor(fate.between(0, whole.length))
  if (draw < 0.85) return whole.slice(0, at)
  return `${whole.slice(0, at)}${String.fromCharCode(fate.between(1, 300))}${whole.slice(at + 1)}`
}

/** R9: frames that no client sends. */
export const fuzz = scenario(
  { id: 'R9', title: 'mutations of valid frames', short: 6, long: 300 },
  () => ({ rooms: ['lobby', 'kitchen'], minimal: 1, product: 1, entry: 'src/main.ts' }),
  async (world, findings, { seconds }) => {
    const { server } = world
    const ends = new Map<string, number>()
    const cookies = await guests(server.port, numbered('fuzz', CONNECTIONS))
    const end = Date.now() + seconds * 1_000
    const goal = Math.min(MAX_FRAMES, seconds * 1_000)
    let frames = 0
    let memory = 0
    const fuzzUntilEnd = async (cookie: string, index: number) => {
      const fate = world.random.fork(`fuzz ${index}`)
      while (Date.now() < end && frames < goal) {
        const mutations = Array.from({ length: FRAMES_EACH }, () => mutated(fate))
        const how = await sendMutations(server.port, cookie, mutations, fate.hit(0.3), findings)
        ends.set(how, (ends.get(how) ?? 0) + 1)
        frames += FRAMES_EACH
        if (memory === 0 && frames > goal / 10) memory = server.rss()
      }
    }
    await Promise.all(cookies.map(fuzzUntilEnd))
    findings.atMost('memory grew by, bytes', server.rss() - memory, MAX_GROWTH)
    // Some mutations are valid messages, which the listeners must agree about.
    await conclude(world, findings, 10_000)
    return {
      operations: frames,
      figures: { 'ended with': [...ends].map(([how, count]) => `${how}: ${count}`).join(', ') },
    }
  },
)

/** Refused before a hello and after it. */
const QUESTION = JSON.stringify({ type: 'join', ref: 'the-last-question', room: 'nowhere' })

/**
 * One connection: mutations, then a question, which must be answered unless the connection is closed with a code.
 * @param skipHello whether the mutations come first
 */
async function sendMutations(
  port: number,
  cookie: string,
  mutations: readonly string[],
  skipHello: boolean,
  findings: Findings,
): Promise<string> {
  const socket = await rawSocket(port, { Cookie: cookie })
  const frames = [...(skipHello ? [] : [JSON.stringify(HELLO)]), ...mutations, QUESTION]
  socket.write(Buffer.concat(frames.map(textFrame)))
  const answers = () => textsOf(socket)
  const isAnswered = () => answers().some((text) => text.includes('the-last-question'))
  const isOver = () => socket.closed || socket.code() !== undefined || isAnswered()
  await eventually('an answer', isOver).catch(() => findings.add(`no answer to ${JSON.stringify(mutations)}`))
  for (const text of answers().filter((answer) => answer.startsWith('{"type":"error"')))
    findings.expect(text.length <= 200 && !text.includes(CANARY), `an error says too much: ${text}`)
  const code = socket.code()
  socket.end()
  if (code !== undefined) return String(code)
  return socket.closed && !isAnswered() ? 'cut' : 'answered'
}
