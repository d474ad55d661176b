import { expect, test } from 'bun:test'
import { aHub, aLobby, aTalk, aTurn, seqRange, settled, UNLIMITED } from '../../support/hub/aHub.ts'

test('[C3] a client without a position gets a first page: the newest 50 messages as they are, in one frame', async () => {
  const { back, at } = await aTalk(120)
  const bob = await back({ seq: 0, id: null })
  expect(bob.pageSeqs).toEqual(seqRange(71, 120))
  const { id } = at(120)
  expect(bob.all('sync')).toMatchObject([
    { at: { seq: 120, id }, events: [], older: true, head: 120, floor: 1, more: false },
  ])
})

test('[C4] a position in this log gets exactly the events after it; at the head, one page without events', async () => {
  const { back, at, connect } = await aTalk(60)
  const bob = await back(at(3))
  expect(bob.pageSeqs).toEqual(seqRange(4, 60))
  const tab = connect(bob.self)
  await tab.ask({ type: 'hello', state: 'active', rooms: [{ room: 'lobby', ...at(60) }] })
  expect(tab.heard.slice(1)).toMatchObject([{ type: 'sync', events: [], head: 60, floor: 1, more: false }])
})

test('[C5] a position with another id gets reset "diverged", then a first page', async () => {
  const { back } = await aTalk(60)
  const bob = await back({ seq: 30, id: 'ffff' })
  expect(bob.heard[1]).toEqual({ type: 'reset', room: 'lobby', reason: 'diverged', head: 60, floor: 1 })
  expect(bob.pageSeqs).toEqual(seqRange(11, 60))
})

test('[C7] a position 1,000 events back is resumed; further back it is too old', async () => {
  const { back, at, ada } = await aTalk(1_001)
  const bob = await back(at(1))
  expect(bob.pageSeqs).toEqual(seqRange(2, 1_001))
  await ada.send('one more')
  bob.forget()
  await bob.ask({ type: 'join', ref: 'again', room: 'lobby', ...at(1) })
  const reset = {
    type: 'reset',
    ref: 'again',
    room: 'lobby',
    reason: 'tooOld',
    head: 1_002,
    floor: 1,
  } as const
  expect(bob.heard[0]).toEqual(reset)
  expect(bob.pageSeqs).toEqual(seqRange(953, 1_002))
})

test('[C7] a position just before the floor is resumed; further back it is too old', async () => {
  const { at, store, guest, clock } = await aTalk(30)
  await store.purge(clock.now() + 1, 10)
  const bob = await guest('Bob')
  for (const seq of [9, 10]) await bob.ask({ type: 'join', ref: `from-${seq}`, room: 'lobby', ...at(seq) })
  expect(bob.all('reset')).toMatchObject([{ ref: 'from-9', reason: 'tooOld', floor: 11 }])
  expect(
    bob
      .all('sync')
      .at(-1)
      ?.events.map(({ seq }) => seq),
  ).toEqual(seqRange(11, 30))
})

test('[C8] a missing room gets reset "access" on hello, noRoom on join, and nothing more', async () => {
  const { guest } = await aHub()
  const ada = await guest('Ada', ['nowhere'])
  await ada.ask({ type: 'join', ref: 'r', room: 'nowhere' })
  await ada.send('hi', 'nonce-000', 'nowhere')
  expect(ada.heard.slice(1)).toMatchObject([
    { type: 'reset', room: 'nowhere', reason: 'access' },
    { type: 'error', ref: 'r', code: 'noRoom' },
    { type: 'error', nonce: 'nonce-000', code: 'notMember' },
  ])
  expect(ada.heard[1]).not.toHaveProperty('head')
})

