import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { watchActivity } from '../../../src/client/net/activity.ts'
import { createApi } from '../../../src/client/net/api.ts'
import { claimTab, type TabWorld } from '../../../src/client/net/tabLock.ts'
import { joinTabs, type SessionTabMessage } from '../../../src/client/net/tabChannel.ts'
import { parseTabMessage } from '../../../src/client/notifications/notificationRules.ts'
import { errorText } from '../../../src/client/words/errorText.ts'
import type { Activity } from '../../../src/shared/model.ts'
import { ada } from '../../support/client/aState.ts'
import { eventually } from '../../support/eventually.ts'
import { fakeTime } from '../../support/client/fakeTime.ts'
import { someLocks } from '../../support/client/someLocks.ts'
import { useDom } from '../../support/client/useDom.ts'

const MINUTE = 60_000
useDom()

let over: AbortController
beforeEach(() => {
  over = new AbortController()
})
afterEach(() => over.abort())

describe('am I here', () => {
  function aWatch() {
    const time = fakeTime()
    const told: Activity[] = []
    const page = { hidden: false }
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => page.hidden })
    const now = watchActivity(document, time, (activity) => told.push(activity), over.signal)
    return {
      time,
      told,
      now,
      input: () => document.dispatchEvent(new Event('keydown')),
      show(visible: boolean) {
        page.hidden = !visible
        document.dispatchEvent(new Event('visibilitychange'))
      },
    }
  }

  test('[U62] five minutes without input are idle, the next key is active', () => {
    const it = aWatch()
    it.time.pass(4 * MINUTE)
    it.input()
    it.time.pass(5 * MINUTE - 1)
    expect(it.now()).toBe('active')
    it.time.pass(1)
    expect(it.told).toEqual(['idle'])
    it.input()
    expect(it.told).toEqual(['idle', 'active'])
    it.time.pass(5 * MINUTE)
    expect(it.told).toEqual(['idle', 'active', 'idle'])
  })

  test('[U62] five seconds hidden are idle, a shorter look away is nothing', () => {
    const it = aWatch()
    it.show(false)
    it.time.pass(4_900)
    it.show(true)
    it.time.pass(4_900)
    expect(it.told).toEqual([])
    it.show(false)
    it.time.pass(5_000)
    expect(it.told).toEqual(['idle'])
    it.show(true)
    expect(it.told).toEqual(['idle', 'active'])
  })

  test('[U62] when the page ends nothing waits any more', () => {
    const it = aWatch()
    over.abort()
    expect(it.time.waiting).toBe(0)
  })
})

function aSession(id?: string): NonNullable<TabWorld['session']> {
  const kept = new Map(id === undefined ? [] : [['tab', id]])
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  }
}
const away = () => {}

describe('tabs', () => {
  let made = 0
  const random = () => `made-${(made += 1)}`

  test('[U48] a reloaded tab is the same tab, a duplicated one is another', async () => {
    const locks = someLocks()
    const page = new AbortController()
    const session = aSession()
    const first = await claimTab({ locks, session, random, onAway: away }, () => {}, page.signal)
    page.abort()
    await eventually('let go', async () => (await first.openTabs()).size === 0)
    const again = await claimTab({ locks, session, random, onAway: away }, () => {}, over.signal)
    expect(again.id).toBe(first.id)
    const copy = await claimTab(
      { locks, session: aSession(first.id), random, onAway: away },
      () => {},
      over.signal,
    )
    expect(copy.id).not.toBe(first.id)
    expect(await copy.openTabs()).toEqual(new Set([first.id, copy.id]))
  })

  test('[U48] one tab looks after what dead ones left; when it ends, another does', async () => {
    const locks = someLocks()
    const led: string[] = []
    const page = new AbortController()
    await claimTab({ locks, session: aSession(), random, onAway: away }, () => led.push('first'), page.signal)
    await claimTab(
      { locks, session: aSession(), random, onAway: away },
      () => led.push('second'),
      over.signal,
    )
    await eventually('the first leads', () => led.length === 1)
    expect(led).toEqual(['first'])
    page.abort()
    await eventually('the second leads', () => led.length === 2)
    expect(led).toEqual(['first', 'second'])
  })

  test('[U48] a browser without locks and storage has a tab all the same', async () => {
    let led = 0
    const tab = await claimTab(
      { locks: undefined, session: null, random, onAway: away },
      () => (led += 1),
      over.signal,
    )
    expect(tab.id).not.toBe('')
    expect(await tab.openTabs()).toEqual(new Set())
    expect(led).toBe(1)
  })

  test('[U106] without locks a duplicated tab is another one all the same, and a reloaded one the same', async () => {
    const session = aSession()
    const goes: ((away: boolean) => void)[] = []
    const world = { locks: undefined, random, onAway: (run: (away: boolean) => void) => void goes.push(run) }
    const first = await claimTab({ ...world, session }, () => {}, over.signal)
    const copied = session.getItem('tab')
    const copy = await claimTab({ ...world, session: aSession(copied ?? undefined) }, () => {}, over.signal)
    expect(copy.id).not.toBe(first.id)
    for (const away of [true, false, true]) goes[0]?.(away)
    expect((await claimTab({ ...world, session }, () => {}, over.signal)).id).toBe(first.id)
  })

  test('[U71] what one tab tells the others hear, itself not', async () => {
    const heard: [string, SessionTabMessage][] = []
    const one = joinTabs((news) => heard.push(['one', news]), over.signal)
    joinTabs((news) => heard.push(['two', news]), over.signal)
    one.tell({ type: 'read', room: 'lobby', seq: 3 })
    one.tell({ type: 'self', self: null })
    await eventually('both', () => heard.length === 2)
    expect(heard).toEqual([
      ['two', { type: 'read', room: 'lobby', seq: 3 }],
      ['two', { type: 'self', self: null }],
    ])
  })
})

