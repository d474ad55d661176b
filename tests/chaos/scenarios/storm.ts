import { load } from '../load.ts'
import { Line, type RoomPosition } from '../network/line.ts'
import { freePort } from '../../support/server/aServer.ts'
import { guests, numbered } from '../serverProcess.ts'
import { quantiles } from '../quantile.ts'
import { conclude, scenario, until } from '../world.ts'

/** Events that all clients miss. */
const MISSED = 50
/** ms until all are back, and µs of the server's CPU that one return may cost */
const MAX_RETURN = 5_000
const MAX_CPU = 300

/** Reconnects with its position as `protocol.md` §6 says, and counts failed handshakes. */
class Returner {
  failed = 0
  backAt: number | null = null
  line: Line
  #attempt = 0
  #lostAt = 0
  #isOver = false

  constructor(
    readonly port: number,
    readonly cookie: string,
    readonly random: () => number,
    readonly server: { isListening: boolean; released: Promise<void> },
  ) {
    this.line = this.#open([{ room: 'lobby', seq: 0, id: null }])
  }

  end(): void {
    this.#isOver = true
    this.line.end()
  }

  #open(positions: RoomPosition[]): Line {
    const line = new Line(this.port, this.cookie, positions, (frame) => {
      if (frame.type !== 'sync' || frame.more) return
      this.#attempt = 0
      this.backAt = Date.now()
    })
    void line.closed.then(async () => {
      if (this.backAt !== null) {
        this.backAt = null
        await this.server.released
        this.#lostAt = Date.now()
      }
      if (this.#isOver) return
      if (!line.isLive && this.server.isListening) this.failed += 1
      const unanswered = 2_000 + Date.now() - this.#lostAt
      const wait = 100 + this.random() * Math.min(20_000, unanswered, 500 * 2 ** this.#attempt)
      this.#attempt += 1
      setTimeout(() => {
        if (!this.#isOver) this.line = this.#open([...line.positions.values()])
      }, wait)
    })
    return line
  }
}

/** R12: all clients reconnect at once. */
export const storm = scenario(
  { id: 'R12', title: 'all clients come back at once after kill -9', short: 10, long: 30 },
  () => ({ minimal: 1, product: 1 }),
  async (world, findings, { short }) => {
    const { server, random } = world
    const count = short ? 1_000 : 2_000
    const { promise: released, resolve: release } = Promise.withResolvers<void>()
    const state = { isListening: false, released }
    const returners: Returner[] = []
    const isBack = () => returners.every(({ backAt }) => backAt !== null)
    const cookies = await guests(server.port, numbered('of many', count))
    for (const [index, cookie] of cookies.entries()) {
      returners.push(new Returner(server.port, cookie, random.next, state))
      if (index % 100 === 99 && (await until(isBack, 20_000)) === null) throw new Error('not all connected')
    }

    await server.kill()
    const port = freePort()
    await server.start({ PORT: String(port) })
    const speaker = { port, cookies: cookies.slice(0, 1), perSecond: 2 * MISSED }
    const { operations } = await load({ ...speaker, lasts: 500 })
    await server.kill()
    // No client has tried so far; now all of them try while the server starts, and again when it listens.
    release()
    await server.start()
    state.isListening = true
    const cpu = server.cpu()
    const took = await until(isBack, 20_000)
    const cpuEach = (server.cpu() - cpu) / 1_000 / count
    findings.atMost('all back, ms', took ?? Number.NaN, MAX_RETURN)
    const failed = returners.reduce((sum, returner) => sum + returner.failed, 0)
    findings.expect(failed === 0, `${failed} handshakes failed after it listened`)
    // In the short version the process compiles its own code meanwhile, which a thousand returns do not outweigh.
    if (!short) findings.atMost('CPU of the server for each, µs', cpuEach, MAX_CPU)
    await conclude(world, findings, 20_000, { operations })
    const holes = returners.reduce((sum, { line }) => sum + line.holes, 0)
    findings.expect(holes === 0, `${holes} holes`)
    const heads = new Set(returners.map(({ line }) => line.positions.get('lobby')?.seq))
    findings.expect(heads.size === 1 && heads.has(operations.length), `heads ${[...heads].join(' ')}`)
    const returns = returners.map(({ backAt }) => (backAt ?? 0) - server.readyAt)
    for (const returner of returners) returner.end()
    return {
      operations: operations.length + count,
      figures: {
        clients: count,
        'back p50, p95, ms': quantiles(returns, 0.5, 0.95),
        'events missed': operations.length,
        'CPU of the server for each, µs': cpuEach,
      },
    }
  },
)
