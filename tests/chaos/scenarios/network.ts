import { load } from '../load.ts'
import { CHAOS } from '../network/proxy.ts'
import { guest } from '../serverProcess.ts'
import { quantile } from '../quantile.ts'
import { conclude, duplicates, scenario, until } from '../world.ts'

const ROOMS = ['lobby', 'kitchen', 'garden']
/** How long (ms) a client, and the server, may take to notice a dead socket; the server's timer looks each second. */
const CLIENT = 38_000
const SERVER = 75_000
const TIMER = 2_000

/** R3: only the network misbehaves. Afterwards every connection falls into a black hole, with and without traffic. */
export const network = scenario(
  {
    id: 'R3',
    title: 'cuts, black holes, stalls and fragments; then nothing passes any more',
    short: 8,
    long: 600,
  },
  ({ short, speed }) => {
    const people = short ? 15 : 30
    return { rooms: ROOMS, minimal: people, product: people, weather: CHAOS, speed }
  },
  async (world, findings, { seconds, speed }) => {
    const { proxy } = world
    const { port } = world.server
    await world.talk(4, Date.now() + seconds * 1_000)
    const rest = await conclude(world, findings, 30_000)
    const waits = world.people.flatMap((person) => person.waits)
    findings.atMost('ack p99, ms', quantile(waits, 0.99), 10_000)

    // Messages that the server sends into dead sockets must not keep them alive.
    proxy.noticed.length = 0
    proxy.blackHoleAll()
    proxy.shut()
    const cookies = [await guest(port, 'noise')]
    const noise = load({ port, cookies, perSecond: 2, lasts: SERVER / speed })
    const began = Date.now()
    let byClients = Number.NaN
    const gone = await until(
      () => {
        if (Number.isNaN(byClients) && world.people.every(({ connected }) => !connected))
          byClients = Date.now() - began
        return !proxy.isHeld()
      },
      SERVER / speed + 5_000,
    )
    findings.expect(gone !== null, 'the server holds dead sockets')
    findings.atMost('noticed by clients, ms', byClients, CLIENT / speed + 500)
    findings.atMost('noticed by the server, ms', Math.max(...proxy.noticed), SERVER / speed + TIMER)
    await noise
    return {
      figures: {
        'all at rest after, ms': rest ?? 'never',
        'duplicate acks': duplicates(world.people),
        'dead sockets': proxy.noticed.length,
        'times divided by': speed,
        ...proxy.struck,
      },
    }
  },
)
