/** What a scenario is given, and what it reports. */
import { readFileSync } from 'node:fs'

export interface Run {
  seed: number
  /** how long the faults go on */
  seconds: number
  /** for CI: fewer people */
  short: boolean
  /** the product's times are divided by this: 5 in the short version */
  speed: number
}

export type Figures = Record<string, number | string>

export interface Report {
  violations: string[]
  /** bounds that were missed */
  missed: string[]
  operations: number
  /** measurements for the reader; nothing is judged by them */
  figures: Figures
  /** bounds that were missed while the machine was too busy to judge them */
  notJudged?: string[]
  /** why nothing, or not everything, was played: the machine lacks something */
  skipped?: string
}

export interface Scenario {
  /** its row in the catalogue, or the name of a mutant */
  id: string
  title: string
  /** seconds of the short version (CI) and of the long one; 0: not played there */
  short: number
  long: number
  play(run: Run): Promise<Report>
}

/** The part of a core this process may use, and the part of the time it may wait for one; above them it measures itself. */
const MAX_BUSY = 0.8
const MAX_WAITING = 0.15

/** Collects what a scenario finds. A time bound is judged only if this process had a core to itself. */
export class Findings {
  readonly violations: string[] = []
  readonly #missed: string[] = []
  readonly #bounded: Record<string, number> = {}
  readonly #began = performance.now()
  readonly #cpu = process.cpuUsage()
  readonly #waited = waitedForCore()

  add(...sentences: string[]): void {
    this.violations.push(...sentences)
  }

  /** Adds the sentence unless the condition holds. */
  expect(holds: boolean, sentence: string): void {
    if (!holds) this.add(sentence)
  }

  /** A figure, which is reported, must not exceed its bound; NaN always does. Of several the highest is reported. */
  atMost(label: string, figure: number, bound: number): void {
    this.#bounded[label] = Math.max(figure, this.#bounded[label] ?? figure)
    if (!(figure <= bound)) this.#missed.push(`${label}: ${round(figure)} is above ${bound}`)
  }

  report(operations: number, figures: Figures, skipped?: string): Report {
    const ms = performance.now() - this.#began
    const { user, system } = process.cpuUsage(this.#cpu)
    const busy = (user + system) / 1_000 / ms
    const waiting = (waitedForCore() - this.#waited) / 1_000_000 / ms
    const canJudge = busy + waiting <= MAX_BUSY && waiting <= MAX_WAITING
    return {
      violations: this.violations,
      missed: canJudge ? this.#missed : [],
      notJudged: canJudge ? [] : this.#missed,
      operations,
      figures: {
        ...Object.fromEntries(
          Object.entries({ ...figures, ...this.#bounded }).map(([label, value]) => [label, round(value)]),
        ),
        'generator busy, waiting for a core': `${Math.round(busy * 100)} %, ${Math.round(waiting * 100)} %`,
      },
      ...(skipped !== undefined && { skipped }),
    }
  }
}

function round<T>(value: T): T | number {
  return typeof value === 'number' ? Math.round(value * 100) / 100 : value
}

/** How long (ns) this thread has waited for a core, or 0 if the kernel does not say. */
function waitedForCore(): number {
  try {
    return Number(readFileSync('/proc/self/schedstat', 'utf8').split(' ')[1])
  } catch {
    return 0
  }
}
