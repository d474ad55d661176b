import { describe, expect, test } from 'bun:test'
import { numbers } from '../../support/client/aState.ts'
import { clientPages, goOffline, goOnline, idOf, type Client } from '../../support/client/clientPages.ts'
import { eventually } from '../../support/eventually.ts'

const { app, aGuest, anotherPage, aScene } = await clientPages()

const isMember = async (client: Client, room: string) =>
  (await app.store.memberships(idOf(client))).some((membership) => membership.room === room)

const sentOf = ({ sent }: Client, type: string) => sent.filter((frame) => frame.type === type)

/** Leaves a room without the ten seconds in which that can be undone. */
function leave({ actions }: Client, room: string): void {
  actions.leaveRoom(room)
  actions.tellLeave()
}

/** Notes what a page draws of a room, at each change of its rows. */
function drawsOf(client: Client, room: string): string[][] {
  const draws: string[][] = []
  client.store.watch(
    (state) => state.rooms[room]?.rows,
    () => draws.push(client.texts(room)),
    new AbortController().signal,
  )
  return draws
}

describe('two people', () => {
  test('[U40] typing is shown until it stops, and sent at most every three seconds', async () => {
    const { ada, bob, room } = await aScene()
    for (const _ of numbers(1, 20)) ada.actions.typing(room, true)
    expect(sentOf(ada, 'typing')).toHaveLength(1)
    await eventually('Ada types', () => bob.room(room).typing.length === 1)
    ada.actions.typing(room, false)
    await eventually('she stopped', () => bob.room(room).typing.length === 0)
  })

  test('[T9] a message of 4,000 characters of three bytes arrives', async () => {
    const { ada, bob, room } = await aScene()
    const text = '漢'.repeat(4_000)
    expect(ada.actions.send(room, text)).toBe(true)
    await bob.shows([text], room)
  })
})

describe('after a break', () => {
  test('[U52, W9] missed messages are drawn at once and in order, and the rows before them stay', async () => {
    const { ada, bob, room } = await aScene()
    ada.actions.send(room, 'before')
    await bob.shows(['before'], room)
    const [first] = bob.room(room).rows
    await goOffline(bob)
    const texts = ['before', ...numbers(1, 12).map((n) => `meanwhile ${n}`)]
    for (const text of texts.slice(1)) ada.actions.send(room, text)
    await ada.shows(texts, room)
    const draws = drawsOf(bob, room)
    goOnline(bob)
    await bob.shows(texts, room)
    expect(draws).toEqual([['before'], texts])
    expect(bob.room(room).rows[0] === first).toBe(true)
  })

  test('[C60] a lost event is fetched before anything behind it is drawn', async () => {
    const { ada, bob, room } = await aScene()
    let lost = 0
    bob.faults.swallow = (frame) => frame.type === 'event' && frame.seq === 2 && (lost += 1) === 1
    const draws = drawsOf(bob, room)
    const texts = ['one', 'two', 'three']
    for (const text of texts) ada.actions.send(room, text)
    await bob.shows(texts, room)
    for (const drawn of draws) expect(drawn).toEqual(texts.slice(0, drawn.length))
    expect(bob.sent.filter((frame) => frame.type === 'join' && frame.seq === 1)).toHaveLength(1)
  })

  test('[C63] a beat reveals that the last event was lost', async () => {
    const { ada, bob, room } = await aScene()
    bob.faults.swallow = (frame) => frame.type === 'event'
    ada.actions.send(room, 'the last one')
    await ada.shows(['the last one'], room)
    bob.sync.socket.send({ type: 'beat' })
    await bob.shows(['the last one'], room)
  })

  test('[H62] a lost presence frame does not leave the list of people wrong', async () => {
    const { ada, bob, room } = await aScene()
    const people = (): string[] => {
      app.pass(1_000)
      return bob.room(room).people.map(({ name }) => name.slice(0, 3))
    }
    await eventually('both', () => people().length === 2)
    let lost = 0
    bob.faults.swallow = (frame) => frame.type === 'presence' && frame.room === room && (lost += 1) === 1
    const eve = await aGuest('Eve')
    eve.actions.openRoom(room)
    await eve.isLive(room)
    await eventually('a lost frame', () => people().length > 0 && lost === 1)
    leave(ada, room)
    await eventually(
      'Bob and Eve',
      () => new Set(people()).symmetricDifference(new Set(['Bob', 'Eve'])).size === 0,
    )
  })

  test('[U45, C69] each message arrives once although the socket dies between send and ack', async () => {
    const { ada, bob, room } = await aScene()
    let cuts = 0
    ada.faults.cut = (frame) => frame.type === 'send' && (cuts += 1) % 3 !== 0
    const texts = numbers(1, 8).map((n) => `text ${n}`)
    for (const text of texts) ada.actions.send(room, text)
    await eventually('all of them', () => {
      // Skips the backoff, and the limit of five messages a second.
      ada.actions.reconnect()
      app.pass(1_000)
      return ada.texts(room).join() === texts.join()
    })
    await bob.shows(texts, room)
    expect(cuts).toBeGreaterThan(8)
  })
})

