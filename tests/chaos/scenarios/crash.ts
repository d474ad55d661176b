import { CHAOS } from '../network/proxy.ts'
import { quantile, quantiles } from '../quantile.ts'
import { conclude, duplicates, scenario } from '../world.ts'

const ROOMS = ['lobby', 'kitchen', 'garden']

/** R1: the server is killed again and again while the network misbehaves and sixty people talk. */
export const crash = scenario(
  { id: 'R1', title: 'kill -9 every 2.5–5 s under cuts, black holes and stalls', short: 60, long: 600 },
  () => ({ rooms: ROOMS, minimal: 30, product: 30, weather: CHAOS }),
  async (world, findings, { seconds }) => {
    const { server, people } = world
    const fate = world.random.fork('kills')
    const end = Date.now() + seconds * 1_000
    const talking = world.talk(4, end)
    const kill = async () => {
      await server.kill()
      await Bun.sleep(fate.between(0, 500))
      await server.start()
    }
    while (Date.now() < end - 5_000) {
      await Bun.sleep(fate.between(2_500, 5_000))
      await kill()
    }
    await talking
    await kill()
    const live = await world.allLive(40_000)
    findings.atMost('all live after the last start, ms', live ?? Number.NaN, 10_000)
    await conclude(world, findings, 30_000)
    const waits = people.flatMap((person) => person.waits)
    findings.atMost('ack p99, ms', quantile(waits, 0.99), 10_000)
    return {
      figures: {
        kills: server.starts - 1,
        'duplicate acks': duplicates(people),
        'ack p50, slowest, ms': quantiles(waits, 0.5, 1),
        ...world.proxy.struck,
      },
    }
  },
)
