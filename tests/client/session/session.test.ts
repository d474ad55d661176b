import { describe, expect, test } from 'bun:test'
import { createSessionActions } from '../../../src/client/app/actions/sessionActions.ts'
import { createApi, type ApiResult, type Api } from '../../../src/client/net/api.ts'
import { reduce } from '../../../src/client/state/reduce.ts'
import { createStore } from '../../../src/client/state/store.ts'
import { words } from '../../../src/client/words/words.ts'
import type { Self } from '../../../src/shared/model.ts'
import { aBrowser, type Browser } from '../../support/server/aClient.ts'
import { clientPages, goOffline, goOnline, idOf, nameOf } from '../../support/client/clientPages.ts'
import { eventually } from '../../support/eventually.ts'

const SELF: Self = { id: 'a1', name: 'Ada', role: 'guest' }

const { app, aPage, aGuest, anotherPage, aScene } = await clientPages()
let count = 0
const aName = (name: string) => `${name} the ${(count += 1)}`

/** A page that cannot load the chat. The test answers its requests; a request without an answer fails as if offline. */
function aPageWithoutChat(
  answers: Partial<Record<'session' | 'signIn' | 'signOut', () => Promise<ApiResult<unknown>>>>,
) {
  const asked: string[] = []
  const store = createStore(reduce)
  const ask = (name: keyof typeof answers) => () => {
    asked.push(name)
    return (answers[name] ?? (async () => ({ ok: false, code: 'offline' })))() as never
  }
  const api = { session: ask('session'), signIn: ask('signIn'), signOut: ask('signOut') } as unknown as Api
  const { device } = aBrowser()
  const actions = createSessionActions(
    store,
    api,
    { tell() {} },
    { after: () => () => {}, device, keepsCookies: () => true },
    () => Promise.reject(new TypeError('no chat here')),
  )
  return { actions, store, asked, device }
}

