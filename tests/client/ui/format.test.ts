import { describe, expect, test } from 'bun:test'
import {
  countText,
  dayFrom,
  dayLabel,
  dayOf,
  fullDate,
  hueOf,
  initials,
  isolated,
  isoTime,
  nameList,
  timeOfDay,
} from '../../../src/client/ui/format.ts'
import { numbers } from '../../support/client/aState.ts'

const time = (...parts: [number, number, number, number?, number?, number?]) => new Date(...parts).getTime()

describe('times', () => {
  test('[U12] hour and minute are written as the locale does', () => {
    expect(timeOfDay(time(2026, 0, 15, 14, 2), 'system', 'de')).toBe('14:02')
    expect(timeOfDay(time(2026, 0, 15, 14, 2), 'system', 'en-US').replace(/\s/, ' ')).toBe('2:02 PM')
  })

  test('[U12] and by the clock that somebody has chosen, also at midnight', () => {
    expect(timeOfDay(time(2026, 0, 15, 14, 2), 'h12', 'de')).toContain('2:02')
    expect(timeOfDay(time(2026, 0, 15, 14, 2), 'h23', 'en-US')).toBe('14:02')
    expect(timeOfDay(time(2026, 0, 15, 0, 2), 'h23', 'en-US')).toBe('00:02')
  })

  test('[U12] a row tells its full date and its ISO time', () => {
    const at = time(2026, 0, 15, 14, 2, 7)
    expect(fullDate(at, 'system', 'en-GB')).toContain('Thursday')
    expect(fullDate(at, 'system', 'en-GB')).toContain('14:02:07')
    expect(fullDate(at, 'h12', 'en-GB')).toContain('2:02:07 pm')
    expect(fullDate(at, 'h23', 'en-US')).toContain('14:02:07')
    expect(new Date(isoTime(at)).getTime()).toBe(at)
  })

  const days: [string, number, string][] = [
    ['Today', time(2026, 0, 15, 0, 0, 1), '1 second after midnight'],
    ['Yesterday', time(2026, 0, 14, 23, 59, 59), '1 second before midnight'],
    ['Tuesday 13 January', time(2026, 0, 13), 'the day before yesterday'],
    ['Wednesday 31 December 2025', time(2025, 11, 31), 'last year'],
  ]
  test.each(days)('[U11] %s', (label, at) => {
    expect(dayLabel(at, time(2026, 0, 15, 12), 'en-GB').replace(',', '')).toBe(label)
  })

  test('[U11] over midnight today becomes yesterday', () => {
    const at = time(2026, 0, 15, 23, 59)
    expect(dayLabel(at, at, 'en')).toBe('Today')
    expect(dayLabel(at, dayFrom(at, 1), 'en')).toBe('Yesterday')
  })

  test('[U11] a day begins at midnight, also across the months', () => {
    expect(dayFrom(time(2026, 0, 31, 23, 59), 1)).toBe(time(2026, 1, 1))
    expect(dayOf(time(2026, 0, 5, 0, 0))).toBe(dayOf(time(2026, 0, 5, 23, 59)))
    expect(dayOf(time(2026, 0, 5))).not.toBe(dayOf(time(2025, 0, 5)))
  })
})

describe('names and counts', () => {
  test('[U64] a list of names, its rest counted', () => {
    expect(nameList(['Ann'])).toBe('Ann')
    expect(nameList(['Ann', 'Bo'])).toBe('Ann and Bo')
    expect(nameList(['Ann', 'Bo', ...numbers(1, 6).map(String)], 3)).toBe('Ann, Bo and 6 others')
    expect(nameList(['Ann', 'Bo', 'Cy'], 3)).toBe('Ann, Bo and Cy')
  })

  test('[U14] counts end at 99', () => {
    expect([7, 99, 100].map(countText)).toEqual(['7', '99', '99+'])
  })

  const letters: [string, string][] = [
    ['ann lee', 'A'],
    ['  zoë', 'Z'],
    ['漢字', '漢'],
    ['محمد', 'م'],
    ['👩‍🚀 Neil', '👩‍🚀'],
    ['O’Brien', 'O'],
    ['ßeta', 'S'],
    ['é\u0301', 'É\u0301'],
  ]
  test.each(letters)('[V7] %s → %s', (name, letter) => {
    expect(initials(name, 'en')).toBe(letter.normalize())
  })

  test('[V7] ids of one millisecond spread over the hues', () => {
    const hues = numbers(1, 720).map((n) => hueOf(`0199c0de-0000-7000-8000-${String(n).padStart(12, '0')}`))
    expect(hues.every((hue) => Number.isInteger(hue) && hue >= 0 && hue < 360)).toBe(true)
    expect(new Set(hues).size).toBeGreaterThan(250)
    const quarters = [0, 1, 2, 3].map(
      (quarter) => hues.filter((hue) => Math.floor(hue / 90) === quarter).length,
    )
    for (const count of quarters) expect(count).toBeGreaterThan(120)
  })

  test('[T12] a name is isolated where there is no markup', () => {
    expect(isolated('נועה')).toBe('\u2068נועה\u2069')
    expect(isolated('Ann 2')).toBe('Ann 2')
  })
})
