import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Line } from '../network/line.ts'
import { load } from '../load.ts'
import { Findings, type Scenario } from '../scenario.ts'
import { guests } from '../serverProcess.ts'
import { quantile, world } from '../world.ts'

const PEOPLE = 2_000
const PER_SECOND = 50
/** part of them who leave and come, each minute */
const CHURN = 0.05
/** part by which memory may grow in ten minutes, and ack p99 from the first quarter to the last */
const SLOPE = 0.02
const DRIFT = 0.2
const WAL = 64 * 1024 * 1024

/** R15: an hour of an ordinary day. */
export const soak: Scenario = {
  id: 'R15',
  title: '2,000 connections, 50 messages a second, some leave and come',
  short: 0,
  long: 3_600,
  async play({ seed, seconds }) {
    const found = new Findings()
    const there = await world({ seed, rooms: ['lobby'], minimal: 1, product: 1 })
    const { server, dir, random } = there
    const descriptors = () => readdirSync(`/proc/${server.pid}/fd`).length
    let lines: Line[] = []
    try {
      const cookies = await guests(
        server.port,
        Array.from({ length: PEOPLE }, (_, at) => `of an hour ${at}`),
      )
      const base = descriptors()
      for (let at = 0; at < PEOPLE; at += 100) {
        const some = cookies.slice(at, at + 100).map((cookie) => new Line(server.port, cookie, ['lobby']))
        await Promise.all(some.map((line) => line.live()))
        lines.push(...some)
      }
      const end = Date.now() + seconds * 1_000
      const loading = load({
        port: server.port,
        cookies: cookies.slice(0, 20),
        room: 'lobby',
        perSecond: PER_SECOND,
        end,
      })
      const memory: { at: number; rss: number }[] = []
      let wal = 0
      while (Date.now() < end - 1_000) {
        const at = Math.floor(random.between(0, PEOPLE))
        lines[at]?.end()
        lines[at] = new Line(server.port, cookies[at] ?? '', ['lobby'])
        memory.push({ at: Date.now(), rss: server.rss() })
        wal = Math.max(wal, statSync(join(dir, 'hubbub.db-wal'), { throwIfNoEntry: false })?.size ?? 0)
        await Bun.sleep(60_000 / (PEOPLE * CHURN))
      }
      const { operations, waits } = await loading
      for (const line of lines) line.end()
      lines = []
      await Bun.sleep(2_000)
      const left = descriptors() - base
      // The first ten minutes are for warming up, of a shorter run its first third.
      const warm = memory.slice(Math.floor(memory.length / (seconds > 1_800 ? 6 : 3)))
      const slope = slopeOf(warm) * 600_000
      const mean = warm.reduce((sum, { rss }) => sum + rss, 0) / warm.length
      found.atMost('R15 memory grows in ten minutes by the part', slope / mean, SLOPE)
      found.atMost('R15 descriptors that were not closed', left, 5)
      found.atMost('R15 WAL, bytes', wal, WAL)
      const quarter = Math.floor(waits.length / 4)
      const [early, late] = [waits.slice(0, quarter), waits.slice(-quarter)].map((part) =>
        quantile(part, 0.99),
      )
      found.atMost('R15 ack p99 of the last quarter, ms', late ?? Number.NaN, (early ?? 0) * (1 + DRIFT) + 5)
      if ((await there.settle(20_000)) === null) found.add('R15 not everybody came to rest')
      found.add(...(await there.verdict({ operations })))
      return found.report(operations.length, {
        connections: PEOPLE,
        'memory at the end, MB': server.rss() / 1024 / 1024,
        'memory slope, % in ten minutes': (slope / mean) * 100,
        'descriptors left': left,
        'WAL at most, MB': wal / 1024 / 1024,
        'ack p99 of the first and last quarter, ms': `${early}, ${late}`,
      })
    } finally {
      for (const line of lines) line.end()
      await there.close()
    }
  },
}

/** Bytes a ms, by least squares. */
function slopeOf(points: readonly { at: number; rss: number }[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const [at, rss] = [mean(points.map((point) => point.at)), mean(points.map((point) => point.rss))]
  const spread = points.reduce((sum, point) => sum + (point.at - at) ** 2, 0)
  return points.reduce((sum, point) => sum + (point.at - at) * (point.rss - rss), 0) / spread
}
