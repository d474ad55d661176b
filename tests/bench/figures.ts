/** Figures of one run, and of many together: medians, ranges, ratios within a round, and the verdict of the gate. */
import type { Name } from './servers.ts'

/** The figures, with their titles and decimals. Times in ms; costs in µs of the server's CPU. */
export const FIGURES = {
  cost: { title: 'CPU µs per delivery', digits: 3 },
  perSecond: { title: 'deliveries per second', digits: 0 },
  sentPerSecond: { title: 'messages per second', digits: 0 },
  p50: { title: 'p50 ms', digits: 2 },
  p95: { title: 'p95 ms', digits: 2 },
  p99: { title: 'p99 ms', digits: 2 },
  p999: { title: 'p99.9 ms', digits: 2 },
  bytes: { title: 'bytes per connection', digits: 0 },
  connects: { title: 'connects per second', digits: 0 },
  connectCost: { title: 'CPU µs per connect', digits: 0 },
  joinCost: { title: 'CPU µs per join', digits: 0 },
} as const
export type Figure = keyof typeof FIGURES

/** One run of one server under one load. */
export interface Run {
  scenario: string
  server: Name
  round: number
  figures: Partial<Record<Figure, number>>
  /** reasons why the run does not count */
  faults: string[]
}

export interface Spread {
  median: number
  min: number
  max: number
  runs: number
}

/** @returns null if there are no values */
export function spreadOf(values: readonly number[]): Spread | null {
  const sorted = values.toSorted((a, b) => a - b)
  const [min, max] = [sorted[0], sorted.at(-1)]
  if (min === undefined || max === undefined) return null
  const middle = (sorted.length - 1) / 2
  const median = ((sorted[Math.floor(middle)] ?? min) + (sorted[Math.ceil(middle)] ?? min)) / 2
  return { median, min, max, runs: sorted.length }
}

/** One figure of one server under one load. */
export interface Place {
  scenario: string
  server: Name
  figure: Figure
}

/** The values of a figure, by round; runs with faults are left out. */
function byRound(runs: readonly Run[], { scenario, server, figure }: Place): Map<number, number> {
  const good = runs.filter(
    (run) => run.scenario === scenario && run.server === server && run.faults.length === 0,
  )
  return new Map(
    good.flatMap(({ round, figures: { [figure]: value } }) => (value === undefined ? [] : [[round, value]])),
  )
}

export function valuesOf(runs: readonly Run[], place: Place): number[] {
  return [...byRound(runs, place).values()]
}

/** One figure over another, round by round: the noise of a round disturbs both. */
export function ratiosOf(runs: readonly Run[], above: Place, below: Place): number[] {
  const divisors = byRound(runs, below)
  return [...byRound(runs, above)].flatMap(([round, value]) => {
    const divisor = divisors.get(round)
    return divisor ? [value / divisor] : []
  })
}

/**
 * The gate's load, in which every part weighs: parsing, the disk and the ack of each message, and each delivery. Neither server
 * is near saturation. `usual`: Hubbub's cost of a delivery over raw Bun's; medians of four runs lay between 0.57 and 0.67, and
 * on another machine the ratio is up to a fifth higher.
 */
export const GATE = { scenario: 'small', usual: 0.75 } as const
/** times `usual`: above the noise, below a regression by half */
const MARGIN = 1.3
/** rounds in which both servers were good that a verdict needs */
const MIN_ROUNDS = 3

export interface Verdict {
  result: 'GOOD' | 'TOO SLOW' | 'NOT JUDGED'
  sentence: string
}

export function judge(runs: readonly Run[]): Verdict {
  const costOf = (server: Name) => ({ scenario: GATE.scenario, server, figure: 'cost' }) as const
  const ratio = spreadOf(ratiosOf(runs, costOf('hubbub'), costOf('bun')))
  if (ratio === null || ratio.runs < MIN_ROUNDS)
    return {
      result: 'NOT JUDGED',
      sentence: `${ratio?.runs ?? 0} good rounds are too few: the machine is busy`,
    }
  const max = GATE.usual * MARGIN
  const sentence = `a delivery costs ${ratio.median.toFixed(2)} × raw Bun's (median of ${ratio.runs} rounds), at most ${max.toFixed(2)}`
  return { result: ratio.median <= max ? 'GOOD' : 'TOO SLOW', sentence }
}
