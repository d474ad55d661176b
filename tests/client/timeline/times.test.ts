/** What a key or a message may cost the page. These tests measure time, so no other test runs beside them. */
import { beforeAll, describe, expect, test } from 'bun:test'
import { formatText, loadMarkdown } from '../../../src/client/timeline/formatText.ts'
import { parseText } from '../../../src/shared/writing/writing.ts'
import { searchRooms } from '../../../src/client/roomDialogs/roomSearch.ts'
import { countedRoom, numbers } from '../../support/client/aState.ts'
import { byAnn } from '../../support/client/aRow.ts'
import { useDom } from '../../support/client/useDom.ts'

useDom('http://localhost/chat/lobby')

beforeAll(loadMarkdown)

describe('a message', () => {
  // Marks, beginnings of addresses, and what may stand between them.
  // prettier-ignore
  const PIECES = ['*', '**', '_', '__', '~~', '~', '`', '``', '```', '[', '](', ')', '(', ']', '![', '<', '>', '\\', '!', 'a', 'b ', '中', '。', ' ', '\t', '\n', '\n\n', '- ', '1. ', '> ', '|', '|-', '&amp;', 'http://', 'https://a.b', 'mailto:', '@', '//', 'a.a', '"', ':', '-', '#', '<http:', '[a](', 'x@y.z', '  \n', '\n- ', '\n> ', '\n1. ', '\n  - ', '<a href="', '<!--', '\n```\n', '*a!', 'a*', '**a**', '\u200b', '\u202e', '\u2028', '\u3000', '\ufdfa', '***', '\n# ', '\n---\n', '\n|-|-|\n', ' | ', '/me ', 'ก', '\u0301', '🎉', 'x@']
  // prettier-ignore
  const STARTS = ['', 'http://a.b/', 'http://a.b/(', 'mailto:a@', '[a](', '[a](http://', '`', '```\n', '> ', '- ', '**']
  /** Pieces that were slow once. */
  const SLOW = ['*中。', '*a!', '**a!', '_中。', '\u200b_', '*', '`a', '[a](b', '\n- http://a.b']
  const LIMIT = 4_000

  /** Whole texts that were slow once. */
  const SLOW_TEXTS = ['~', ' ', '\t']
    .map((piece) => `~~~${piece.repeat(LIMIT - 4)}\``)
    .concat(`|a|b|\n|-|-|\n${'|'.repeat(LIMIT - 13)}`)

  const repeated = (piece: string) => piece.repeat(LIMIT).slice(0, LIMIT)
  const ORDINARY = repeated('**a** _b_ `c` http://a.b [x](http://y.z)\n- a\n')

  const draw = (text: string) => formatText(text, byAnn)

  /** ms that a text takes at best; the machine may be busy with other work */
  function timeOf(text: string, rounds: number, run: (text: string) => unknown = draw): number {
    const times = Array.from({ length: rounds }, () => {
      const began = performance.now()
      run(text)
      return performance.now() - began
    })
    return Math.min(...times)
  }

  /**
   * The first text that takes longer than the limit. A text that seems slow gets more rounds, each time beside a limit measured
   * anew: a busy machine interrupts most rounds, and may have become slower.
   */
  function slowOf(texts: readonly string[], limitNow: () => number, run?: (text: string) => unknown) {
    const limit = limitNow()
    return texts.find(
      (text) =>
        timeOf(text, 2, run) > limit && [20, 200].every((rounds) => timeOf(text, rounds, run) > limitNow()),
    )
  }

  test('[U120] of 4,000 characters takes at most 5 ms more than plain letters, or 2.5 times an ordinary message, whatever its marks', () => {
    const texts = [...SLOW, ...PIECES.flatMap((a) => PIECES.map((b) => a + b))]
      .map(repeated)
      .concat(SLOW_TEXTS)
    let seed = 1
    const pick = (from: readonly string[]) => {
      seed = (seed * 48_271) % 0x7fffffff
      return from[seed % from.length] ?? ''
    }
    const unit = () => Array.from({ length: 1 + (seed % 3) }, () => pick(PIECES)).join('')
    for (let count = 0; count < 500; count += 1) {
      const [start, first, second] = [pick(STARTS), unit(), unit()]
      const text = start + repeated(first)
      texts.push(text.slice(0, LIMIT), text.slice(0, LIMIT / 2) + repeated(second).slice(0, LIMIT / 2))
      texts.push(text.slice(0, LIMIT - 20) + second.slice(0, 20))
      texts.push(repeated(Array.from({ length: 100 }, () => pick([first, second, unit()])).join('')))
    }
    // On a usual machine the ordinary message takes under 2 ms, so there the limit is 5 ms.
    const limitNow = () => timeOf('abc def '.repeat(LIMIT / 8), 5) + Math.max(5, 2.5 * timeOf(ORDINARY, 50))
    expect(slowOf(texts, limitNow)).toBeUndefined()
  }, 120_000)

  test('[U120] of 4,000 characters is parsed in a millisecond, or in three times the time of an ordinary message', () => {
    const texts = [...SLOW, ...PIECES.flatMap((a) => PIECES.map((b) => a + b))]
      .map(repeated)
      .concat(SLOW_TEXTS)
    // The worst, 2,000 pieces of code, take twice as long; what is not linear would take a hundred times as long.
    const limitNow = () => Math.max(1, 3 * timeOf(ORDINARY, 50, parseText))
    expect(slowOf(texts, limitNow, parseText)).toBeUndefined()
  }, 120_000)
})

describe('finding a room', () => {
  test('[U123] 2,000 rooms are searched in 16 ms a key, also if most of them match', () => {
    const many = numbers(1, 2_000).map((n) =>
      countedRoom(`Rõom number ${(n * 7_919) % 2_003}`, { joined: n % 200 === 0 }),
    )
    const recent = numbers(1, 50).map((n) => `rõom-number-${n}`)
    for (const most of [8, 300])
      for (const typed of ['', 'r', 'o', 'rn4', 'number 12', 'zz']) {
        const times = numbers(1, 5).map(() => {
          const began = performance.now()
          searchRooms(many, typed, { recent, current: 'x', limit: most })
          return performance.now() - began
        })
        expect([typed, most, Math.min(...times)]).toSatisfy(([, , ms]) => Number(ms) <= 16)
      }
  })
})
