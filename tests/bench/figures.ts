/** What a run says, and what many runs say together: medians, ranges, ratios within a round. */
import type { Name } from './servers.ts'

/** One run of one server under one load. Times in ms, costs in µs of the server's CPU. */
export interface Run {
  scenario: string
  server: Name
  round: number
  figures: Partial<Record<Figure, number>>
  /** what makes the run worthless */
  faults: string[]
}

export type Figure =
  | 'cost'
  | 'perSecond'
  | 'sentPerSecond'
  | 'p50'
  | 'p95'
  | 'p99'
  | 'p999'
  | 'bytes'
  | 'connects'
  | 'connectCost'
  | 'joinCost'
  | 'work'
  | 'bare'
  | 'painted'
  | 'fsync'
  | 'loop'
  | 'loopOfMany'

/** How a figure is called, and which way is better. */
export const FIGURES: Record<Figure, { title: string; digits: number }> = {
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
  work: { title: 'ms of work for 1,000 messages', digits: 0 },
  bare: { title: 'for 400 bare rows', digits: 0 },
  painted: { title: 'ms until they are painted', digits: 0 },
  fsync: { title: 'one fsync alone, ms', digits: 2 },
  loop: { title: 'ms of the loop each, by one person', digits: 3 },
  loopOfMany: { title: 'by a thousand', digits: 3 },
}

export interface Spread {
  median: number
  least: number
  most: number
  runs: number
}

/** @returns null where there is nothing */
export function spreadOf(values: readonly number[]): Spread | null {
  const sorted = [...values].sort((one, other) => one - other)
  const [least, most] = [sorted[0], sorted.at(-1)]
  if (least === undefined || most === undefined) return null
  const middle = sorted.length / 2
  const median = ((sorted[Math.ceil(middle) - 1] ?? least) + (sorted[Math.floor(middle)] ?? least)) / 2
  return { median, least, most, runs: sorted.length }
}

/** Of the good runs of one server under one load. */
export function valuesOf(runs: readonly Run[], scenario: string, server: Name, figure: Figure): number[] {
  return runs
    .filter((run) => run.scenario === scenario && run.server === server && run.faults.length === 0)
    .map(({ figures }) => figures[figure])
    .filter((value) => value !== undefined)
}

/** Where a figure stands: of one server under one load. */
export interface Place {
  scenario: string
  server: Name
  figure: Figure
}

/** One figure over another of the same round: what noise there is hits both. @param less is taken off the first before */
export function ratiosOf(runs: readonly Run[], one: Place, other: Place, less?: Figure): number[] {
  return pairsOf(runs, one, other, less).flatMap(([above, below]) => (below === 0 ? [] : [above / below]))
}

/** By how much one figure is above another of the same round. */
export function differencesOf(runs: readonly Run[], one: Place, other: Place, less?: Figure): number[] {
  return pairsOf(runs, one, other, less).map(([above, below]) => above - below)
}

function pairsOf(runs: readonly Run[], one: Place, other: Place, less?: Figure): [number, number][] {
  const at = ({ scenario, server, figure }: Place, round: number) =>
    valuesOf(
      runs.filter((run) => run.round === round),
      scenario,
      server,
      figure,
    )[0]
  const rounds = new Set(runs.map(({ round }) => round))
  return [...rounds].flatMap((round) => {
    const [above, below] = [at(one, round), at(other, round)]
    const off = less === undefined ? 0 : at({ ...one, figure: less }, round)
    if (above === undefined || below === undefined || off === undefined) return []
    return [[above - off, below]]
  })
}
