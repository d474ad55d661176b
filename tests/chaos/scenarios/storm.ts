import { Line, type Standing } from '../network/line.ts'
import { load } from '../load.ts'
import { Findings, type Scenario } from '../scenario.ts'
import { freePort, guests } from '../serverProcess.ts'
import { quantile, until, world } from '../world.ts'

const MISSED = 50
/** ms to be back within, and µs of the server's CPU that one return may cost */
const BACK = 5_000
const CPU = 300

/** Comes back as `protocol.md` §6 says, by its position, and counts what did not work. */
class Returner {
  failed = 0
  backAt: number | null = null
  line: Line
  #attempt = 0
  #lostAt = 0
  #ended = false

  constructor(
    readonly port: number,
    readonly cookie: string,
    readonly random: () => number,
    readonly server: { listens: boolean; released: Promise<void> },
  ) {
    this.line = this.#open([{ room: 'lobby', seq: 0, id: null }])
  }

  end(): void {
    this.#ended = true
    this.line.end()
  }

  #open(standing: Standing[]): Line {
    const line = new Line(this.port, this.cookie, standing, (frame) => {
      if (frame.type === 'sync' && !frame.more) {
        this.#attempt = 0
        this.backAt = Date.now()
      }
    })
    void line.closed.then(async () => {
      if (this.backAt !== null) {
        this.backAt = null
        await this.server.released
        this.#lostAt = Date.now()
      }
      if (this.#ended) return
      if (line.liveAt === null && this.server.listens) this.failed += 1
      const patient = 2_000 + Date.now() - this.#lostAt
      const wait = 100 + this.random() * Math.min(20_000, patient, 500 * 2 ** this.#attempt)
      this.#attempt += 1
      setTimeout(() => {
        if (!this.#ended) this.line = this.#open([...line.standing.values()])
      }, wait)
    })
    return line
  }
}

/** R12: everybody comes back at once. */
export const storm: Scenario = {
  id: 'R12',
  title: 'all clients come back at once after kill -9',
  short: 10,
  long: 30,
  async play({ seed, short }) {
    const found = new Findings()
    const count = short ? 1_000 : 2_000
    const there = await world({ seed, rooms: ['lobby'], minimal: 1, product: 1 })
    const { server, random } = there
    const { promise: released, resolve: release } = Promise.withResolvers<void>()
    const state = { listens: false, released }
    const everybody: Returner[] = []
    try {
      const cookies = await guests(
        server.port,
        Array.from({ length: count }, (_, at) => `of many ${at}`),
      )
      for (let at = 0; at < count; at += 100) {
        const some = cookies
          .slice(at, at + 100)
          .map((cookie) => new Returner(server.port, cookie, () => random.next(), state))
        everybody.push(...some)
        await until(() => some.every(({ backAt }) => backAt !== null), 20_000)
      }
      const isBack = () => everybody.every(({ backAt }) => backAt !== null)
      if (!isBack()) throw new Error('not everybody came in')

      await server.kill()
      const port = await freePort()
      await server.start({ PORT: String(port) })
      const speaker = cookies.slice(0, 1)
      const end = Date.now() + 500
      const { operations } = await load({ port, cookies: speaker, room: 'lobby', perSecond: 2 * MISSED, end })
      await server.kill()
      // Nobody knew until now: all of them try while it starts, and once more when it has.
      release()
      await server.start()
      state.listens = true
      const cpu = server.cpu()
      const took = await until(isBack, 20_000)
      const each = (server.cpu() - cpu) / 1_000 / count
      found.atMost('R12 all back, ms', took ?? Number.NaN, BACK)
      const failed = everybody.reduce((sum, one) => sum + one.failed, 0)
      if (failed > 0) found.add(`R12 ${failed} handshakes failed after it listened`)
      // A thousand are too few to make up for a process that compiles its own code meanwhile.
      if (!short) found.atMost('R12 CPU of the server for each, µs', each, CPU)
      if ((await there.settle(20_000)) === null) found.add('R12 not everybody came to rest')
      const holes = everybody.reduce((sum, { line }) => sum + line.holes, 0)
      if (holes > 0) found.add(`R12 ${holes} holes`)
      const heads = new Set(everybody.map(({ line }) => line.standing.get('lobby')?.seq))
      if (heads.size !== 1 || !heads.has(operations.length))
        found.add(`R12 they stand at ${[...heads].join(' ')}`)
      found.add(...(await there.verdict({ operations })))
      const backs = everybody.map(({ backAt }) => (backAt ?? 0) - server.readyAt)
      return found.report(operations.length + count, {
        clients: count,
        'all back after, ms': took ?? 'never',
        'back p50, p95, ms': `${quantile(backs, 0.5)}, ${quantile(backs, 0.95)}`,
        'events each had missed': operations.length,
        'CPU of the server for each, µs': each,
        'failed handshakes': failed,
      })
    } finally {
      for (const one of everybody) one.end()
      await there.close()
    }
  },
}
