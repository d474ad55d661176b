import type { ServerFrame } from '../../../src/shared/protocol.ts'
import { eventually } from '../../support/eventually.ts'
import type { RawSocket } from '../../support/server/rawSocket.ts'
import { dueOf, load } from '../load.ts'
import { Line, type RoomPosition } from '../network/line.ts'
import { rawClient, rawClientInLobby, textsOf } from '../network/rawClient.ts'
import type { Findings } from '../scenario.ts'
import { guests, numbered } from '../serverProcess.ts'
import { quantile } from '../quantile.ts'
import { conclude, scenario, until } from '../world.ts'

const PER_SECOND = 1_000
const MESSAGE_BYTES = 1_024
/** How much memory (bytes) one stalled reader may cost. */
const MAX_MEMORY = 2 * 1024 * 1024
/** ms between the first and the last cut: all readers stalled at once */
const MAX_CUT_SPREAD = 3_000
/** ms; the median p99 of windows of this length is judged, since one stall of the machine is not the readers' doing */
const WINDOW = 500
/** ms that a busy machine has, beyond the scenario's time, to cut them all off */
const PATIENCE = 30_000
const FULL_ROOMS = Array.from({ length: 10 }, (_, n) => `full-${n}`)
/** For how long (ms) each of them is filled. */
const FILLING = 250

type Windows = Map<number, number[]>

/** R7: some clients stop reading, and one reads so slowly that it needs a while for what it missed. */
export const readers = scenario(
  { id: 'R7', title: 'readers that stop, and one that is slow', short: 9, long: 120 },
  () => ({ rooms: ['lobby', ...FULL_ROOMS], minimal: 1, product: 1 }),
  async (world, findings, { seconds, short }) => {
    const { server } = world
    const { port } = server
    const count = short ? 20 : 50
    const speakers = await guests(port, numbered('speaks', 20))
    const reading = await guests(port, numbered('reads', short ? 10 : count))
    const stalling = await guests(port, numbered('stalls', count))
    const speech = { port, cookies: speakers, perSecond: PER_SECOND, bytes: MESSAGE_BYTES }

    const without: Windows = new Map()
    const beside: Windows = new Map()
    let current = without
    const lines = reading.map(
      (cookie) =>
        new Line(port, cookie, ['lobby'], undefined, ({ seq }, text) => {
          if (seq % 10 !== 0) return
          const window = Math.floor(Date.now() / WINDOW)
          const delay = Date.now() - dueOf(text.slice(text.indexOf('"text":"')))
          current.set(window, [...(current.get(window) ?? []), delay])
        }),
    )
    await Promise.all(lines.map((line) => line.live()))
    const before = await load({ ...speech, name: 'before', lasts: 2_000 })
    current = beside

    const stalled = await Promise.all(stalling.map((cookie) => rawClientInLobby(port, cookie)))
    for (const socket of stalled) socket.pause()
    const memory = server.rss()
    let isOver = false
    const speaking = load({ ...speech, name: 'during', isOver: () => isOver })
    let [maxMemory, maxOpen, firstCut, lastCut] = [0, 0, Number.NaN, Number.NaN]
    const began = Date.now()
    const isCut = await until(
      () => {
        maxMemory = Math.max(maxMemory, server.rss() - memory)
        // The speakers have been added to the connections that were open, and stay until the end.
        maxOpen = Math.max(maxOpen, server.descriptors())
        const gone = maxOpen - server.descriptors()
        if (gone > 0 && Number.isNaN(firstCut)) firstCut = Date.now() - began
        if (gone >= count && Number.isNaN(lastCut)) {
          lastCut = Date.now() - began
          current = without
        }
        return gone >= count && Date.now() - began > seconds * 1_000
      },
      seconds * 1_000 + PATIENCE,
    )
    isOver = true
    const during = await speaking
    findings.expect(isCut !== null, 'not all stalled readers were cut off')

    const resumed = await Promise.all(
      stalled.map(async (socket, index) => {
        socket.resume()
        await eventually('the end of a stalled reader', () => socket.closed, 10_000)
        return new Line(port, stalling[index] ?? '', [positionOf(socket, findings)])
      }),
    )
    lines.push(...resumed)
    await Promise.all(resumed.map((line) => line.live()))
    const total = before.operations.length + during.operations.length
    const isAtHead = await until(
      () => lines.every((line) => line.positions.get('lobby')?.seq === total),
      10_000,
    )
    findings.expect(isAtHead !== null, 'not every reader is at the head')
    const holes = lines.reduce((sum, line) => sum + line.holes, 0)
    findings.expect(holes === 0, `readers saw ${holes} holes`)
    const [p99, p99Beside] = [medianP99(without), medianP99(beside)]
    // People do not notice a hundredth of a second.
    findings.atMost('healthy p99, ms', p99Beside, Math.max(2 * p99, p99 + 10))
    findings.atMost('memory for each stalled reader, bytes', maxMemory / count, MAX_MEMORY)
    findings.atMost('from the first to the last cut, ms', lastCut - firstCut, MAX_CUT_SPREAD)

    const slow = await slowJoiner(port, speakers, short ? 2_000_000 : 100_000, findings)
    const operations = [...before.operations, ...during.operations, ...slow.operations]
    await conclude(world, findings, 20_000, { operations })
    for (const line of lines) line.end()
    return {
      operations: operations.length,
      figures: {
        'stalled, reading': `${count}, ${reading.length}`,
        'stalled that got a reset': resumed.filter(({ resets }) => resets > 0).length,
        'healthy p99 without stalled readers, ms': p99,
        'slow joiner': slow.summary,
      },
    }
  },
)

