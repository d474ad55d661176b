/**
 * `bun run chaos -- --seconds N --seed S [--only R1,R2] [--short]`: plays the catalogue against real servers on loopback. Exit 1
 * on any violation; the last line says how many operations were checked and how many violations were found.
 */
import { parseArgs } from 'node:util'
import type { Scenario } from './scenario.ts'
import { crash } from './scenarios/crash.ts'
import { deploy } from './scenarios/deploy.ts'

const CATALOGUE: readonly Scenario[] = [crash, deploy]

const { values } = parseArgs({
  args: Bun.argv.slice(2),
  options: {
    seconds: { type: 'string' },
    seed: { type: 'string' },
    only: { type: 'string' },
    short: { type: 'boolean', default: false },
  },
})
const seed = Number(values.seed ?? Math.floor(Math.random() * 1e9))
const wanted = values.only?.split(',')
const seconds = values.seconds === undefined ? null : Number(values.seconds)
if (!Number.isInteger(seed) || (seconds !== null && !(seconds > 0))) {
  process.stderr.write('--seed and --seconds take numbers\n')
  process.exit(2)
}
const print = (line: string) => process.stdout.write(`${line}\n`)

print(`seed ${seed}`)
let operations = 0
let violations = 0
let skipped = 0
for (const scenario of CATALOGUE) {
  if (wanted && !wanted.includes(scenario.id)) continue
  const length = seconds ?? (values.short ? scenario.short : scenario.long)
  print(`\n${scenario.id} ${scenario.title} (${length} s)`)
  const report = await scenario.play({ seed, seconds: length })
  if (report.skipped !== undefined) {
    skipped += 1
    print(`  SKIPPED: ${report.skipped}`)
    continue
  }
  for (const [what, figure] of Object.entries(report.figures)) print(`  ${what}: ${figure}`)
  for (const sentence of report.violations) print(`  VIOLATION ${sentence}`)
  print(`  ${report.operations} operations, ${report.violations.length} violations`)
  operations += report.operations
  violations += report.violations.length
}
print(
  `\nseed ${seed}: ${operations} operations checked, ${violations} violations, ${skipped} scenarios skipped`,
)
process.exit(violations > 0 ? 1 : 0)
