import { describe, expect, test } from 'bun:test'
import {
  AT_THE_END,
  MAX_DRAWN_ROWS,
  windowAround,
  windowItems,
  extendWindow,
  type RowWindow,
} from '../../../src/client/timeline/rows/rowWindow.ts'
import type { TimelineItem } from '../../../src/client/timeline/timelineItems.ts'
import { aRow, anItem } from '../../support/client/aRow.ts'
import { NOON, numbers } from '../../support/client/aState.ts'

/** Messages 1 … `to`, with a header for each `group` of them. */
const items = (to: number, group = 1): TimelineItem[] =>
  numbers(1, to).map((seq) => anItem(aRow(seq), (seq - 1) % group === 0))
const seqs = (drawn: readonly TimelineItem[]) =>
  drawn.map((item) => (item.kind === 'message' ? item.row.seq : item.kind))

describe('the window over the rows', () => {
  const long: RowWindow = { first: 'b1 n1', last: 'b1 n400', live: true }
  test.each([
    ['shows the last hundred messages on entry', 300, AT_THE_END, 'top', 201, 300],
    ['drops the oldest of more than 400, if the reader is at the end', 401, long, 'top', 102, 401],
    ['drops the newest of more than 400, if the reader is further up', 401, long, 'bottom', 1, 300],
    ['shows a hundred after a burst in which all rows were dropped', 1_400, long, 'top', 1_301, 1_400],
  ] as const)('[U16, W6] %s', (_, count, before, drop, first, last) => {
    const { drawn, shown } = windowItems(items(count), before, drop)
    expect([seqs(drawn)[0], seqs(drawn).at(-1), shown.live]).toEqual([first, last, last === count])
  })

  test('[U16] skips no row on the way up and down, and is live at the end again', () => {
    const all = items(1_000)
    let shown = AT_THE_END
    const extend = (side: 'top' | 'bottom') => {
      const next = windowItems(all, extendWindow(all, shown, side), side === 'top' ? 'bottom' : 'top')
      const drawn = seqs(next.drawn)
      expect(drawn).toEqual(numbers(Number(drawn[0]), Number(drawn.at(-1))))
      expect(drawn.length).toBeLessThanOrEqual(MAX_DRAWN_ROWS)
      shown = next.shown
      return drawn
    }
    for (let step = 0; step < 100 && extend('top')[0] !== 1; step += 1);
    expect(shown).toMatchObject({ first: 'b1 n1', live: false })
    for (let step = 0; step < 100 && !shown.live; step += 1) extend('bottom')
    expect(shown.live).toBe(true)
    expect(extendWindow(all, shown, 'bottom')).toBe(shown)
  })

  test('[U10] gives its first message a header, by the same item each time', () => {
    const all = items(300, 7)
    const [first] = windowItems(all, AT_THE_END, 'top').drawn
    expect(first).toMatchObject({ kind: 'message', first: true })
    expect(windowItems(all, AT_THE_END, 'top').drawn[0] === first).toBe(true)
  })

  test('[U16] shows a separator with the message below it', () => {
    const all = items(150).toSpliced(50, 0, { kind: 'day', key: 'day', day: 'd', at: NOON })
    expect(seqs(windowItems(all, AT_THE_END, 'top').drawn)[0]).toBe('day')
    expect(seqs(windowItems(all, { first: 'b1 n52', last: null, live: true }, 'top').drawn)[0]).toBe(52)
  })

  test('[U82] opens around a message, unless the message is not there', () => {
    expect(windowAround(items(10), 'nothing')).toBe(null)
    expect(windowAround(items(300), 'b1 n100')).toEqual({ first: 'b1 n50', last: 'b1 n200', live: false })
  })
})
