import { atMost, type Scenario } from '../scenario.ts'
import { quantile, until, world } from '../world.ts'

/** R2: restarts by SIGTERM under people who write; nobody may notice. */
export const deploy: Scenario = {
  id: 'R2',
  title: 'SIGTERM and start again under writers',
  short: 25,
  long: 300,
  async play({ seed, seconds }) {
    const there = await world({ seed, rooms: ['lobby'], minimal: 100, product: 100 })
    const { server, people, random } = there
    const violations: string[] = []
    const backs: number[] = []
    const stops: number[] = []
    let told = 0
    let socketsClosed = 0
    try {
      const end = Date.now() + seconds * 1_000
      const fate = random.fork('deploys')
      const talking = there.talk(0.25, end)
      while (Date.now() < end - 5_000) {
        await Bun.sleep(fate.between(2_500, 5_000))
        const connected = people.filter((person) => person.connected)
        const before = connected.map(({ drained }) => drained)
        const { code, ms } = await server.term()
        stops.push(ms)
        if (code !== 0) violations.push(`R2 the server ended with ${code}`)
        violations.push(...atMost('R2 stop, ms', ms, 10_000))
        socketsClosed += connected.length
        told += connected.filter(
          ({ drained, closes }, at) => drained > (before[at] ?? 0) && closes.at(-1) === 1012,
        ).length
        await server.start()
        const began = Date.now()
        const waiting = new Set(people)
        await until(() => {
          for (const person of waiting)
            if (person.connected) {
              waiting.delete(person)
              backs.push(Date.now() - began)
            }
          return waiting.size === 0
        }, 12_000)
        backs.push(...[...waiting].map(() => 12_000))
      }
      await talking
      if ((await there.settle(30_000)) === null) violations.push('R2 not everybody came to rest')
      violations.push(...(await there.verdict()))
      violations.push(...atMost('R2 p95 back, ms', quantile(backs, 0.95), 5_000))
      if (told < socketsClosed * 0.95)
        violations.push(`R2 only ${told} of ${socketsClosed} sockets were told`)
      return {
        violations,
        operations: there.operations(),
        figures: {
          deploys: stops.length,
          'told drain and 1012': `${told} of ${socketsClosed}`,
          'stop p95, ms': Math.round(quantile(stops, 0.95)),
          'back p50, ms': quantile(backs, 0.5),
          'back p95, ms': quantile(backs, 0.95),
        },
      }
    } finally {
      await there.close()
    }
  },
}
