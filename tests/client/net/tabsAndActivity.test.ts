import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { watchActivity } from '../../../src/client/net/activity.ts'
import { createApi } from '../../../src/client/net/api.ts'
import { joinTabs, type SessionTabMessage } from '../../../src/client/net/tabChannel.ts'
import { claimTab, type TabWorld } from '../../../src/client/net/tabLock.ts'
import { parseTabMessage } from '../../../src/client/notifications/notificationRules.ts'
import type { Activity } from '../../../src/shared/model.ts'
import { ada } from '../../support/client/aState.ts'
import { fakeTime } from '../../support/client/fakeTime.ts'
import { someLocks } from '../../support/client/someLocks.ts'
import { aWebStorage } from '../../support/client/fakeStorage.ts'
import { useDom } from '../../support/client/useDom.ts'
import { eventually } from '../../support/eventually.ts'

const MINUTE = 60_000
useDom()

let page: AbortController
beforeEach(() => {
  page = new AbortController()
})
afterEach(() => page.abort())

describe('activity', () => {
  function aWatch() {
    const time = fakeTime()
    const changes: Activity[] = []
    let hidden = false
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden })
    const activity = watchActivity(document, time, (next) => changes.push(next), page.signal)
    const press = () => document.dispatchEvent(new Event('keydown'))
    const hide = (isHidden: boolean) => {
      hidden = isHidden
      document.dispatchEvent(new Event('visibilitychange'))
    }
    return { time, changes, activity, press, hide }
  }

  test('[U62] five minutes without input make me idle, the next key makes me active', () => {
    const { time, changes, activity, press } = aWatch()
    time.pass(4 * MINUTE)
    press()
    time.pass(5 * MINUTE - 1)
    expect(activity()).toBe('active')
    time.pass(1)
    expect(changes).toEqual(['idle'])
    press()
    expect(changes).toEqual(['idle', 'active'])
    time.pass(5 * MINUTE)
    expect(changes).toEqual(['idle', 'active', 'idle'])
  })

  test('[U62] a page hidden for five seconds makes me idle, a shorter time does not', () => {
    const { time, changes, hide } = aWatch()
    hide(true)
    time.pass(4_900)
    hide(false)
    time.pass(4_900)
    expect(changes).toEqual([])
    hide(true)
    time.pass(5_000)
    expect(changes).toEqual(['idle'])
    hide(false)
    expect(changes).toEqual(['idle', 'active'])
    page.abort()
    expect(time.waiting).toBe(0)
  })
})

const aSession = (id?: string | null) => aWebStorage(id ? { tab: id } : {}).storage

describe('tabs', () => {
  let made = 0
  function aWorld(more: Partial<TabWorld> = {}): TabWorld {
    return {
      locks: undefined,
      session: aSession(),
      random: () => `made-${(made += 1)}`,
      onAway() {},
      ...more,
    }
  }

  test('[U48] a reloaded tab keeps its id, a duplicated tab gets another', async () => {
    const world = aWorld({ locks: someLocks() })
    const before = new AbortController()
    const first = await claimTab(world, () => {}, before.signal)
    before.abort()
    await eventually('released', async () => (await first.openTabs()).size === 0)
    const reloaded = await claimTab(world, () => {}, page.signal)
    expect(reloaded.id).toBe(first.id)
    const copy = await claimTab({ ...world, session: aSession(first.id) }, () => {}, page.signal)
    expect(copy.id).not.toBe(first.id)
    expect(await copy.openTabs()).toEqual(new Set([first.id, copy.id]))
  })

  test('[U48] one tab adopts the outboxes of closed tabs; when it ends, another does', async () => {
    const locks = someLocks()
    const elected: string[] = []
    const first = new AbortController()
    await claimTab(aWorld({ locks }), () => elected.push('first'), first.signal)
    await claimTab(aWorld({ locks }), () => elected.push('second'), page.signal)
    await eventually('the first', () => elected.length === 1)
    first.abort()
    await eventually('the second', () => elected.length === 2)
    expect(elected).toEqual(['first', 'second'])
  })

  test('[U48] a browser without locks and storage has a tab all the same', async () => {
    let elections = 0
    const tab = await claimTab(aWorld({ session: null }), () => (elections += 1), page.signal)
    expect([tab.id !== '', await tab.openTabs(), elections]).toEqual([true, new Set(), 1])
  })

  test.each([
    ['rejects', () => Promise.reject(new DOMException('no', 'SecurityError'))],
    [
      'throws',
      () => {
        throw new DOMException('no', 'SecurityError')
      },
    ],
  ])(
    '[U106, U185] a browser whose request for a lock %s counts as one without locks',
    async (_how, request) => {
      let elections = 0
      const locks = { request, query: request } as unknown as LockManager
      const tab = await claimTab(aWorld({ locks }), () => (elections += 1), page.signal)
      expect([tab.id !== '', await tab.openTabs(), elections]).toEqual([true, new Set(), 1])
    },
  )

  test('[U106] without locks, too, a duplicated tab gets another id and a reloaded tab keeps its own', async () => {
    const listeners: ((away: boolean) => void)[] = []
    const world = aWorld({ onAway: (run) => void listeners.push(run) })
    const first = await claimTab(world, () => {}, page.signal)
    const session = aSession(world.session?.getItem('tab'))
    const copy = await claimTab({ ...world, session }, () => {}, page.signal)
    expect(copy.id).not.toBe(first.id)
    for (const away of [true, false, true]) listeners[0]?.(away)
    expect((await claimTab(world, () => {}, page.signal)).id).toBe(first.id)
  })

  test('[S46] a stored id that is junk is replaced', async () => {
    const world = aWorld({ session: aSession('x'.repeat(5_000)), random: () => 'made' })
    expect((await claimTab(world, () => {}, page.signal)).id).toBe('made')
  })

  test('[U71] a tab’s message reaches the other tabs, not itself', async () => {
    const received: [string, SessionTabMessage][] = []
    const one = joinTabs((message) => received.push(['one', message]), page.signal)
    joinTabs((message) => received.push(['two', message]), page.signal)
    one.tell({ type: 'read', room: 'lobby', seq: 3 })
    one.tell({ type: 'self', self: null })
    await eventually('both', () => received.length === 2)
    expect(received).toEqual([
      ['two', { type: 'read', room: 'lobby', seq: 3 }],
      ['two', { type: 'self', self: null }],
    ])
  })
})

