import { eventually } from '../../support/eventually.ts'
import { clientFrame, rawSocket, type RawSocket } from '../../support/server/rawSocket.ts'
import { Line } from '../network/line.ts'
import { Findings, type Scenario } from '../scenario.ts'
import { guest } from '../serverProcess.ts'
import { quantile, readLog, world } from '../world.ts'

/** ms until a flood is cut off, and that the others' round trip may take at p99 */
const CUT = 200
const ROUND_TRIP = 50
/** messages of a flood that are stored: a burst and a bit */
const STORED = 16
/** bytes of memory that continuations may cost */
const UNSEEN = 5 * 1024 * 1024

const text = (payload: string) => clientFrame(0x81, payload)
const send = (at: number) =>
  text(JSON.stringify({ type: 'send', nonce: `flooding-${at}`, room: 'lobby', text: `flood ${at}` }))

/** What one socket sends at full speed, and with what it is closed. */
const FLOODS: Record<string, { frame(at: number): Uint8Array; count: number; codes: number[] }> = {
  tiny: { frame: () => text('{"type":"beat"}'), count: 2_000, codes: [4429] },
  invalid: { frame: () => text('{"type":'), count: 2_000, codes: [4400, 4429] },
  brackets: { frame: () => text('['.repeat(16_000)), count: 100, codes: [4400, 4429] },
  oversize: { frame: () => text('x'.repeat(20_000)), count: 20, codes: [1009] },
  pings: { frame: () => clientFrame(0x89, ''), count: 2_000, codes: [4429] },
  messages: { frame: send, count: 2_000, codes: [4429] },
}

/** R8: one socket at full speed, with the product's own limits; nobody else notices. */
export const flood: Scenario = {
  id: 'R8',
  title: 'one socket at full speed',
  short: 4,
  long: 120,
  async play({ seed, seconds }) {
    const found = new Findings()
    const there = await world({ seed, rooms: ['lobby'], minimal: 1, product: 1, entry: 'src/main.ts' })
    const { server } = there
    const asker = new Asker(server.port, await guest(server.port, 'asks'))
    const cuts: Record<string, number[]> = {}
    let frames = 0
    try {
      await asker.line.live()
      asker.start()
      const end = Date.now() + seconds * 1_000
      for (let round = 0; round === 0 || Date.now() < end; round += 1)
        for (const [what, { frame, count, codes }] of Object.entries(FLOODS)) {
          const socket = await inLobby(server.port, await guest(server.port, `${what} ${round}`))
          const burst = Buffer.concat(Array.from({ length: count }, (_, at) => frame(at)))
          const began = Date.now()
          socket.write(burst)
          await eventually('a flood is cut off', () => socket.closed || socket.code() !== undefined, 10_000)
          cuts[what] = [...(cuts[what] ?? []), Date.now() - began]
          if (!codes.includes(socket.code() ?? 0)) found.add(`R8 ${what} was closed with ${socket.code()}`)
          socket.end()
          frames += count
        }
      for (const [what, all] of Object.entries(cuts))
        found.atMost(`R8 ${what}: cut, ms`, quantile(all, 1), CUT)

      const rss = server.rss()
      const socket = await inLobby(server.port, await guest(server.port, 'continues'))
      socket.write(clientFrame(0x01, '{'))
      const continuation = clientFrame(0x00, '')
      for (let at = 0; at < 30; at += 1) {
        socket.write(Buffer.concat(Array.from({ length: 10_000 }, () => continuation)))
        await Bun.sleep(10)
      }
      frames += 300_000
      const grown = server.rss() - rss
      socket.end()
      found.atMost('R8 memory for 300,000 continuations, bytes', grown, UNSEEN)

      found.atMost('R8 round trip of the others p99, ms', quantile(asker.waits, 0.99), ROUND_TRIP)
      const by = new Map<string, number>()
      for (const { nonce, text: said } of readLog(there.dir).get('lobby')?.events ?? [])
        if (said?.startsWith('flood')) by.set(nonce, (by.get(nonce) ?? 0) + 1)
      const rounds = cuts['messages']?.length ?? 1
      const stored = [...by.values()].reduce((sum, count) => sum + count, 0) / rounds
      if (stored > STORED) found.add(`R8 ${stored} messages of a flood were stored`)
      if ((await there.settle(10_000)) === null) found.add('R8 not everybody came to rest')
      found.add(...(await there.verdict()))
      return found.report(frames, {
        rounds,
        'cut off after, most, ms': Object.entries(cuts)
          .map(([what, all]) => `${what} ${quantile(all, 1)}`)
          .join(', '),
        'messages stored of a flood': stored,
        'round trip of the others p50, p99, ms': `${quantile(asker.waits, 0.5)}, ${quantile(asker.waits, 0.99)}`,
        'memory for continuations, MB': grown / 1024 / 1024,
      })
    } finally {
      asker.stop()
      await there.close()
    }
  },
}

async function inLobby(port: number, cookie: string): Promise<RawSocket> {
  const socket = await rawSocket(port, '/ws?v=2', [`Cookie: ${cookie}`])
  const rooms = [{ room: 'lobby', seq: 0, id: null }]
  socket.write(text(JSON.stringify({ type: 'hello', rooms, state: 'active' })))
  await eventually('the lobby', () => socket.text().includes('"more":false'), 10_000)
  return socket
}

/** Somebody who asks again and again, and measures how long the answer takes. */
class Asker {
  readonly waits: number[] = []
  readonly line: Line
  #asked: number | null = null
  #timer: Timer | null = null

  constructor(port: number, cookie: string) {
    this.line = new Line(port, cookie, ['lobby'], (frame) => {
      if (frame.type !== 'beat' || this.#asked === null) return
      this.waits.push(performance.now() - this.#asked)
      this.#asked = null
    })
  }

  start(): void {
    this.#timer = setInterval(() => {
      if (this.#asked !== null) return
      this.#asked = performance.now()
      this.line.say({ type: 'beat' })
    }, 150)
  }

  stop(): void {
    clearInterval(this.#timer ?? undefined)
    this.line.end()
  }
}
