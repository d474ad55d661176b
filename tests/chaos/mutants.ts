/** Planted faults: a checker that cannot fail proves nothing. Each is played under dense faults and must be noticed. */
import type { Flaw } from './clients/minimalClient.ts'
import { Findings, type Scenario } from './scenario.ts'
import { rewound } from './scenarios/rewind.ts'
import { until, world, type World } from './world.ts'

interface Mutant {
  id: string
  title: string
  /** the invariants that it breaks */
  letters: string
  /** in every CI run, not only at night */
  always?: true
  /** a fault of the server's, of the independent client's, or one that only both together show */
  server?: string
  flaw?: Flaw
}

const DENSE = { cut: 0.06, blackHole: 0, stall: 0.02, fragment: 0, delay: 0 }

const MUTANTS: readonly Mutant[] = [
  {
    id: 'ackBeforeCommit',
    title: 'acknowledged before it is committed',
    letters: 'A',
    always: true,
    server: 'ackBeforeCommit',
  },
  {
    id: 'followsLate',
    title: 'subscribed after the last page, by a client that does not look for gaps',
    letters: 'C',
    always: true,
    server: 'followsLate',
    flaw: 'careless',
  },
  { id: 'noNonceIndex', title: 'no nonce is known', letters: 'A', always: true, server: 'noNonceIndex' },
  {
    id: 'seqFromMemory',
    title: 'seq counted in memory, from 0 at each start',
    letters: 'BC',
    always: true,
    server: 'seqFromMemory',
  },
  {
    id: 'publishBeforeCommit',
    title: 'published before it is committed',
    letters: 'CF',
    server: 'publishBeforeCommit',
  },
  {
    id: 'publishesBackwards',
    title: 'a turn published in reverse, to a client that does not look for gaps',
    letters: 'C',
    server: 'publishesBackwards',
    flaw: 'careless',
  },
  {
    id: 'resetsAfterStart',
    title: 'a reset after each restart',
    letters: 'F',
    server: 'resetsAfterStart',
  },
  { id: 'forgets', title: 'the outbox dropped with the connection', letters: 'D', flaw: 'forgets' },
  { id: 'renames', title: 'sent again under a new nonce', letters: 'A', flaw: 'renames' },
  { id: 'reorders', title: 'the outbox sent out of order', letters: 'E', flaw: 'reorders' },
]

export const mutants: readonly Scenario[] = [
  ...MUTANTS.map((mutant): Scenario => ({
    id: mutant.id,
    title: `planted fault: ${mutant.title}`,
    short: mutant.always ? 4 : 0,
    long: 8,
    async play({ seed, seconds }) {
      const found = new Findings()
      const there = await world({
        seed,
        rooms: ['lobby'],
        minimal: mutant.flaw ? 24 : 12,
        product: mutant.flaw ? 0 : 12,
        weather: DENSE,
        ...(mutant.server !== undefined && {
          entry: 'tests/chaos/mutants/server.ts',
          env: { MUTANT: mutant.server },
        }),
        ...(mutant.flaw !== undefined && { flaw: mutant.flaw }),
      })
      try {
        const end = Date.now() + seconds * 1_000
        const fate = there.random.fork('kills')
        const talking = there.talk(10, end)
        while (Date.now() < end - 500) {
          await Bun.sleep(fate.between(200, 600))
          await loseAnswers(there)
          await Bun.sleep(fate.between(200, 600))
          await there.server.kill()
          await there.server.start()
        }
        await talking
        // Some of these never come to rest: that is their fault.
        await there.settle(4_000)
        const sentences = await there.verdict()
        return noticed(mutant.letters, sentences, found, there.operations())
      } finally {
        await there.close()
      }
    },
  })),
  {
    id: 'ignoresIds',
    title: 'planted fault: a position is checked without its id',
    short: 0,
    long: 8,
    async play({ seed }) {
      const found = new Findings()
      const { sentences, operations } = await rewound(seed, {
        entry: 'tests/chaos/mutants/server.ts',
        env: { MUTANT: 'ignoresIds' },
      })
      return noticed('C', sentences, found, operations)
    },
  },
]

/** ms for which the server hears and is not heard */
const MUTED = 300

/** Messages arrive and are stored, their acks are lost with the connection: whoever sent one sends it again. */
async function loseAnswers({ people, proxy }: World): Promise<void> {
  await until(() => people.filter(({ connected }) => connected).length > people.length / 2, 2_000)
  proxy.muteAll()
  await Bun.sleep(MUTED)
  proxy.cutAll()
}

function noticed(letters: string, sentences: readonly string[], found: Findings, operations: number) {
  const right = sentences.filter((sentence) => letters.includes(sentence[0] ?? ' '))
  if (right.length === 0) found.add(`the checker did not notice: ${sentences[0] ?? 'it found nothing'}`)
  return found.report(operations, {
    [`violations of ${letters.split('').join(', ')}`]: right.length,
    'the first': right[0] ?? 'none',
  })
}
