import { describe, expect, test } from 'bun:test'
import { aBrowser } from '../../support/server/aClient.ts'
import { clientPages, idOf } from '../../support/client/clientPages.ts'
import { eventually } from '../../support/eventually.ts'

const { app, aPage, aScene } = await clientPages()
let names = 0

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
    const { ada, adaName, bob, room } = await aScene()
    ada.actions.send(room, 'one')
    await bob.shows(['one'], room)
    const name = `Countess ${names}`
    expect(await ada.actions.rename(name)).toEqual({ result: 'ok' })
    expect(ada.told.at(-1)).toMatchObject({ type: 'self', self: { name } })
    ada.actions.send(room, 'two')
    await bob.shows(['one', 'two'], room)
    expect(bob.room(room).rows.map(({ user }) => user.name)).toEqual([adaName, name])
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
    const { ada, bob, room } = await aScene()
    ada.actions.leaveRoom(room)
    ada.actions.openRoom(room)
    await ada.isLive(room)
    bob.actions.send(room, 'welcome back')
    await ada.shows(['welcome back'], room)
    expect(ada.room(room).sync.state).toBe('live')
  })

  test('[C71] a leave that the wire or the disk has lost is asked for again, until the server says so', async () => {
    for (const lose of [true, false]) {
      const { ada, room } = await aScene()
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