test('[U185] in a browser that refuses a channel between tabs, telling them something does nothing', () => {
  const { BroadcastChannel } = globalThis
  globalThis.BroadcastChannel = class {
    constructor() {
      throw new DOMException('no', 'SecurityError')
    }
  } as never
  try {
    const tabs = joinTabs(() => {}, page.signal)
    expect(() => tabs.tell({ type: 'self', self: null })).not.toThrow()
  } finally {
    globalThis.BroadcastChannel = BroadcastChannel
  }
})

describe('junk from other tabs', () => {
  const self = { role: 'guest', ...ada }
  const junk: unknown[] = [
    ...[null, 5, 'self', [], {}, { type: 'signedOut' }, { type: 'forgotten', room: 'lobby' }],
    ...[undefined, '7', Number.NaN].map((seq) => ({ type: 'read', room: 'lobby', seq })),
    { type: 'read', room: 'Not a room', seq: 7 },
    ...[undefined, 'Not a room'].flatMap((room) => [
      { type: 'joined', room },
      { type: 'draft', room, has: true },
    ]),
    ...[undefined, 'unknown', { id: 5, name: 'Eve', role: 'guest' }, { ...ada, role: 'king' }].map(
      (other) => ({
        type: 'self',
        self: other,
      }),
    ),
  ]

  test('[S46] the session channel passes on neither unknown messages nor unknown fields', async () => {
    const received: SessionTabMessage[] = []
    joinTabs((message) => received.push(message), page.signal)
    const other = new BroadcastChannel('hubbub')
    for (const data of junk) other.postMessage(data)
    other.postMessage({ type: 'self', self: { ...self, more: 1 }, rooms: {} })
    other.postMessage({ type: 'read', room: 'lobby', seq: 7, list: [] })
    await eventually('both messages', () => received.length >= 2)
    other.close()
    expect(received).toEqual([
      { type: 'self', self: self as never },
      { type: 'read', room: 'lobby', seq: 7 },
    ])
  })

  test('[S46] nor does the notification channel', () => {
    for (const data of [...junk, { type: 'done' }, { type: 'done', ids: [5] }, { type: 'who', room: 5 }])
      expect(parseTabMessage(data)).toBeNull()
    expect(parseTabMessage({ type: 'done', ids: ['a'], more: 1 })).toEqual({ type: 'done', ids: ['a'] })
    expect(parseTabMessage({ type: 'here', room: 'lobby' })).toEqual({ type: 'here', room: 'lobby' })
  })
})

describe('HTTP', () => {
  const answering = (answer: Response | Error) =>
    createApi(() => (answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer)))

  test.each<[string, Response | Error]>([
    ['no network', new TypeError('Failed to fetch')],
    ['no answer in time', new DOMException('late', 'TimeoutError')],
    ['another site’s page', new Response('<h1>Sign in to Wi-Fi</h1>', { status: 200 })],
    ['another site’s error', Response.json({ oops: 1 }, { status: 502 })],
  ])('[T6] %s counts as offline', async (_name, answer) => {
    expect(await answering(answer).session()).toEqual({ ok: false, code: 'offline' })
  })

  test('[U3, U5] an answer is a value; a refusal has code, reason, wait and suggestion, not the server’s message', async () => {
    const user = { ...ada, role: 'guest' }
    expect(await answering(Response.json({ user })).session()).toEqual({ ok: true, value: user } as never)
    const details = { code: 'nameInvalid', reason: 'reserved', suggestion: 'Visitor', after: 2_000 }
    const error = { ...details, message: 'The server’s own words.' }
    const refusal = await answering(Response.json({ error }, { status: 422 })).signIn('Ann')
    expect(refusal).toEqual({ ok: false, ...details } as never)
  })
})
