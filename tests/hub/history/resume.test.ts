import { describe, expect, test } from 'bun:test'
import type { Position } from '../../../src/shared/model.ts'
import { aHub, aLobby, settled, type Screen, type World } from '../../support/hub/aHub.ts'
import { lateStore } from '../../support/hub/lateStore.ts'

const UNLIMITED = { sends: { perSecond: 1e6, burst: 1e6 } }

/** Ada in a lobby where `count` messages were said, and the position of each. */
async function aTalk(count: number, world: World = {}) {
  const here = await aHub({ limits: UNLIMITED, ...world })
  const ada = await here.guest('Ada', ['lobby'])
  await here.pass(1)
  for (let n = 1; n <= count; n += 1) {
    ada.say({ type: 'send', nonce: `nonce-0${n}`, room: 'lobby', text: `text ${n}` })
    if (n % 50 === 0) await settled()
  }
  await settled()
  const events = await here.store.events('lobby', 0, count)
  const at = (seq: number): Position => ({ seq, id: events[seq - 1]?.id ?? null })
  /** Somebody new who says hello from this position in the lobby. */
  const back = async (position: Position): Promise<Screen> => {
    const bob = here.connect(await here.hub.people.signUp('Bob', 'session of Bob'))
    await bob.member(['lobby'])
    bob.say({ type: 'hello', state: 'active', rooms: [{ room: 'lobby', ...position }] })
    await settled()
    return bob
  }
  return { ...here, ada, at, back }
}

const seqs = ({ connection }: Screen) =>
  connection
    .all('sync')
    .flatMap(({ messages = [], events }) => [...messages, ...events].map(({ seq }) => seq))
const from = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i)

describe('hello', () => {
  test('[C1] is answered by welcome alone, if no rooms are named', async () => {
    const { guest, clock } = await aHub()
    const ada = await guest('Ada')
    expect(ada.heard).toEqual([
      {
        type: 'welcome',
        version: 2,
        connection: ada.connection.id,
        user: { ...ada.self, name: 'Ada', role: 'guest' },
        now: clock.now(),
        beat: 25_000,
        limits: { frame: 16_384, text: 4_000, textBytes: 12_288, rooms: 100, unacked: 64 },
        build: 'test',
      },
    ])
  })

  test('[C1] is answered by welcome, then by each room in the order named', async () => {
    const { hub, guest } = await aHub()
    const ada = await guest('Ada')
    await hub.rooms.create(ada.self, { name: 'Tea' })
    const bob = await guest('Bob', ['tea', 'nowhere', 'lobby'])
    expect(bob.heard.map((frame) => [frame.type, 'room' in frame && frame.room])).toEqual([
      ['welcome', false],
      ['sync', 'tea'],
      ['reset', 'nowhere'],
      ['sync', 'lobby'],
    ])
  })

  test('[C2] comes first, once, and names each room once: all else is a bad frame and does nothing', async () => {
    const { connect, hub, store } = await aHub()
    const ada = connect(await hub.people.signUp('Ada', 'session'))
    await store.removeMember('lobby', ada.self.id)
    const rooms = [{ room: 'lobby', seq: 0, id: null }]
    ada.say(
      { type: 'join', ref: 'j', room: 'lobby' },
      { type: 'leave', ref: 'l', room: 'lobby' },
      { type: 'send', nonce: 'nonce-000', room: 'lobby', text: 'hi' },
      { type: 'read', room: 'lobby', seq: 1 },
      { type: 'typing', room: 'lobby', on: true },
      { type: 'state', state: 'idle' },
      { type: 'beat' },
      { type: 'hello', state: 'active', rooms: [...rooms, ...rooms] },
    )
    await settled()
    expect(ada.heard.map((frame) => frame.type === 'error' && frame.code)).toEqual(Array(8).fill('badFrame'))
    expect(await store.memberships(ada.self.id)).toEqual([])
    await ada.hello()
    await ada.hello()
    expect(ada.heard.slice(8)).toMatchObject([{ type: 'welcome' }, { type: 'error', code: 'badFrame' }])
  })

  test('[C2] is due within 5 s: then the connection is closed with 4408', async () => {
    const { connect, hub, pass, guest } = await aHub()
    const silent = connect(await hub.people.signUp('Ada', 'session'))
    const bob = await guest('Bob')
    await pass(4)
    expect(silent.connection.closed).toBe(null)
    await pass(1)
    expect([silent.connection.closed, bob.connection.closed]).toEqual([4408, null])
  })
})

