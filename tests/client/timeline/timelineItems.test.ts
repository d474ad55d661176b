import { describe, expect, setSystemTime, test } from 'bun:test'
import fc from 'fast-check'
import { timelineItems, type TimelineItem } from '../../../src/client/timeline/timelineItems.ts'
import { presenceText, timelineSeparator } from '../../../src/client/timeline/timelineSeparator.ts'
import type { PresenceLine, RoomState } from '../../../src/client/state/state.ts'
import type { Message, User } from '../../../src/shared/model.ts'
import { plain } from '../../support/client/aRow.ts'
import {
  ada,
  aLivePage,
  bob,
  entry,
  eve,
  event,
  history,
  NOON,
  numbers,
  olderLoaded,
  olderRequested,
  person,
  said,
} from '../../support/client/aState.ts'
import { useDom } from '../../support/client/useDom.ts'

useDom('http://localhost/chat/lobby')

const SECOND = 1_000
const MINUTE = 60 * SECOND
const DAY = 24 * 60 * MINUTE

/** Items in short: `*1` is message 1 with its header, `1` without. */
function short(items: readonly TimelineItem[]): string[] {
  return items.map((item) => {
    // prettier-ignore
    switch (item.kind) {
      case 'message': return `${item.first ? '*' : ''}${item.row.seq ?? item.row.nonce}`
      case 'day': return `day ${item.day}`
      case 'presence': return `presence ${[...item.joined, ...item.left].map(({ name }) => name).join(' ')}`
      default: return item.kind
    }
  })
}
const itemsOf = (room: RoomState) => short(timelineItems()(room))
const messagesOf = (room: RoomState) => itemsOf(room).filter((item) => /^\*?(\d+|n-\d+)$/.test(item))

const at = (seq: number, when: number, user: User = bob) => said(seq, { at: when, user })
const line = (kind: PresenceLine['kind'], user: User, after = 3, n = 0): PresenceLine => ({
  ...{ id: `${kind} ${user.id} ${after} ${n}`, kind, user, at: NOON, after },
})
const people = (count: number): User[] => numbers(1, count).map((n) => ({ id: `p${n}`, name: `P${n}` }))
const withLines = (lines: readonly PresenceLine[], room = aLivePage().lobby) => ({
  ...room,
  presenceLines: lines,
})

test('[U213, U24] deleted messages of one author that follow each other are one item, the first of them', () => {
  const gone = (seq: number, user: User) => ({ ...at(seq, NOON, user), text: null }) as never
  const room = aLivePage([
    gone(1, bob),
    gone(2, bob),
    gone(3, ada),
    at(4, NOON),
    gone(5, bob),
    gone(6, bob),
  ]).lobby
  const drawn = timelineItems()(room).flatMap((item) =>
    item.kind === 'message' ? [[item.row.seq, item.deleted]] : [],
  )
  expect(drawn).toEqual([
    [1, 2],
    [3, 1],
    [4, undefined],
    [5, 2],
  ])
})

describe('a group of messages', () => {
  const midnight = new Date(2026, 0, 16).getTime()
  test.each<[string, Message[], string[]]>([
    ['has one header for five minutes', [at(1, NOON), at(2, NOON + 5 * MINUTE)], ['*1', '2']],
    ['ends after five minutes', [at(1, NOON), at(2, NOON + 5 * MINUTE + 1)], ['*1', '*2']],
    ['ends with another author', [at(1, NOON), at(2, NOON, ada), at(3, NOON)], ['*1', '*2', '*3']],
    ['ends at midnight', [at(1, midnight - SECOND), at(2, midnight + SECOND)], ['*1', '*2']],
    [
      'ends before a reply',
      [at(1, NOON), said(2, { at: NOON, replyTo: 'id-1' } as object), at(3, NOON)],
      ['*1', '*2', '3'],
    ],
  ])('[U10] %s', (_, messages, drawn) => {
    expect(messagesOf(aLivePage(messages).lobby)).toEqual(drawn)
  })

  test('[U10] ends at a presence line', () => {
    const room = withLines([line('joined', eve, 1)], aLivePage([at(1, NOON), at(2, NOON)]).lobby)
    expect(itemsOf(room).slice(-3)).toEqual(['*1', 'presence Eve', '*2'])
  })

  test('[U10] goes on across the edge of an older page', () => {
    const page = aLivePage([at(51, NOON), at(52, NOON)])
    expect(messagesOf(page.lobby)).toEqual(['*51', '52'])
    const older = history([at(50, NOON)], { older: true, head: 52 })
    page.tell(olderRequested(51), olderLoaded(51, older))
    expect(messagesOf(page.lobby)).toEqual(['*50', '51', '52'])
  })

  test('[U10] takes in my pending message, and keeps it when it is acked', () => {
    const page = aLivePage([at(1, NOON, ada)]).queue(entry('n-1'))
    expect(messagesOf(page.lobby)).toEqual(['*1', 'n-1'])
    page.hear({ type: 'ack', nonce: 'n-1', room: 'lobby', seq: 2, id: 'id-2', at: NOON + SECOND })
    expect(messagesOf(page.lobby)).toEqual(['*1', '2'])
  })
})

