import { eventually } from '../../support/eventually.ts'
import { clientFrame } from '../../support/server/rawSocket.ts'
import { Line } from '../network/line.ts'
import { rawClientInLobby, textFrame } from '../network/rawClient.ts'
import { guest } from '../serverProcess.ts'
import { quantile } from '../quantile.ts'
import { conclude, scenario, readLog } from '../world.ts'

/** ms until a flood is cut off, and the p99 of the others' round trip */
const MAX_CUT = 200
const MAX_ROUND_TRIP = 50
/** Messages of a flood that are stored: a burst and a bit. */
const MAX_STORED = 16

const send = (n: number) =>
  JSON.stringify({ type: 'send', nonce: `flooding-${n}`, room: 'lobby', text: `flood ${n}` })

/** What one socket sends at full speed, how often, and the codes it may be closed with. */
const FLOODS: Record<string, { frame(n: number): Uint8Array; count: number; codes: number[] }> = {
  tiny: { frame: () => textFrame('{"type":"beat"}'), count: 2_000, codes: [4429] },
  invalid: { frame: () => textFrame('{"type":'), count: 2_000, codes: [4400, 4429] },
  brackets: { frame: () => textFrame('['.repeat(16_000)), count: 100, codes: [4400, 4429] },
  oversize: { frame: () => textFrame('x'.repeat(20_000)), count: 20, codes: [1009] },
  pings: { frame: () => clientFrame(0x89, ''), count: 2_000, codes: [4429] },
  messages: { frame: (n) => textFrame(send(n)), count: 2_000, codes: [4429] },
}

/** R8: one socket at full speed, under the product's own limits; others do not notice. */
export const flood = scenario(
  { id: 'R8', title: 'one socket at full speed', short: 4, long: 120 },
  () => ({ minimal: 1, product: 1, entry: 'src/main.ts' }),
  async (world, findings, { seconds }) => {
    const { server } = world
    using roundTrips = await measureRoundTrips(server.port)
    let frames = 0
    let rounds = 0
    for (const end = Date.now() + seconds * 1_000; rounds === 0 || Date.now() < end; rounds += 1)
      for (const [flooding, { frame, count, codes }] of Object.entries(FLOODS)) {
        const socket = await rawClientInLobby(server.port, await guest(server.port, `${flooding} ${rounds}`))
        const burst = Buffer.concat(Array.from({ length: count }, (_, n) => frame(n)))
        const began = Date.now()
        socket.write(burst)
        await eventually('the cut', () => socket.closed || socket.code() !== undefined, 10_000)
        findings.atMost(`${flooding}: cut, ms`, Date.now() - began, MAX_CUT)
        const code = socket.code() ?? 0
        findings.expect(codes.includes(code), `${flooding} was closed with ${code}`)
        socket.end()
        frames += count
      }

    findings.atMost('round trip of the others p99, ms', quantile(roundTrips.waits, 0.99), MAX_ROUND_TRIP)
    const events = readLog(world.dir).get('lobby')?.events ?? []
    const stored = events.filter(({ text }) => text?.startsWith('flood')).length / rounds
    findings.expect(stored <= MAX_STORED, `${stored} messages of a flood were stored`)
    await conclude(world, findings, 10_000)
    return { operations: frames, figures: { rounds, 'messages stored of a flood': stored } }
  },
)

/** Another client that sends a beat every 150 ms and measures how long the answer takes. */
async function measureRoundTrips(port: number) {
  const waits: number[] = []
  let askedAt: number | null = null
  const line = new Line(port, await guest(port, 'asks'), ['lobby'], (frame) => {
    if (frame.type !== 'beat' || askedAt === null) return
    waits.push(performance.now() - askedAt)
    askedAt = null
  })
  await line.live()
  const timer = setInterval(() => {
    if (askedAt !== null) return
    askedAt = performance.now()
    line.say({ type: 'beat' })
  }, 150)
  return {
    waits,
    [Symbol.dispose]() {
      clearInterval(timer)
      line.end()
    },
  }
}
