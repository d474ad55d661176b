import { readdirSync } from 'node:fs'
import type { ServerFrame } from '../../../src/shared/protocol.ts'
import { eventually } from '../../support/eventually.ts'
import { clientFrame, rawSocket, serverFrames, type RawSocket } from '../../support/server/rawSocket.ts'
import { Line, type Standing } from '../network/line.ts'
import { dueOf, load, type Loaded } from '../load.ts'
import { Findings, type Scenario } from '../scenario.ts'
import { guests } from '../serverProcess.ts'
import { quantile, until, world, type World } from '../world.ts'

const PER_SECOND = 1_000
/** bytes of a message, and of memory that one stalled reader may cost */
const BYTES = 1_024
const EACH = 2 * 1024 * 1024
/** ms between the first and the last stalled reader that is cut off: they all stalled at once */
const CUT = 3_000
/** ms; of so long windows the median p99 is taken: one stall of the machine is not what stalled readers cost all the time */
const WINDOW = 500
/** ms more that a busy machine is given until all of them are cut off */
const PATIENCE = 30_000
const FULL = Array.from({ length: 10 }, (_, at) => `full-${at}`)
const IN_EACH = 250

/** R7: some stop reading, and one reads so slowly that it needs a while for what it missed. */
export const readers: Scenario = {
  id: 'R7',
  title: 'readers that stop, and one that is slow',
  short: 9,
  long: 120,
  async play({ seed, seconds, short }) {
    const found = new Findings()
    const count = short ? 20 : 50
    const there = await world({ seed, rooms: ['lobby', ...FULL], minimal: 1, product: 1 })
    const { server } = there
    const lines: Line[] = []
    const descriptors = () => readdirSync(`/proc/${server.pid}/fd`).length
    try {
      const names = ['speaks', 'reads', 'stalls'].flatMap((what) =>
        Array.from({ length: count }, (_, at) => `${what} ${at}`),
      )
      const cookies = await guests(server.port, names)
      const group = (at: number) => cookies.slice(at * count, (at + 1) * count)
      const loud = { port: server.port, cookies: group(0).slice(0, 20), room: 'lobby', perSecond: PER_SECOND }
      const speak = (end: number | (() => boolean), name: string) =>
        load({ ...loud, bytes: BYTES, name, end })

      const calm = new Map<number, number[]>()
      const beside = new Map<number, number[]>()
      let current = calm
      for (const cookie of group(1).slice(0, short ? 10 : count))
        lines.push(
          new Line(server.port, cookie, ['lobby'], undefined, ({ seq }, text) => {
            if (seq % 10 !== 0) return
            const now = Date.now()
            const window = Math.floor(now / WINDOW)
            const delays = current.get(window) ?? []
            current.set(window, delays)
            delays.push(now - dueOf(text.slice(text.indexOf('"text":"'))))
          }),
        )
      await Promise.all(lines.map((line) => line.live()))
      const before = await speak(Date.now() + 2_000, 'before')
      current = beside

      const stalled = await Promise.all(group(2).map((cookie) => stalledReader(server.port, cookie)))
      const rss = server.rss()
      let isOver = false
      const speaking = speak(() => isOver, 'during')
      let [most, open, first, last] = [0, 0, Number.NaN, Number.NaN]
      const began = Date.now()
      const isCut = await until(
        () => {
          most = Math.max(most, server.rss() - rss)
          // Those who speak have come on top of those there were, and stay until the end.
          open = Math.max(open, descriptors())
          const gone = open - descriptors()
          if (gone > 0 && Number.isNaN(first)) first = Date.now() - began
          if (gone >= count && Number.isNaN(last)) {
            last = Date.now() - began
            current = calm
          }
          return gone >= count && Date.now() - began > seconds * 1_000
        },
        seconds * 1_000 + PATIENCE,
      )
      isOver = true
      const during = await speaking
      if (isCut === null) found.add('R7 not all stalled readers were cut off')

      const resumed = await Promise.all(
        stalled.map(async ({ socket, cookie }) => {
          socket.resume()
          await eventually('the end of a stalled reader', () => socket.closed, 10_000)
          return new Line(server.port, cookie, [positionOf(socket, found)], undefined, () => {})
        }),
      )
      lines.push(...resumed)
      await Promise.all(resumed.map((line) => line.live()))
      const total = before.operations.length + during.operations.length
      const isThere = () => lines.every((line) => line.standing.get('lobby')?.seq === total)
      if ((await until(isThere, 10_000)) === null) found.add('R7 not every reader is at the head')
      const holes = lines.reduce((sum, line) => sum + line.holes, 0)
      if (holes > 0) found.add(`R7 readers saw ${holes} holes`)
      const [p99, p99Beside] = [usual(calm), usual(beside)]
      // A hundredth of a second is no difference that anybody notices.
      found.atMost('R7 healthy p99, ms', p99Beside, Math.max(2 * p99, p99 + 10))
      found.atMost('R7 memory for each stalled reader, bytes', most / count, EACH)
      found.atMost('R7 from the first to the last cut, ms', last - first, CUT)

      const slowly = await slowJoiner(there, loud.cookies, short ? 2_000_000 : 100_000, found)
      if ((await there.settle(20_000)) === null) found.add('R7 not everybody came to rest')
      const operations = [...before.operations, ...during.operations, ...slowly.operations]
      found.add(...(await there.verdict({ operations })))
      return found.report(operations.length, {
        'stalled, reading': `${count}, ${lines.length - count}`,
        'stalled that had missed too much': resumed.filter(({ resets }) => resets > 0).length,
        'healthy p99 without, beside, ms': `${p99}, ${p99Beside}`,
        'memory at most, MB for each stalled': most / count / 1024 / 1024,
        'cut off after, first and last, ms': `${first}, ${last}`,
        'slow joiner: MB, s': `${slowly.megabytes}, ${slowly.seconds}`,
      })
    } finally {
      for (const line of lines) line.end()
      await there.close()
    }
  },
}

