import { cp, rm } from 'node:fs/promises'
import { Findings, type Scenario } from '../scenario.ts'
import { until, world, type Plan, type Talker } from '../world.ts'

/** How many events there are when somebody stops listening, when the backup is made, and at the end. */
const EARLY = 25
const BACKUP = 30
const LOST = 20
const NEW = 25

async function copied(from: string, to: string): Promise<void> {
  await rm(to, { recursive: true, force: true })
  await cp(from, to, { recursive: true })
}

/**
 * A backup of event 30 is put back after event 50: who stood at 25 goes on, who stood beyond the head, or in what was lost,
 * is told. @returns what was not as it must be
 */
export async function rewound(
  seed: number,
  how: Pick<Plan, 'entry' | 'env'> = {},
): Promise<{ sentences: string[]; resets: number; operations: number }> {
  const there = await world({ seed, rooms: ['lobby'], minimal: 6, product: 6, ...how })
  const { server, proxy, people, dir } = there
  const sentences: string[] = []
  const backup = `${dir}-backup`
  try {
    /** Two of each kind: those who stop listening early, those who come back at once, and those who come back late. */
    const [early, soon, late] = [0, 1, 2].map((group) => people.filter((_, at) => at % 3 === group))
    if (early === undefined || soon === undefined || late === undefined) throw new TypeError('no people')
    const said = async (by: readonly Talker[], count: number) => {
      for (let at = 0; at < count; at += 1) by[at % by.length]?.say('lobby')
      if ((await until(() => by.every(({ calm }) => calm), 10_000)) === null) throw new Error('not said')
    }
    const back = (who: readonly Talker[]) => until(() => who.every(({ connected }) => connected), 15_000)
    const away = (who: readonly Talker[], isAway: boolean) => {
      for (const person of who) person.hold(isAway)
    }

    await said(people, EARLY)
    away(early, true)
    await said([...soon, ...late], BACKUP - EARLY)
    await server.term()
    await copied(dir, backup)
    await server.start()
    await back([...soon, ...late])
    const before = there.operations()
    await said([...soon, ...late], LOST)
    /** what the backup does not have was acknowledged, and is lost with the disk that it was on */
    const lost = new Set(people.flatMap(({ operations }) => operations).filter(({ seq = 0 }) => seq > BACKUP))
    if (lost.size !== there.operations() - before) sentences.push('R6 the lost are not those sent last')

    away([...soon, ...late], true)
    await server.kill()
    await copied(backup, dir)
    // Written while nobody is there: it must go out under the new history.
    for (const person of [...soon, ...late]) person.say('lobby')
    await server.start()
    proxy.cutAll()
    away(soon, false)
    await back(soon)
    await said(soon, NEW - soon.length)
    away([...early, ...late], false)
    if ((await there.settle(20_000)) === null) sentences.push('R6 not everybody came to rest')

    const told = (who: readonly Talker[], reason: string | null) =>
      who.flatMap(({ setting, witness }) => {
        const reasons = witness.resets.map((reset) => reset.reason)
        const right = reason === null ? reasons.length === 0 : reasons.length === 1 && reasons[0] === reason
        return right
          ? []
          : [`R6 ${setting.name} was told [${reasons.join(', ')}], not ${reason ?? 'nothing'}`]
      })
    sentences.push(...told(early, null), ...told(soon, 'ahead'), ...told(late, 'diverged'))
    sentences.push(
      ...(await there.verdict({
        operations: people.flatMap(({ operations }) => operations).filter((one) => !lost.has(one)),
        expected: new Set(['ahead', 'diverged']),
      })),
    )
    const resets = people.reduce((sum, { witness }) => sum + witness.resets.length, 0)
    return { sentences, resets, operations: there.operations() }
  } finally {
    await there.close()
    await rm(backup, { recursive: true, force: true })
  }
}

/** R6: an older backup is restored under people who have seen more than it has. */
export const rewind: Scenario = {
  id: 'R6',
  title: 'an older backup is restored',
  short: 8,
  long: 8,
  async play({ seed }) {
    const found = new Findings()
    const { sentences, resets, operations } = await rewound(seed)
    found.add(...sentences)
    return found.report(operations, { resets })
  },
}
