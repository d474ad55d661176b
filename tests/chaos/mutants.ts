/** Planted faults: each is played under dense faults, and the checker must notice it. */
import type { Flaw } from './clients/minimalClient.ts'
import { Findings, type Scenario } from './scenario.ts'
import { rewound } from './scenarios/rewind.ts'
import { scenario, until, type World } from './world.ts'

interface Mutant {
  /** also the server's fault, unless `flaw` names one of the independent client alone */
  id: string
  title: string
  /** the invariants that it breaks */
  letters: string
  /** in every CI run, not only at night */
  always?: true
  flaw?: Flaw
}

const MUTANTS: readonly Mutant[] = [
  { id: 'ackBeforeCommit', title: 'acknowledged before the commit', letters: 'A', always: true },
  {
    id: 'followsLate',
    title: 'subscribed after the last page, to a client that does not look for gaps',
    letters: 'C',
    always: true,
    flaw: 'careless',
  },
  { id: 'noNonceIndex', title: 'no nonce is known', letters: 'A', always: true },
  { id: 'seqFromMemory', title: 'seq counted in memory, from 0 at each start', letters: 'BC', always: true },
  { id: 'publishBeforeCommit', title: 'published before the commit', letters: 'CF' },
  {
    id: 'publishesBackwards',
    title: 'a turn published in reverse, to a client that does not look for gaps',
    letters: 'C',
    flaw: 'careless',
  },
  { id: 'resetsAfterStart', title: 'a reset after each restart', letters: 'F' },
  { id: 'forgets', title: 'the outbox dropped with the connection', letters: 'D', flaw: 'forgets' },
  { id: 'renames', title: 'sent again under a new nonce', letters: 'A', flaw: 'renames' },
  { id: 'reorders', title: 'the outbox sent out of order', letters: 'E', flaw: 'reorders' },
]

const DENSE = { cut: 0.06, blackHole: 0, stall: 0.02, fragment: 0 }
const serverWith = (mutant: string) => ({ entry: 'tests/chaos/mutants/server.ts', env: { MUTANT: mutant } })

export const mutants: readonly Scenario[] = [
  ...MUTANTS.map(({ id, title, letters, always, flaw }) =>
    scenario(
      { id, title: `planted fault: ${title}`, short: always ? 4 : 0, long: 8 },
      () => ({
        ...{ minimal: flaw ? 24 : 12, product: flaw ? 0 : 12, weather: DENSE },
        ...(flaw !== id && serverWith(id)),
        ...(flaw && { flaw }),
      }),
      async (world, findings, { seconds }) => {
        const end = Date.now() + seconds * 1_000
        const fate = world.random.fork('kills')
        const talking = world.talk(10, end)
        while (Date.now() < end - 500) {
          await Bun.sleep(fate.between(200, 600))
          await loseAnswers(world)
          await Bun.sleep(fate.between(200, 600))
          await world.server.kill()
          await world.server.start()
        }
        await talking
        // Some mutants never come to rest, which is their fault.
        await world.settle(4_000)
        return { figures: expectNoticed(letters, world.verdict(), findings) }
      },
    ),
  ),
  {
    id: 'ignoresIds',
    title: 'planted fault: a position is checked without its id',
    short: 0,
    long: 8,
    async play({ seed }) {
      const rewind = await rewound(seed, serverWith('ignoresIds'))
      const findings = new Findings()
      const figures = expectNoticed('C', rewind.findings.violations, findings)
      return findings.report(rewind.operations, figures)
    },
  },
]

/** How long (ms) no client receives what the server sends. */
const MUTED = 300

/** Messages are stored and their acks are lost with the connection, so that they are sent again. */
async function loseAnswers({ people, proxy }: World): Promise<void> {
  await until(() => people.filter(({ connected }) => connected).length > people.length / 2, 2_000)
  proxy.muteAll()
  await Bun.sleep(MUTED)
  proxy.cutAll()
}

function expectNoticed(letters: string, sentences: readonly string[], findings: Findings) {
  const noticed = sentences.filter((sentence) => letters.includes(sentence[0] ?? ' '))
  findings.expect(noticed.length > 0, `the checker did not notice: ${sentences[0] ?? 'it found nothing'}`)
  return {
    [`violations of ${letters.split('').join(', ')}`]: noticed.length,
    'the first': noticed[0] ?? 'none',
  }
}
