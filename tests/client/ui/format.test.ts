import { describe, expect, test } from 'bun:test'
import {
  countText,
  dayLabel,
  dayOf,
  fullDate,
  hueOf,
  initials,
  isolated,
  nameList,
  briefTime,
  timeOfDay,
} from '../../../src/client/ui/format.ts'
import { numbers } from '../../support/client/aState.ts'

const time = (...parts: [number, number, number, number?, number?, number?]) => new Date(...parts).getTime()

describe('times', () => {
  const afternoon = time(2026, 0, 15, 14, 2, 7)

  test.each([
    [afternoon, 'system', 'de', '14:02'],
    [afternoon, 'system', 'en-US', '2:02 PM'],
    [afternoon, 'h12', 'de', '02:02 PM'],
    [afternoon, 'h23', 'en-US', '14:02'],
    [time(2026, 0, 15, 0, 2), 'h23', 'en-US', '00:02'],
  ] as const)('[U12] the time %d by the clock %s in %s is %s', (at, clock, locale, text) => {
    expect(timeOfDay(at, clock, locale).replace(/\s/, ' ')).toBe(text)
  })

  test('[U12] a message has its full date', () => {
    expect(fullDate(afternoon, 'system', 'en-GB')).toMatch(/Thursday.*14:02:07/)
    expect(fullDate(afternoon, 'h12', 'en-GB')).toContain('2:02:07 pm')
  })

  test.each([
    ['Today', time(2026, 0, 15, 0, 0, 1), '1 second after midnight'],
    ['Yesterday', time(2026, 0, 14, 23, 59, 59), '1 second before midnight'],
    ['Tuesday 13 January', time(2026, 0, 13), 'the day before yesterday'],
    ['Wednesday 31 December 2025', time(2025, 11, 31), 'last year'],
  ])('[U11] the day is %s', (label, at) => {
    expect(dayLabel(at, time(2026, 0, 15, 12), 'en-GB').replace(',', '')).toBe(label)
  })

  test('[U11] a day begins at midnight', () => {
    expect(dayLabel(time(2025, 11, 31), time(2026, 0, 1))).toBe('Yesterday')
    expect(dayOf(time(2026, 0, 5, 0, 0))).toBe(dayOf(time(2026, 0, 5, 23, 59)))
    expect(dayOf(time(2026, 0, 5))).not.toBe(dayOf(time(2025, 0, 5)))
  })
})

describe('names and counts', () => {
  test('[U64] a long list of names ends with a count', () => {
    expect(nameList(['Ann', 'Bo'])).toBe('Ann and Bo')
    expect(nameList(['Ann', 'Bo', 'Cy'], 3)).toBe('Ann, Bo and Cy')
    expect(nameList(['Ann', 'Bo', ...numbers(1, 6).map(String)], 3)).toBe('Ann, Bo and 6 others')
  })

  test.each([
    ['en-US', 'h12', '2:02'],
    ['en-GB', 'h23', '14:02'],
    ['ko-KR', 'h12', '2:02'],
    ['zh-TW', 'h12', '2:02'],
    ['ar-EG', 'h12', '٢:٠٢'],
  ] as const)('[U12] in the gutter, %s with %s writes no AM or PM', (locale, clock, text) => {
    expect(briefTime(new Date(2026, 8, 5, 14, 2).getTime(), clock, locale).replace(/\u200f/g, '')).toBe(text)
  })

  test('[U14] counts end at 99', () => {
    expect([7, 99, 100].map(countText)).toEqual(['7', '99', '99+'])
  })

  test.each([
    ['ann lee', 'AL'],
    ['Ben van Dam', 'BV'],
    ['Gus 2', 'G'],
    ['  zoë', 'Z'],
    ['漢字', '漢'],
    ['محمد', 'م'],
    ['👩‍🚀 Neil', '👩‍🚀'],
    ['ßeta', 'S'],
    ['é\u0301', 'É\u0301'],
    ['გიორგი', 'გ'],
    ['فاطمة الزهراء', 'ف\u200cا'],
  ])('[V7] the letters of %s are %s', (name, letter) => {
    expect(initials(name)).toBe(letter.normalize())
  })

  test('[V7] ids of one millisecond spread over the twelve hues', () => {
    const hues = numbers(1, 720).map((n) => hueOf(`0199c0de-0000-7000-8000-${String(n).padStart(12, '0')}`))
    expect([...new Set(hues)].toSorted((a, b) => a - b)).toEqual(numbers(0, 11).map((n) => n * 30))
  })

  test('[T12] a name is isolated in plain text', () => {
    expect(isolated('נועה')).toBe('\u2068נועה\u2069')
    expect(isolated('Ann 2')).toBe('Ann 2')
  })
})
