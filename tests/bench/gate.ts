/** What a change may cost: Hubbub's cost of a delivery over raw Bun's, in the same rounds. */
import { ratiosOf, type Run, spreadOf } from './figures.ts'

/**
 * Measured on quiet machines, with what is above it seen as a regression. Noise moves one side of a ratio by ± 30 % in one
 * round and its median by far less; what makes a delivery 1.5 times as dear moves all of them.
 */
export const GATE: readonly { scenario: string; usual: number }[] = [
  { scenario: 'small', usual: 1.1 },
  { scenario: 'fullSmall', usual: 1.3 },
]
/** times the usual: between what noise does and a regression of 1.5 × */
const MARGIN = 1.3

/** A sentence for each ratio that is too high, or that could not be measured. */
export function gateFails(runs: readonly Run[]): string[] {
  return GATE.flatMap(({ scenario, usual }) => {
    const ratio = spreadOf(ratiosOf(runs, scenario, ['hubbub', 'bun'], 'cost'))
    if (ratio === null) return [`${scenario}: no round was good on both sides`]
    const most = usual * MARGIN
    if (ratio.median <= most) return []
    const [is, may] = [ratio.median.toFixed(2), most.toFixed(2)]
    return [
      `${scenario}: a delivery costs ${is} × raw Bun's, more than ${may} (median of ${ratio.runs} rounds)`,
    ]
  })
}
