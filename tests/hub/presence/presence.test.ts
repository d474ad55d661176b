import { describe, expect, test } from 'bun:test'
import {
  announcementDue,
  connected,
  disconnected,
  frameFieldsOf,
  hasPending,
  withName,
  withState,
  type PresenceEntry,
} from '../../../src/hub/presence/presenceEntry.ts'
import { PresenceTracker } from '../../../src/hub/presence/presence.ts'
import type { ServerFrame } from '../../../src/shared/protocol.ts'
import { aHub, aLobby, settled, type Screen } from '../../support/hub/aHub.ts'

const UNLIMITED = { sends: { perSecond: 1e6, burst: 1e6 } }
const ann = { id: 'a', name: 'Ann' }
const known = { ...ann, state: 'active' } as const
/** Ann has been here for a while, and the room knows. */
const entry: PresenceEntry = {
  user: ann,
  connections: 1,
  state: 'active',
  stateSince: 0,
  leavesAt: null,
  announced: known,
}
const presences = ({ connection }: Screen) =>
  connection.all('presence').map(({ type: _, room: __, ...rest }) => rest)

describe('the entry of a person in a room', () => {
  test('[H1] is made by the first connection; further ones announce nothing', () => {
    const first = connected(null, ann, 'active', 10)
    expect(first).toEqual({ ...entry, stateSince: 10, announced: null })
    const second = connected(entry, ann, 'active', 20)
    expect(second).toEqual({ ...entry, connections: 2 })
    expect(announcementDue(second, 20).announcement).toBe(null)
  })

  test('[H2] is announced once, with its state', () => {
    const person = { ...ann, state: 'idle' } as const
    expect(announcementDue({ ...entry, announced: null, state: 'idle' }, 1)).toEqual({
      entry: { ...entry, state: 'idle', announced: person },
      announcement: { joined: person },
    })
  })

  test('[H3] leaves once the last connection has been gone for the grace, and not before', () => {
    const gone = disconnected(entry, 15_000)
    expect(gone).toEqual({ ...entry, connections: 0, leavesAt: 15_000 })
    expect(announcementDue(gone, 14_999)).toEqual({ entry: gone, announcement: null })
    expect(announcementDue(gone, 15_000)).toEqual({ entry: null, announcement: { left: 'a' } })
    expect(disconnected({ ...entry, connections: 2 }, 15_000)).toEqual(entry)
  })

  test('[H3] is as before when the person comes back within the grace; an unannounced visit stays unannounced', () => {
    const gone = disconnected(entry, 15_000)
    expect(connected(gone, ann, 'active', 14_000)).toEqual(entry)
    expect(announcementDue({ ...gone, announced: null }, 15_000)).toEqual({ entry: null, announcement: null })
    expect(announcementDue({ ...gone, announced: null }, 1_000).announcement).toBe(null)
  })

  test('[H5] is announced as idle after 5 s; a state that flips back sooner is not announced', () => {
    const idle = withState(entry, 'idle', 1_000)
    expect(announcementDue(idle, 5_999).announcement).toBe(null)
    expect(announcementDue(idle, 6_000).announcement).toEqual({ changed: { id: 'a', state: 'idle' } })
    const back = withState(idle, 'active', 3_000)
    expect(announcementDue(back, 60_000).announcement).toBe(null)
  })

  test('[H6] is announced under a new name; nothing changed is the same entry', () => {
    expect(announcementDue(withName(entry, 'Anna'), 1)).toEqual({
      entry: { ...entry, user: { id: 'a', name: 'Anna' }, announced: { ...known, name: 'Anna' } },
      announcement: { changed: { id: 'a', name: 'Anna' } },
    })
    expect(withName(entry, 'Ann')).toBe(entry)
    expect(withState(entry, 'active', 9)).toBe(entry)
    expect(hasPending(entry)).toBe(false)
  })

  test('[H2] and other announcements make one frame', () => {
    expect(
      frameFieldsOf([
        { joined: known },
        { left: 'b' },
        { left: 'c' },
        { changed: { id: 'd', state: 'idle' } },
      ]),
    ).toEqual({ joined: [known], left: ['b', 'c'], changed: [{ id: 'd', state: 'idle' }] })
    expect(frameFieldsOf([])).toEqual({})
  })
})