describe('a position', () => {
  test('[C3] of nothing yet gets a first page: the newest 50 messages as they are, in one frame', async () => {
    const { back, at } = await aTalk(120)
    const bob = await back({ seq: 0, id: null })
    expect(seqs(bob)).toEqual(from(71, 120))
    const { id } = at(120)
    expect(bob.connection.all('sync')).toMatchObject([
      { at: { seq: 120, id }, events: [], older: true, head: 120, floor: 1, more: false },
    ])
  })

  test('[C4] of ours gets exactly what follows it', async () => {
    const { back, at } = await aTalk(60)
    expect(seqs(await back(at(3)))).toEqual(from(4, 60))
  })

  test('[C4] at the head gets one sync without events', async () => {
    const { back, at } = await aTalk(3)
    const bob = await back(at(3))
    expect(bob.heard.slice(1)).toMatchObject([{ type: 'sync', events: [], head: 3, floor: 1, more: false }])
  })

  test('[C5] with another id is of a different history: reset "diverged", then as from nothing', async () => {
    const { back } = await aTalk(60)
    const bob = await back({ seq: 30, id: 'ffff' })
    expect(bob.heard[1]).toEqual({ type: 'reset', room: 'lobby', reason: 'diverged', head: 60, floor: 1 })
    expect(seqs(bob)).toEqual(from(11, 60))
  })

  test('[C6] beyond the head: reset "ahead", then as from nothing', async () => {
    const { back, at, store } = await aTalk(20)
    const position = at(20)
    store.rewind('lobby', 10)
    const bob = await back(position)
    expect(bob.heard[1]).toMatchObject({ type: 'reset', reason: 'ahead', head: 10 })
    expect(seqs(bob)).toEqual(from(1, 10))
  })

  test('[C7] more than 1,000 events back is too old; 1,000 are resumed', async () => {
    const { back, at, store, ada } = await aTalk(1_001)
    const bob = await back(at(1))
    expect(seqs(bob)).toEqual(from(2, 1_001))
    await ada.send('one more')
    bob.forget()
    bob.say({ type: 'join', ref: 'again', room: 'lobby', ...at(1) })
    await settled()
    expect(bob.heard[0]).toEqual({
      type: 'reset',
      ref: 'again',
      room: 'lobby',
      reason: 'tooOld',
      head: 1_002,
      floor: 1,
    })
    expect(seqs(bob)).toEqual(from(953, 1_002))
    expect((await store.events('lobby', 1_001, 1))[0]?.seq).toBe(1_002)
  })

  test('[C7] that retention has passed is too old; the one just before the floor is not', async () => {
    const { at, store, guest } = await aTalk(30)
    store.retain('lobby', 11)
    const bob = await guest('Bob')
    for (const seq of [9, 10]) bob.say({ type: 'join', ref: `from-${seq}`, room: 'lobby', ...at(seq) })
    await settled()
    expect(bob.connection.all('reset')).toMatchObject([{ ref: 'from-9', reason: 'tooOld', floor: 11 }])
    expect(
      bob.connection
        .all('sync')
        .at(-1)
        ?.events.map(({ seq }) => seq),
    ).toEqual(from(11, 30))
  })

  test('[C8] in a room that does not exist: reset "access" on hello, noRoom on join, and nothing follows', async () => {
    const { guest } = await aHub()
    const ada = await guest('Ada', ['nowhere'])
    ada.say({ type: 'join', ref: 'r', room: 'nowhere' })
    await ada.send('hi', 'nonce-000', 'nowhere')
    expect(ada.heard.slice(1)).toMatchObject([
      { type: 'reset', room: 'nowhere', reason: 'access' },
      { type: 'error', ref: 'r', code: 'noRoom' },
      { type: 'error', nonce: 'nonce-000', code: 'notMember' },
    ])
    expect(ada.heard[1]).not.toHaveProperty('head')
  })
})

