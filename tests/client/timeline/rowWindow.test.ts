import { describe, expect, test } from 'bun:test'
import {
  AT_THE_END,
  MAX_DRAWN_ROWS,
  windowAround,
  windowItems,
  extendWindow,
} from '../../../src/client/timeline/rows/rowWindow.ts'
import type { TimelineItem } from '../../../src/client/timeline/timelineItems.ts'
import { aRow, anItem } from '../../support/client/aRow.ts'
import { NOON, numbers } from '../../support/client/aState.ts'

describe('the window over the rows', () => {
  const items = (to: number, group = 1): TimelineItem[] =>
    numbers(1, to).map((seq) => anItem(aRow(seq), (seq - 1) % group === 0))
  const seqs = (drawn: readonly TimelineItem[]) =>
    drawn.map((item) => (item.kind === 'message' ? item.row.seq : item.kind))

  test('[U16] on entry the last hundred; more than 400 are never drawn, and what goes is at the far end', () => {
    const entry = windowItems(items(300), AT_THE_END, 'top')
    expect([seqs(entry.drawn)[0], entry.drawn.length, entry.shown.live]).toEqual([201, 100, true])
    const long = { first: 'b1 n1', last: 'b1 n400', live: true }
    const atEnd = windowItems(items(401), long, 'top')
    expect([seqs(atEnd.drawn)[0], seqs(atEnd.drawn).at(-1)]).toEqual([102, 401])
    const readingUp = windowItems(items(401), long, 'bottom')
    expect([seqs(readingUp.drawn)[0], seqs(readingUp.drawn).at(-1), readingUp.shown.live]).toEqual([
      1,
      300,
      false,
    ])
    expect(atEnd.drawn.length).toBeLessThanOrEqual(MAX_DRAWN_ROWS)
  })

  test('[W6, U16] after a burst in which all that was drawn has gone, a hundred rows are drawn, as on entry', () => {
    const burst = windowItems(items(1_400), { first: 'b1 n1', last: 'b1 n400', live: true }, 'top')
    expect([seqs(burst.drawn)[0], burst.drawn.length, burst.shown.live]).toEqual([1_301, 100, true])
  })

  test('[U16] walking up and down meets every row once a step, and ends live', () => {
    const all = items(1_000)
    let shown = AT_THE_END
    const step = (side: 'top' | 'bottom') => {
      const more = extendWindow(all, shown, side)
      const { drawn, shown: next } = windowItems(all, more, side === 'top' ? 'bottom' : 'top')
      const numbersDrawn = seqs(drawn) as number[]
      for (const [at, seq] of numbersDrawn.entries())
        if (at > 0) expect(seq).toBe((numbersDrawn[at - 1] ?? 0) + 1)
      expect(drawn.length).toBeLessThanOrEqual(MAX_DRAWN_ROWS)
      shown = next
      return more
    }
    let steps = 0
    for (; steps < 100 && seqs(windowItems(all, shown, 'top').drawn)[0] !== 1; steps += 1) step('top')
    expect(shown.live).toBe(false)
    for (; steps < 200 && !shown.live; steps += 1) step('bottom')
    expect(shown.live).toBe(true)
    expect(extendWindow(all, shown, 'bottom')).toBe(shown)
  })

  test('[U10] the first row drawn has a header, whatever was trimmed above it, and is the same item each time', () => {
    const all = items(300, 7)
    const [one] = windowItems(all, AT_THE_END, 'top').drawn
    const [again] = windowItems(all, AT_THE_END, 'top').drawn
    expect(one?.kind === 'message' && one.first).toBe(true)
    expect(one === again).toBe(true)
  })

  test('[U16] what stands between messages is drawn with the message below it', () => {
    const day: TimelineItem = { kind: 'day', key: 'day', day: 'd', at: NOON }
    const all = [...items(150)]
    all.splice(50, 0, day)
    expect(seqs(windowItems(all, AT_THE_END, 'top').drawn)[0]).toBe('day')
    expect(seqs(windowItems(all, { first: 'b1 n52', last: null, live: true }, 'top').drawn)[0]).toBe(52)
  })

  test('[U82] a place that is not among the rows any more is none', () => {
    expect(windowAround(items(10), 'nothing')).toBe(null)
    expect(windowAround(items(300), 'b1 n100')).toMatchObject({
      first: 'b1 n50',
      last: 'b1 n200',
      live: false,
    })
  })
})
