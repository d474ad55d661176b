import { describe, expect, test } from 'bun:test'
import { numbers } from '../../support/client/aState.ts'
import { aBrowser } from '../../support/server/aClient.ts'
import { clientPages, idOf } from '../../support/client/clientPages.ts'
import { eventually } from '../../support/eventually.ts'

const { app, aPage, aScene } = await clientPages()
let names = 0

describe('two people', () => {
  test('[B1] what one writes both see, once, at once', async () => {
    const { ada, bob, room } = await aScene()
    ada.actions.send(room, 'hello Bob')
    expect(ada.texts(room)).toEqual(['(hello Bob)'])
    await bob.shows(['hello Bob'], room)
    await ada.shows(['hello Bob'], room)
    bob.actions.send(room, 'hello Ada')
    await ada.shows(['hello Bob', 'hello Ada'], room)
    expect(ada.room(room).rows.map(({ own }) => own)).toEqual([true, false])
    await eventually('nothing waits', async () => (await ada.actions.unsentCount()) === 0)
  })

  test('[U40] who types is seen, no more often than every three seconds, until they stop', async () => {
    const { ada, bob, room } = await aScene()
    for (const _ of numbers(1, 20)) ada.actions.typing(room, true)
    expect(ada.sent.filter(({ type }) => type === 'typing')).toHaveLength(1)
    await eventually('Ada types', () => bob.room(room).typing.length === 1)
    ada.actions.typing(room, false)
    await eventually('she stopped', () => bob.room(room).typing.length === 0)
  })

  test('[W9] a page of many messages is one draw', async () => {
    const { ada, bob, room } = await aScene()
    bob.faults.away = true
    bob.lose()
    await eventually('lost', () => bob.store.get().connection.state === 'waiting')
    const texts = numbers(1, 12).map((n) => `text ${n}`)
    for (const text of texts) ada.actions.send(room, text)
    await ada.shows(texts, room)
    const shown: number[] = []
    bob.store.watch(
      (state) => state.rooms[room]?.rows,
      (rows) => shown.push(rows?.length ?? 0),
      new AbortController().signal,
    )
    bob.faults.away = false
    bob.actions.reconnect()
    await bob.shows(texts, room)
    expect(shown).toEqual([0, 12])
  })
})

