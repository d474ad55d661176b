import { describe, expect, test } from 'bun:test'
import { unreadCountOf } from '../../../src/client/state/unreadCounts.ts'
import { numbers } from '../../support/client/aState.ts'
import { aBrowser } from '../../support/server/aClient.ts'
import { clientPages, idOf } from '../../support/client/clientPages.ts'
import { eventually } from '../../support/eventually.ts'

const { app, aPage } = await clientPages()
let names = 0

/** Somebody in a room of their own making, so that scenes do not hear each other. */
async function two() {
  const ada = await aPage().enter(`Ada ${(names += 1)}`)
  const bob = await aPage().enter(`Bob ${names}`)
  const made = await ada.actions.makeRoom(`Scene ${names}`)
  if (made.result !== 'made') throw new Error('no room was made')
  const { room } = made
  for (const one of [ada, bob]) {
    one.actions.openRoom(room)
    await one.isLive(room)
  }
  return { ada, bob, room }
}

describe('two people', () => {
  test('[B1] what one writes both see, once, at once', async () => {
    const { ada, bob, room } = await two()
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
    const { ada, bob, room } = await two()
    for (const _ of numbers(1, 20)) ada.actions.typing(room, true)
    expect(ada.sent.filter(({ type }) => type === 'typing')).toHaveLength(1)
    await eventually('Ada types', () => bob.room(room).typing.length === 1)
    ada.actions.typing(room, false)
    await eventually('she stopped', () => bob.room(room).typing.length === 0)
  })

  test('[W9] a page of many messages is one draw', async () => {
    const { ada, bob, room } = await two()
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
    const { ada, bob, room } = await two()
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
    const { ada, bob, room } = await two()
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
    const { ada, bob, room } = await two()
    bob.faults.swallow = (frame) => frame.type === 'event'
    ada.actions.send(room, 'the last one')
    await ada.shows(['the last one'], room)
    bob.sync.socket.send({ type: 'beat' })
    await bob.shows(['the last one'], room)
  })

  test('[H62] a presence frame lost on the way costs nobody their place in the list', async () => {
    const { ada, bob, room } = await two()
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
    const { ada, bob, room } = await two()
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
    const { ada, room } = await two()
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
    const { ada, bob, room } = await two()
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
    const { ada, bob, room } = await two()
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
    const { ada, room } = await two()
    for (const text of ['', ' \n ', 'x'.repeat(4_001)]) expect(ada.actions.send(room, text)).not.toBe(true)
    expect(ada.actions.send(room, 'a\r\nb\u0007c')).toBe(true)
    await ada.shows(['a\nbc'], room)
    expect(ada.sent.filter(({ type }) => type === 'send')).toHaveLength(1)
  })

  test('[T9] four thousand of the most expensive letters arrive', async () => {
    const { ada, bob, room } = await two()
    const text = '漢'.repeat(4_000)
    expect(ada.actions.send(room, text)).toBe(true)
    await bob.shows([text], room)
  })
})