describe('signing in and out', () => {
  test('[U3] the server says what is wrong with a name, and answers a taken one with a free one', async () => {
    const ada = await aGuest()
    const page = aPage()
    const { empty, long } = words.errors.reasons.nameInvalid
    expect(await page.actions.signIn('  ')).toEqual({ result: 'invalid', message: empty })
    expect(await page.actions.signIn('x'.repeat(25))).toEqual({ result: 'invalid', message: long })
    const answer = await page.actions.signIn(nameOf(ada))
    if (answer.result !== 'taken' || answer.suggestion === undefined) throw new Error('no suggestion')
    expect(await page.actions.signIn(answer.suggestion)).toEqual({ result: 'ok' })
  })

  test('[U186] where the browser blocks cookies no name is sent, and the page says why', async () => {
    const page = aPage({ ...aBrowser(), keepsCookies: false })
    const answer = await page.actions.signIn('Cookieless')
    expect(answer).toEqual({ result: 'failed', message: expect.stringContaining('cookies') })
    expect(page.requests).toEqual([])
    expect(await aPage().actions.signIn('Cookieless')).toEqual({ result: 'ok' })
  })

  test('[U5] a reload restores the session, and a stranger has none', async () => {
    const first = await aGuest()
    first.end()
    const again = await anotherPage(first.browser)
    expect(again.store.get().self).toEqual(first.store.get().self)
    expect(again.actions.lastName()).toBe(nameOf(first))
    const stranger = await anotherPage(aBrowser())
    expect([stranger.store.get().self, stranger.requests]).toEqual([null, ['GET /api/session']])
  })

  test('[W4] a page delivered without a session asks for none', async () => {
    const page = aPage()
    await page.actions.restoreSession(true)
    expect([page.store.get().self, page.requests]).toEqual([null, []])
  })

  test('[U6] a rename holds from the next message on, and my other tabs hear of it', async () => {
    const { ada, bob, room } = await aScene()
    const before = nameOf(ada)
    ada.actions.send(room, 'one')
    await bob.shows(['one'], room)
    const name = aName('Countess')
    expect(await ada.actions.rename(name)).toEqual({ result: 'ok' })
    expect(ada.told.at(-1)).toMatchObject({ type: 'self', self: { name } })
    ada.actions.send(room, 'two')
    await bob.shows(['one', 'two'], room)
    expect(bob.room(room).rows.map(({ user }) => user.name)).toEqual([before, name])
  })

  test('[U8] signing out removes my messages and drafts from the device, and ends the session', async () => {
    const page = await aGuest()
    const id = idOf(page)
    await goOffline(page)
    page.actions.send('lobby', 'secret')
    page.actions.saveDraft('lobby', 'half a thought', 4)
    page.faults.away = false
    // The draft is not stored yet, and counts.
    expect(await page.actions.unsent()).toEqual({ messages: 1, drafts: 1 })
    await page.actions.signOut()
    expect(await page.actions.unsent()).toEqual({ messages: 0, drafts: 0 })
    expect(await page.browser.storage.entries(id)).toEqual([])
    expect(await page.browser.storage.draft(id, 'lobby')).toBeNull()
    expect(page.store.get()).toMatchObject({ self: null, connection: { state: 'idle' } })
    expect((await anotherPage(page.browser)).store.get().self).toBeNull()
  })

  test('[U8] a sign-out without a network reaches the server before anything else is asked', async () => {
    const page = await aGuest()
    page.faults.away = true
    await page.actions.signOut()
    for (const request of ['DELETE /api/session', 'GET /api/session']) {
      const later = await anotherPage(page.browser)
      expect([later.store.get().self, later.requests]).toEqual([null, [request]])
    }
  })

  test('[U48] another tab signs out, and this one too', async () => {
    const page = await aGuest()
    const other = await anotherPage(page.browser)
    await other.actions.signOut()
    expect(other.told.at(-1)).toEqual({ type: 'self', self: null })
    await page.actions.adoptSelf(null)
    const signedOut = { self: null, signedOutInOtherTab: true, connection: { state: 'idle' } }
    expect(page.store.get()).toMatchObject(signedOut)
    await page.enter(aName('Eve'))
    await page.actions.signOut()
    expect(page.store.get().signedOutInOtherTab).toBe(false)
  })

  test('[U48] a page that changes hands is live, and its messages belong to the next person', async () => {
    const page = await aGuest()
    await page.actions.signOut()
    const name = aName('Eve')
    await page.enter(name)
    page.actions.send('lobby', `by ${name}`)
    await eventually('hers', () => page.texts().at(-1) === `by ${name}`)
    expect(page.room().rows.at(-1)).toMatchObject({ own: true, user: { name } })
  })

  test('[U55] a session that ended elsewhere stops the page for good', async () => {
    const page = await aGuest()
    await fetch(`${app.origin}/api/session`, {
      method: 'DELETE',
      headers: { cookie: page.browser.cookie, origin: app.origin, 'content-type': 'application/json' },
    })
    await eventually('stopped', () => page.store.get().connection.state === 'stopped')
    expect(page.store.get().connection).toEqual({ state: 'stopped', code: 4501 })
  })

  test('[U104] the request to sign in names the room of the link, and none from home', async () => {
    const bodies: unknown[] = []
    const api = createApi(async (_, init) => {
      bodies.push(JSON.parse(init.body as string))
      return Response.json({ user: SELF }, { status: 201 })
    })
    await api.signIn('Ada')
    await api.signIn('Ada', 'kitchen')
    expect(bodies).toEqual([{ name: 'Ada' }, { name: 'Ada', room: 'kitchen' }])
  })
})

