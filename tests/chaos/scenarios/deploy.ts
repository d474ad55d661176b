import { Findings, type Scenario } from '../scenario.ts'
import { duplicates, quantile, until, world, type Talker } from '../world.ts'

/** ms after which somebody who is not back counts as away for so long */
const AWAY = 12_000

/** R2: restarts by SIGTERM under people who write; nobody may notice. */
export const deploy: Scenario = {
  id: 'R2',
  title: 'SIGTERM and start again under writers',
  short: 20,
  long: 300,
  async play({ seed, seconds, short }) {
    const found = new Findings()
    const each = short ? 50 : 100
    const there = await world({ seed, rooms: ['lobby'], minimal: each, product: each })
    const { server, people, random } = there
    const backs: number[] = []
    const stops: number[] = []
    let told = 0
    let asked = 0
    try {
      // Those who came in are told of by lines, a second later.
      await Bun.sleep(1_500)
      const lines = () => people.reduce((sum, person) => sum + person.lines, 0)
      const linesBefore = lines()
      const end = Date.now() + seconds * 1_000
      const fate = random.fork('deploys')
      const talking = there.talk(0.25, end)
      while (Date.now() < end - 5_000) {
        await Bun.sleep(fate.between(2_500, 5_000))
        const healthy = people.filter((person) => person.connected)
        const before = new Map(
          healthy.map(({ drained, closes }) => [closes, { drained, heard: closes.length }]),
        )
        const knows = ({ drained, closes }: Talker) => {
          const known = before.get(closes)
          return known !== undefined && drained > known.drained && closes[known.heard] === 1012
        }
        const { code, ms } = await server.term()
        stops.push(ms)
        if (code !== 0) found.add(`R2 the server ended with ${code}`)
        found.atMost('R2 stop, ms', ms, 10_000)
        await until(() => healthy.every(knows), 1_000)
        asked += healthy.length
        told += healthy.filter(knows).length
        await server.start()
        const waiting = new Set(people)
        await until(() => {
          for (const person of waiting)
            if (person.connected) {
              waiting.delete(person)
              backs.push(Date.now() - server.readyAt)
            }
          return waiting.size === 0
        }, AWAY)
        backs.push(...[...waiting].map(() => AWAY))
      }
      await talking
      if ((await there.settle(30_000)) === null) found.add('R2 not everybody came to rest')
      found.add(...(await there.verdict()))
      found.atMost('R2 p95 back, ms', quantile(backs, 0.95), 5_000)
      if (told < asked * 0.95) found.add(`R2 only ${told} of ${asked} sockets were told`)
      const drawn = lines() - linesBefore
      if (drawn > 0) found.add(`R2 ${drawn} join or leave lines were drawn`)
      return found.report(there.operations(), {
        deploys: stops.length,
        'told drain and 1012': `${told} of ${asked}`,
        'stop p95, ms': quantile(stops, 0.95),
        'back p50, ms': quantile(backs, 0.5),
        'back p95, ms': quantile(backs, 0.95),
        'join and leave lines': drawn,
        'duplicate acks': duplicates(people),
      })
    } finally {
      await there.close()
    }
  },
}
