/**
 * `npm run bench -- [--quick] [--gate] [--write] [--only quiet,busy] [--servers hubbub,bun] [--rounds N] [--seconds S]
 * [--cpus 0,1]`: starts each server in turn on one core, loads it from another core, round after round, and prints medians with
 * ranges, ratios within a round, and the machine. `--gate`: exits with 1 if a delivery became too slow. `--write`: measures
 * growth, joins and history, too, and writes `docs/bench/README.md`; with five rounds this takes half an hour.
 */
import { mkdir, rm } from 'node:fs/promises'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { GATE, judge, type Run } from './figures.ts'
import { measured } from './measures.ts'
import { type Bench, makeGenerator, play } from './play.ts'
import { lineOf, machine, report, writePage } from './report.ts'
import { type Scenario, SCENARIOS } from './scenarios.ts'
import { makeServers, type Name, NAMES } from './servers.ts'
import { makeWorld } from './world.ts'

const { values } = parseArgs({
  args: Bun.argv.slice(2),
  options: {
    only: { type: 'string' },
    servers: { type: 'string' },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    cpus: { type: 'string', default: '0,1' },
    quick: { type: 'boolean', default: false },
    gate: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
})
const print = (line: string) => void process.stdout.write(`${line}\n`)
const isShort = values.quick || values.gate
const ids = values.only?.split(',') ?? (values.gate ? [GATE.scenario] : null)
const wanted = values.servers?.split(',') ?? (values.gate ? ['hubbub', 'bun'] : NAMES)
const rounds = Number(values.rounds ?? (values.gate ? 5 : values.quick ? 1 : 3))
const seconds = Number(values.seconds ?? (isShort ? 1 : 2))
const [serverCpu = NaN, generatorCpu = NaN] = values.cpus.split(',').map(Number)
const unknown = [
  ...(ids ?? []).filter((id) => !SCENARIOS.some((scenario) => scenario.id === id)),
  ...wanted.filter((name) => !NAMES.includes(name as Name)),
]
if (!(rounds > 0) || !(seconds > 0) || !(serverCpu >= 0) || !(generatorCpu >= 0) || unknown.length > 0) {
  const known = `--only takes some of ${SCENARIOS.map(({ id }) => id).join(',')}, --servers some of ${NAMES.join(',')}`
  process.stderr.write(`--rounds and --seconds take numbers, --cpus two of them; ${known}\n`)
  process.exit(2)
}

const home = join(import.meta.dir, '../../dist/bench')
await mkdir(home, { recursive: true })
const generator = makeGenerator(home)
if ('fault' in generator || cpus().length < 2) {
  print(`SKIPPED the bench: ${'fault' in generator ? generator.fault : 'one core is not enough'}`)
  process.exit(0)
}
const scenarios = SCENARIOS.filter(({ id, isLong }) => ids?.includes(id) ?? (values.write || !isLong))
const world = await makeWorld(home, scenarios)
const rest = isShort ? 0.3 : 1.5
const bench: Bench = { ...generator, home, cpus: [serverCpu, generatorCpu], world, seconds, rest }
const servers = await makeServers(
  home,
  NAMES.filter((name) => wanted.includes(name)),
  world,
  print,
)
const about = machine(home)
print(about)

const runs: Run[] = []
for (const scenario of scenarios) {
  print(`\n${scenario.title}`)
  await playAll(scenario, 1, roundsOf(scenario))
  // Measured once more before a change is blamed for what a neighbour on the machine may have done.
  if (values.gate && judge(runs).result === 'TOO SLOW') await playAll(scenario, rounds + 1, 3 * rounds)
}
await rm(join(home, 'data'), { recursive: true, force: true })
await Bun.write(join(home, 'results.json'), `${JSON.stringify({ about, runs }, null, 1)}\n`)
const tables = report(scenarios, runs)
print(`\n${tables}\n${machine(home)}`)
if (values.write) await writePage(about, tables)
const verdict = values.gate ? judge(runs) : null
if (verdict) print(`${verdict.result} ${verdict.sentence}`)
process.exit(verdict?.result === 'TOO SLOW' ? 1 : 0)

async function playAll(scenario: Scenario, from: number, to: number): Promise<void> {
  for (let round = from; round <= to; round += 1)
    for (const server of servers.filter(({ name }) => isMeasured(name, scenario, round))) {
      const playing = scenario.measure === undefined ? play : measured
      const run = await playing(bench, server, scenario, round).catch((error: unknown): Run => {
        const fault = error instanceof Error ? error.message : String(error)
        return { scenario: scenario.id, server: server.name, round, figures: {}, faults: [fault] }
      })
      runs.push(run)
      print(lineOf(run, scenario))
    }
}

/** A load that no goal refers to is measured once. */
function roundsOf({ id, goals }: Scenario): number {
  const isJudged = goals.length > 0 || SCENARIOS.some((other) => other.goals.some(({ than }) => than === id))
  return isJudged || values.rounds !== undefined ? rounds : 1
}

/** Each round measures Hubbub, raw Bun and the servers that a goal compares with; the first round the others, too. */
function isMeasured(name: Name, { beside, goals }: Scenario, round: number): boolean {
  if (name === 'hubbub' || goals.some(({ against }) => against === name)) return true
  return beside.includes(name) && (name === 'bun' || round === 1)
}
