import { describe, expect, test } from 'bun:test'
import { createSessionActions } from '../../../src/client/app/actions/sessionActions.ts'
import { createApi, type ApiResult, type Api } from '../../../src/client/net/api.ts'
import { createStore } from '../../../src/client/state/store.ts'
import type { Self } from '../../../src/shared/model.ts'
import { aBrowser, type Browser } from '../../support/server/aClient.ts'
import { clientPages, idOf } from '../../support/client/clientPages.ts'
import { eventually } from '../../support/eventually.ts'

const SELF: Self = { id: 'a1', name: 'Ada', role: 'guest' }
const OFFLINE = { ok: false, code: 'offline' } as const

const { aPage } = await clientPages()
let names = 0

const nameOf = ({ store }: Pick<ReturnType<typeof aPage>, 'store'>) => {
  const { self } = store.get()
  return self === null || self === 'unknown' ? self : self.name
}

/** A page without a chat, at a server whose every answer is the test's. */
function aDoor(
  answers: Partial<Record<'session' | 'signIn' | 'signOut', () => Promise<ApiResult<unknown>>>>,
) {
  const asked: string[] = []
  const kept = new Map<string, string>()
  const store = createStore()
  const ask = (name: keyof typeof answers) => () => {
    asked.push(name)
    return (answers[name] ?? (async () => OFFLINE))() as never
  }
  const api = { session: ask('session'), signIn: ask('signIn'), signOut: ask('signOut') } as unknown as Api
  const device = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  }
  const actions = createSessionActions(store, api, { tell() {} }, { after: () => () => {}, device }, () =>
    Promise.reject(new TypeError('no chat here')),
  )
  return { actions, store, asked, kept }
}

describe('the next person at a device', () => {
  test('[U103] who signed out without a network is signed out before somebody else signs in', async () => {
    const browser = aBrowser()
    const page = await aPage(browser).enter(`Ada ${(names += 1)}`)
    page.faults.away = true
    await page.actions.signOut()
    page.faults.away = false
    page.requests.length = 0
    expect(await page.actions.signIn(`Bob ${names}`)).toEqual({ result: 'ok' })
    expect(page.requests.slice(0, 2)).toEqual(['DELETE /api/session', 'POST /api/session'])
    expect(nameOf(page)).toBe(`Bob ${names}`)
    const later = aPage(browser)
    await later.actions.restoreSession()
    expect([nameOf(later), later.requests]).toEqual([`Bob ${names}`, ['GET /api/session']])
  })

  test('[U103] while that cannot be done nobody signs in, it is said in words, and it is not forgotten', async () => {
    const browser = aBrowser()
    const page = await aPage(browser).enter(`Ada ${(names += 1)}`)
    page.faults.away = true
    await page.actions.signOut()
    const answer = await page.actions.signIn(`Bob ${names}`)
    expect(answer).toMatchObject({ result: 'failed', message: expect.stringMatching(/Signing out/) })
    expect(nameOf(page)).toBeNull()
    page.faults.away = false
    expect(await page.actions.signIn(`Bob ${names}`)).toEqual({ result: 'ok' })
    expect(nameOf(page)).toBe(`Bob ${names}`)
  })

  test('[U103] also where the browser keeps nothing', async () => {
    const page = await aPage({ ...aBrowser(), device: null } as unknown as Browser).enter(
      `Ada ${(names += 1)}`,
    )
    page.faults.away = true
    await page.actions.signOut()
    page.faults.away = false
    expect(await page.actions.signIn(`Bob ${names}`)).toEqual({ result: 'ok' })
    expect(nameOf(page)).toBe(`Bob ${names}`)
  })

  test('[U103] a sign-out that is under way is waited for: its late answer would take the new cookie away', async () => {
    let answer = (_: ApiResult<null>) => {}
    const held = new Promise<ApiResult<null>>((resolve) => (answer = resolve))
    const door = aDoor({ signOut: () => held, signIn: async () => ({ ok: true, value: SELF }) })
    const out = door.actions.signOut()
    await eventually('asked', () => door.asked.length === 1)
    const into = door.actions.signIn('Ada')
    await Bun.sleep(5)
    expect(door.asked).toEqual(['signOut'])
    answer({ ok: true, value: null })
    expect(await into).toEqual({ result: 'ok' })
    await out
    expect(door.asked).toEqual(['signOut', 'signIn'])
    expect(door.kept.has('leaving')).toBe(false)
  })
})