describe('between messages', () => {
  test('[U11] each day has a separator above its first message', () => {
    const { lobby } = aLivePage([at(1, NOON), at(2, NOON + 1), at(3, NOON + DAY)])
    expect(itemsOf(lobby)).toEqual(['begin', 'day Thu Jan 15 2026', '*1', '2', 'day Fri Jan 16 2026', '*3'])
  })

  test('[U11] a day is Today until midnight and Yesterday after it, in the same element', () => {
    setSystemTime(new Date(2026, 0, 15, 23, 59))
    const item: TimelineItem = { kind: 'day', key: 'day', day: '2026-01-15', at: NOON }
    const view = timelineSeparator(item as never, { pickDay: () => {}, roomName: () => 'Kitchen' })
    expect(view.element.textContent).toBe('Today')
    setSystemTime(new Date(2026, 0, 16, 0, 1))
    view.update(item)
    expect(view.element.textContent).toBe('Yesterday')
    setSystemTime()
  })

  test('[U15] the room begins where nothing is older, and says if older messages were deleted', () => {
    expect(itemsOf(aLivePage([said(1)]).lobby)[0]).toBe('begin')
    expect(itemsOf(aLivePage([said(9)]).lobby)).not.toContain('begin')
    const [first] = timelineItems()(aLivePage([said(9)], { floor: 9 }).lobby)
    expect(first).toMatchObject({ kind: 'begin', olderRemoved: true })
  })

  test('[U7, U53] an empty room has no items; the notice of a reset stands first', () => {
    expect(itemsOf(aLivePage([]).lobby)).toEqual([])
    expect(itemsOf({ ...aLivePage([said(9)]).lobby, resetNotice: 'away' })[0]).toBe('resetNotice')
  })
})

describe('presence lines', () => {
  test.each<[PresenceLine[], string]>([
    [[line('joined', eve), line('left', bob)], 'Eve came online, Bob went offline'],
    [[line('joined', eve), line('left', eve, 3, 1)], ''],
    [[line('left', eve), line('joined', eve, 3, 1)], 'Eve came online, Eve went offline'],
    [[line('joined', eve), line('left', eve, 3, 1), line('joined', eve, 3, 2)], 'Eve came online'],
    [people(8).map((one) => line('joined', one)), 'P1, P2 and 6 others came online'],
    [[{ ...line('renamed', ada), before: 'Ann' }], 'Ann is now Ada'],
  ])('[U64] %j are one line: %j; a run that comes to nothing is not drawn', (lines, text) => {
    const last = timelineItems()(withLines(lines)).at(-1)
    expect(last?.kind === 'presence' ? plain(presenceText(last)) : '').toBe(text)
  })

  test.each([
    ['shown', 3, 3],
    ['condensed', 3, 1],
    ['hidden', 3, 0],
    ['condensed', 101, 0],
  ] as const)('[U64] are %s with %d people online: %d lines of three', (setting, onlineCount, count) => {
    const room = { ...withLines(people(3).map((one) => line('joined', one))), onlineCount }
    expect(timelineItems(setting)(room).filter(({ kind }) => kind === 'presence')).toHaveLength(count)
  })

  test('[U64] keep their key when another person joins the run', () => {
    const items = timelineItems()
    const all = people(2).map((one) => line('joined', one))
    const before = items(withLines(all.slice(0, 1))).at(-1)
    expect(items(withLines(all)).at(-1)).toMatchObject({ key: before?.key, joined: people(2) })
  })

  test('[U65] are drawn above pending messages, and not if their place is not loaded', () => {
    const page = aLivePage().queue(entry('n-1'))
    expect(itemsOf(withLines([line('joined', eve)], page.lobby)).slice(-2)).toEqual(['presence Eve', '*n-1'])
    const unloaded = withLines([line('joined', eve, 4)], aLivePage([said(9)]).lobby)
    expect(itemsOf(unloaded)).not.toContain('presence Eve')
  })
})

