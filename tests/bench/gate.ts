/** What a change may cost: Hubbub's cost of a delivery over raw Bun's, in the same rounds. */
import { ratiosOf, type Run, spreadOf } from './figures.ts'
import type { Name } from './servers.ts'

/**
 * The load in which every part weighs: what a message costs by itself (parsing, the disk, the ack) and what each delivery does.
 * Both servers are far from saturation, so that a machine with neighbours makes neither share writes by being late. Before
 * batches kept a pace it was 1.64; since then the medians of eleven runs lie between 0.78 and 1.11.
 */
export const GATE = { scenario: 'small', usual: 0.95 } as const
/** times the usual: between what noise does and a regression of 1.5 × */
const MARGIN = 1.3

export type Verdict = { result: 'good' | 'tooSlow' | 'notJudged'; sentence: string }

/** Rounds in which both sides were good that a verdict needs. */
const NEEDED = 3

export function judge(runs: readonly Run[]): Verdict {
  const costOf = (server: Name) => ({ scenario: GATE.scenario, server, figure: 'cost' }) as const
  const ratio = spreadOf(ratiosOf(runs, costOf('hubbub'), costOf('bun')))
  if (ratio === null || ratio.runs < NEEDED)
    return {
      result: 'notJudged',
      sentence: `${ratio?.runs ?? 0} good rounds are too few: the machine is busy`,
    }
  const most = GATE.usual * MARGIN
  const sentence = `a delivery costs ${ratio.median.toFixed(2)} × raw Bun's (median of ${ratio.runs} rounds), at most ${most.toFixed(2)}`
  return { result: ratio.median <= most ? 'good' : 'tooSlow', sentence }
}