describe('coming back', () => {
  test('[U52] what was said meanwhile is drawn once, in order, the rows before it untouched', async () => {
    const { ada, bob, room } = await aScene()
    ada.actions.send(room, 'before')
    await bob.shows(['before'], room)
    const [first] = bob.room(room).rows
    bob.faults.away = true
    bob.lose()
    await eventually('lost', () => bob.store.get().connection.state === 'waiting')
    const texts = numbers(1, 12).map((n) => `meanwhile ${n}`)
    for (const text of texts) ada.actions.send(room, text)
    await ada.shows(['before', ...texts], room)
    bob.faults.away = false
    bob.actions.reconnect()
    await bob.shows(['before', ...texts], room)
    expect(bob.room(room).rows[0] === first).toBe(true)
  })

  test('[C60] an event lost on the way is fetched before anything behind it is drawn', async () => {
    const { ada, bob, room } = await aScene()
    let lost = 0
    bob.faults.swallow = (frame) => frame.type === 'event' && frame.seq === 2 && (lost += 1) === 1
    const shown: string[][] = []
    bob.store.watch(
      (state) => state.rooms[room]?.rows,
      () => shown.push(bob.texts(room)),
      new AbortController().signal,
    )
    for (const text of ['one', 'two', 'three']) ada.actions.send(room, text)
    await bob.shows(['one', 'two', 'three'], room)
    for (const texts of shown) expect(texts).toEqual(['one', 'two', 'three'].slice(0, texts.length))
    expect(bob.sent.filter((frame) => frame.type === 'join' && frame.seq === 1)).toHaveLength(1)
  })

  test('[C63] a last event lost on the way is found by the beat', async () => {
    const { ada, bob, room } = await aScene()
    bob.faults.swallow = (frame) => frame.type === 'event'
    ada.actions.send(room, 'the last one')
    await ada.shows(['the last one'], room)
    bob.sync.socket.send({ type: 'beat' })
    await bob.shows(['the last one'], room)
  })

  test('[H62] a presence frame lost on the way costs nobody their place in the list', async () => {
    const { ada, bob, room } = await aScene()
    await eventually('both', () => {
      app.pass(1_000)
      return bob.room(room).people.length === 2
    })
    let lost = 0
    bob.faults.swallow = (frame) => frame.type === 'presence' && frame.room === room && (lost += 1) === 1
    const eve = await aPage().enter(`Eve ${(names += 1)}`)
    eve.actions.openRoom(room)
    await eve.isLive(room)
    await eventually('the lost one', () => {
      app.pass(1_000)
      return lost === 1
    })
    ada.actions.leaveRoom(room)
    await eventually('Bob and Eve', () => {
      app.pass(1_000)
      return (
        bob
          .room(room)
          .people.map(({ name }) => name.split(' ')[0])
          .toSorted((one = '', other = '') => one.localeCompare(other))
          .join() === 'Bob,Eve'
      )
    })
  })

  test('[C115] a page that slept while I left the room on another device does not take me back into it', async () => {
    const browser = aBrowser()
    const laptop = await aPage(browser).enter(`Ada ${(names += 1)}`)
    const made = await laptop.actions.makeRoom(`Slept ${names}`)
    const room = made.result === 'made' ? made.room : ''
    laptop.actions.openRoom(room)
    await laptop.isLive(room)
    laptop.faults.away = true
    laptop.lose()
    await eventually('lost', () => laptop.store.get().connection.state === 'waiting')
    const phone = aPage(browser)
    await phone.actions.restoreSession()
    await eventually('followed', () => phone.store.get().rooms[room]?.sync.state === 'live')
    phone.actions.leaveRoom(room)
    const joined = async () => (await app.store.memberships(idOf(laptop))).some((one) => one.room === room)
    await eventually('left', async () => !(await joined()))
    laptop.faults.away = false
    laptop.actions.reconnect()
    await eventually('closed', () => laptop.room(room).sync.state === 'closed')
    await laptop.isLive()
    expect(await joined()).toBe(false)
    expect(laptop.store.get().roomList.some((one) => one.room === room && one.joined)).toBe(false)
    laptop.actions.openRoom(room)
    await laptop.isLive(room)
    expect(await joined()).toBe(true)
  })

  test('[C116] a room that is only followed shows its messages and people once it comes on screen', async () => {
    const { ada, bob, room } = await aScene()
    for (const text of ['one', 'two']) ada.actions.send(room, text)
    await ada.shows(['one', 'two'], room)
    const again = aPage(bob.browser)
    await again.actions.restoreSession()
    again.actions.openRoom('lobby')
    await eventually('followed', () => again.store.get().rooms[room]?.you?.unread === 2)
    ada.actions.send(room, 'three')
    await again.shows(['three'], room)
    expect(again.room(room)).toMatchObject({ depth: 'counts', people: [], you: { unread: 3 } })
    again.actions.openRoom(room)
    await again.shows(['one', 'two', 'three'], room)
    expect(again.room(room)).toMatchObject({ depth: 'all', older: 'none', you: { unread: 3 } })
    expect(again.room(room).people.map(({ id }) => id)).toContain(idOf(again))
  })

  test('[C139] a room joined in one tab is told to the other tabs once, which list their rooms and follow it', async () => {
    const { ada, room } = await aScene()
    const eve = await aPage().enter(`Eve ${(names += 1)}`)
    const other = aPage(eve.browser)
    await other.actions.restoreSession()
    await other.isLive()
    eve.actions.openRoom(room)
    await eve.isLive(room)
    const joins = () => eve.told.filter(({ type }) => type === 'joined')
    await eventually('told', () => joins().length > 0)
    expect(joins()).toEqual([{ type: 'joined', room }])
    await other.actions.loadRooms()
    await eventually('followed', () => other.store.get().rooms[room]?.sync.state === 'live')
    ada.actions.send(room, 'hello')
    await eventually('counted', () => other.store.get().rooms[room]?.you?.unread === 1)
    expect(other.told.filter(({ type }) => type === 'joined')).toEqual([])
  })

  test('[U86] a room that does not exist is closed, and nothing goes on asking', async () => {
    const ada = await aPage().enter(`Ada ${(names += 1)}`)
    ada.actions.openRoom('nowhere')
    await eventually('closed', () => ada.room('nowhere').sync.state === 'closed')
    ada.lose()
    const welcomes = () => ada.heard.filter(({ type }) => type === 'welcome').length
    await eventually('a new connection', () => welcomes() === 2)
    expect(ada.sent.filter((frame) => frame.type === 'join' && frame.room === 'nowhere')).toHaveLength(1)
    expect(ada.sent.at(-1)).toMatchObject({ type: 'hello', rooms: [{ room: 'lobby' }] })
  })
})

