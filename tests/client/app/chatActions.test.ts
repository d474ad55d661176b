import { describe, expect, test } from 'bun:test'
import { unreadCountOf } from '../../../src/client/state/unreadCounts.ts'
import { numbers } from '../../support/client/aState.ts'
import { aBrowser } from '../../support/server/aClient.ts'
import { clientPages } from '../../support/client/clientPages.ts'
import { eventually } from '../../support/eventually.ts'

const { app, aPage, aScene } = await clientPages()
let names = 0

describe('what is kept, what is older', () => {
  test('[U34] a draft is stored a little after the last change, and gone with its message', async () => {
    const { ada, room } = await aScene()
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
    const { ada, bob, room } = await aScene()
    for (const text of ['one', 'two', 'three']) ada.actions.send(room, text)
    await bob.shows(['one', 'two', 'three'], room)
    expect(bob.room(room).you?.unread).toBe(3)
    for (const seq of [1, 3, 2]) bob.actions.markReadUpTo(room, seq)
    expect(bob.room(room).you).toMatchObject({ readSeq: 3, unread: 0 })
    await eventually('told', () => bob.sent.some(({ type }) => type === 'read'))
    expect(bob.sent.filter(({ type }) => type === 'read')).toEqual([{ type: 'read', room, seq: 3 }])
  })

  test('[U75] all marked read: nothing is told while it can be undone, undone all is as before, and what stands my other device hears', async () => {
    const { ada, bob, room } = await aScene()
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
    const { ada, bob, room } = await aScene()
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
    const { ada, bob } = await aScene()
    await bob.actions.loadRooms()
    const made = await ada.actions.makeRoom(`Later ${(names += 1)}`)
    if (made.result !== 'made') throw new Error('no room was made')
    bob.actions.openRoom(made.room)
    await eventually('listed', () =>
      bob.store.get().roomList.some((one) => one.room === made.room && one.joined),
    )
  })

  test('[U87] a room whose name is taken comes with another', async () => {
    const { ada, room } = await aScene()
    const answer = await ada.actions.makeRoom(room)
    expect(answer).toMatchObject({ result: 'taken' })
    await ada.actions.loadRooms()
    expect(ada.store.get().roomList.find((entry) => entry.room === room)).toMatchObject({ joined: true })
  })
})
