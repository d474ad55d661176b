import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import {
  condensePresence,
  timelineItems,
  type TimelineItem,
} from '../../../src/client/timeline/timelineItems.ts'
import { type PresenceLine, type RoomState } from '../../../src/client/state/state.ts'
import type { RoomEvent, User } from '../../../src/shared/model.ts'
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
  said,
} from '../../support/client/aState.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND

/** `*1`: message 1 with its header, `1`: without. */
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

const messages = (...all: RoomEvent[]) =>
  short(timelineItems()(aLivePage(all).lobby)).filter((one) => /^\*?\w+-?\d*$/.test(one) && one !== 'begin')
const at = (seq: number, when: number, user: User = bob) => said(seq, { at: when, user })
const line = (kind: PresenceLine['kind'], user: User, after = 3, n = 0): PresenceLine => ({
  id: `${kind} ${user.id} ${after} ${n}`,
  kind,
  user,
  at: NOON,
  after,
})

describe('groups', () => {
  test('[U10] the same author within five minutes has one header', () => {
    expect(messages(at(1, NOON), at(2, NOON + 4 * MINUTE + 59 * SECOND))).toEqual(['*1', '2'])
  })

  test('[U10] after five minutes there is a new one', () => {
    expect(messages(at(1, NOON), at(2, NOON + 5 * MINUTE + SECOND))).toEqual(['*1', '*2'])
  })

  test('[U10] another author has their own', () => {
    expect(messages(at(1, NOON), at(2, NOON, ada), at(3, NOON))).toEqual(['*1', '*2', '*3'])
  })

  test('[U10] midnight breaks a group', () => {
    const midnight = new Date(2026, 0, 16).getTime()
    expect(messages(at(1, midnight - SECOND), at(2, midnight + SECOND))).toEqual(['*1', '*2'])
  })

  test('[U10] groups close over the edge of an older page', () => {
    const older = history([at(50, NOON)], { older: true, head: 52 })
    const page = aLivePage([at(51, NOON), at(52, NOON)])
    const items = timelineItems()
    expect(short(items(page.lobby)).slice(-2)).toEqual(['*51', '52'])
    page.tell(
      { type: 'olderRequested', room: 'lobby' },
      { type: 'olderLoaded', room: 'lobby', before: 51, page: older },
    )
    expect(short(items(page.lobby)).slice(-3)).toEqual(['*50', '51', '52'])
  })

  test('[U10] the first row left after a trim has a header', () => {
    const page = aLivePage([at(1, NOON), at(2, NOON), at(3, NOON)])
    const room: RoomState = { ...page.lobby, rows: page.lobby.rows.slice(1), older: 'more' }
    expect(short(timelineItems()(room)).slice(-2)).toEqual(['*2', '3'])
  })

  test('[U10] my waiting message joins my group, and stays in it when it is acked', () => {
    const page = aLivePage([at(1, NOON, ada)]).queue(entry('n-1'))
    const items = timelineItems()
    expect(short(items(page.lobby)).at(-1)).toBe('n-1')
    page.hear({ type: 'ack', nonce: 'n-1', room: 'lobby', seq: 2, id: 'id-2', at: NOON + SECOND })
    expect(short(items(page.lobby)).at(-1)).toBe('2')
  })

  test('[U10] a line between breaks a group, and so does a reply', () => {
    const page = aLivePage([at(1, NOON), at(2, NOON)])
    const room = { ...page.lobby, presenceLines: [line('joined', eve, 1)] }
    expect(short(timelineItems()(room)).slice(-3)).toEqual(['*1', 'presence Eve', '*2'])
    expect(messages(at(1, NOON), said(2, { at: NOON, replyTo: 'id-1' }), at(3, NOON))).toEqual([
      '*1',
      '*2',
      '3',
    ])
  })
})

describe('days, beginning, notice', () => {
  test('[U11] each day of the reader has one line above its first message', () => {
    const day = 24 * 60 * MINUTE
    const items = short(timelineItems()(aLivePage([at(1, NOON), at(2, NOON + 1), at(3, NOON + day)]).lobby))
    expect(items).toEqual(['begin', 'day Thu Jan 15 2026', '*1', '2', 'day Fri Jan 16 2026', '*3'])
  })

  test('[U11] a clock set back brings a day twice, and keys stay unique', () => {
    const day = 24 * 60 * MINUTE
    const items = timelineItems()(aLivePage([at(1, NOON), at(2, NOON + day), at(3, NOON)]).lobby)
    expect(new Set(items.map(({ key }) => key)).size).toBe(items.length)
  })

  test('[U15] where nothing is older the room begins; where there is more it does not', () => {
    expect(short(timelineItems()(aLivePage([said(1)]).lobby))[0]).toBe('begin')
    expect(short(timelineItems()(aLivePage([said(9)]).lobby))).not.toContain('begin')
    expect(timelineItems()(aLivePage([said(9)], { floor: 9 }).lobby)[0]).toMatchObject({
      kind: 'begin',
      olderRemoved: true,
    })
  })

  test('[U7] an empty room has no items', () => {
    expect(timelineItems()(aLivePage([]).lobby)).toEqual([])
    expect(timelineItems()(undefined)).toEqual([])
  })

  test('[U53] what a reset has to say stands above the rows', () => {
    const room: RoomState = { ...aLivePage([said(9)]).lobby, resetNotice: 'away' }
    expect(short(timelineItems()(room))[0]).toBe('resetNotice')
  })
})

