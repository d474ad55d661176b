/** What a key or a message may cost the page: times that are judged, so nothing else runs beside them. */
import { beforeAll, describe, expect, test } from 'bun:test'
import { formatText, loadMarkdown } from '../../../src/client/timeline/formatText.ts'
import { searchRooms } from '../../../src/client/roomFinder/roomSearch.ts'
import { countedRoom, numbers } from '../../support/client/aState.ts'
import { useDom } from '../../support/client/useDom.ts'

useDom('http://localhost/chat/lobby')

beforeAll(loadMarkdown)

describe('a message', () => {
  // What the lexer and the finder of addresses know, and what stands between marks.
  // prettier-ignore
  const PIECES = ['*', '**', '_', '__', '~~', '~', '`', '``', '```', '[', '](', ')', '(', ']', '![', '<', '>', '\\', '!', 'a', 'b ', '中', '。', ' ', '\t', '\n', '\n\n', '- ', '1. ', '> ', '|', '|-', '&amp;', 'http://', 'https://a.b', 'mailto:', '@', '//', 'a.a', '"', ':', '-', '#', '<http:', '[a](', 'x@y.z', '  \n', '\n- ', '\n> ', '\n1. ', '\n  - ', '<a href="', '<!--', '\n```\n', '*a!', 'a*', '**a**', '\u200b', '\u202e', '\u2028', '\u3000', '\ufdfa']
  const STARTS = [
    '',
    'http://a.b/',
    'http://a.b/(',
    'mailto:a@',
    '[a](',
    '[a](http://',
    '`',
    '```\n',
    '> ',
    '- ',
    '**',
  ]

  function fastest(text: string, rounds: number): number {
    let least = Infinity
    for (let round = 0; round < rounds; round++) {
      const before = process.threadCpuUsage()
      formatText(text)
      const { user, system } = process.threadCpuUsage(before)
      least = Math.min(least, (user + system) / 1_000)
    }
    return least
  }

  test('[U120] whatever marks 4,000 characters hold, they are drawn in 5 ms more than letters', () => {
    // The found ones first; then a piece, pairs, triples, a turn half way, and an end that differs.
    const given = ['*中。', '*a!', '**a!', '_中。', '\u200b_', '*', '`a', '[a](b', '\n- http://a.b']
    const texts = given.map((piece) => piece.repeat(4_000).slice(0, 4_000))
    let seed = 1
    const one = (of: readonly string[]) => {
      seed = (seed * 48_271) % 0x7fffffff
      return of[seed % of.length] ?? ''
    }
    const some = () => Array.from({ length: 1 + (seed % 3) }, () => one(PIECES)).join('')
    for (const first of PIECES)
      for (const second of PIECES) texts.push((first + second).repeat(2_000).slice(0, 4_000))
    for (let count = 0; count < 1_000; count++) {
      const [start, unit, other] = [one(STARTS), some(), some()]
      texts.push((start + unit.repeat(4_000)).slice(0, 4_000))
      texts.push((start + unit.repeat(4_000)).slice(0, 2_000) + other.repeat(2_000).slice(0, 2_000))
      texts.push((start + unit.repeat(4_000)).slice(0, 3_980) + other)
      texts.push(
        Array.from({ length: 1_000 }, () => one([unit, other, some()]))
          .join('')
          .slice(0, 4_000),
      )
    }
    for (let round = 0; round < 20; round++)
      formatText('**a** _b_ `c` http://a.b [x](http://y.z)\n- a\n'.repeat(40))
    const letters = fastest('abc def '.repeat(500), 5)
    const slow = texts.filter((text) => fastest(text, 1) - letters > 5 && fastest(text, 20) - letters > 5)
    expect(slow.map((text) => text.slice(0, 40))).toEqual([])
  }, 60_000)
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
