/** The results for people: a line a run, a table a load; and for the documents the same with a plot. */
import { join } from 'node:path'
import {
  differencesOf,
  type Figure,
  FIGURES,
  ratiosOf,
  type Run,
  spreadOf,
  type Spread,
  valuesOf,
} from './figures.ts'
import type { Machine } from './machine.ts'
import { plot } from './plot.ts'
import type { Scenario } from './scenarios.ts'
import { type Name, NAMES, TITLES } from './servers.ts'

const ROOT = join(import.meta.dir, '../..')

function number(value: number, figure: Figure): string {
  const digits = value >= 100 ? 0 : FIGURES[figure].digits
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

function cell(spread: Spread | null, figure: Figure): string {
  if (spread === null) return '–'
  const { median, least, most } = spread
  const range = least === most ? '' : ` (${number(least, figure)}–${number(most, figure)})`
  return number(median, figure) + range
}

/** One run, as it is made. */
export function lineOf({ server, round, figures, faults }: Run, scenario: Scenario): string {
  const said = scenario.figures.map((figure) => {
    const value = figures[figure]
    return value === undefined ? '' : `${FIGURES[figure].title} ${number(value, figure)}`
  })
  const faulty = faults.length > 0 ? `  NOT COUNTED: ${faults.join('; ')}` : ''
  return `  ${round} ${TITLES[server].padEnd(18)} ${said.filter(Boolean).join('  ')}${faulty}`
}

function tableOf(scenario: Scenario, runs: readonly Run[]): string {
  const key = scenario.figures[0]
  if (key === undefined) return ''
  const titles = scenario.figures.map((figure) => FIGURES[figure].title)
  const head = ['server', ...titles, '× raw Bun', 'Hubbub is']
  const rows = NAMES.filter((name) => valuesOf(runs, scenario.id, name, key).length > 0).map((name) => {
    const cells = scenario.figures.map((figure) =>
      cell(spreadOf(valuesOf(runs, scenario.id, name, figure)), figure),
    )
    const ratio = (one: Name, other: Name) => {
      const at = (server: Name) => ({ scenario: scenario.id, server, figure: key })
      const spread = one === other ? null : spreadOf(ratiosOf(runs, at(one), at(other)))
      return spread === null ? '–' : `${spread.median.toFixed(2)} ×`
    }
    return [TITLES[name], ...cells, ratio(name, 'bun'), ratio('hubbub', name)]
  })
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`)
  const goals = scenario.goals.flatMap(({ id, against, than, of, less, apart, most, least }) => {
    const here = { scenario: scenario.id, server: 'hubbub', figure: of } as const
    const other = { ...here, scenario: than ?? scenario.id, server: against ?? 'hubbub' }
    const isAlone = against === undefined && than === undefined
    const compared = apart ? differencesOf : ratiosOf
    const values = isAlone ? valuesOf(runs, scenario.id, 'hubbub', of) : compared(runs, here, other, less)
    const spread = spreadOf(values)
    if (spread === null) return []
    const digits = isAlone ? FIGURES[of].digits : 2
    const [middle, low, high] = [spread.median, spread.least, spread.most].map((one) => one.toFixed(digits))
    const isHeld = spread.median <= (most ?? Infinity) && spread.median >= (least ?? 0)
    const what = `${FIGURES[of].title}${less ? ` less ${FIGURES[less].title}` : ''}`
    const whom = isAlone ? '' : ` ${apart ? 'more than' : '×'} ${against ? TITLES[against] : than}`
    const goal = most === undefined ? `≥ ${least?.toFixed(digits)}` : `≤ ${most.toFixed(digits)}`
    return [
      `- ${id}: ${what} ${middle}${whom} (${low}–${high}), goal ${goal}: ${isHeld ? 'held' : '**missed**'}`,
    ]
  })
  const bad = runs.filter(({ scenario: id, faults }) => id === scenario.id && faults.length > 0).length
  if (bad > 0) goals.push(`- ${bad} runs were not counted`)
  return [`### ${scenario.title}`, '', ...lines, ...(goals.length > 0 ? ['', ...goals] : [])].join('\n')
}

/** A table a load, in Markdown. */
export function report(scenarios: readonly Scenario[], runs: readonly Run[]): string {
  return scenarios.map((scenario) => `${tableOf(scenario, runs)}\n`).join('\n')
}

/** Writes the results where the documents have them: `docs/bench/`. */
export async function write(
  about: Machine,
  scenarios: readonly Scenario[],
  runs: readonly Run[],
): Promise<void> {
  const out = join(ROOT, 'docs/bench')
  const intro = `# Measured

Written by \`bun run bench -- --write\`; how to read it stands in [scale.md](../scale.md). Each server
in turn on one core, a fresh process a run, the generator on another core, rounds interleaved; medians, ranges in brackets.
Absolute figures are of this machine and hour, ratios are of the same round. Two servers are floors: raw Bun publish forgets what it
tells; raw Bun and SQLite has each frame on disk before anybody hears it, and does nothing else.
Of the dearest requests what is told is the work of the loop's thread for one of them, which all others wait for.

${about.line}.

![What a delivery costs against how many people are in the room](cost.svg)
`
  await Bun.write(join(out, 'README.md'), `${intro}\n${report(scenarios, runs)}`)
  await Bun.write(join(out, 'cost.svg'), plot(scenarios, runs))
  await Bun.write(join(out, 'results.json'), `${JSON.stringify({ about: about.line, runs })}\n`)
}
