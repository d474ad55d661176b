import { CHAOS } from '../network/proxy.ts'
import { Findings, type Scenario } from '../scenario.ts'
import { duplicates, quantile, world } from '../world.ts'

/** R1: the server is killed again and again while the network misbehaves and sixty people talk. */
export const crash: Scenario = {
  id: 'R1',
  title: 'kill -9 every 2.5–5 s under cuts, black holes and stalls',
  short: 60,
  long: 600,
  async play({ seed, seconds }) {
    const found = new Findings()
    const there = await world({
      seed,
      rooms: ['lobby', 'kitchen', 'garden'],
      minimal: 30,
      product: 30,
      weather: CHAOS,
    })
    const { server, people, random } = there
    let kills = 0
    try {
      const end = Date.now() + seconds * 1_000
      const fate = random.fork('kills')
      const talking = there.talk(4, end)
      const kill = async () => {
        await server.kill()
        kills += 1
        await Bun.sleep(fate.between(0, 500))
        await server.start()
      }
      while (Date.now() < end - 5_000) {
        await Bun.sleep(fate.between(2_500, 5_000))
        await kill()
      }
      await talking
      await kill()
      const live = await there.allLive(40_000)
      found.atMost('R1 all live after the last start, ms', live ?? Number.NaN, 10_000)
      const rest = await there.settle(30_000)
      if (rest === null) found.add('R1 not everybody came to rest')
      found.add(...(await there.verdict()))
      const waits = people.flatMap(({ waits: all }) => all)
      found.atMost('R1 ack p99, ms', quantile(waits, 0.99), 10_000)
      return found.report(there.operations(), {
        kills,
        'all live after, ms': live ?? 'never',
        'duplicate acks': duplicates(people),
        'ack p50, ms': quantile(waits, 0.5),
        'ack p99, ms': quantile(waits, 0.99),
        'slowest ack, ms': quantile(waits, 1),
        ...there.proxy.struck,
      })
    } finally {
      await there.close()
    }
  },
}
