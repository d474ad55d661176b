/** What a scenario is given, and what it says afterwards. */
export interface Run {
  seed: number
  /** how long faults go on; each scenario has its own short and long */
  seconds: number
}

export interface Report {
  violations: string[]
  operations: number
  /** measured, for the one who reads; what must hold is in `violations` */
  figures: Record<string, number | string>
  /** why nothing was played: the machine lacks something */
  skipped?: string
}

export interface Scenario {
  /** its row in the catalogue */
  id: string
  title: string
  /** seconds of the short version, in CI, and of the long one */
  short: number
  long: number
  play(run: Run): Promise<Report>
}

/** A sentence if a figure is not within its bound. Times in ms. */
export function atMost(what: string, figure: number, bound: number): string[] {
  return figure <= bound ? [] : [`${what}: ${Math.round(figure)} is above ${bound}`]
}