function medianP99(windows: Windows): number {
  return quantile(
    [...windows.values()].map((delays) => quantile(delays, 0.99)),
    0.5,
  )
}

const framesOf = (socket: RawSocket) => textsOf(socket).map((text) => JSON.parse(text) as ServerFrame)

/** The position after everything that reached the socket, which must have no hole. */
function positionOf(socket: RawSocket, findings: Findings): RoomPosition {
  const position: RoomPosition = { room: 'lobby', seq: 0, id: null }
  for (const frame of framesOf(socket)) {
    const events = frame.type === 'event' ? [frame] : frame.type === 'sync' ? frame.events : []
    if (frame.type === 'sync' && frame.at) Object.assign(position, frame.at)
    for (const { seq, id } of events) {
      const isNext = position.seq === 0 || seq === position.seq + 1
      findings.expect(isNext, `a stalled reader got ${seq} after ${position.seq}`)
      Object.assign(position, { seq, id })
    }
  }
  return position
}

/** Comes back to ten full rooms and reads slowly: it must not be cut off, and get everything. */
async function slowJoiner(
  port: number,
  cookies: readonly string[],
  bytesPerSecond: number,
  findings: Findings,
) {
  const [cookie = ''] = cookies
  const operations = []
  const firstEvents: RoomPosition[] = []
  for (const room of FULL_ROOMS) {
    const filled = await load({
      port,
      cookies,
      room,
      perSecond: PER_SECOND,
      lasts: FILLING,
      bytes: 3_500,
      name: room,
    })
    operations.push(...filled.operations)
    const first = filled.operations.find(({ seq }) => seq === 1)
    firstEvents.push({ room, seq: 1, id: first?.event ?? null })
  }
  const began = Date.now()
  const socket = await rawClient(port, cookie, firstEvents)
  const isComplete = () => socket.text().split('"more":false').length > FULL_ROOMS.length
  for (let read = 0; !socket.closed && Date.now() - began < 150_000;) {
    const { length } = socket.bytes()
    socket.pause()
    await Bun.sleep(Math.max(20, ((length - read) / bytesPerSecond) * 1_000))
    if (length > read && isComplete()) break
    read = length
    socket.resume()
    await Bun.sleep(2)
  }
  const { length } = socket.bytes()
  findings.expect(!socket.closed, `the slow joiner was cut off after ${length} bytes`)
  const events = framesOf(socket).flatMap((frame) => (frame.type === 'sync' ? frame.events : []))
  const expected = operations.length - FULL_ROOMS.length
  findings.expect(events.length === expected, `the slow joiner got ${events.length} of ${expected} events`)
  socket.end()
  return { operations, summary: `${(length / 1e6).toFixed(1)} MB in ${(Date.now() - began) / 1_000} s` }
}