describe('pages', () => {
  test('[C9] hold 200 events at most and follow by themselves; the last alone has members and you', async () => {
    const { back, at, ada } = await aTalk(500)
    const bob = await back(at(1))
    const pages = bob.connection.all('sync')
    expect(pages.map(({ events, more }) => [events.length, more])).toEqual([
      [200, true],
      [200, true],
      [99, false],
    ])
    expect(pages.map((page) => 'members' in page && 'you' in page)).toEqual([false, false, true])
    const { head, members, you } = pages.at(-1) ?? {}
    expect({ head, members, you }).toEqual({
      head: 500,
      members: {
        version: 1,
        count: 2,
        full: [
          { id: ada.self.id, name: 'Ada', state: 'active' },
          { id: bob.self.id, name: 'Bob', state: 'active' },
        ],
      },
      you: { role: 'guest', readSeq: 500, unread: 0, mentions: 0 },
    })
  })

  test('[C9] are one without events in a room where nothing was said', async () => {
    const { guest } = await aHub()
    const ada = await guest('Ada', ['lobby'])
    expect(ada.heard[1]).toMatchObject({ type: 'sync', events: [], head: 0, floor: 1, more: false })
  })

  test('[C10] wait one by one until the last is read; a socket that has gone gets none', async () => {
    const { at, guest } = await aTalk(500)
    const bob = await guest('Bob')
    bob.connection.stall()
    bob.say({ type: 'join', ref: 'r', room: 'lobby', ...at(1) })
    await settled()
    expect(bob.connection.all('sync')).toEqual([])
    bob.connection.drain()
    await settled()
    expect(seqs(bob)).toEqual(from(2, 500))

    const eve = await guest('Eve')
    eve.connection.stall()
    eve.say({ type: 'join', ref: 'r', room: 'lobby', ...at(1) })
    await settled()
    eve.connection.end()
    await settled()
    expect(eve.connection.all('sync')).toEqual([])
  })

  test('[C10] are one at a time: the second is not sent before the first is read', async () => {
    const { at, guest, connect } = await aTalk(500)
    const bob = await guest('Bob')
    bob.connection.stallAfter(1)
    bob.say({ type: 'join', ref: 'r', room: 'lobby', ...at(1) })
    await settled()
    expect(seqs(bob)).toEqual(from(2, 201))
    const tab = connect(bob.self)
    await tab.hello(['lobby'])
    tab.say({ type: 'read', room: 'lobby', seq: 500 })
    await settled()
    bob.connection.drain()
    await settled()
    expect(seqs(bob)).toEqual(from(2, 500))
  })

  test('[C94] leave everybody else a turn of the loop between two of them', async () => {
    const { at, guest } = await aTalk(500)
    const bob = await guest('Bob')
    const turns: number[] = []
    let turn = 0
    const send = bob.connection.send.bind(bob.connection)
    bob.connection.send = (frame) => {
      if (frame.type === 'sync') turns.push(turn)
      send(frame)
      if (turn === turns.at(-1)) setImmediate(() => (turn += 1))
    }
    bob.say({ type: 'join', ref: 'r', room: 'lobby', ...at(1) })
    await settled()
    expect(seqs(bob)).toEqual(from(2, 500))
    expect(new Set(turns).size).toBe(3)
  })

  test('[C11] are not waited for: what is behind a join in the same breath is heard and answered', async () => {
    const { ada, at, guest } = await aTalk(300)
    const bob = await guest('Bob')
    bob.connection.stall()
    bob.say({ type: 'join', ref: 'r', room: 'lobby', ...at(1) })
    await bob.send('already here')
    expect(bob.heard.slice(1)).toMatchObject([{ type: 'ack', seq: 301 }])
    expect(ada.connection.all('event').at(-1)).toMatchObject({ seq: 301, text: 'already here' })
    bob.connection.drain()
    await settled()
    expect(seqs(bob)).toEqual(from(2, 301))
  })

  test('[C12] and what is said meanwhile leave no hole between the last page and what is live', async () => {
    const { ada, at, guest } = await aTalk(300)
    const bob = await guest('Bob')
    bob.say({ type: 'join', ref: 'r', room: 'lobby', ...at(1) })
    for (let n = 0; n < 40; n += 1) {
      ada.say({ type: 'send', nonce: `nonce-1${n}`, room: 'lobby', text: 'meanwhile' })
      await (n % 4 === 3 ? new Promise((resolve) => setImmediate(resolve)) : Promise.resolve())
    }
    await settled()
    // What was read ahead of its publishing comes twice: whoever holds a position drops what is not above it.
    const live = bob.connection.all('event').map(({ seq }) => seq)
    expect([...seqs(bob), ...live.filter((seq) => seq > (seqs(bob).at(-1) ?? 0))]).toEqual(from(2, 340))
    expect(live).toEqual(from(live[0] ?? 0, 340))
  })

  test('[C12] and what is said meanwhile leave no hole, at whichever instant it is said', async () => {
    const world = await aHub({
      limits: UNLIMITED,
      seen: (store) => lateStore(store, (method) => (method === 'commit' ? 0 : 8)),
    })
    const ada = await world.guest('Ada', ['lobby'])
    const bob = await world.guest('Bob')
    let said = 0
    for (let instant = 0; instant < 80; instant += 1) {
      bob.forget()
      bob.say({ type: 'join', ref: 'r', room: 'lobby' })
      for (let turn = 0; turn < instant; turn += 1) await Promise.resolve()
      ada.say({
        type: 'send',
        nonce: `nonce-${String((said += 1)).padStart(4, '0')}`,
        room: 'lobby',
        text: 'hi',
      })
      await settled()
      const heard = [...seqs(bob), ...bob.connection.all('event').map(({ seq }) => seq)]
      expect({ instant, heard: [...new Set(heard)].at(-1) }).toEqual({ instant, heard: said })
      bob.say({ type: 'leave', ref: 'l', room: 'lobby' })
      await settled()
    }
  })

  test('[C13] of a room joined again close a gap, and the room stays live', async () => {
    const { ada, at, back } = await aTalk(5)
    const bob = await back(at(5))
    bob.forget()
    bob.say({ type: 'join', ref: 'gap', room: 'lobby', ...at(2) })
    await settled()
    expect(seqs(bob)).toEqual([3, 4, 5])
    await ada.send('next')
    expect(bob.heard.at(-1)).toMatchObject({ type: 'event', seq: 6 })
    expect(bob.connection.all('event')).toHaveLength(1)
  })

  test('[C14] end with a leave, and the room is not heard of again', async () => {
    const { ada, at, guest } = await aTalk(500)
    const bob = await guest('Bob')
    bob.connection.stall()
    bob.say({ type: 'join', ref: 'r', room: 'lobby', ...at(1) }, { type: 'leave', ref: 'l', room: 'lobby' })
    await settled()
    bob.connection.drain()
    await ada.send('gone?')
    expect(bob.heard.slice(1)).toEqual([{ type: 'left', ref: 'l', room: 'lobby' }])
  })

  test('[C15] are of 100 rooms a connection; the next is too many, one of them again is not', async () => {
    const { store, guest, clock } = await aHub()
    const rooms = Array.from({ length: 101 }, (_, n) => `room-${n}`)
    for (const room of rooms) await store.addRoom({ room, name: room, topic: '', kind: 'public' }, 0)
    const ada = await guest('Ada', rooms.slice(0, 100))
    while (ada.connection.all('sync').length < 100) await settled()
    clock.pass(1_000)
    ada.forget()
    ada.say({ type: 'join', ref: 'more', room: 'room-100' }, { type: 'join', ref: 'again', room: 'room-0' })
    await settled()
    expect(ada.heard).toMatchObject([
      { type: 'error', ref: 'more', code: 'tooBig' },
      { type: 'sync', ref: 'again', room: 'room-0' },
    ])
    const eve = await guest('Eve', rooms)
    expect(eve.heard).toMatchObject([{ type: 'error', code: 'tooBig' }])
  })

  test('[C16] are asked for 100 times at once, then 10 times a second', async () => {
    const { ada, clock } = await aLobby()
    const joins = (ref: string, count: number) => {
      for (let n = 0; n < count; n += 1) ada.say({ type: 'join', ref, room: 'lobby' })
      return settled()
    }
    await joins('first', 101)
    expect(ada.connection.all('error')).toMatchObject([{ ref: 'first', code: 'rateLimited', after: 100 }])
    clock.pass(1_000)
    await joins('second', 11)
    expect(ada.connection.all('sync').filter(({ ref }) => ref === 'second')).toHaveLength(10)
  })

  test('[C17] that cannot be read end the connection with 1013: it comes back by its position', async () => {
    const { at, store, guest, log } = await aTalk(300)
    const bob = await guest('Bob')
    bob.connection.stall()
    bob.say({ type: 'join', ref: 'r', room: 'lobby', ...at(1) })
    await settled()
    store.fail('reads')
    bob.connection.drain()
    await settled()
    expect(bob.connection.closed).toBe(1013)
    expect(log.errors).toHaveLength(1)
  })

  test('[S39] of more than 8 MiB at once wait for a pace of 1 MiB a second', async () => {
    const { at, back, ada, clock } = await aTalk(0)
    for (let n = 0; n < 500; n += 1) {
      ada.say({ type: 'send', nonce: `nonce-1${n}`, room: 'lobby', text: 'x'.repeat(3_900) })
      if (n % 50 === 0) await settled()
    }
    await settled()
    const bob = await back(at(0))
    const bytes = () => JSON.stringify(bob.connection.all('sync')).length
    const first = bob.connection.all('sync')[0]?.messages?.[0]
    if (!first) throw new Error('nothing to begin from')
    for (let n = 0; n < 60; n += 1)
      bob.say({ type: 'join', ref: `r${n}`, room: 'lobby', seq: first.seq, id: first.id })
    for (let n = 0; n < 10; n += 1) await settled()
    expect(bytes()).toBeGreaterThan(7.5 * 1024 * 1024)
    expect(bytes()).toBeLessThan(9 * 1024 * 1024)
    const before = bytes()
    clock.pass(1_000)
    await settled()
    expect(bytes() - before).toBeGreaterThan(0)
    expect(bytes() - before).toBeLessThan(1.5 * 1024 * 1024)
  })
})

