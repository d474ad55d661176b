import { load } from '../load.ts'
import { CHAOS } from '../network/proxy.ts'
import { Findings, type Scenario } from '../scenario.ts'
import { guest } from '../serverProcess.ts'
import { duplicates, quantile, until, world } from '../world.ts'

/** Times of the product are divided by this in the short version. */
const HURRY = 5
/** ms until a dead socket is noticed: by a client, and by the server's timer, which looks each second */
const CLIENT = 38_000
const SERVER = 75_000
const LOOKS = 2_000

/** R3: only the network misbehaves. Afterwards every connection is swallowed at once, with and without traffic. */
export const network: Scenario = {
  id: 'R3',
  title: 'cuts, black holes, stalls and fragments; then nothing passes any more',
  short: 8,
  long: 600,
  async play({ seed, seconds, short }) {
    const found = new Findings()
    const speed = short ? HURRY : 1
    const there = await world({
      seed,
      rooms: ['lobby', 'kitchen', 'garden'],
      minimal: short ? 15 : 30,
      product: short ? 15 : 30,
      weather: CHAOS,
      speed,
      env: { HURRY: String(speed) },
    })
    const { people, proxy, server } = there
    try {
      await there.talk(4, Date.now() + seconds * 1_000)
      const rest = await there.settle(30_000)
      if (rest === null) found.add('R3 not everybody came to rest')
      const waits = people.flatMap(({ waits: all }) => all)
      found.atMost('R3 ack p99, ms', quantile(waits, 0.99), 10_000)
      found.add(...(await there.verdict()))

      // Every socket is dead from here on; that half of them are in a room that is written to must not keep them alive.
      proxy.noticed.length = 0
      proxy.blackHoleAll()
      proxy.shut(true)
      const noise = load({
        port: server.port,
        cookies: [await guest(server.port, 'noise')],
        room: 'lobby',
        perSecond: 2,
        end: Date.now() + SERVER / speed,
      })
      const began = Date.now()
      let client = Number.NaN
      const gone = await until(
        () => {
          if (Number.isNaN(client) && people.every(({ connected }) => !connected)) client = Date.now() - began
          return proxy.held === 0
        },
        SERVER / speed + 5_000,
      )
      if (gone === null) found.add(`R3 ${proxy.held} dead sockets are held by the server`)
      const byServer = Math.max(...proxy.noticed)
      found.atMost('R3 noticed by clients, ms', client, CLIENT / speed + 500)
      found.atMost('R3 noticed by the server, ms', byServer, SERVER / speed + LOOKS)
      await noise
      return found.report(there.operations(), {
        'all at rest after, ms': rest ?? 'never',
        'ack p99, ms': quantile(waits, 0.99),
        'duplicate acks': duplicates(people),
        'noticed by clients, at most, ms': client,
        'noticed by the server, at most, ms': byServer,
        'of dead sockets': proxy.noticed.length,
        'times divided by': speed,
        ...proxy.struck,
      })
    } finally {
      await there.close()
    }
  },
}
