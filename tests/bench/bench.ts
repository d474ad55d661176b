/**
 * `bun run bench -- [--quick] [--gate] [--write] [--all] [--only quiet,busy] [--servers hubbub,bun] [--rounds N] [--seconds S]
 * [--cpus 0,1]`: starts each server in turn on one core, loads it from another, round after round, and prints medians with
 * their ranges, ratios within a round and the machine. Loopback only. With `--write` it measures growth, joining, reading back,
 * the dearest requests and the browser as well and writes `docs/bench/`: five rounds of that take three quarters of an hour. `--all`: every server in every round.
 * Exit 1 where `--gate` finds it too slow.
 */
import { mkdir, rm } from 'node:fs/promises'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { measured } from './beyond.ts'
import type { Run } from './figures.ts'
import { GATE, judge } from './gate.ts'
import { machine } from './machine.ts'
import { type Bench, makeGenerator, play } from './play.ts'
import { lineOf, report, write } from './report.ts'
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
    all: { type: 'boolean', default: false },
    gate: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
})
const print = (line: string) => void process.stdout.write(`${line}\n`)
const isShort = values.quick || values.gate
const chosen = values.only?.split(',') ?? (values.gate ? [GATE.scenario] : null)
const wanted = values.servers?.split(',') ?? (values.gate ? ['hubbub', 'bun'] : NAMES)
const rounds = Number(values.rounds ?? (values.gate ? 5 : values.quick ? 1 : 3))
const seconds = Number(values.seconds ?? (isShort ? 1 : 2))
const [server = NaN, generator = NaN] = values.cpus.split(',').map(Number)
const unknown = chosen?.find((id) => !SCENARIOS.some((scenario) => scenario.id === id))
const stranger = wanted.find((name) => !NAMES.includes(name as Name))
if (!(rounds > 0) || !(seconds > 0) || !(server >= 0) || !(generator >= 0) || unknown || stranger) {
  process.stderr.write(
    `--rounds and --seconds take numbers, --cpus two of them; --only takes some of ${SCENARIOS.map(({ id }) => id).join(',')}, --servers some of ${NAMES.join(',')}\n`,
  )
  process.exit(2)
}

const home = join(import.meta.dir, '../../dist/bench')
await mkdir(home, { recursive: true })
const made = makeGenerator(home)
const cannot = typeof made === 'string' ? made : cpus().length < 2 ? 'one core is not enough' : null
if (cannot !== null || typeof made === 'string') {
  print(`SKIPPED the bench: ${cannot}`)
  process.exit(0)
}
const growsToo = values.write || values.all
const scenarios = SCENARIOS.filter(({ id, growth }) => chosen?.includes(id) ?? (growsToo || !growth))
const names = NAMES.filter((name) => wanted.includes(name))
const world = await makeWorld(home, scenarios)
const bench: Bench = { ...made, home, cpus: [server, generator], world, seconds, rest: isShort ? 0.3 : 1.5 }
const servers = await makeServers(home, names, world, print)
const about = await machine(home)
print(about.line)

const began = performance.now()
const runs: Run[] = []
for (const scenario of scenarios) {
  print(`\n${scenario.title}`)
  await playAll(scenario, 1, roundsOf(scenario))
  // One more look before a change is blamed for what a neighbour may have done.
  if (values.gate && judge(runs).result === 'tooSlow') await playAll(scenario, rounds + 1, 3 * rounds)
}
await rm(join(home, 'data'), { recursive: true, force: true })
await Bun.write(join(home, 'results.json'), `${JSON.stringify({ about, runs }, null, 1)}\n`)
print(`\n${report(scenarios, runs)}`)
print(
  `${about.line}; ${Math.round((performance.now() - began) / 1_000)} s, load at the end ${(await machine(home)).load}`,
)
if (values.write) await write(about, scenarios, runs)
const verdict = values.gate ? judge(runs) : null
const WORDS = { good: 'GOOD', tooSlow: 'TOO SLOW', notJudged: 'NOT JUDGED' } as const
if (verdict) print(`${WORDS[verdict.result]} ${verdict.sentence}`)
process.exit(verdict?.result === 'tooSlow' ? 1 : 0)

async function playAll(scenario: Scenario, from: number, to: number): Promise<void> {
  for (let round = from; round <= to; round += 1)
    for (const one of servers.filter(({ name }) => isMeasured(name, scenario, round))) {
      const playing = scenario.measure === undefined ? play : measured
      const run = await playing(bench, one, scenario, round).catch((error: unknown) =>
        broken(one.name, scenario, round, error),
      )
      runs.push(run)
      print(lineOf(run, scenario))
    }
}

/** What only draws a curve is measured once: many points beside each other are its medians. */
function roundsOf({ id, goals }: Scenario): number {
  const isJudged = goals.length > 0 || SCENARIOS.some((other) => other.goals.some(({ than }) => than === id))
  return isJudged || values.rounds !== undefined ? rounds : 1
}

/** Hubbub, and whom a goal is against, in each round; the others once unless all is asked for. */
function isMeasured(name: Name, { beside, more = [], goals }: Scenario, round: number): boolean {
  if (name === 'hubbub' || goals.some(({ against }) => against === name)) return true
  if (name === 'bun' && beside.includes(name)) return true
  if (beside.includes(name)) return values.all || round === 1
  return values.all && more.includes(name)
}

function broken(name: Name, { id }: Scenario, round: number, error: unknown): Run {
  const why = error instanceof Error ? error.message : String(error)
  return { scenario: id, server: name, round, figures: {}, faults: [why] }
}