describe('what I have read', () => {
  test('[C18] begins at the head for a newcomer, and is counted from there, mentions too', async () => {
    const { ada, bob, connect } = await aLobby()
    await ada.send('one')
    await ada.send('two for @bob')
    await bob.send('mine does not count')
    const tab = connect(bob.self)
    await tab.hello(['lobby'])
    expect(tab.connection.all('sync').at(-1)?.you).toEqual({
      role: 'guest',
      readSeq: 0,
      unread: 2,
      mentions: 1,
    })
  })

  test('[C18] counts once what is said while the pages are under way', async () => {
    const { ada, bob, connect, store } = await aLobby()
    const tab = connect(bob.self)
    tab.say({ type: 'hello', state: 'active', rooms: [{ room: 'lobby', seq: 0, id: null }] })
    for (let n = 0; n < 10; n += 1) {
      ada.say({ type: 'send', nonce: `nonce-1${n}`, room: 'lobby', text: 'hi @Bob' })
      await Promise.resolve()
    }
    await settled()
    const last = tab.connection.all('sync').at(-1)
    const live = tab.connection.all('event').filter(({ seq }) => seq > (last?.head ?? 0)).length
    expect(last?.you).toMatchObject({ unread: 10 - live, mentions: 10 - live })
    expect((await store.heads(['lobby'])).get('lobby')).toBe(10)
  })

  test('[C18] is what has been read when the last page goes out, not when it was asked for', async () => {
    const { at, ada, guest, connect } = await aTalk(1)
    const bob = await guest('Bob', ['lobby'])
    for (let n = 0; n < 300; n += 1)
      ada.say({ type: 'send', nonce: `nonce-1${n}`, room: 'lobby', text: 'hi' })
    for (let n = 0; n < 6; n += 1) await settled()
    const tab = connect(bob.self)
    await tab.hello()
    tab.connection.stallAfter(1)
    tab.say({ type: 'join', ref: 'r', room: 'lobby', ...at(1) })
    await settled()
    bob.say({ type: 'read', room: 'lobby', seq: 299 })
    await settled()
    tab.connection.drain()
    await settled()
    expect(tab.connection.all('sync').at(-1)?.you).toMatchObject({ readSeq: 299, unread: 2 })
  })

  test('[C19] goes forward only and not beyond the head; the other screens hear it, this one does not', async () => {
    const { ada, bob, connect, pass } = await aLobby()
    for (let n = 0; n < 3; n += 1) await ada.send('hi @Bob')
    const tab = connect(bob.self)
    await tab.hello([])
    for (const seq of [2, 1, 9]) bob.say({ type: 'read', room: 'lobby', seq })
    await pass(1)
    expect(tab.connection.all('read')).toEqual([
      { type: 'read', room: 'lobby', seq: 2, unread: 1, mentions: 1 },
    ])
    expect([...bob.connection.all('read'), ...ada.connection.all('read')]).toEqual([])
  })

  test('[C19] counts from the frame that joins on, while the pages are still under way', async () => {
    const { ada, at, connect } = await aTalk(3)
    ada.connection.end()
    await settled()
    const tab = connect(ada.self)
    await tab.hello([])
    tab.connection.stall()
    tab.say({ type: 'join', ref: 'r', room: 'lobby', ...at(1) })
    await settled()
    tab.say({ type: 'read', room: 'lobby', seq: 3 })
    tab.connection.drain()
    await settled()
    expect(tab.connection.all('sync').at(-1)?.you).toMatchObject({ readSeq: 3, unread: 0 })
  })

  test('[C19] is written within a second, again if the disk refused, and known at once to who joins', async () => {
    const { ada, bob, store, connect, pass } = await aLobby()
    await ada.send('one')
    await ada.send('two')
    store.fail('writes')
    bob.say({ type: 'read', room: 'lobby', seq: 1 })
    await pass(1)
    expect(await store.membership(bob.self.id, 'lobby')).toMatchObject({ readSeq: 0 })
    bob.connection.end()
    await settled()
    const tab = connect(bob.self)
    await tab.hello(['lobby'])
    expect(tab.connection.all('sync').at(-1)?.you).toMatchObject({ readSeq: 1, unread: 1 })
    store.heal()
    await pass(1)
    expect(await store.membership(bob.self.id, 'lobby')).toMatchObject({ readSeq: 1 })
  })
})