test('[U170] a message says what the people it mentions are called now', () => {
  const toEve = { text: '@Ada', mentions: [{ user: eve.id, at: 0, length: 4 }] }
  const page = aLivePage([said(1, toEve), said(2, { text: '@Ada' })])
  const namesOf = () =>
    timelineItems()(page.lobby).flatMap((item) => (item.kind === 'message' ? [item.names] : []))
  const changed = (version: number, more: object) =>
    ({ type: 'presence', room: 'lobby', version, count: 2, ...more }) as const
  expect(namesOf()).toEqual([[null], ['Ada']])
  page.hear(event(said(3, { user: { ...eve, name: 'Eva' } })))
  expect(namesOf()[0]).toEqual(['Eva'])
  page.hear(changed(2, { joined: [person({ ...eve, name: 'Eva' })] }))
  page.hear(changed(3, { changed: [{ id: eve.id, name: 'Evi' }] }), changed(4, { left: [eve.id] }))
  expect(namesOf()[0]).toEqual(['Evi'])
  page.hear(event(said(4, { ...toEve, text: '@Evi' })), event(said(5, { user: { ...eve, name: 'Eve' } })))
  expect(namesOf().filter(Boolean)).toEqual([['Eve'], ['Ada'], ['Eve']])
})

describe('an item that did not change', () => {
  test('[W9] is in the same list after a change that is not drawn', () => {
    const page = aLivePage()
    const items = timelineItems()
    const before = items(page.lobby)
    page.hear({ type: 'typing', room: 'lobby', user: bob, on: true }, { type: 'beat', heads: { lobby: 3 } })
    expect(items(page.lobby) === before).toBe(true)
  })

  test('[U18] is the same object after a new message', () => {
    const page = aLivePage(numbers(1, 50).map((seq) => said(seq)))
    const items = timelineItems()
    const before = items(withLines([line('joined', eve, 20)], page.lobby))
    page.hear(event(said(51)))
    const after = items(withLines([line('joined', eve, 20)], page.lobby))
    expect(before.every((item, n) => item === after[n])).toBe(true)
    expect(after).toHaveLength(before.length + 1)
  })

  test('[W9, U11] has a key of its own in any history, even if a clock that was set back repeats a day', () => {
    const authors = [ada, bob, eve]
    const steps = fc.record({ who: fc.nat(2), wait: fc.integer({ min: -DAY, max: DAY }) })
    const moves = fc.record({ who: fc.nat(2), kind: fc.constantFrom('joined', 'left'), after: fc.nat(40) })
    fc.assert(
      fc.property(
        fc.array(steps, { maxLength: 40 }),
        fc.array(moves, { maxLength: 20 }),
        (talk, presence) => {
          let now = NOON
          const messages = talk.map(({ who, wait }, n) => at(n + 1, (now += wait), authors[who]))
          const lines = presence
            .map(({ who, kind, after }, n) => line(kind, authors[who] ?? ada, after, n))
            .toSorted((a, b) => a.after - b.after)
          const items = timelineItems()(withLines(lines, aLivePage(messages).lobby))
          expect(new Set(items.map(({ key }) => key)).size).toBe(items.length)
          expect(items.filter(({ kind }) => kind === 'message')).toHaveLength(messages.length)
        },
      ),
      { numRuns: 100 },
    )
  })
})
