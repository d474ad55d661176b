import { CHAOS } from '../proxy.ts'
import { atMost, type Scenario } from '../scenario.ts'
import { quantile, until, world } from '../world.ts'

/** R1: the server is killed again and again while the network misbehaves and sixty people talk. */
export const crash: Scenario = {
  id: 'R1',
  title: 'kill -9 every 2.5–5 s under cuts, black holes and stalls',
  short: 60,
  long: 600,
  async play({ seed, seconds }) {
    const there = await world({
      seed,
      rooms: ['lobby', 'kitchen', 'garden'],
      minimal: 30,
      product: 30,
      weather: CHAOS,
    })
    const { server, people, random } = there
    const violations: string[] = []
    let kills = 0
    try {
      const end = Date.now() + seconds * 1_000
      const fate = random.fork('kills')
      const talking = there.talk(4, end)
      while (Date.now() < end - 5_000) {
        await Bun.sleep(fate.between(2_500, 5_000))
        await server.kill()
        kills += 1
        await Bun.sleep(fate.between(0, 500))
        await server.start()
      }
      await talking
      const live = await until(() => people.every(({ connected }) => connected), 40_000)
      if ((await there.settle(30_000)) === null) violations.push('R1 not everybody came to rest')
      violations.push(...(await there.verdict()))
      const waits = people.flatMap(({ waits: all }) => all)
      violations.push(...atMost('R1 ack p99', quantile(waits, 0.99), 10_000))
      return {
        violations,
        operations: there.operations(),
        figures: {
          kills,
          'all live after, ms': live ?? 'never',
          'duplicate acks': people.reduce((sum, { duplicates }) => sum + duplicates, 0),
          'ack p50, ms': quantile(waits, 0.5),
          'ack p99, ms': quantile(waits, 0.99),
          ...there.proxy.struck,
        },
      }
    } finally {
      await there.close()
    }
  },
}