test('[C9] pages hold at most 200 events and follow by themselves; only the last has members and you', async () => {
  const { back, at, ada } = await aTalk(500)
  const bob = await back(at(1))
  const pages = bob.all('sync')
  expect(pages.map((page) => [page.events.length, page.more, 'members' in page, 'you' in page])).toEqual([
    [200, true, false, false],
    [200, true, false, false],
    [99, false, true, true],
  ])
  expect(pages.at(-1)).toMatchObject({
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

test('[C10] a page waits until the client has read the one before; a closed socket gets none', async () => {
  const { at, guest } = await aTalk(500)
  const bob = await guest('Bob')
  bob.connection.framesUntilStall = 1
  await bob.ask({ type: 'join', ref: 'r', room: 'lobby', ...at(1) })
  expect(bob.pageSeqs).toEqual(seqRange(2, 201))
  bob.connection.drain()
  await settled()
  expect(bob.pageSeqs).toEqual(seqRange(2, 500))

  const eve = await guest('Eve')
  eve.connection.stall()
  await eve.ask({ type: 'join', ref: 'r', room: 'lobby', ...at(1) })
  eve.connection.end()
  await settled()
  expect(eve.all('sync')).toEqual([])
})

test('[C94] everybody else has a turn of the loop between two pages', async () => {
  const { at, guest } = await aTalk(500)
  const bob = await guest('Bob')
  bob.say({ type: 'join', ref: 'r', room: 'lobby', ...at(1) })
  const pagesAfterTurn: number[] = []
  for (let turn = 0; turn < 12; turn += 1) {
    await aTurn()
    pagesAfterTurn.push(bob.all('sync').length)
  }
  expect(new Set(pagesAfterTurn)).toEqual(new Set([1, 2, 3]))
})

test('[C11] pages do not hold up the frames after their join', async () => {
  const { ada, at, guest } = await aTalk(300)
  const bob = await guest('Bob')
  bob.connection.stall()
  bob.say({ type: 'join', ref: 'r', room: 'lobby', ...at(1) })
  await bob.send('already here')
  expect(bob.heard.slice(1)).toMatchObject([{ type: 'ack', seq: 301 }])
  expect(ada.all('event').at(-1)).toMatchObject({ seq: 301, text: 'already here' })
  bob.connection.drain()
  await settled()
  expect(bob.pageSeqs).toEqual(seqRange(2, 301))
})

test('[C12] a join leaves no hole, at whichever instant a message is sent', async () => {
  const { guest } = await aHub({
    limits: UNLIMITED,
    late: (method) => (method === 'commit' ? 0 : 5),
  })
  const ada = await guest('Ada', ['lobby'])
  const bob = await guest('Bob')
  for (let instant = 0; instant < 80; instant += 1) {
    bob.forget()
    bob.say({ type: 'join', ref: 'r', room: 'lobby' })
    for (let turn = 0; turn < instant; turn += 1) await Promise.resolve()
    await ada.send('hi')
    await settled()
    const last = new Set([...bob.pageSeqs, ...bob.liveSeqs])
    expect({ instant, last: [...last].at(-1) }).toEqual({ instant, last: instant + 1 })
    await bob.ask({ type: 'leave', ref: 'l', room: 'lobby' })
  }
})

test('[C13] joining a room again closes a gap, and the room stays live', async () => {
  const { ada, at, back } = await aTalk(5)
  const bob = await back(at(5))
  bob.forget()
  await bob.ask({ type: 'join', ref: 'gap', room: 'lobby', ...at(2) })
  expect(bob.pageSeqs).toEqual([3, 4, 5])
  await ada.send('next')
  expect(bob.liveSeqs).toEqual([6])
})

test('[C14] a leave ends the pages, and nothing more of the room is heard', async () => {
  const { ada, at, guest } = await aTalk(500)
  const bob = await guest('Bob')
  bob.connection.stall()
  await bob.ask(
    { type: 'join', ref: 'r', room: 'lobby', ...at(1) },
    { type: 'leave', ref: 'l', room: 'lobby' },
  )
  bob.connection.drain()
  await ada.send('gone?')
  expect(bob.heard.slice(1)).toEqual([{ type: 'left', ref: 'l', room: 'lobby' }])
})

test('[C15] a connection may join 100 rooms; the next is too many, one of them again is not', async () => {
  const { store, guest, clock } = await aHub()
  const rooms = Array.from({ length: 101 }, (_, n) => `room-${n}`)
  for (const room of rooms) await store.addRoom({ room, name: room, topic: '', kind: 'public' }, 0)
  const ada = await guest('Ada', rooms.slice(0, 100))
  while (ada.all('sync').length < 100) await settled()
  clock.pass(1_000)
  ada.forget()
  await ada.ask(
    { type: 'join', ref: 'more', room: 'room-100' },
    { type: 'join', ref: 'again', room: 'room-0' },
  )
  expect(ada.heard).toMatchObject([
    { type: 'error', ref: 'more', code: 'tooBig' },
    { type: 'sync', ref: 'again', room: 'room-0' },
  ])
  const eve = await guest('Eve', rooms)
  expect(eve.heard).toMatchObject([{ type: 'error', code: 'tooBig' }])
})

test('[C16] a connection may join 100 times at once, then 10 times a second', async () => {
  const { ada, clock } = await aLobby()
  const join = async (ref: string, count: number) => {
    for (let n = 0; n < count; n += 1) await ada.ask({ type: 'join', ref, room: 'lobby' })
  }
  await join('first', 101)
  expect(ada.all('error')).toMatchObject([{ ref: 'first', code: 'rateLimited', after: 100 }])
  clock.pass(1_000)
  await join('second', 11)
  expect(ada.all('sync').filter(({ ref }) => ref === 'second')).toHaveLength(10)
})

test('[C17] a page that cannot be read closes the connection with 1013, so the client resumes from its position', async () => {
  const { at, store, guest, log } = await aTalk(300)
  const bob = await guest('Bob')
  bob.connection.stall()
  await bob.ask({ type: 'join', ref: 'r', room: 'lobby', ...at(1) })
  store.fail('reads')
  bob.connection.drain()
  await settled()
  expect(bob.connection.closed).toBe(1013)
  expect(log.errors).toHaveLength(1)
})

test('[S39] a person gets 8 MiB of pages at once, then 1 MiB a second', async () => {
  const { back, ada, clock } = await aTalk(0)
  await ada.sendMany(500, () => 'x'.repeat(3_900))
  const bob = await back({ seq: 0, id: null })
  const bytes = () => JSON.stringify(bob.all('sync')).length
  const first = bob.all('sync')[0]?.messages?.[0]
  if (!first) throw new Error('no first page')
  for (let n = 0; n < 60; n += 1)
    bob.say({ type: 'join', ref: `r${n}`, room: 'lobby', seq: first.seq, id: first.id })
  for (let n = 0; n < 20; n += 1) await settled()
  const before = bytes()
  expect(before).toBeGreaterThan(7.5 * 1024 * 1024)
  expect(before).toBeLessThan(9 * 1024 * 1024)
  clock.pass(1_000)
  await settled()
  expect(bytes() - before).toBeGreaterThan(0)
  expect(bytes() - before).toBeLessThan(1.5 * 1024 * 1024)
})

test('[S39] the people that a page names count as bytes, too', async () => {
  const { ada, guest, pass } = await aLobby({ limits: UNLIMITED })
  for (let n = 0; n < 150; n += 1) await guest(`Person ${n}`, ['lobby'])
  await pass(2)
  ada.forget()
  for (let n = 0; n < 900; n += 1) {
    ada.say({ type: 'join', ref: `r${n}`, room: 'lobby', seq: 0 })
    if (n % 5 === 4) await settled()
  }
  // A page names 151 people in some 15 KB, and 8 MiB may be sent at once.
  expect(ada.all('sync').length).toBeWithin(450, 650)
})