describe('a connection', () => {
  test('[C28] that ends while its join is under way is nowhere afterwards', async () => {
    const { ada, bob, hub, store, guest, pass, log } = await aLobby()
    const eve = await guest('Eve')
    await store.removeMember('lobby', eve.self.id)
    store.pause()
    eve.say({ type: 'join', ref: 'r', room: 'lobby' })
    await settled()
    eve.connection.end()
    await settled()
    store.resume()
    await pass(2)
    expect(ada.heard).toEqual([])
    expect((await hub.rooms.list(ada.self)).rooms[0]?.count).toBe(2)
    for (const { connection } of [ada, bob]) connection.end()
    await settled()
    // Were any room still open, its head would be asked for now.
    store.fail('reads')
    await pass(4)
    expect(log.errors).toEqual([])
  })
})

describe('leaving', () => {
  test('[C20] ends membership on all screens of the person, at once', async () => {
    const { ada, bob, connect, store } = await aLobby()
    const tab = connect(bob.self)
    await tab.hello(['lobby'])
    tab.forget()
    bob.say({ type: 'leave', ref: 'r', room: 'lobby' })
    await settled()
    await ada.send('is Bob here?')
    expect([bob.heard, tab.heard]).toEqual([
      [{ type: 'left', ref: 'r', room: 'lobby' }],
      [{ type: 'left', room: 'lobby' }],
    ])
    expect(await store.membership(bob.self.id, 'lobby')).toBe(null)
    await tab.send('still?', 'nonce-000')
    expect(tab.connection.all('error')).toMatchObject([{ code: 'notMember' }])
  })

  test('[C20] and joining on another screen do not cross: whoever asked last has it', async () => {
    const { bob, connect, store } = await aLobby()
    const tab = connect(bob.self)
    await tab.hello([])
    store.pause()
    bob.say({ type: 'leave', ref: 'l', room: 'lobby' })
    await settled()
    tab.say({ type: 'join', ref: 'j', room: 'lobby' })
    await settled()
    store.resume()
    await settled()
    expect(await store.membership(bob.self.id, 'lobby')).not.toBe(null)
    await tab.send('I am in', 'nonce-000')
    expect(tab.connection.all('ack')).toHaveLength(1)
  })

  test('[C20] that cannot be stored is refused as unavailable, and nothing has changed', async () => {
    const { ada, bob, store } = await aLobby()
    store.fail('writes')
    bob.say({ type: 'leave', ref: 'r', room: 'lobby' })
    await settled()
    expect(bob.heard).toMatchObject([{ type: 'error', ref: 'r', code: 'unavailable', retry: true }])
    store.heal()
    await ada.send('Bob?')
    expect(bob.heard.at(-1)).toMatchObject({ type: 'event', text: 'Bob?' })
  })
})

