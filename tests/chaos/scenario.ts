/** What a scenario is given, and what it says afterwards. */
import { readFileSync } from 'node:fs'

export interface Run {
  seed: number
  /** how long faults go on; each scenario has its own short and long */
  seconds: number
  /** the version for CI: fewer people, and times that are waited for divided by 5 */
  short: boolean
}

export interface Report {
  violations: string[]
  /** bounds that were missed */
  missed: string[]
  operations: number
  /** measured, for the one who reads; what must hold is in the two lists above */
  figures: Record<string, number | string>
  /** bounds that were missed while the machine had no time for this run: they say nothing */
  notJudged?: string[]
  /** why nothing was played, or not all of it: the machine lacks something */
  skipped?: string
}

export interface Scenario {
  /** its row in the catalogue, or the name of a mutant */
  id: string
  title: string
  /** seconds of the short version, in CI, and of the long one; 0: not played there */
  short: number
  long: number
  play(run: Run): Promise<Report>
}

/** Part of a core that the generator may want, and of the time that it may be kept waiting for one; above it measures itself. */
const MOST = { wanted: 0.8, kept: 0.15 }

/** Collects what was found. A bound on time is judged only if the machine had a core for the generator (reliability §8). */
export class Findings {
  readonly violations: string[] = []
  readonly #bounds: string[] = []
  readonly #began = performance.now()
  readonly #cpu = process.cpuUsage()
  readonly #kept = keptWaiting()

  add(...sentences: string[]): void {
    this.violations.push(...sentences)
  }

  /** What must not be above its bound; NaN never holds. */
  atMost(what: string, figure: number, bound: number): void {
    if (!(figure <= bound)) this.#bounds.push(`${what}: ${round(figure)} is above ${bound}`)
  }

  report(operations: number, figures: Report['figures'], skipped?: string): Report {
    const ms = performance.now() - this.#began
    const { user, system } = process.cpuUsage(this.#cpu)
    const busy = (user + system) / 1_000 / ms
    const kept = (keptWaiting() - this.#kept) / 1_000_000 / ms
    const isValid = busy + kept <= MOST.wanted && kept <= MOST.kept
    return {
      violations: this.violations,
      missed: isValid ? this.#bounds : [],
      notJudged: isValid ? [] : this.#bounds,
      operations,
      figures: {
        ...Object.fromEntries(Object.entries(figures).map(([what, value]) => [what, round(value)])),
        'generator busy, kept waiting': `${Math.round(busy * 100)} %, ${Math.round(kept * 100)} %`,
      },
      ...(skipped !== undefined && { skipped }),
    }
  }
}

function round<T>(value: T): T | number {
  return typeof value === 'number' ? Math.round(value * 100) / 100 : value
}

/** ns this thread has waited for a core, or 0 where the kernel does not say. */
function keptWaiting(): number {
  try {
    return Number(readFileSync('/proc/self/schedstat', 'utf8').split(' ')[1])
  } catch {
    return 0
  }
}