describe('trouble while sending', () => {
  test('[U45] the socket killed between send and ack, again and again: one copy for both people', async () => {
    const { ada, bob, room } = await aScene()
    let cuts = 0
    ada.faults.cut = (frame) => frame.type === 'send' && (cuts += 1) % 3 !== 0
    const texts = numbers(1, 8).map((n) => `text ${n}`)
    for (const text of texts) ada.actions.send(room, text)
    await eventually('all of it', () => {
      // Neither the wait for the next attempt nor the five messages a second are the matter here.
      ada.actions.reconnect()
      app.pass(1_000)
      return ada.texts(room).join() === texts.join()
    })
    await bob.shows(texts, room)
    expect(cuts).toBeGreaterThan(8)
  })

  test('[U47] three written offline, online again: they arrive once and in order', async () => {
    const { ada, bob, room } = await aScene()
    ada.faults.away = true
    ada.lose()
    await eventually('lost', () => ada.store.get().connection.state === 'waiting')
    for (const text of ['one', 'two', 'three']) expect(ada.actions.send(room, text)).toBe(true)
    expect(ada.texts(room)).toEqual(['(one)', '(two)', '(three)'])
    ada.faults.away = false
    ada.actions.reconnect()
    await bob.shows(['one', 'two', 'three'], room)
    await ada.shows(['one', 'two', 'three'], room)
  })

  test('[U47] the same after a reload, from the device, also for a room that the page does not show', async () => {
    const browser = aBrowser()
    const before = aPage(browser)
    await before.enter(`Ada ${(names += 1)}`)
    const made = await before.actions.makeRoom(`Reload ${names}`)
    const room = made.result === 'made' ? made.room : ''
    before.actions.openRoom(room)
    await before.isLive(room)
    before.faults.away = true
    before.lose()
    for (const text of ['one', 'two']) before.actions.send(room, text)
    await eventually('stored', async () => (await before.actions.unsentCount()) === 2)
    before.end()

    const after = aPage(browser)
    await after.actions.restoreSession()
    await eventually('it is there', () => after.store.get().rooms[room] !== undefined)
    await after.shows(['one', 'two'], room)
  })

  test('[U35] blank or too long is not sent, and nothing is cut', async () => {
    const { ada, room } = await aScene()
    for (const text of ['', ' \n ', 'x'.repeat(4_001)]) expect(ada.actions.send(room, text)).not.toBe(true)
    expect(ada.actions.send(room, 'a\r\nb\u0007c')).toBe(true)
    await ada.shows(['a\nbc'], room)
    expect(ada.sent.filter(({ type }) => type === 'send')).toHaveLength(1)
  })

  test('[T9] four thousand of the most expensive letters arrive', async () => {
    const { ada, bob, room } = await aScene()
    const text = '漢'.repeat(4_000)
    expect(ada.actions.send(room, text)).toBe(true)
    await bob.shows([text], room)
  })
})
