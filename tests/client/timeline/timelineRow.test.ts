import { describe, expect, test } from 'bun:test'
import type { TimelineItem } from '../../../src/client/timeline/timelineItems.ts'
import { presenceText, timelineSeparator } from '../../../src/client/timeline/timelineSeparator.ts'
import { plain } from '../../support/client/aRow.ts'
import { NOON, ada, eve, numbers } from '../../support/client/aState.ts'
import { useDom } from '../../support/client/useDom.ts'

useDom('http://localhost/chat/lobby')

describe('between messages', () => {
  test('[U64] a run is one line, three names and the rest counted', () => {
    const many = numbers(1, 8).map((at) => ({ id: `p${at}`, name: `P${at}` }))
    expect(plain(presenceText({ joined: many, left: [eve], renamed: [] }))).toBe(
      'P1, P2 and 6 others came online, Eve went offline',
    )
    expect(plain(presenceText({ joined: [], left: [], renamed: [{ user: ada, before: 'Ann' }] }))).toBe(
      'Ann is now Ada',
    )
  })

  test('[U11] a day is Today until midnight and Yesterday after it, in the same element', () => {
    let now = new Date(2026, 0, 15, 23, 59).getTime()
    const item: TimelineItem = { kind: 'day', key: 'day 2026-1-15', day: '2026-1-15', at: NOON }
    const view = timelineSeparator(item as never, () => now)
    expect(view.element.textContent).toBe('Today')
    now += 120_000
    view.update(item)
    expect(view.element.textContent).toBe('Yesterday')
  })
})
