import { Line } from '../network/line.ts'
import { load, type Loaded } from '../load.ts'
import { Findings, type Scenario } from '../scenario.ts'
import { guests } from '../serverProcess.ts'
import { slowDisk, type SlowDisk } from '../disk/slowDisk.ts'
import { quantile, world, type World } from '../world.ts'

const PER_SECOND = 1_000
const STALL = 500
/** What a disk adds, and within what ack p99 must stay, ms. */
const PHASES = [
  { what: '+5 ms', extra: 5, stalls: false, most: 150 },
  { what: '+20 ms', extra: 20, stalls: false, most: 350 },
  { what: `one stall of ${STALL} ms`, extra: 0, stalls: true, most: 900 },
]
/** ms the loop may come late at p99 */
const LAG = 25

interface Heard {
  at: number
  /** ms since the epoch */
  heard: number
}

/** R10: a disk whose fsync is slow, and one that stalls. */
export const slow: Scenario = {
  id: 'R10',
  title: 'a slow disk under 1,000 messages a second',
  short: 12,
  long: 300,
  async play({ seed, seconds }) {
    const disk = await slowDisk(STALL)
    const found = new Findings()
    if (typeof disk === 'string') return found.report(0, {}, disk)
    const there = await world({ seed, rooms: ['lobby'], minimal: 1, product: 1 })
    const figures: Record<string, number | string> = {}
    const all: Loaded['operations'] = []
    try {
      const cookies = await guests(
        there.server.port,
        Array.from({ length: 20 }, (_, at) => `loud ${at}`),
      )
      for (const [at, { what, extra, stalls, most }] of PHASES.entries()) {
        await there.server.term()
        await there.server.start(disk.env(extra))
        const heard: Heard[] = []
        const witness = new Line(there.server.port, cookies[0] ?? '', ['lobby'], undefined, ({ at: when }) =>
          heard.push({ at: when, heard: Date.now() }),
        )
        await witness.live()
        await there.server.measure()
        const end = Date.now() + (seconds / PHASES.length) * 1_000
        const loading = load({ ...toAll(there, cookies), end, name: `phase${at}` })
        if (stalls) {
          await Bun.sleep((end - Date.now()) / 2)
          await disk.stall()
        }
        const { operations, waits, refused } = await loading
        const { lagP99, lagMax } = await there.server.measure()
        witness.end()
        all.push(...operations)
        found.atMost(`R10 ${what}: ack p99, ms`, quantile(waits, 0.99), most)
        found.atMost(`R10 ${what}: loop lag p99, ms`, lagP99, LAG)
        if (refused.size > 0) found.add(`R10 ${what}: refused ${[...refused].join(' ')}`)
        found.add(...(await unsynced(what, disk, heard)))
        figures[`${what}: ack p50, p99, ms`] = `${quantile(waits, 0.5)}, ${quantile(waits, 0.99)}`
        figures[`${what}: loop lag p99, most, ms`] = `${lagP99.toFixed(1)}, ${lagMax.toFixed(1)}`
      }
      const overloaded = await overload(there, disk, found)
      all.push(...overloaded.operations)
      figures['refused as overloaded'] = overloaded.refused.get('overloaded') ?? 0
      if ((await there.settle(30_000)) === null) found.add('R10 not everybody came to rest')
      found.add(...(await there.verdict({ operations: all })))
      return found.report(all.length, figures)
    } finally {
      await there.close()
      await disk.remove()
    }
  },
}

function toAll({ server }: World, cookies: readonly string[]) {
  return { port: server.port, cookies, room: 'lobby', perSecond: PER_SECOND }
}

/** Nobody may hear an event before a sync has begun and ended behind it. One sample in 20 is looked at. */
async function unsynced(what: string, disk: SlowDisk, heard: readonly Heard[]): Promise<string[]> {
  const syncs = await disk.log()
  if (syncs.length === 0) return [`R10 ${what}: no sync was seen`]
  const early = heard.filter((one, at) => {
    if (at % 20 !== 0) return false
    // Events have whole ms: what began in the same one may have begun behind it.
    return !syncs.some(({ began, ended }) => began >= one.at * 1_000 && ended <= (one.heard + 1) * 1_000)
  })
  return early.length === 0 ? [] : [`R10 ${what}: ${early.length} events were heard before they were synced`]
}

/** More than the queue holds: the rest is told to come again, and everything is stored in the end. */
async function overload(there: World, disk: SlowDisk, found: Findings): Promise<Loaded> {
  const many = await guests(
    there.server.port,
    Array.from({ length: 60 }, (_, at) => `crowd ${at}`),
  )
  await there.server.term()
  await there.server.start({ ...disk.env(0), FSYNC_STALL_US: '2000000' })
  const loading = load({ ...toAll(there, many), perSecond: 4_000, end: Date.now() + 2_000, name: 'crowd' })
  await Bun.sleep(500)
  await disk.stall()
  const loaded = await loading
  if ((loaded.refused.get('overloaded') ?? 0) === 0) found.add('R10 a full queue took everything')
  return loaded
}