describe('names and sessions', () => {
  test('[U3] a name is checked before anything is sent', async () => {
    const page = aPage()
    expect(await page.actions.signIn('  ')).toMatchObject({ result: 'invalid', fault: 'empty' })
    expect(await page.actions.signIn('x'.repeat(25))).toMatchObject({ result: 'invalid', fault: 'long' })
    expect(page.requests).toEqual([])
  })

  test('[U3] a name that is taken comes with another', async () => {
    const name = `Ann ${(names += 1)}`
    await aPage().enter(name)
    const page = aPage()
    const answer = await page.actions.signIn(name)
    expect(answer.result).toBe('taken')
    if (answer.result !== 'taken' || answer.suggestion === undefined) throw new Error('no suggestion')
    expect(await page.actions.signIn(answer.suggestion)).toEqual({ result: 'ok' })
  })

  test('[U5] after a reload I am who I was, and nobody is nobody', async () => {
    const browser = aBrowser()
    const first = aPage(browser)
    await first.enter(`Ada ${(names += 1)}`)
    first.end()
    const again = aPage(browser)
    await again.actions.restoreSession()
    expect(again.store.get().self).toEqual(first.store.get().self)
    expect(again.actions.lastName()).toBe(`Ada ${names}`)
    const stranger = aPage()
    await stranger.actions.restoreSession()
    expect(stranger.store.get().self).toBeNull()
    expect(stranger.requests).toEqual(['GET /api/session'])
  })

  test('[U6] a rename counts from the next message on, and my other tabs hear of it', async () => {
    const { ada, bob, room } = await two()
    ada.actions.send(room, 'one')
    await bob.shows(['one'], room)
    const name = `Countess ${names}`
    expect(await ada.actions.rename(name)).toEqual({ result: 'ok' })
    expect(ada.told.at(-1)).toMatchObject({ type: 'self', self: { name } })
    ada.actions.send(room, 'two')
    await bob.shows(['one', 'two'], room)
    expect(bob.room(room).rows.map(({ user }) => user.name)).toEqual([`Ada ${names}`, name])
  })

  test('[U8] signed out, nothing of mine is on the device, and the server knows nobody', async () => {
    const browser = aBrowser()
    const page = await aPage(browser).enter(`Ada ${(names += 1)}`)
    page.faults.away = true
    page.lose()
    await eventually('lost', () => page.store.get().connection.state === 'waiting')
    page.actions.send('lobby', 'secret')
    page.actions.saveDraft('lobby', 'half a thought', 4)
    const { self } = page.store.get()
    page.faults.away = false
    // The draft is not stored yet, and counts.
    expect([await page.actions.unsentCount(), await page.actions.draftCount()]).toEqual([1, 1])
    await page.actions.signOut()
    expect([await page.actions.unsentCount(), await page.actions.draftCount()]).toEqual([0, 0])
    const id = typeof self === 'object' ? (self?.id ?? '') : ''
    expect(await browser.storage.entries(id)).toEqual([])
    expect(await browser.storage.draft(id, 'lobby')).toBeNull()
    expect(page.store.get()).toMatchObject({ self: null, connection: { state: 'idle' } })
    const later = aPage(browser)
    await later.actions.restoreSession()
    expect(later.store.get().self).toBeNull()
  })

  test('[U8] signed out without a network, the server is told before anything else, and asked nothing that it may have answered before', async () => {
    const browser = aBrowser()
    const page = await aPage(browser).enter(`Ada ${(names += 1)}`)
    page.faults.away = true
    await page.actions.signOut()
    const later = aPage(browser)
    await later.actions.restoreSession()
    expect(later.requests).toEqual(['DELETE /api/session'])
    expect(later.store.get().self).toBeNull()
    const again = aPage(browser)
    await again.actions.restoreSession()
    expect([again.store.get().self, again.requests]).toEqual([null, ['GET /api/session']])
  })

  test('[U48] another tab signs out, and this one is nobody too', async () => {
    const browser = aBrowser()
    const page = await aPage(browser).enter(`Ada ${(names += 1)}`)
    const other = aPage(browser)
    await other.actions.restoreSession()
    await other.actions.signOut()
    expect(other.told.at(-1)).toEqual({ type: 'self', self: null })
    await page.actions.signedInAs(null)
    expect(page.store.get()).toMatchObject({
      self: null,
      signedOutInOtherTab: true,
      connection: { state: 'idle' },
    })
    await page.enter(`Eve ${(names += 1)}`)
    await page.actions.signOut()
    expect(page.store.get().signedOutInOtherTab).toBe(false)
  })

  test('[W4] a page that came without a session asks nobody who they are', async () => {
    const page = aPage()
    await page.actions.restoreSession(true)
    expect(page.store.get().self).toBeNull()
    expect(page.requests).toEqual([])
  })

  test('[U48] signed in as another in the same page, the room is live and messages are theirs', async () => {
    const page = await aPage().enter(`Ada ${(names += 1)}`)
    await page.actions.signOut()
    const before = page.store.get()
    expect(before.self).toBeNull()
    await page.enter(`Eve ${names}`)
    page.actions.send('lobby', `by Eve ${names}`)
    await eventually('hers', () => page.texts().at(-1) === `by Eve ${names}`)
    expect(page.room().rows.at(-1)).toMatchObject({ own: true, user: { name: `Eve ${names}` } })
  })

  test('[C70] a room that I left can be joined again at once', async () => {
    const { ada, bob, room } = await two()
    ada.actions.leaveRoom(room)
    ada.actions.openRoom(room)
    await ada.isLive(room)
    bob.actions.send(room, 'welcome back')
    await ada.shows(['welcome back'], room)
    expect(ada.room(room).sync.state).toBe('live')
  })

  test('[C71] a leave that the wire or the disk has lost is asked for again, until the server says so', async () => {
    for (const lose of [true, false]) {
      const { ada, room } = await two()
      const joined = async () => (await app.store.memberships(idOf(ada))).some((one) => one.room === room)
      if (lose)
        ada.faults.cut = ({ type }) =>
          type === 'leave' && ada.sent.filter((one) => one.type === type).length === 1
      else app.store.fail('writes')
      ada.actions.leaveRoom(room)
      await eventually('the first attempt', () => ada.sent.some(({ type }) => type === 'leave'))
      if (!lose) {
        await eventually('a refusal', () => ada.heard.some(({ type }) => type === 'error'))
        expect(await joined()).toBe(true)
        app.store.heal()
      }
      await eventually('the leave', async () => !(await joined()))
      await eventually('the answer', () => ada.heard.some(({ type }) => type === 'left'))
    }
  })

  test('[U55] a session that ended elsewhere stops the page for good', async () => {
    const browser = aBrowser()
    const page = await aPage(browser).enter(`Ada ${(names += 1)}`)
    await fetch(`${app.origin}/api/session`, {
      method: 'DELETE',
      headers: { cookie: browser.cookie, origin: app.origin, 'content-type': 'application/json' },
    })
    await eventually('stopped', () => page.store.get().connection.state === 'stopped')
    expect(page.store.get().connection).toEqual({ state: 'stopped', code: 4501 })
  })
})