/** The median of the windows' p99. */
function usual(windows: ReadonlyMap<number, number[]>): number {
  return quantile(
    [...windows.values()].map((delays) => quantile(delays, 0.99)),
    0.5,
  )
}

async function stalledReader(port: number, cookie: string): Promise<{ socket: RawSocket; cookie: string }> {
  const socket = await byHand(port, cookie, [{ room: 'lobby', seq: 0, id: null }])
  await eventually('the lobby', () => socket.text().includes('"more":false'), 10_000)
  socket.pause()
  return { socket, cookie }
}

async function byHand(port: number, cookie: string, rooms: readonly Standing[]): Promise<RawSocket> {
  const socket = await rawSocket(port, '/ws?v=2', [`Cookie: ${cookie}`])
  socket.write(clientFrame(0x81, JSON.stringify({ type: 'hello', rooms, state: 'active' })))
  return socket
}

function framesOf(socket: RawSocket): ServerFrame[] {
  return serverFrames(socket.bytes())
    .filter(({ opcode }) => opcode === 1)
    .map(({ payload }) => JSON.parse(payload.toString()) as ServerFrame)
}

/** Where somebody stands who read all that reached them; what they read must have no hole. */
function positionOf(socket: RawSocket, found: Findings): Standing {
  const standing: Standing = { room: 'lobby', seq: 0, id: null }
  for (const frame of framesOf(socket)) {
    const events = frame.type === 'event' ? [frame] : frame.type === 'sync' ? frame.events : []
    if (frame.type === 'sync' && frame.at) Object.assign(standing, frame.at)
    for (const { seq, id } of events) {
      if (standing.seq > 0 && seq !== standing.seq + 1)
        found.add(`R7 a stalled reader got ${seq} behind ${standing.seq}`)
      Object.assign(standing, { seq, id })
    }
  }
  return standing
}

/** Comes back to ten full rooms and reads so many bytes a second: never cut off, everything there. */
async function slowJoiner(
  { server: { port } }: World,
  cookies: readonly string[],
  bytesPerSecond: number,
  found: Findings,
): Promise<Pick<Loaded, 'operations'> & { megabytes: string; seconds: string }> {
  const operations: Loaded['operations'] = []
  const firsts: Standing[] = []
  for (const room of FULL) {
    const first = new Line(port, cookies[0] ?? '', [room], undefined, ({ seq, id }) => {
      if (seq === 1) firsts.push({ room, seq, id })
    })
    await first.live()
    const rate = { perSecond: PER_SECOND, end: Date.now() + IN_EACH, bytes: 3_500, name: room }
    operations.push(...(await load({ port, cookies, room, ...rate })).operations)
    await until(() => firsts.at(-1)?.room === room, 2_000)
    first.end()
  }
  const began = Date.now()
  const socket = await byHand(port, cookies[0] ?? '', firsts)
  let read = 0
  const isAll = () => socket.text().split('"more":false').length > FULL.length
  while (!socket.closed && Date.now() - began < 150_000) {
    const length = socket.bytes().length
    socket.pause()
    await Bun.sleep(Math.max(20, ((length - read) / bytesPerSecond) * 1_000))
    if (length > read && isAll()) break
    read = length
    socket.resume()
    await Bun.sleep(2)
  }
  if (socket.closed) found.add(`R7 the slow joiner was cut off after ${socket.bytes().length} bytes`)
  const events = framesOf(socket).reduce(
    (sum, frame) => sum + (frame.type === 'sync' ? frame.events.length : 0),
    0,
  )
  if (events !== operations.length - FULL.length)
    found.add(`R7 the slow joiner got ${events} of ${operations.length - FULL.length} events`)
  const length = socket.bytes().length
  socket.end()
  const [megabytes, seconds] = [length / 1e6, (Date.now() - began) / 1_000].map((figure) => figure.toFixed(1))
  return { operations, megabytes: megabytes ?? '', seconds: seconds ?? '' }
}