describe('junk of others', () => {
  const page = { role: 'guest', ...ada }
  const junk: unknown[] = [
    null,
    5,
    'self',
    [],
    {},
    { type: 'signedOut' },
    { type: 'forgotten', room: 'lobby' },
    { type: 'something of a newer version' },
    { type: 'read', room: 'lobby' },
    { type: 'joined', room: 'Not a room' },
    { type: 'joined' },
    { type: 'read', room: 'lobby', seq: '7' },
    { type: 'read', room: 'lobby', seq: Number.NaN },
    { type: 'read', room: 'Not a room', seq: 7 },
    { type: 'self' },
    { type: 'self', self: 'unknown' },
    { type: 'self', self: { id: 5, name: 'Eve', role: 'guest' } },
    { type: 'self', self: { ...ada, role: 'king' } },
  ]

  test('[S46] what is on the channel of my tabs and is no news is not heard', async () => {
    const heard: SessionTabMessage[] = []
    joinTabs((news) => heard.push(news), over.signal)
    const other = new BroadcastChannel('hubbub')
    for (const data of junk) other.postMessage(data)
    // A field too many is not passed on.
    other.postMessage({ type: 'self', self: { ...page, more: 1 }, rooms: {} })
    other.postMessage({ type: 'read', room: 'lobby', seq: 7, list: [] })
    await eventually('what is news', () => heard.length >= 2)
    other.close()
    expect(heard).toEqual([
      { type: 'self', self: page as never },
      { type: 'read', room: 'lobby', seq: 7 },
    ])
  })

  test('[S46] nor is what is no word on the channel of those that tell', () => {
    for (const data of [...junk, { type: 'done' }, { type: 'done', ids: [5] }, { type: 'who', room: 5 }])
      expect(parseTabMessage(data)).toBeNull()
    expect(parseTabMessage({ type: 'done', ids: ['a'], more: 1 })).toEqual({ type: 'done', ids: ['a'] })
    expect(parseTabMessage({ type: 'here', room: 'lobby' })).toEqual({ type: 'here', room: 'lobby' })
  })

  test('[S46] a tab whose kept name is junk gets another', async () => {
    const random = () => 'made'
    const tab = await claimTab(
      { locks: undefined, session: aSession('x'.repeat(5_000)), random, onAway: away },
      () => {},
      over.signal,
    )
    expect(tab.id).toBe('made')
  })
})

describe('HTTP', () => {
  const answering = (answer: Response | Error) =>
    createApi(() => (answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer)))

  const unreached: [string, Response | Error][] = [
    ['no network', new TypeError('Failed to fetch')],
    ['no time', new DOMException('late', 'TimeoutError')],
    ['a page of somebody else’s', new Response('<h1>Sign in to Wi-Fi</h1>', { status: 200 })],
    ['an error of somebody else’s', Response.json({ oops: 1 }, { status: 502 })],
  ]
  test.each(unreached)('[T6] %s: the server is not reached, said in words', async (_name, answer) => {
    const refused = await answering(answer).session()
    expect(refused).toEqual({ ok: false, code: 'offline' })
    expect(refused.ok ? '' : errorText(refused)).toContain('can’t be reached')
  })

  test('[U3] a refusal comes with its code, reason, wait and suggestion; its message is not for the page', async () => {
    const said = { code: 'nameInvalid', reason: 'reserved', suggestion: 'Visitor', after: 2_000 }
    const error = { ...said, message: 'The server’s own words.' }
    expect(await answering(Response.json({ error }, { status: 422 })).signIn('Ann')).toEqual({
      ok: false,
      ...said,
    } as never)
  })

  test('[U5] whom the server knows is a value', async () => {
    const user = { ...ada, role: 'guest' }
    expect(await answering(Response.json({ user })).session()).toEqual({ ok: true, value: user } as never)
  })
})