describe('lines', () => {
  const people = (n: number): User[] => numbers(1, n).map((id) => ({ id: `p${id}`, name: `P${id}` }))

  test('[U64] a run is one line', () => {
    const page = aLivePage()
    const lines = [line('joined', eve), line('left', bob)]
    const items = timelineItems()({ ...page.lobby, presenceLines: lines })
    expect(items.at(-1)).toMatchObject({ kind: 'presence', joined: [eve], left: [bob] })
    expect(items.filter(({ kind }) => kind === 'presence')).toHaveLength(1)
  })

  test('[U64] who joined and left within a run is dropped; who left and came back is told', () => {
    expect(condensePresence([line('joined', eve), line('left', eve, 3, 1)])).toEqual({
      joined: [],
      left: [],
      renamed: [],
    })
    expect(condensePresence([line('left', eve), line('joined', eve, 3, 1)])).toEqual({
      joined: [eve],
      left: [eve],
      renamed: [],
    })
    const again = [line('joined', eve), line('left', eve, 3, 1), line('joined', eve, 3, 2)]
    expect(condensePresence(again).joined).toEqual([eve])
  })

  test('[U64] a run in which nothing remains draws nothing', () => {
    const lines = [line('joined', eve), line('left', eve, 3, 1)]
    expect(short(timelineItems()({ ...aLivePage().lobby, presenceLines: lines })).at(-1)).toBe('3')
  })

  test('[U64] a setting shows each of them, or none; above a hundred people there are none', () => {
    const room = { ...aLivePage().lobby, presenceLines: people(3).map((one) => line('joined', one)) }
    expect(short(timelineItems('shown')(room)).filter((one) => one.startsWith('presence'))).toHaveLength(3)
    expect(short(timelineItems('hidden')(room)).some((one) => one.startsWith('presence'))).toBe(false)
    expect(
      short(timelineItems()({ ...room, onlineCount: 101 })).some((one) => one.startsWith('presence')),
    ).toBe(false)
  })

  test('[U64] somebody more makes the line say so, under the same key', () => {
    const items = timelineItems()
    const [p1, p2] = people(2)
    const room = aLivePage().lobby
    const first = items({ ...room, presenceLines: p1 ? [line('joined', p1)] : [] }).at(-1)
    const second = items({ ...room, presenceLines: people(2).map((one) => line('joined', one)) }).at(-1)
    expect(second).toMatchObject({ key: first?.key, joined: [p1, p2] })
  })

  test('[U65] lines behind rows that are not loaded are not drawn', () => {
    const room = { ...aLivePage([said(9)]).lobby, presenceLines: [line('joined', eve, 4)] }
    expect(short(timelineItems()(room))).not.toContain('presence Eve')
  })

  test('[U65] lines stand before what waits', () => {
    const page = aLivePage().queue(entry('n-1'))
    expect(short(timelineItems()({ ...page.lobby, presenceLines: [line('joined', eve)] })).slice(-2)).toEqual(
      ['presence Eve', '*n-1'],
    )
  })
})

describe('the same again is the same object', () => {
  test('[W9] what has nothing to do with the timeline gives the same list', () => {
    const page = aLivePage()
    const items = timelineItems()
    const before = items(page.lobby)
    page.hear({ type: 'typing', room: 'lobby', user: bob, on: true }, { type: 'beat', heads: { lobby: 3 } })
    expect(items(page.lobby) === before).toBe(true)
  })

  test('[U18] a new message leaves every other item as it is', () => {
    const room = { ...aLivePage(numbers(1, 50).map((seq) => said(seq))), now: NOON }
    const page = aLivePage(numbers(1, 50).map((seq) => said(seq)))
    expect(room.drawn).toEqual(page.drawn)
    const items = timelineItems()
    const before = items(page.lobby)
    const after = items(page.hear(event(said(51))).lobby)
    expect(before.every((item, n) => item === after[n])).toBe(true)
    expect(after).toHaveLength(before.length + 1)
  })

  test('[W9] keys are unique in any history', () => {
    const authors = [ada, bob, eve]
    fc.assert(
      fc.property(
        fc.array(fc.record({ who: fc.nat(2), wait: fc.nat(400_000) }), { maxLength: 40 }),
        fc.array(fc.record({ who: fc.nat(2), kind: fc.constantFrom('joined', 'left'), after: fc.nat(40) }), {
          maxLength: 20,
        }),
        (said_, moves) => {
          let now = NOON
          const rows = said_.map(({ who, wait }, n) => at(n + 1, (now += wait), authors[who] ?? ada))
          const lines = moves
            .map(({ who, kind, after }, n) => line(kind, authors[who] ?? ada, after, n))
            .toSorted((one, other) => one.after - other.after)
          const items = timelineItems()({ ...aLivePage(rows).lobby, presenceLines: lines })
          expect(new Set(items.map(({ key }) => key)).size).toBe(items.length)
          expect(items.filter(({ kind }) => kind === 'message')).toHaveLength(rows.length)
        },
      ),
      { numRuns: 100 },
    )
  })
})
