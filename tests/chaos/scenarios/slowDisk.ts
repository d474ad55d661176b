import { slowDisk, type SlowDisk } from '../disk/slowDisk.ts'
import { load, type LoadResult } from '../load.ts'
import { Line } from '../network/line.ts'
import { guests, numbered } from '../serverProcess.ts'
import { quantile } from '../quantile.ts'
import { conclude, scenario, type World } from '../world.ts'

const PER_SECOND = 1_000
const STALL = 500
/** What the disk adds (ms), and the p99 of acks (ms) that is allowed then. */
const PHASES = [
  { label: '+5 ms', extra: 5, stalls: false, maxAck: 150 },
  { label: '+20 ms', extra: 20, stalls: false, maxAck: 350 },
  { label: `one stall of ${STALL} ms`, extra: 0, stalls: true, maxAck: 900 },
]
/** p99 of the event loop's lag, ms */
const MAX_LAG = 25

/** An event: when it was stored and when it was heard, ms since the epoch. */
type Heard = [at: number, heardAt: number]

/** R10: a disk whose fsync is slow, and one that stalls. */
export const slow = scenario(
  { id: 'R10', title: 'a slow disk under 1,000 messages a second', short: 12, long: 300 },
  () => ({ minimal: 1, product: 1 }),
  async (world, findings, { seconds }) => {
    const { server } = world
    const disk = slowDisk(world.dir, STALL)
    if (typeof disk === 'string') return { figures: {}, skipped: disk }
    const all: LoadResult['operations'] = []
    const cookies = await guests(server.port, numbered('loud', 20))
    for (const [index, { label, extra, stalls, maxAck }] of PHASES.entries()) {
      await server.term()
      await server.start(disk.env(extra))
      const heard: Heard[] = []
      const witness = new Line(server.port, cookies[0] ?? '', ['lobby'], undefined, ({ at }) =>
        heard.push([at, Date.now()]),
      )
      await witness.live()
      await server.measureLag()
      const lasts = (seconds / PHASES.length) * 1_000
      const { port } = server
      const loading = load({ port, cookies, perSecond: PER_SECOND, lasts, name: `phase${index}` })
      if (stalls) {
        await Bun.sleep(lasts / 2)
        await disk.stall()
      }
      const { operations, waits, refused } = await loading
      const lagP99 = await server.measureLag()
      witness.end()
      all.push(...operations)
      findings.atMost(`${label}: ack p99, ms`, quantile(waits, 0.99), maxAck)
      findings.atMost(`${label}: loop lag p99, ms`, lagP99, MAX_LAG)
      findings.expect(refused.size === 0, `${label}: refused ${[...refused].join(' ')}`)
      const early = await countUnsynced(disk, heard)
      findings.expect(early === 0, `${label}: ${early} events were heard before they were synced`)
    }
    const overloaded = await overload(world, disk)
    const refusals = overloaded.refused.get('overloaded') ?? 0
    findings.expect(refusals > 0, 'a full queue took everything')
    const operations = [...all, ...overloaded.operations]
    await conclude(world, findings, 30_000, { operations })
    return { operations: operations.length, figures: { 'refused as overloaded': refusals } }
  },
)

/** Events heard before a sync began and ended after they were stored. One event in 20 is checked. */
async function countUnsynced(disk: SlowDisk, heard: readonly Heard[]): Promise<number> {
  const syncs = await disk.log()
  return heard.filter(([at, heardAt], index) => {
    if (index % 20 !== 0) return false
    // Events have whole milliseconds: a sync of the same millisecond may have begun after the event.
    return !syncs.some(({ began, ended }) => began >= at * 1_000 && ended <= (heardAt + 1) * 1_000)
  }).length
}

/** More messages than the queue holds: the rest is refused and sent again, and all are stored in the end. */
async function overload({ server }: World, disk: SlowDisk): Promise<LoadResult> {
  const cookies = await guests(server.port, numbered('crowd', 60))
  await server.term()
  await server.start({ ...disk.env(0), FSYNC_STALL_US: '2000000' })
  const crowd = { port: server.port, cookies, perSecond: 4_000, name: 'crowd' }
  const loading = load({ ...crowd, lasts: 2_000 })
  await Bun.sleep(500)
  await disk.stall()
  return await loading
}