describe('beats', () => {
  test('[C21] come every 25 s with the heads of the live rooms', async () => {
    const { ada, pass } = await aLobby()
    await ada.send('hi')
    await pass(24)
    expect(ada.connection.all('beat')).toEqual([{ type: 'beat', heads: { lobby: 1 } }])
    ada.say({ type: 'beat' })
    await pass(24)
    expect(ada.connection.all('beat')).toHaveLength(1)
    await pass(1)
    expect(ada.connection.all('beat')).toHaveLength(2)
  })

  test('[C22] close with 1001 whoever has not answered for 75 s, however much was sent to them', async () => {
    const { ada, bob, pass } = await aLobby()
    for (let n = 0; n < 74; n += 1) {
      if (n % 25 === 0) ada.say({ type: 'beat' })
      await ada.send('hi')
      await pass(1)
    }
    expect([ada.connection.closed, bob.connection.closed]).toEqual([null, 1001])
  })

  test('[C23] that a client sends unasked are a question, answered at once; the answer to a beat is not', async () => {
    const { ada } = await aLobby()
    ada.say({ type: 'beat' })
    await settled()
    expect(ada.heard).toMatchObject([{ type: 'beat' }])
    ada.say({ type: 'beat' })
    await settled()
    expect(ada.heard).toHaveLength(1)
  })

  test('[C24] are not missed by anybody because the clock was set forward an hour, or back', async () => {
    const { ada, bob, clock, hub, pass } = await aLobby()
    for (const jump of [3_600_000, -7_200_000]) {
      clock.pass(jump)
      hub.tick(clock.now())
      await pass(5)
    }
    expect([ada.connection.closed, bob.connection.closed]).toEqual([null, null])
    expect([...ada.connection.all('presence'), ...bob.connection.all('presence')]).toEqual([])
  })
})

