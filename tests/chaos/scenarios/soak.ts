import { statSync } from 'node:fs'
import { join } from 'node:path'
import { load } from '../load.ts'
import { Line, openLines } from '../network/line.ts'
import { guests, numbered } from '../serverProcess.ts'
import { quantile } from '../quantile.ts'
import { conclude, scenario } from '../world.ts'

const PEOPLE = 2_000
const PER_SECOND = 50
/** The part of them who leave and come each minute. */
const CHURN = 0.05
/** The part by which memory may grow in ten minutes, and ack p99 from the first quarter to the last. */
const MAX_SLOPE = 0.02
const MAX_DRIFT = 0.2
const MAX_WAL = 64 * 1024 * 1024

/** R15: an hour of an ordinary day. */
export const soak = scenario(
  { id: 'R15', title: '2,000 connections, 50 messages a second, some leave and come', short: 0, long: 3_600 },
  () => ({ minimal: 1, product: 1 }),
  async (world, findings, { seconds }) => {
    const { server, random } = world
    const { port } = server
    const cookies = await guests(port, numbered('of an hour', PEOPLE))
    const descriptorsBefore = server.descriptors()
    const lines = await openLines(port, cookies)
    const end = Date.now() + seconds * 1_000
    const loading = load({
      port,
      cookies: cookies.slice(0, 20),
      perSecond: PER_SECOND,
      lasts: seconds * 1_000,
    })
    const memory: { at: number; rss: number }[] = []
    let wal = 0
    while (Date.now() < end - 1_000) {
      const index = Math.floor(random.between(0, PEOPLE))
      lines[index]?.end()
      lines[index] = new Line(port, cookies[index] ?? '', ['lobby'])
      memory.push({ at: Date.now(), rss: server.rss() })
      const file = statSync(join(world.dir, 'hubbub.db-wal'), { throwIfNoEntry: false })
      wal = Math.max(wal, file?.size ?? 0)
      await Bun.sleep(60_000 / (PEOPLE * CHURN))
    }
    const { operations, waits } = await loading
    for (const line of lines) line.end()
    await Bun.sleep(2_000)
    findings.atMost('descriptors that were not closed', server.descriptors() - descriptorsBefore, 5)
    // The first ten minutes, or the first third of a shorter run, are for warming up.
    const warm = memory.slice(Math.floor(memory.length / (seconds > 1_800 ? 6 : 3)))
    const slope = (slopeOf(warm) * 600_000) / mean(warm.map(({ rss }) => rss))
    const quarter = Math.floor(waits.length / 4)
    const [early, late] = [quantile(waits.slice(0, quarter), 0.99), quantile(waits.slice(-quarter), 0.99)]
    findings.atMost('memory grows in ten minutes by the part', slope, MAX_SLOPE)
    findings.atMost('WAL, bytes', wal, MAX_WAL)
    findings.atMost('ack p99 of the last quarter, ms', late, early * (1 + MAX_DRIFT) + 5)
    await conclude(world, findings, 20_000, { operations })
    return {
      operations: operations.length,
      figures: {
        connections: PEOPLE,
        'memory at the end, MB': server.rss() / 1024 / 1024,
        'ack p99 of the first quarter, ms': early,
      },
    }
  },
)

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

/** Bytes per ms, by least squares. */
function slopeOf(points: readonly { at: number; rss: number }[]): number {
  const [at, rss] = [mean(points.map((point) => point.at)), mean(points.map((point) => point.rss))]
  const spread = points.reduce((sum, point) => sum + (point.at - at) ** 2, 0)
  return points.reduce((sum, point) => sum + (point.at - at) * (point.rss - rss), 0) / spread
}
