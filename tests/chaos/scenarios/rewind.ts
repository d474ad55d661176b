import { cp, rm } from 'node:fs/promises'
import { Findings, type Scenario } from '../scenario.ts'
import { conclude, inWorld, isCalm, until, type Participant, type Plan } from '../world.ts'

/** How many events there are when some people go away and when the backup is made; how many are lost, and new after it. */
const EARLY = 25
const BACKUP = 30
const LOST = 20
const NEW = 25

/**
 * A backup of 30 events is restored after event 50. Clients at event 25 go on; clients beyond the new head, or with a position
 * in the lost part, get a reset.
 */
export function rewound(seed: number, how: Pick<Plan, 'entry' | 'env'> = {}) {
  const findings = new Findings()
  return inWorld({ seed, minimal: 6, product: 6, ...how }, async (world) => {
    const { server, people, dir } = world
    const backup = `${dir}-backup`
    /** Clients that go away before the backup, and those that come back at once or late after it is restored. */
    const [early = [], soon = [], late = []] = [0, 1, 2].map((group) =>
      people.filter((_, index) => index % 3 === group),
    )
    const say = async (by: readonly Participant[], count: number) => {
      for (let at = 0; at < count; at += 1) by[at % by.length]?.say('lobby')
      if ((await until(() => by.every(isCalm), 10_000)) === null) throw new Error('not acknowledged')
    }
    const untilBack = (who: readonly Participant[]) =>
      until(() => who.every(({ connected }) => connected), 15_000)
    const hold = (who: readonly Participant[], isAway: boolean) =>
      who.forEach((person) => person.hold(isAway))

    await say(people, EARLY)
    hold(early, true)
    await say([...soon, ...late], BACKUP - EARLY)
    await server.term()
    await cp(dir, backup, { recursive: true })
    await server.start()
    await untilBack([...soon, ...late])
    const before = world.operations()
    await say([...soon, ...late], LOST)
    const operations = people.flatMap((person) => person.operations)
    /** acknowledged, and lost with the disk */
    const lost = new Set(operations.filter(({ seq = 0 }) => seq > BACKUP))
    findings.expect(lost.size === world.operations() - before, 'other messages than the last were lost')

    hold([...soon, ...late], true)
    await server.kill()
    await rm(dir, { recursive: true })
    await cp(backup, dir, { recursive: true })
    // Written while disconnected: these must be stored in the new history.
    for (const person of [...soon, ...late]) person.say('lobby')
    await server.start()
    world.proxy.cutAll()
    hold(soon, false)
    await untilBack(soon)
    await say(soon, NEW - soon.length)
    hold([...early, ...late], false)
    await conclude(world, findings, 20_000, {
      operations: people.flatMap((person) => person.operations).filter((operation) => !lost.has(operation)),
      expected: new Set(['ahead', 'diverged']),
    })
    const groups = [
      [early, []],
      [soon, ['ahead']],
      [late, ['diverged']],
    ] as const
    for (const [group, expected] of groups)
      for (const { name, witness } of group) {
        const reasons = witness.resets.map(({ reason }) => reason).join()
        findings.expect(
          reasons === expected.join(),
          `${name} got resets [${reasons}], not [${expected.join()}]`,
        )
      }
    const resets = people.reduce((sum, { witness }) => sum + witness.resets.length, 0)
    await rm(backup, { recursive: true })
    return { findings, operations: world.operations(), resets }
  })
}

/** R6: an older backup is restored under clients that have seen more than it has. */
export const rewind: Scenario = {
  id: 'R6',
  title: 'an older backup is restored',
  short: 8,
  long: 8,
  async play({ seed }) {
    const { findings, operations, resets } = await rewound(seed)
    return findings.report(operations, { resets })
  },
}