describe('a drain', () => {
  test('[C25] finishes what was taken, refuses what comes, and sends everybody away with 1012', async () => {
    const { ada, bob, hub, store, clock, connect } = await aLobby()
    store.pause()
    await ada.send('before')
    const over = hub.drain({ closeBatch: 1 })
    await settled()
    await bob.send('after', 'nonce-000')
    expect(bob.heard).toMatchObject([{ type: 'error', nonce: 'nonce-000', code: 'unavailable', retry: true }])
    store.resume()
    await settled()
    expect(ada.heard.map(({ type }) => type)).toEqual(['event', 'ack', 'drain'])
    expect(ada.connection.all('drain')).toEqual([{ type: 'drain', spread: 2_000 }])
    expect([ada.connection.closed, bob.connection.closed]).toEqual([1012, null])
    clock.pass(100)
    await over
    expect(bob.connection.closed).toBe(1012)
    expect(connect(ada.self).connection.closed).toBe(1012)
  })

  test('[C25] waits no longer than 3 s for a disk that hangs', async () => {
    const { ada, hub, store, clock } = await aLobby()
    store.pause()
    await ada.send('stuck')
    const over = hub.drain()
    await settled()
    expect(ada.connection.closed).toBe(null)
    clock.pass(3_000)
    await over
    expect(ada.connection.closed).toBe(1012)
  })
})
