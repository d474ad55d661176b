import { describe, expect, test } from 'bun:test'
import { GATE, judge, ratiosOf, type Run, spreadOf } from './figures.ts'
import type { Name } from './servers.ts'

const run = (server: Name, round: number, cost: number, faults: string[] = []): Run => ({
  ...{ scenario: GATE.scenario, server, round, figures: { cost }, faults },
})

/** Three rounds on a machine whose speed changes. @param times Hubbub's cost over its usual one, in each round */
const rounds = (times: readonly number[]): Run[] =>
  [1, 2, 0.7].flatMap((slowness, round) => [
    run('bun', round, 8 * slowness),
    run('hubbub', round, 8 * slowness * GATE.usual * (times[round] ?? 1)),
  ])

describe('the bench', () => {
  test('[G15] gives the median of several runs and their range', () => {
    expect(spreadOf([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3, runs: 3 })
    expect(spreadOf([4, 1, 2, 3])?.median).toBe(2.5)
    expect(spreadOf([])).toBeNull()
  })

  test('[G15] compares within a round, and leaves out a round in which one run has a fault', () => {
    const runs = [...rounds([1, 1, 1]), run('bun', 3, 100), run('hubbub', 3, 1, ['1 % lost'])]
    const costOf = (server: Name) => ({ scenario: GATE.scenario, server, figure: 'cost' }) as const
    const ratios = ratiosOf(runs, costOf('hubbub'), costOf('bun'))
    expect(ratios.map((ratio) => ratio.toFixed(2))).toEqual(Array(3).fill(GATE.usual.toFixed(2)))
  })

  test.each([
    ['GOOD', [1, 1, 1]],
    ['GOOD', [1.3, 1, 0.7]],
    ['GOOD', [1.29, 1.29, 1.29]],
    ['TOO SLOW', [1.5, 1.5, 1.5]],
    ['TOO SLOW', [1.95, 1.5, 1.05]],
  ] as const)('[G16] has a gate that says %s where deliveries cost %j times the usual', (result, times) => {
    expect(judge(rounds(times)).result).toBe(result)
  })

  test('[G16] has a gate that does not judge fewer than three good rounds', () => {
    expect(judge([]).result).toBe('NOT JUDGED')
    expect(judge(rounds([1.5, 1.5, 1.5]).filter(({ round }) => round < 2)).result).toBe('NOT JUDGED')
  })
})