describe('rooms', () => {
  test('[C115] a page that slept does not rejoin a room that was left on another device', async () => {
    const { ada: laptop, room } = await aScene()
    await goOffline(laptop)
    const phone = await anotherPage(laptop.browser)
    await eventually('followed', () => phone.store.get().rooms[room]?.sync.state === 'live')
    leave(phone, room)
    await eventually('left', async () => !(await isMember(laptop, room)))
    goOnline(laptop)
    await eventually('closed', () => laptop.room(room).sync.state === 'closed')
    await laptop.isLive()
    expect(await isMember(laptop, room)).toBe(false)
    expect(laptop.store.get().roomList.some((entry) => entry.room === room && entry.joined)).toBe(false)
    laptop.actions.openRoom(room)
    await laptop.isLive(room)
    expect(await isMember(laptop, room)).toBe(true)
  })

  test('[C139] a room joined on one device is followed on my others', async () => {
    const { ada, room } = await aScene()
    const eve = await aGuest('Eve')
    const other = await anotherPage(eve.browser)
    await other.isLive()
    eve.actions.openRoom(room)
    await other.isLive(room)
    ada.actions.send(room, 'hello')
    await eventually('counted', () => other.room(room).you?.unread === 1)
  })

  test('[U330] a room that somebody makes is listed for everybody at once, and joined only by its maker', async () => {
    const { ada, bob } = await aScene()
    const other = await anotherPage(ada.browser)
    await other.isLive()
    await bob.actions.loadRooms()
    const made = await ada.actions.makeRoom('Pottery')
    if (made.result !== 'made') throw new Error('no room was made')
    const entryOf = ({ store }: Client) => store.get().roomList.find(({ room }) => room === made.room)
    await eventually('listed', () => [bob, ada, other].every(entryOf))
    expect(entryOf(bob)).toMatchObject({ name: 'Pottery', joined: false })
    expect(entryOf(ada)).toMatchObject({ joined: true, role: 'owner' })
    await other.isLive(made.room)
  })

  test('[U86] a room that does not exist is closed, and not requested again', async () => {
    const ada = await aGuest()
    ada.actions.openRoom('nowhere')
    await eventually('closed', () => ada.room('nowhere').sync.state === 'closed')
    ada.lose()
    await eventually('a new connection', () => sentOf(ada, 'hello').length === 2)
    expect(ada.sent.filter((frame) => frame.type === 'join' && frame.room === 'nowhere')).toHaveLength(1)
    expect(ada.sent.at(-1)).toMatchObject({ type: 'hello', rooms: [{ room: 'lobby' }] })
  })

  test('[C70] a room can be joined again right after leaving it', async () => {
    const { ada, bob, room } = await aScene()
    leave(ada, room)
    ada.actions.openRoom(room)
    await ada.isLive(room)
    bob.actions.send(room, 'welcome back')
    await ada.shows(['welcome back'], room)
  })

  test.each(['connection', 'disk'])(
    '[C71] a leave lost by the %s is repeated until the server answers',
    async (fault) => {
      const { ada, room } = await aScene()
      if (fault === 'disk') app.store.fail('writes')
      else ada.faults.cut = ({ type }) => type === 'leave' && sentOf(ada, 'leave').length === 1
      leave(ada, room)
      await eventually('the first attempt', () => sentOf(ada, 'leave').length > 0)
      if (fault === 'disk') {
        await eventually('a refusal', () => ada.heard.some(({ type }) => type === 'error'))
        expect(await isMember(ada, room)).toBe(true)
        app.store.heal()
      }
      await eventually('the leave', async () => !(await isMember(ada, room)))
      await eventually('the answer', () => ada.heard.some(({ type }) => type === 'left'))
    },
  )
})
