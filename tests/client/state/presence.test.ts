import { describe, expect, test } from 'bun:test'
import type { ServerFrame } from '../../../src/shared/protocol.ts'
import {
  ada,
  aLivePage,
  type aPage,
  bob,
  eve,
  event,
  members,
  NOON,
  numbers,
  page,
  person,
  said,
  welcome,
} from '../../support/client/aState.ts'

const lost = { state: 'waiting', until: NOON, since: NOON, attempt: 1, announced: false } as const

describe('who is here', () => {
  const presence = (version: number, more: object) =>
    ({ type: 'presence', room: 'lobby', version, count: 3, ...more }) as const
  const names = (at: ReturnType<typeof aPage>) => at.lobby.people.map(({ name }) => name)
  const lines = (at: ReturnType<typeof aPage>) =>
    at.lobby.presenceLines.map(({ kind, user }) => `${user.name} ${kind}`)

  /** Past the minute after my own arrival. */
  const settled = () => aLivePage().pass(61_000)

  test('[H60] who joins is listed, who leaves is not', () => {
    const at = settled().hear(
      presence(2, { joined: [person(eve)] }),
      presence(3, { left: [bob.id], count: 2 }),
    )
    expect(names(at)).toEqual(['Ada', 'Eve'])
    expect(lines(at)).toEqual(['Eve joined', 'Bob left'])
    expect(at.lobby.onlineCount).toBe(2)
  })

  test('[H61] a version that is not above the last one is old', () => {
    const at = settled().hear(presence(2, { joined: [person(eve)] }))
    const before = at.state
    at.hear(presence(2, { left: [eve.id] }), presence(1, { left: [eve.id] }))
    expect(at.state === before).toBe(true)
  })

  test('[H62] a hole in the versions asks for the room anew', () => {
    const at = settled().hear(presence(3, { joined: [person(eve)] }))
    expect(at.lobby.sync.state).toBe('gap')
    expect(lines(at)).toEqual([])
    at.tell({ type: 'syncRequested', room: 'lobby', now: at.now })
    at.hear(page([], { head: 3, members: { version: 3, count: 2, full: [person(ada), person(eve)] } }))
    expect(names(at)).toEqual(['Ada', 'Eve'])
    expect(at.drawn).toEqual([1, 2, 3])
  })

  test('[U63] a whole list makes no lines', () => {
    const at = settled().hear(presence(2, { full: [person(ada), person(eve)] }))
    expect(names(at)).toEqual(['Ada', 'Eve'])
    expect(lines(at)).toEqual([])
  })

  test('[U63] nothing is said about me, nor of one already listed', () => {
    const at = settled().hear(
      presence(2, { left: [ada.id] }),
      presence(3, { joined: [person(ada), person(bob)] }),
    )
    expect(lines(at)).toEqual([])
  })

  test('[U63] after a restart of the server those listed before make no lines for a minute, others do', () => {
    const at = settled().tell({ type: 'connectionChanged', connection: lost, now: NOON + 61_000 })
    at.hear(welcome).tell({ type: 'connectionChanged', connection: { state: 'live' }, now: at.now })
    at.tell({ type: 'syncRequested', room: 'lobby', now: at.now }).hear(
      page([], { head: 3, members: members(person(ada)) }),
    )
    at.hear(presence(2, { joined: [person(bob), person(eve)] }))
    expect(lines(at)).toEqual(['Eve joined'])
    at.pass(61_000).hear(presence(3, { left: [bob.id] }))
    expect(lines(at)).toEqual(['Eve joined', 'Bob left'])
  })

  test('[U63] also when the connection breaks twice in that minute', () => {
    const at = settled()
    for (const full of [[person(ada)], [person(ada)]]) {
      at.tell({ type: 'connectionChanged', connection: lost, now: at.now }).hear(welcome)
      at.tell({ type: 'syncRequested', room: 'lobby', now: at.now }).hear(
        page([], { members: members(...full) }),
      )
    }
    at.hear(presence(2, { joined: [person(bob)] }))
    expect(lines(at)).toEqual([])
  })

  test('[U6] a rename changes the list, is a quiet line, and leaves older rows alone', () => {
    const at = settled().hear(presence(2, { changed: [{ id: bob.id, name: 'Bobby' }] }))
    expect(names(at)).toEqual(['Ada', 'Bobby'])
    expect(at.lobby.presenceLines).toMatchObject([
      { kind: 'renamed', user: { name: 'Bobby' }, before: 'Bob', after: 3 },
    ])
    expect(at.lobby.rows[0]?.user.name).toBe('Bob')
  })

  test('[U6] my rename in another tab is mine here', () => {
    const at = settled().hear(presence(2, { changed: [{ id: ada.id, name: 'Ada L' }] }))
    expect(at.state.self).toMatchObject({ name: 'Ada L' })
  })

  test('[U62] away is a state of the same person', () => {
    const at = settled().hear(presence(2, { changed: [{ id: bob.id, state: 'idle' }] }))
    expect(at.lobby.people[1]).toEqual(person(bob, 'idle'))
    expect(lines(at)).toEqual([])
  })

  test('[U65] lines are never unread, and move no position', () => {
    const at = settled()
    const { position, you: before } = at.lobby
    at.hear(presence(2, { joined: [person(eve)] }))
    expect(at.lobby.position).toBe(position)
    expect(at.lobby.you).toBe(before)
  })

  test('[T15] five hundred lines are kept of a room', () => {
    const at = settled()
    for (let version = 2; version < 400; version += 2)
      at.hear(
        presence(version, { joined: numbers(1, 3).map((n) => person({ id: `p${n}`, name: `P${n}` })) }),
        presence(version + 1, { left: numbers(1, 3).map((n) => `p${n}`) }),
      )
    expect(at.lobby.presenceLines).toHaveLength(500)
  })
})

describe('typing', () => {
  const typing = (user: typeof bob, on = true) => ({ type: 'typing', room: 'lobby', user, on }) as const

  test('[U40] who types is shown for six seconds, or until they stop, send or leave', () => {
    const at = aLivePage().hear(typing(bob))
    expect(at.lobby.typing).toMatchObject([{ user: bob }])
    expect(at.pass(5_900).lobby.typing).toHaveLength(1)
    expect(at.pass(100).lobby.typing).toEqual([])
    expect(at.hear(typing(bob), typing(bob, false)).lobby.typing).toEqual([])
    expect(at.hear(typing(bob), event(said(4))).lobby.typing).toEqual([])
    const left = {
      type: 'presence',
      room: 'lobby',
      version: 2,
      count: 1,
      left: [bob.id],
    } satisfies ServerFrame
    expect(at.hear(typing(bob), left).lobby.typing).toEqual([])
  })

  test('[U40] I am not told that I type', () => {
    expect(aLivePage().hear(typing(ada)).lobby.typing).toEqual([])
  })

  test('[T15] twenty who type are enough', () => {
    const crowd = numbers(1, 60).map((n) => typing({ id: `p${n}`, name: `P${n}` }))
    expect(aLivePage().hear(...crowd).lobby.typing).toHaveLength(20)
  })
})
