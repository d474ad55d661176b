import { CHAOS } from '../network/proxy.ts'
import { quantile, quantiles } from '../quantile.ts'
import { conclude, duplicates, scenario, until, type Participant } from '../world.ts'

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

/** A person who is not back within this time (ms) counts as away for this long. */
const AWAY = 12_000

/** R2: restarts by SIGTERM while people write; no message and no presence may be lost. */
export const deploy = scenario(
  { id: 'R2', title: 'SIGTERM and restart while people write', short: 20, long: 300 },
  ({ short }) => ({ minimal: short ? 50 : 100, product: short ? 50 : 100 }),
  async (world, findings, { seconds }) => {
    const { server, people } = world
    const returns: number[] = []
    let drained = 0
    let connected = 0
    // The lines about people's arrival are drawn a second later.
    await Bun.sleep(1_500)
    const countLines = () => people.reduce((sum, { stats }) => sum + stats.lines, 0)
    const linesBefore = countLines()
    const end = Date.now() + seconds * 1_000
    const fate = world.random.fork('deploys')
    const talking = world.talk(0.25, end)
    while (Date.now() < end - 5_000) {
      await Bun.sleep(fate.between(2_500, 5_000))
      const before = new Map<Participant, { drained: number; closes: number }>()
      for (const person of people.filter((each) => each.connected))
        before.set(person, { drained: person.stats.drained, closes: person.closes.length })
      const countDrained = () =>
        [...before].filter(
          ([{ stats, closes }, known]) => stats.drained > known.drained && closes[known.closes] === 1012,
        ).length
      const { code, ms } = await server.term()
      findings.expect(code === 0, `the server ended with ${code}`)
      findings.atMost('stop, ms', ms, 10_000)
      await until(() => countDrained() === before.size, 1_000)
      connected += before.size
      drained += countDrained()
      await server.start()
      const waiting = new Set(people)
      await until(() => {
        for (const person of waiting)
          if (person.connected && waiting.delete(person)) returns.push(Date.now() - server.readyAt)
        return waiting.size === 0
      }, AWAY)
      returns.push(...[...waiting].map(() => AWAY))
    }
    await talking
    await conclude(world, findings, 30_000)
    findings.atMost('p95 back, ms', quantile(returns, 0.95), 5_000)
    findings.expect(drained >= connected * 0.95, `only ${drained} of ${connected} sockets got drain and 1012`)
    const lines = countLines() - linesBefore
    findings.expect(lines === 0, `${lines} join or leave lines were drawn`)
    return {
      figures: {
        deploys: server.starts - 1,
        'got drain and 1012': `${drained} of ${connected}`,
        'duplicate acks': duplicates(people),
      },
    }
  },
)
