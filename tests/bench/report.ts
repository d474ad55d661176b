/** The results for people: a line for each run, a table for each load, and the page `docs/bench/README.md`. */
import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs'
import { cpus, loadavg, release } from 'node:os'
import { join } from 'node:path'
import {
  type Figure,
  FIGURES,
  type Place,
  ratiosOf,
  type Run,
  spreadOf,
  type Spread,
  valuesOf,
} from './figures.ts'
import type { Goal, Scenario } from './scenarios.ts'
import { type Name, NAMES, TITLES } from './servers.ts'

/** The machine in one line, and what one fsync costs beside the data. */
export function machine(home: string): string {
  const model = cpus()[0]?.model.trim() || process.arch
  const fsync = `fsync ${fsyncTime(join(home, 'fsync')).toFixed(2)} ms`
  const load = `load ${(loadavg()[0] ?? 0).toFixed(1)}`
  const today = new Date().toISOString().slice(0, 10)
  return `${cpus().length} cores of ${model}, Linux ${release()}, Bun ${Bun.version}, ${fsync}, ${load}, ${today}`
}

/** Median ms of one write of 4 KiB with fsync, 20 ms after the one before, as in a quiet room. */
function fsyncTime(path: string): number {
  const file = openSync(path, 'w')
  const times = Array.from({ length: 50 }, () => {
    Bun.sleepSync(20)
    const began = performance.now()
    writeSync(file, Buffer.alloc(4_096))
    fsyncSync(file)
    return performance.now() - began
  })
  closeSync(file)
  rmSync(path)
  return spreadOf(times)?.median ?? 0
}

function number(value: number, figure: Figure): string {
  const digits = value >= 100 ? 0 : FIGURES[figure].digits
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

function cell(spread: Spread | null, figure: Figure): string {
  if (spread === null) return '–'
  const { median, min, max } = spread
  const range = min === max ? '' : ` (${number(min, figure)}–${number(max, figure)})`
  return number(median, figure) + range
}

/** One run, printed when it is done. */
export function lineOf({ server, round, figures, faults }: Run, scenario: Scenario): string {
  const values = scenario.figures.flatMap((figure) => {
    const value = figures[figure]
    return value === undefined ? [] : [`${FIGURES[figure].title} ${number(value, figure)}`]
  })
  const note = faults.length > 0 ? `  NOT COUNTED: ${faults.join('; ')}` : ''
  return `  ${round} ${TITLES[server].padEnd(18)} ${values.join('  ')}${note}`
}

function goalLine(
  { id, figure, max, min, against, than }: Goal,
  scenario: string,
  runs: readonly Run[],
): string[] {
  const here: Place = { scenario, server: 'hubbub', figure }
  const other: Place = { scenario: than ?? scenario, server: against ?? 'hubbub', figure }
  const isRatio = against !== undefined || than !== undefined
  const spread = spreadOf(isRatio ? ratiosOf(runs, here, other) : valuesOf(runs, here))
  if (spread === null) return []
  const text = (value: number) => value.toFixed(isRatio ? 2 : FIGURES[figure].digits)
  const isHeld = spread.median <= (max ?? Infinity) && spread.median >= (min ?? 0)
  const compared = isRatio ? ` × ${against ? TITLES[against] : than}` : ''
  const measured = `${text(spread.median)}${compared} (${text(spread.min)}–${text(spread.max)})`
  const goal = max === undefined ? `≥ ${text(min ?? 0)}` : `≤ ${text(max)}`
  return [`- ${id}: ${FIGURES[figure].title} ${measured}, goal ${goal}: ${isHeld ? 'held' : '**missed**'}`]
}

function tableOf({ id, title, figures, goals }: Scenario, runs: readonly Run[]): string {
  const key = figures[0] ?? 'cost'
  const place = (server: Name, figure: Figure = key): Place => ({ scenario: id, server, figure })
  const ratio = (above: Name, below: Name) => {
    const spread = above === below ? null : spreadOf(ratiosOf(runs, place(above), place(below)))
    return spread === null ? '–' : `${spread.median.toFixed(2)} ×`
  }
  const head = ['server', ...figures.map((figure) => FIGURES[figure].title), '× raw Bun', 'Hubbub is']
  const measured = NAMES.filter((name) => valuesOf(runs, place(name)).length > 0)
  const rows = measured.map((name) => [
    TITLES[name],
    ...figures.map((figure) => cell(spreadOf(valuesOf(runs, place(name, figure))), figure)),
    ratio(name, 'bun'),
    ratio('hubbub', name),
  ])
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`)
  const notes = goals.flatMap((goal) => goalLine(goal, id, runs))
  const bad = runs.filter(({ scenario, faults }) => scenario === id && faults.length > 0).length
  if (bad > 0) notes.push(`- ${bad} runs were not counted`)
  return [`### ${title}`, '', ...lines, ...(notes.length > 0 ? ['', ...notes] : [])].join('\n')
}

/** A Markdown table for each load. */
export function report(scenarios: readonly Scenario[], runs: readonly Run[]): string {
  return scenarios.map((scenario) => `${tableOf(scenario, runs)}\n`).join('\n')
}

export async function writePage(about: string, tables: string): Promise<void> {
  const page = `# Measured

Written by \`npm run bench -- --write\`; how to read it stands in [scale.md](../scale.md). Each server
in turn on one core, a fresh process a run, the generator on another core, rounds interleaved; medians, ranges in brackets.
Absolute figures are of this machine and hour, ratios are of the same round. Two servers are floors: raw Bun publish forgets what it
tells; raw Bun and SQLite has each frame on disk before anybody hears it, and does nothing else.

${about}.

${tables}`
  await Bun.write(join(import.meta.dir, '../../docs/bench/README.md'), page)
}