describe('a session that this page did not know of', () => {
  const signedIn = { ok: false, code: 'signedIn' } as const

  test('[U103] a typed name is never answered with another: it is said who is signed in', async () => {
    const browser = aBrowser()
    await aPage(browser).enter(`Ada ${(names += 1)}`)
    const other = aPage(browser)
    const answer = await other.actions.signIn(`Bob ${names}`)
    expect(answer).toMatchObject({ result: 'failed', message: expect.stringContaining(`Ada ${names}`) })
    expect(other.store.get().self).toBe('unknown')
    expect(other.told).toEqual([])
  })

  test('[U103] the same name is that session: its answer was lost, or another tab was quicker', async () => {
    const browser = aBrowser()
    await aPage(browser).enter(`Ada ${(names += 1)}`)
    const other = aPage(browser)
    expect(await other.actions.signIn(` Ada  ${names} `)).toEqual({ result: 'ok' })
    expect(nameOf(other)).toBe(`Ada ${names}`)
  })

  test('[U103] one that has ended meanwhile is tried again by the person, not taken for another', async () => {
    const nobody = { ok: false, code: 'unauthenticated' } as const
    const door = aDoor({ signIn: async () => signedIn, session: async () => nobody })
    expect(await door.actions.signIn('Bob')).toEqual({
      result: 'failed',
      message: expect.stringContaining('again'),
    } as never)
  })
})

describe('a cookie that is another person’s by now', () => {
  /** Ada's page, cut off with a message and half a draft, in a browser whose cookie has become Eve's. */
  async function swapped() {
    const [mine, hers] = [aBrowser(), aBrowser()]
    names += 1
    const [ada, adas] = [`Ada ${names}`, `written by Ada ${names}`]
    const page = await aPage(mine).enter(ada)
    const id = idOf(page)
    const eve = await aPage(hers).enter(`Eve ${names}`)
    page.faults.away = true
    page.lose()
    await eventually('lost', () => page.store.get().connection.state === 'waiting')
    page.actions.send('lobby', adas)
    await eventually('stored', async () => (await mine.storage.entries(id)).length === 1)
    page.actions.saveDraft('lobby', 'half a thought of hers', 4)
    page.sent.length = 0
    mine.cookie = hers.cookie
    page.faults.away = false
    return { page, id, eve, mine, adas }
  }

  test('[U105] what Ada wrote does not leave as Eve: it waits for Ada, and Eve sees nothing of it', async () => {
    const { page, id, eve, mine, adas } = await swapped()
    page.actions.reconnect()
    await eventually('Eve', () => nameOf(page) === nameOf(eve))
    page.actions.openRoom('lobby')
    await page.isLive()
    eve.actions.send('lobby', `by Eve ${names}`)
    await eventually('hers', () => page.texts().includes(`by Eve ${names}`))
    expect(page.sent.filter(({ type }) => type === 'send')).toEqual([])
    expect(page.texts().join()).not.toContain(adas)
    expect((await mine.storage.entries(id)).map(({ text }) => text)).toEqual([adas])
    expect(await mine.storage.draft(id, 'lobby')).toMatchObject({ text: 'half a thought of hers' })
    expect(await page.actions.draft('lobby')).toMatchObject({ text: '' })
  })

  test('[U105] nor after a rename that was answered with somebody else', async () => {
    const { page, id, mine, adas } = await swapped()
    expect(await page.actions.rename(`Evelyn ${names}`)).toEqual({ result: 'ok' })
    expect(nameOf(page)).toBe(`Evelyn ${names}`)
    page.actions.openRoom('lobby')
    await page.isLive()
    page.actions.send('lobby', `by Evelyn ${names}`)
    await eventually('hers', () => page.texts().includes(`by Evelyn ${names}`))
    expect(page.texts().join()).not.toContain(adas)
    expect((await mine.storage.entries(id)).map(({ text }) => text)).toEqual([adas])
  })
})

describe('where one comes in', () => {
  test('[U104] the room of the link goes with the name, and home names none', async () => {
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
