import { describe, expect, test } from 'bun:test'
import type { Presence } from '../../../src/shared/protocol.ts'
import {
  ada,
  aLivePage,
  bob,
  connectionIs,
  eve,
  event,
  members,
  numbers,
  page,
  person,
  said,
  welcome,
} from '../../support/client/aState.ts'

type Page = ReturnType<typeof aLivePage>

const room = 'lobby'
const presence = (version: number, more: Partial<Presence>): Presence => ({
  type: 'presence',
  room,
  version,
  count: 3,
  ...more,
})

describe('people', () => {
  const names = ({ lobby }: Page) => lobby.people.map(({ name }) => name)
  const lines = ({ lobby }: Page) => lobby.presenceLines.map(({ kind, user }) => `${user.name} ${kind}`)

  /** A page past the quiet minute after its arrival. */
  const settled = () => aLivePage().pass(61_000)

  /** The connection is lost and back; Ada alone is listed. */
  function reconnect(at: Page): Page {
    at.tell(connectionIs('waiting', at.now)).hear(welcome).tell(connectionIs('live', at.now))
    at.tell({ type: 'syncRequested', room })
    return at.hear(page([], { head: 3, members: members(person(ada)) }))
  }

  test('[H60] people who join are listed, people who leave are not', () => {
    const at = settled().hear(
      presence(2, { joined: [person(eve)] }),
      presence(3, { left: [bob.id], count: 2 }),
    )
    expect(names(at)).toEqual(['Ada', 'Eve'])
    expect(lines(at)).toEqual(['Eve joined', 'Bob left'])
    expect(at.lobby).toMatchObject({ onlineCount: 2, position: { seq: 3 } })
  })

  test('[H60] of someone who is listed already a join brings only the name of now', () => {
    const at = settled().hear(presence(2, { joined: [person({ ...ada, name: 'Ada Lovelace' })] }))
    expect([names(at), lines(at)]).toEqual([['Ada Lovelace', 'Bob'], []])
  })

  test('[H61] an old version changes nothing', () => {
    const at = settled().hear(presence(2, { joined: [person(eve)] }))
    const before = at.state
    at.hear(presence(2, { left: [eve.id] }), presence(1, { left: [eve.id] }))
    expect(at.state).toBe(before)
  })

  test('[H62] after a missing version the room is requested again', () => {
    const at = settled().hear(presence(3, { joined: [person(eve)] }))
    expect([at.lobby.sync.state, lines(at)]).toEqual(['gap', []])
    at.tell({ type: 'syncRequested', room })
    at.hear(page([], { head: 3, members: { version: 3, count: 2, full: [person(ada), person(eve)] } }))
    expect([names(at), at.drawn]).toEqual([
      ['Ada', 'Eve'],
      [1, 2, 3],
    ])
  })

  test('[U63] no lines are drawn from a full list, about me, or about people already listed', () => {
    const full = settled().hear(presence(2, { full: [person(ada), person(eve)] }))
    expect([names(full), lines(full)]).toEqual([['Ada', 'Eve'], []])
    const at = settled().hear(
      presence(2, { left: [ada.id] }),
      presence(3, { joined: [person(ada), person(bob)] }),
    )
    expect(lines(at)).toEqual([])
  })

  test('[U63] for a minute after my reconnect, or after two of them, people listed before draw no lines', () => {
    for (const losses of [1, 2]) {
      const at = settled()
      for (const _ of numbers(1, losses)) reconnect(at)
      at.hear(presence(2, { joined: [person(bob), person(eve)] }))
      expect(lines(at)).toEqual(['Eve joined'])
      at.pass(61_000).hear(presence(3, { left: [bob.id] }))
      expect(lines(at)).toEqual(['Eve joined', 'Bob left'])
    }
  })

  test('[U6] a rename changes the list and draws a line, and older rows keep the name', () => {
    const at = settled().hear(presence(2, { changed: [{ id: bob.id, name: 'Bobby' }] }))
    expect(names(at)).toEqual(['Ada', 'Bobby'])
    const line = { kind: 'renamed', user: { name: 'Bobby' }, before: 'Bob', after: 3 }
    expect(at.lobby.presenceLines).toMatchObject([line])
    expect(at.lobby.rows[0]?.user.name).toBe('Bob')
    at.hear(presence(3, { changed: [{ id: ada.id, name: 'Ada L' }] }))
    expect(at.state.self).toMatchObject({ name: 'Ada L' })
  })

  test('[U62] becoming idle changes the person and draws no line', () => {
    const at = settled().hear(presence(2, { changed: [{ id: bob.id, state: 'idle' }] }))
    expect([at.lobby.people[1], lines(at)]).toEqual([person(bob, 'idle'), []])
  })

  test('[T15] a room keeps 500 lines', () => {
    const at = settled()
    const crowd = numbers(1, 3).map((n) => person({ id: `p${n}`, name: `P${n}` }))
    for (let version = 2; version < 400; version += 2)
      at.hear(
        presence(version, { joined: crowd }),
        presence(version + 1, { left: crowd.map(({ id }) => id) }),
      )
    expect(at.lobby.presenceLines).toHaveLength(500)
  })
})

describe('typing', () => {
  const typing = (user: typeof bob, on = true) => ({ type: 'typing', room, user, on }) as const

  test('[U40] others are shown as typing for six seconds, or until they stop, send or leave', () => {
    const at = aLivePage().hear(typing(bob), typing(ada))
    expect(at.lobby.typing).toMatchObject([{ user: bob }])
    expect(at.pass(5_900).lobby.typing).toHaveLength(1)
    expect(at.pass(100).lobby.typing).toEqual([])
    for (const end of [typing(bob, false), event(said(4)), presence(2, { left: [bob.id] })])
      expect(at.hear(typing(bob), end).lobby.typing).toEqual([])
  })

  test('[T15] at most twenty people are kept as typing', () => {
    const crowd = numbers(1, 60).map((n) => typing({ id: `p${n}`, name: `P${n}` }))
    expect(aLivePage().hear(...crowd).lobby.typing).toHaveLength(20)
  })
})