describe('what is kept, what is older', () => {
  test('[U34] a draft is stored a little after the last change, and gone with its message', async () => {
    const { ada, room } = await two()
    for (const length of numbers(1, 10))
      ada.actions.saveDraft(room, 'half a thought'.slice(0, length), length)
    expect(await ada.actions.draft(room)).toEqual({ text: 'half a tho', caret: 10 })
    await eventually('stored', async () => (await ada.sync.outbox.draft(room))?.text === 'half a tho')
    ada.actions.saveDraft(room, 'half a thought', 14)
    ada.actions.send(room, 'half a thought')
    await ada.shows(['half a thought'], room)
    expect(await ada.actions.draft(room)).toEqual({ text: '', caret: 0 })
  })

  test('[U34] a draft is there for the screen that asks as soon as it is known who I am', async () => {
    const browser = aBrowser()
    const before = await aPage(browser).enter(`Ada ${(names += 1)}`)
    before.actions.saveDraft('lobby', 'half a thought', 14)
    await eventually('stored', async () => (await before.sync.outbox.draft('lobby')) !== null)
    before.end()

    const again = aPage(browser)
    let draft: Promise<{ text: string; caret: number }> | undefined
    again.store.watch(
      ({ self }) => self,
      (self) => {
        if (self !== 'unknown') draft = again.actions.draft('lobby')
      },
      new AbortController().signal,
    )
    await again.actions.restoreSession()
    expect(await draft).toEqual({ text: 'half a thought', caret: 14 })
  })

  test('[U15] older pages come one at a time, until the room begins', async () => {
    const room = `long-${(names += 1)}`
    const texts = numbers(1, 130).map((n) => `text ${n}`)
    await app.store.addRoom({ room, name: room, topic: '', kind: 'public' }, Date.now())
    await app.store.commit(
      texts.map((text, n) => ({
        kind: 'message',
        room,
        id: `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`,
        at: Date.now(),
        user: { id: 'b1', name: 'Bob' },
        nonce: `${room}-nonce-${n}`,
        text,
      })),
    )
    const eve = await aPage().enter(`Eve ${(names += 1)}`)
    eve.actions.openRoom(room)
    await eve.isLive(room)
    expect(eve.texts(room)).toEqual(texts.slice(-50))
    expect(eve.room(room).older).toBe('more')
    for (const count of [100, 130]) {
      eve.actions.loadOlder(room)
      eve.actions.loadOlder(room)
      await eve.shows(texts.slice(-count), room)
    }
    expect(eve.room(room).older).toBe('none')
    eve.actions.loadOlder(room)
    expect(eve.requests.filter((one) => one.includes('messages'))).toHaveLength(2)
  })

  test('[U71] what I read is told at most every half second, forward only', async () => {
    const { ada, bob, room } = await two()
    for (const text of ['one', 'two', 'three']) ada.actions.send(room, text)
    await bob.shows(['one', 'two', 'three'], room)
    expect(bob.room(room).you?.unread).toBe(3)
    for (const seq of [1, 3, 2]) bob.actions.markReadUpTo(room, seq)
    expect(bob.room(room).you).toMatchObject({ readSeq: 3, unread: 0 })
    await eventually('told', () => bob.sent.some(({ type }) => type === 'read'))
    expect(bob.sent.filter(({ type }) => type === 'read')).toEqual([{ type: 'read', room, seq: 3 }])
  })

  test('[U75] all marked read: nothing is told while it can be undone, undone all is as before, and what stands my other device hears', async () => {
    const { ada, bob, room } = await two()
    for (const text of ['one', 'two', 'three']) bob.actions.send(room, text)
    const device = aPage({ ...aBrowser(), cookie: ada.browser.cookie })
    await device.actions.restoreSession()
    device.actions.openRoom(room)
    const counts = (who: typeof ada) => unreadCountOf(who.store.get(), room).unread
    await eventually('both count', () => counts(ada) === 3 && counts(device) === 3)
    const told = () => ada.sent.filter(({ type }) => type === 'read').length

    ada.actions.markAllRead()
    await eventually('all is read', () => counts(ada) === 0)
    ada.actions.undoMarkAllRead()
    expect(counts(ada)).toBe(3)
    await eventually(
      'the server has counted',
      () => !ada.room(room).needsRecount && ada.room(room).sync.state === 'live',
    )
    expect([counts(ada), counts(device), told()]).toEqual([3, 3, 0])

    ada.actions.markAllRead()
    ada.actions.flushTimers()
    await eventually('the other device knows', () => {
      app.pass(1_000)
      return counts(device) === 0
    })
    expect([counts(ada), told()]).toEqual([0, 1])
  })

  test('[U74] what is said in a room of mine that this page has not opened is counted at once', async () => {
    const { ada, bob, room } = await two()
    bob.end()
    const again = aPage(bob.browser)
    await again.actions.restoreSession()
    again.actions.openRoom('lobby')
    await again.isLive()
    await again.actions.loadRooms()
    await again.isLive(room)
    ada.actions.send(room, 'anybody here?')
    await eventually('it counts', () => unreadCountOf(again.store.get(), room).unread === 1)
    again.actions.leaveRoom(room)
    expect(again.store.get().roomList.find((one) => one.room === room)).toMatchObject({ joined: false })
    await again.actions.loadRooms()
    expect(again.store.get().rooms[room]).toBeUndefined()
  })

  test('[U74] a room made elsewhere since the list came is asked for', async () => {
    const { ada, bob } = await two()
    await bob.actions.loadRooms()
    const made = await ada.actions.makeRoom(`Later ${(names += 1)}`)
    if (made.result !== 'made') throw new Error('no room was made')
    bob.actions.openRoom(made.room)
    await eventually('listed', () =>
      bob.store.get().roomList.some((one) => one.room === made.room && one.joined),
    )
  })

  test('[U87] a room whose name is taken comes with another', async () => {
    const { ada, room } = await two()
    const answer = await ada.actions.makeRoom(room)
    expect(answer).toMatchObject({ result: 'taken' })
    await ada.actions.loadRooms()
    expect(ada.store.get().roomList.find((entry) => entry.room === room)).toMatchObject({ joined: true })
  })
})
