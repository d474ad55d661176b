import { describe, expect, test } from 'bun:test'
import { aHub, aLobby, settled } from '../../support/hub/aHub.ts'
import { aTalk, seqRange, seqs } from '../../support/hub/aTalk.ts'
import { lateStore } from '../../support/hub/lateStore.ts'

const UNLIMITED = { sends: { perSecond: 1e6, burst: 1e6 } }

describe('a position', () => {
  test('[C3] of nothing yet gets a first page: the newest 50 messages as they are, in one frame', async () => {
    const { back, at } = await aTalk(120)
    const bob = await back({ seq: 0, id: null })
    expect(seqs(bob)).toEqual(seqRange(71, 120))
    const { id } = at(120)
    expect(bob.connection.all('sync')).toMatchObject([
      { at: { seq: 120, id }, events: [], older: true, head: 120, floor: 1, more: false },
    ])
  })

  test('[C4] of ours gets exactly what follows it', async () => {
    const { back, at } = await aTalk(60)
    expect(seqs(await back(at(3)))).toEqual(seqRange(4, 60))
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
    expect(seqs(bob)).toEqual(seqRange(11, 60))
  })

  test('[C6] beyond the head: reset "ahead", then as from nothing', async () => {
    const { back, at, store } = await aTalk(20)
    const position = at(20)
    store.rewind('lobby', 10)
    const bob = await back(position)
    expect(bob.heard[1]).toMatchObject({ type: 'reset', reason: 'ahead', head: 10 })
    expect(seqs(bob)).toEqual(seqRange(1, 10))
  })

  test('[C7] more than 1,000 events back is too old; 1,000 are resumed', async () => {
    const { back, at, store, ada } = await aTalk(1_001)
    const bob = await back(at(1))
    expect(seqs(bob)).toEqual(seqRange(2, 1_001))
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
    expect(seqs(bob)).toEqual(seqRange(953, 1_002))
    expect((await store.events('lobby', 1_001, 1))[0]?.seq).toBe(1_002)
  })

  test('[C7] that retention has passed is too old; the one just before the floor is not', async () => {
    const { at, store, guest, clock } = await aTalk(30)
    await store.purge(clock.now() + 1, 10)
    const bob = await guest('Bob')
    for (const seq of [9, 10]) bob.say({ type: 'join', ref: `from-${seq}`, room: 'lobby', ...at(seq) })
    await settled()
    expect(bob.connection.all('reset')).toMatchObject([{ ref: 'from-9', reason: 'tooOld', floor: 11 }])
    expect(
      bob.connection
        .all('sync')
        .at(-1)
        ?.events.map(({ seq }) => seq),
    ).toEqual(seqRange(11, 30))
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
    expect(seqs(bob)).toEqual(seqRange(2, 500))

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
    expect(seqs(bob)).toEqual(seqRange(2, 201))
    const tab = connect(bob.self)
    await tab.hello(['lobby'])
    tab.say({ type: 'read', room: 'lobby', seq: 500 })
    await settled()
    bob.connection.drain()
    await settled()
    expect(seqs(bob)).toEqual(seqRange(2, 500))
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
    expect(seqs(bob)).toEqual(seqRange(2, 500))
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
    expect(seqs(bob)).toEqual(seqRange(2, 301))
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
    expect([...seqs(bob), ...live.filter((seq) => seq > (seqs(bob).at(-1) ?? 0))]).toEqual(seqRange(2, 340))
    expect(live).toEqual(seqRange(live[0] ?? 0, 340))
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
    const joins = async (ref: string, count: number) => {
      for (let n = 0; n < count; n += 1) {
        ada.say({ type: 'join', ref, room: 'lobby' })
        await settled()
      }
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