describe('a room', () => {
  test('[H2, U61] hears within a second who joined, all of a second in one frame', async () => {
    const { ada, guest, pass } = await aLobby()
    const eve = await guest('Eve', ['lobby'])
    const kim = await guest('Kim', ['lobby'])
    expect(presences(ada)).toEqual([])
    await pass(1)
    const joined = [
      { id: eve.self.id, name: 'Eve', state: 'active' },
      { id: kim.self.id, name: 'Kim', state: 'active' },
    ]
    expect(presences(ada)).toMatchObject([{ count: 4, joined }])
  })

  test('[H1, U60] sees people, not sockets: three tabs are one entry, one join and one leave', async () => {
    const { ada, guest, connect, pass } = await aLobby()
    const eve = await guest('Eve', ['lobby'])
    const tabs = [eve, connect(eve.self), connect(eve.self)]
    for (const tab of tabs.slice(1)) await tab.hello(['lobby'])
    await pass(1)
    expect(presences(ada)).toMatchObject([{ count: 3, joined: [{ name: 'Eve' }] }])
    expect(tabs[2]?.connection.all('sync').at(-1)?.members?.full).toHaveLength(3)
    ada.forget()
    tabs[0]?.connection.end()
    tabs[1]?.connection.end()
    await pass(20)
    expect(presences(ada)).toEqual([])
    tabs[2]?.connection.end()
    await pass(20)
    expect(presences(ada)).toMatchObject([{ count: 2, left: [eve.self.id] }])
  })

  test('[H3, U61] hears nothing of an absence of 14 s; after 15 s it hears of a leave', async () => {
    const { ada, bob, connect, pass } = await aLobby()
    bob.connection.end()
    await pass(14)
    const again = connect(bob.self)
    await again.hello(['lobby'])
    await pass(10)
    expect(presences(ada)).toEqual([])
    again.connection.end()
    await pass(14)
    expect(presences(ada)).toEqual([])
    await pass(1)
    expect(presences(ada)).toEqual([{ version: 2, count: 1, left: [bob.self.id] }])
  })

  test('[H4, U61] hears at once of a leave on purpose and of a sign-out', async () => {
    const { ada, bob, guest, hub, pass } = await aLobby()
    const eve = await guest('Eve', ['lobby'])
    await pass(1)
    ada.forget()
    bob.say({ type: 'leave', ref: 'r', room: 'lobby' })
    await settled()
    await hub.sessions.signOut('session of Eve')
    expect(presences(ada)).toMatchObject([
      { count: 2, left: [bob.self.id] },
      { count: 1, left: [eve.self.id] },
    ])
    await pass(20)
    expect(presences(ada)).toHaveLength(2)
  })

  test('[H5, U62] hears that somebody is away after 5 s, and not while one of their tabs is active', async () => {
    const { ada, bob, connect, pass } = await aLobby()
    bob.say({ type: 'state', state: 'idle' })
    await pass(4)
    bob.say({ type: 'state', state: 'active' })
    await pass(10)
    expect(presences(ada)).toEqual([])
    const tab = connect(bob.self)
    await tab.hello(['lobby'])
    bob.say({ type: 'state', state: 'idle' })
    await pass(10)
    expect(presences(ada)).toEqual([])
    tab.say({ type: 'state', state: 'idle' })
    await pass(6)
    expect(presences(ada)).toMatchObject([{ changed: [{ id: bob.self.id, state: 'idle' }] }])
  })

  test('[H6] hears of a new name, and messages have it from then on', async () => {
    const { ada, bob, hub, pass } = await aLobby()
    await bob.send('before')
    await hub.sessions.names.rename(bob.self, 'Robert')
    await bob.send('after')
    await pass(1)
    expect(presences(ada)).toMatchObject([{ changed: [{ id: bob.self.id, name: 'Robert' }] }])
    expect(ada.connection.all('event').map(({ user }) => user?.name)).toEqual(['Bob', 'Robert'])
  })

  test('[H7] numbers its frames, and who comes in gets the number they go on from', async () => {
    const { ada, guest, pass } = await aLobby()
    const eve = await guest('Eve', ['lobby'])
    const members = eve.connection.all('sync').at(-1)?.members
    expect(members?.full.map(({ name }) => name)).toEqual(['Ada', 'Bob', 'Eve'])
    await pass(1)
    ada.connection.end()
    await pass(15)
    expect(eve.connection.all('presence').map(({ version }) => version - (members?.version ?? 0))).toEqual([
      1, 2,
    ])
  })

  test('[H7, U63] shows who comes in nobody who has not been told of, so that no ghost stays', async () => {
    const { ada, guest, pass } = await aLobby()
    const eve = await guest('Eve', ['lobby'])
    eve.connection.end()
    const kim = await guest('Kim', ['lobby'])
    expect(kim.connection.all('sync').at(-1)?.members).toMatchObject({
      count: 3,
      full: [{}, {}, { name: 'Kim' }],
    })
    await pass(20)
    expect(presences(ada)).toMatchObject([{ count: 3, joined: [{ name: 'Kim' }] }])
  })

  test('[H8, U60] above 200 people names the 100 longest entry and then nobody; below 180 everybody again', async () => {
    const world = await aHub({ limits: UNLIMITED })
    const many: Screen[] = []
    for (let n = 0; n < 200; n += 1) many.push(await world.guest(`P${n}x`, ['lobby']))
    await world.pass(1)
    const [first] = many
    if (!first) throw new Error('nobody came')
    first.forget()

    const last = await world.guest('Last', ['lobby'])
    await world.pass(1)
    const [crowd] = first.connection.all('presence')
    expect(crowd).toMatchObject({
      count: 201,
      full: { length: 100, 0: { name: 'P0x' }, 99: { name: 'P99x' } },
    })
    last.connection.end()
    await world.guest('Later', ['lobby'])
    await world.pass(20)
    expect(first.connection.all('presence')).toHaveLength(1)

    const tab = world.connect(last.self)
    await tab.hello(['lobby'])
    const members = tab.connection.all('sync').at(-1)?.members
    expect(members).toMatchObject({
      version: crowd?.version,
      count: 202,
      full: { length: 100, 99: { name: 'Last' } },
    })
    first.say({ type: 'beat' })
    await world.pass(1)
    expect(first.connection.all('beat').at(-1)?.counts).toEqual({ lobby: 202 })

    first.forget()
    for (const screen of many.slice(178)) screen.say({ type: 'leave', ref: 'r', room: 'lobby' })
    await settled()
    expect(first.connection.all('presence')).toEqual([])
    const [, second] = many
    second?.say({ type: 'leave', ref: 'r', room: 'lobby' })
    await settled()
    expect(first.connection.all('presence')).toMatchObject([
      { version: (crowd?.version ?? 0) + 1, count: 179, full: { length: 179 } },
    ])
    await world.guest('Small', ['lobby'])
    await world.pass(1)
    expect(first.connection.all('presence').at(-1)).toMatchObject({ count: 180, joined: [{ name: 'Small' }] })
  })

  test('[H9] of 2,000 who come in one second hears one frame a second at most, of 100 names at most', () => {
    const frames: { room: string; frame: ServerFrame }[] = []
    const presence = new PresenceTracker((room, frame) => frames.push({ room, frame }))
    for (let n = 0; n < 2_000; n += 1) {
      presence.open(`c${n}`, `u${n}`, 'active', 0)
      presence.enter('lobby', `c${n}`, { id: `u${n}`, name: `U${n}` }, 0)
    }
    expect(frames).toEqual([])
    presence.tick(1_000)
    presence.tick(2_000)
    expect(frames).toMatchObject([{ frame: { count: 2_000, full: { length: 100 } } }])
    expect(presence.count('lobby')).toBe(2_000)
  })
})