describe('the next person at a device', () => {
  test('[U103] a sign-out made offline is completed before anybody signs in', async () => {
    const page = await aGuest()
    page.faults.away = true
    await page.actions.signOut()
    expect(await page.actions.signIn(aName('Bob'))).toMatchObject({ result: 'failed' })
    expect(page.store.get().self).toBeNull()
    page.faults.away = false
    page.requests.length = 0
    const name = aName('Bob')
    expect(await page.actions.signIn(name)).toEqual({ result: 'ok' })
    expect(page.requests.slice(0, 2)).toEqual(['DELETE /api/session', 'POST /api/session'])
    const later = await anotherPage(page.browser)
    expect([nameOf(later), later.requests]).toEqual([name, ['GET /api/session']])
  })

  test('[U103] a sign-out made offline is completed even if the browser stores nothing', async () => {
    const page = await aGuest('Ada', { ...aBrowser(), device: null } as unknown as Browser)
    page.faults.away = true
    await page.actions.signOut()
    page.faults.away = false
    expect(await page.actions.signIn(aName('Bob'))).toEqual({ result: 'ok' })
  })

  test('[U103] signing in waits for a sign-out under way, whose answer would clear the new cookie', async () => {
    const ended = Promise.withResolvers<ApiResult<null>>()
    const page = aPageWithoutChat({
      signOut: () => ended.promise,
      signIn: async () => ({ ok: true, value: SELF }),
    })
    const out = page.actions.signOut()
    await eventually('asked', () => page.asked.length === 1)
    const into = page.actions.signIn('Ada')
    await new Promise((resolve) => setImmediate(resolve))
    expect(page.asked).toEqual(['signOut'])
    ended.resolve({ ok: true, value: null })
    expect(await into).toEqual({ result: 'ok' })
    await out
    expect(page.asked).toEqual(['signOut', 'signIn'])
    expect(page.device.getItem('leaving')).toBeNull()
  })
})

describe('a session that this page did not know', () => {
  test('[U103] a typed name is never answered with another identity', async () => {
    const ada = await aGuest()
    const other = aPage(ada.browser)
    const answer = await other.actions.signIn(aName('Bob'))
    expect(answer).toMatchObject({ result: 'failed', message: expect.stringContaining(nameOf(ada)) })
    expect([other.store.get().self, other.told]).toEqual(['unknown', []])
  })

  test('[U103] typing the name of that session continues it', async () => {
    const ada = await aGuest()
    const other = aPage(ada.browser)
    expect(await other.actions.signIn(` ${nameOf(ada).replace(' ', '  ')} `)).toEqual({ result: 'ok' })
    expect(nameOf(other)).toBe(nameOf(ada))
  })

  test('[U103] if that session has just ended, the person has to try again', async () => {
    const page = aPageWithoutChat({
      signIn: async () => ({ ok: false, code: 'signedIn' }),
      session: async () => ({ ok: false, code: 'unauthenticated' }),
    })
    expect(await page.actions.signIn('Bob')).toMatchObject({ result: 'failed' })
  })

  /** Ada's page, offline with a message and a draft, in a browser whose cookie has become Eve's. */
  async function swappedCookie() {
    const page = await aGuest('Ada')
    const eve = await aGuest('Eve')
    const id = idOf(page)
    const { browser } = page
    const text = `written by ${nameOf(page)}`
    await goOffline(page)
    page.actions.send('lobby', text)
    await eventually('stored', async () => (await browser.storage.entries(id)).length === 1)
    page.actions.saveDraft('lobby', 'half a thought of hers', 4)
    page.sent.length = 0
    browser.cookie = eve.browser.cookie
    page.faults.away = false
    const isKept = async () => {
      expect(page.texts().join()).not.toContain(text)
      expect((await browser.storage.entries(id)).map((entry) => entry.text)).toEqual([text])
      expect(await browser.storage.draft(id, 'lobby')).toMatchObject({ text: 'half a thought of hers' })
    }
    return { page, eve, isKept }
  }

  test('[U105] what Ada wrote is not sent as Eve: it waits for Ada, and Eve sees nothing of it', async () => {
    const { page, eve, isKept } = await swappedCookie()
    goOnline(page)
    await eventually('Eve', () => nameOf(page) === nameOf(eve))
    page.actions.openRoom('lobby')
    await page.isLive()
    eve.actions.send('lobby', `by ${nameOf(eve)}`)
    await eventually('hers', () => page.texts().includes(`by ${nameOf(eve)}`))
    expect(page.sent.filter(({ type }) => type === 'send')).toEqual([])
    expect(await page.actions.draft('lobby')).toMatchObject({ text: '' })
    await isKept()
  })

  test('[U105] what Ada wrote is not sent after a rename that changed Eve’s name', async () => {
    const { page, isKept } = await swappedCookie()
    const name = aName('Evelyn')
    expect(await page.actions.rename(name)).toEqual({ result: 'ok' })
    expect(nameOf(page)).toBe(name)
    page.actions.openRoom('lobby')
    await page.isLive()
    page.actions.send('lobby', `by ${name}`)
    await eventually('hers', () => page.texts().includes(`by ${name}`))
    await isKept()
  })
})
