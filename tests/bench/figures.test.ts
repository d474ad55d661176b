import { describe, expect, test } from 'bun:test'
import { differencesOf, ratiosOf, type Run, spreadOf } from './figures.ts'
import { GATE, judge } from './gate.ts'
import type { Name } from './servers.ts'

const run = (scenario: string, server: Name, round: number, cost: number): Run => ({
  scenario,
  server,
  round,
  figures: { cost },
  faults: [],
})

/** Three rounds in which the machine is now quick, now slow, and Hubbub costs `times` what it usually does. */
const rounds = (times: number, noise = [1, 1, 1]): Run[] =>
  [1, 2, 0.7].flatMap((slow, n) => [
    run(GATE.scenario, 'bun', n, 8 * slow),
    run(GATE.scenario, 'hubbub', n, 8 * slow * GATE.usual * times * (noise[n] ?? 1)),
  ])
const resultOf = (runs: readonly Run[]) => judge(runs).result

describe('the bench', () => {
  test('[G15] says the middle of several runs, and how far they lie apart', () => {
    expect(spreadOf([3, 1, 2])).toEqual({ median: 2, least: 1, most: 3, runs: 3 })
    expect(spreadOf([4, 1, 2, 3])?.median).toBe(2.5)
    expect(spreadOf([])).toBeNull()
  })

  test('[G15] compares within a round, and leaves out a round of which one side is worthless', () => {
    const lost = { ...run('small', 'hubbub', 3, 1), faults: ['1 % lost'] }
    const runs = [...rounds(1), run('small', 'bun', 3, 100), lost]
    const cost = (server: Name) => ({ scenario: 'small', server, figure: 'cost' }) as const
    const ratios = ratiosOf(runs, cost('hubbub'), cost('bun'))
    const usual = GATE.usual.toFixed(2)
    expect(ratios.map((ratio) => ratio.toFixed(2))).toEqual([usual, usual, usual])
  })

  test('[G15] takes off what only one of them has to do, in the round in which it was measured', () => {
    const late = (server: Name, round: number, p50: number, fsync: number): Run => {
      return { scenario: 'quiet', server, round, figures: { p50, fsync }, faults: [] }
    }
    const runs = [
      late('hubbub', 1, 6, 1),
      late('bun', 1, 5, 1),
      late('hubbub', 2, 12, 2),
      late('bun', 2, 5, 9),
    ]
    const p50 = (server: Name) => ({ scenario: 'quiet', server, figure: 'p50' }) as const
    expect(ratiosOf(runs, p50('hubbub'), p50('bun'), 'fsync')).toEqual([1, 2])
    expect(differencesOf(runs, p50('hubbub'), p50('bun'))).toEqual([1, 7])
  })

  test('[G16] its gate sees what makes a delivery 1.5 times as dear, and no noise of 30 % in a round', () => {
    expect(resultOf(rounds(1))).toBe('good')
    expect(resultOf(rounds(1, [1.3, 1, 0.7]))).toBe('good')
    expect(resultOf(rounds(1, [1.29, 1.29, 1.29]))).toBe('good')
    expect(resultOf(rounds(1.5))).toBe('tooSlow')
    expect(resultOf(rounds(1.5, [1.3, 1, 0.7]))).toBe('tooSlow')
  })

  test('[G16] its gate says so where too little could be measured, and passes', () => {
    expect(resultOf([])).toBe('notJudged')
    expect(resultOf(rounds(1.5).filter(({ round }) => round < 2))).toBe('notJudged')
  })
})