describe('typing', () => {
  test('[H10] is heard by the room, once per 3 s and person, and ends by itself after 6 s', async () => {
    const { ada, bob, pass } = await aLobby()
    const typed = () => ada.connection.all('typing').map(({ user, on }) => `${user.name} ${on}`)
    bob.say({ type: 'typing', room: 'lobby', on: true }, { type: 'typing', room: 'lobby', on: true })
    await pass(2)
    bob.say({ type: 'typing', room: 'lobby', on: true })
    await pass(1)
    expect(typed()).toEqual(['Bob true'])
    bob.say({ type: 'typing', room: 'lobby', on: true })
    await pass(5)
    expect(typed()).toEqual(['Bob true', 'Bob true'])
    await pass(1)
    expect(typed()).toEqual(['Bob true', 'Bob true', 'Bob false'])
  })

  test('[H10] ends at once with who leaves the room, or signs out', async () => {
    const { ada, bob, guest, hub } = await aLobby()
    const eve = await guest('Eve', ['lobby'])
    for (const one of [bob, eve]) one.say({ type: 'typing', room: 'lobby', on: true })
    await settled()
    bob.say({ type: 'leave', ref: 'r', room: 'lobby' })
    await settled()
    await hub.sessions.signOut('session of Eve')
    await settled()
    expect(ada.connection.all('typing').map(({ user, on }) => `${user.name} ${on}`)).toEqual([
      'Bob true',
      'Eve true',
      'Bob false',
      'Eve false',
    ])
  })

  test('[H10] that has stopped is said once, and not without having begun', async () => {
    const { ada, bob, pass } = await aLobby()
    bob.say({ type: 'typing', room: 'lobby', on: false })
    await settled()
    expect(ada.heard).toEqual([])
    for (const on of [true, false, false, true]) bob.say({ type: 'typing', room: 'lobby', on })
    await pass(10)
    expect(ada.connection.all('typing').map(({ on }) => on)).toEqual([true, false])
  })

  test('[H10] is not passed on from outside the room, nor among more than 100 people', async () => {
    const { ada, hub, connect, guest } = await aLobby({ limits: UNLIMITED })
    const eve = connect(await hub.sessions.signUp('Eve', 'session of Eve'))
    await eve.hello([])
    eve.say({ type: 'typing', room: 'lobby', on: true })
    await settled()
    expect(ada.heard).toEqual([])
    for (let n = 0; n < 98; n += 1) await guest(`P${n}x`, ['lobby'])
    ada.say({ type: 'typing', room: 'lobby', on: true })
    await settled()
    expect(ada.connection.all('typing')).toHaveLength(1)
    const last = await guest('Last', ['lobby'])
    last.say({ type: 'typing', room: 'lobby', on: true })
    await settled()
    expect(ada.connection.all('typing')).toHaveLength(1)
  })
})
