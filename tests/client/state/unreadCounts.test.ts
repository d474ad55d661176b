import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { createStore } from '../../../src/client/state/store.ts'
import { unreadTotal } from '../../../src/client/state/unreadCounts.ts'
import { showUnread } from '../../../src/client/notifications/unreadMarks.ts'
import { createMarkAllRead } from '../../../src/client/app/actions/readActions.ts'
import { markRead, settleMarkRead, undoMarkRead } from '../../../src/client/state/markAllRead.ts'
import { windowTitle } from '../../../src/client/app/windowTitle.ts'
import type { Context } from '../../../src/client/app/context.ts'
import { sidebar } from '../../../src/client/rooms/sidebar.ts'
import { h } from '../../../src/client/ui/dom.ts'
import type { RoomEvent } from '../../../src/shared/model.ts'
import {
  ada,
  aLivePage,
  counts,
  event,
  firstPage,
  listed,
  NOON,
  numbers,
  said,
  welcome,
  you,
} from '../../support/client/aState.ts'
import { fakeTime } from '../../support/client/fakeTime.ts'
import { useDom } from '../../support/client/useDom.ts'

useDom('http://localhost/chat/lobby')

const ROOMS = ['lobby', 'kitchen', 'attic'] as const

/** Ada's page in the lobby with the sidebar beside it; `heads` counts what was said in each room. */
function aSidebar() {
  const store = createStore()
  const heads = new Map<string, number>()
  const context = { store, router: { over: () => () => {} }, siteName: 'Hubbub' } as unknown as Context
  const end = new AbortController()
  const hear = (room: string, of: RoomEvent) =>
    store.dispatch({ type: 'framesReceived', frames: [event(of, room)], now: NOON })
  store.dispatch({ type: 'framesReceived', frames: [welcome], now: NOON })
  store.dispatch({ type: 'connectionChanged', connection: { state: 'live' }, now: NOON })
  store.dispatch({ type: 'roomListChanged', roomList: ROOMS.map((room) => listed(room)) })
  const side = sidebar(
    context,
    { room: 'lobby', shell: h('div'), people: h('div') },
    { rooms() {} },
    end.signal,
  )
  document.body.replaceChildren(side.element)
  const icon = { href: '/icons/hubbub.svg', dataset: { unread: '/icons/unread.svg' } }
  let badge = 0
  const app = {
    async setAppBadge(count: number) {
      badge = count
    },
    async clearAppBadge() {
      badge = 0
    },
  }
  showUnread(store, { icon, badge: app }, end.signal)
  return {
    store,
    /** What else says how much is not read. */
    said: () => ({
      title: windowTitle(unreadTotal(store.get()), 'lobby', 'Hubbub'),
      icon: icon.href.replace('/icons/', ''),
      badge,
    }),
    heads,
    open(room: string) {
      store.dispatch({ type: 'roomOpened', room })
      store.dispatch({ type: 'syncRequested', room, now: NOON })
      store.dispatch({ type: 'framesReceived', frames: [firstPage([], { room, you })], now: NOON })
    },
    say(room: string, more: Parameters<typeof said>[1] = {}) {
      const seq = (heads.get(room) ?? 0) + 1
      heads.set(room, seq)
      hear(room, said(seq, more))
    },
    change(room: string, target: number, more: object) {
      const seq = (heads.get(room) ?? 0) + 1
      heads.set(room, seq)
      hear(room, said(seq, { text: undefined, target: `id-${target}`, ...more } as never))
    },
    /** What the sidebar says of each room. */
    counts: () =>
      Object.fromEntries(
        [...side.element.querySelectorAll('nav a')].map((link) => [
          link.querySelector('bdi')?.textContent ?? '',
          Number(/(\d+) unread/.exec(link.getAttribute('aria-label') ?? '')?.[1] ?? 0),
        ]),
      ),
    end: () => end.abort(),
  }
}

describe('what is not read', () => {
  test('[U74] the sidebar says what the title says, also of the room that is open and of what was said since the list came', () => {
    const it = aSidebar()
    for (const room of ['lobby', 'kitchen']) it.open(room)
    it.say('lobby')
    it.say('kitchen')
    it.say('kitchen', { text: '@Ada look' })
    expect(it.counts()).toEqual({ lobby: 1, kitchen: 2, attic: 0 })
    expect(it.said()).toEqual({ title: '(3) lobby · Hubbub', icon: 'unread.svg', badge: 3 })
    it.store.dispatch({ type: 'readUpTo', room: 'kitchen', seq: 2 })
    expect(it.counts()).toEqual({ lobby: 1, kitchen: 0, attic: 0 })
    it.end()
  })

  test('[U74] the page names its icon and the one that says unread, and both are there', async () => {
    const root = `${import.meta.dir}/../../../public`
    const html = await Bun.file(`${root}/index.html`).text()
    const icon = /<link rel="icon" href="([^"]+)" data-unread="([^"]+)"/.exec(html)
    expect(icon).not.toBeNull()
    const files = await Promise.all((icon ?? []).slice(1).map((path) => Bun.file(root + path).text()))
    expect(new Set(files).size).toBe(2)
    for (const file of files) expect(file).toStartWith('<svg')
  })

  test('[U74] sidebar, title, icon and badge agree after each of 200 events, whatever they are', () => {
    const room = fc.constantFrom(...ROOMS)
    const step = fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({
          do: fc.constant('say'),
          room,
          own: fc.boolean(),
          text: fc.constantFrom('hello', '@Ada you'),
        }),
      },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('delete'), room, at: fc.nat(40) }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('read'), room, at: fc.nat(40) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('told'), room, at: fc.nat(40) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('list'), room, at: fc.nat(9) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('open'), room }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('mark', 'undo', 'settle'), room }) },
    )
    fc.assert(
      fc.property(fc.array(step, { minLength: 200, maxLength: 200 }), (steps) => {
        const it = aSidebar()
        const open = new Set<string>()
        for (const one of steps) {
          const head = it.heads.get(one.room) ?? 0
          const at = 'at' in one ? Math.min(one.at, head) : 0
          if (one.do === 'open' && !open.has(one.room) && head === 0) {
            open.add(one.room)
            it.open(one.room)
          } else if (one.do === 'say' && open.has(one.room) && 'text' in one)
            it.say(one.room, { text: one.text, ...(one.own && { user: ada }) })
          else if (one.do === 'delete' && at > 0) it.change(one.room, at, { kind: 'delete', by: 'author' })
          else if (one.do === 'read' && at > 0)
            it.store.dispatch({ type: 'readUpTo', room: one.room, seq: at })
          else if (one.do === 'told')
            it.store.dispatch({
              type: 'framesReceived',
              frames: [{ type: 'read', room: one.room, seq: at, unread: head - at, mentions: 0 }],
              now: NOON,
            })
          else if (one.do === 'list')
            it.store.dispatch({
              type: 'roomListChanged',
              roomList: ROOMS.map((name) => listed(name, { count: name === one.room ? at : 1 })),
            })
          else if (one.do === 'mark' || one.do === 'undo' || one.do === 'settle') {
            if (one.do === 'mark') it.store.dispatch({ type: 'allMarkedRead' })
            else if (one.do === 'undo') it.store.dispatch({ type: 'markReadUndone' })
            else for (const room of ROOMS) it.store.dispatch({ type: 'markReadSettled', room })
          }
          const said = Object.values(it.counts()).reduce((sum, count) => sum + count, 0)
          expect(it.said()).toEqual({
            title: said === 0 ? 'lobby · Hubbub' : `(${said > 99 ? '99+' : said}) lobby · Hubbub`,
            icon: said === 0 ? 'hubbub.svg' : 'unread.svg',
            badge: said,
          })
        }
        it.end()
      }),
      { numRuns: 15 },
    )
  })
})

describe('all that is marked read', () => {
  /** The lobby, read up to 2 of 6 messages. */
  const unread = () =>
    aLivePage(
      numbers(1, 6).map((seq) => said(seq)),
      { you: { ...you, readSeq: 2, unread: 4 } },
    )

  test('[U75] is read at once, and as it was before when that is undone; what came meanwhile counts on', () => {
    const page = unread().tell({ type: 'allMarkedRead' })
    expect(page.lobby.you).toMatchObject({ readSeq: 6, unread: 0 })
    page.hear(event(said(7, { text: '@Ada' })))
    expect(page.lobby.you).toMatchObject({ unread: 1, mentions: 1 })
    page.tell({ type: 'markReadUndone' })
    expect(page.lobby.you).toMatchObject({ readSeq: 2, unread: 5, mentions: 1 })
    expect(page.lobby.markedRead).toBeNull()
  })

  test('[U75] marked twice, it goes back to what was before the first', () => {
    const page = unread()
      .tell({ type: 'allMarkedRead' })
      .hear(event(said(7)))
      .tell({ type: 'allMarkedRead' })
    expect(page.lobby.you).toMatchObject({ readSeq: 7, unread: 0 })
    page.tell({ type: 'markReadUndone' })
    expect(page.lobby.you).toMatchObject({ readSeq: 2, unread: 5 })
  })

  test('[U75] a deletion meanwhile is counted by the server, once it is undone', () => {
    const page = unread().tell({ type: 'allMarkedRead' })
    page.hear(event({ ...said(7), kind: 'delete', target: 'id-4', by: 'author' } as never))
    page.tell({ type: 'markReadUndone' }).pass(1_000)
    expect(page.lobby.sync.state).toBe('gap')
  })

  test('[U75] for ten seconds nobody is told; then each room, once, unless it was undone', () => {
    const it = aSidebar()
    const time = fakeTime()
    const told: [string, number][] = []
    const tell = (room: string, seq: number) => void told.push([room, seq])
    const all = createMarkAllRead(it.store, time.after, tell)
    for (const room of ['lobby', 'kitchen', 'attic']) it.open(room)
    for (const room of ['lobby', 'kitchen', 'kitchen']) it.say(room)
    all.mark()
    expect(it.counts()).toEqual({ lobby: 0, kitchen: 0, attic: 0 })
    time.pass(9_999)
    all.undo()
    expect(it.counts()).toEqual({ lobby: 1, kitchen: 2, attic: 0 })
    time.pass(20_000)
    expect(told).toEqual([])

    all.mark()
    time.pass(10_000)
    expect(told).toEqual([
      ['lobby', 1],
      ['kitchen', 2],
    ])
    all.undo()
    all.settle()
    expect(it.counts()).toEqual({ lobby: 0, kitchen: 0, attic: 0 })
    expect(told).toHaveLength(2)
    it.end()
  })

  test('[U75] a room that is still being joined is marked once it is here', () => {
    const it = aSidebar()
    const time = fakeTime()
    const told: string[] = []
    const all = createMarkAllRead(it.store, time.after, (room) => void told.push(room))
    it.store.dispatch({ type: 'roomOpened', room: 'attic' })
    all.mark()
    it.store.dispatch({ type: 'syncRequested', room: 'attic', now: NOON })
    const mine = { ...you, unread: 3 }
    it.store.dispatch({
      type: 'framesReceived',
      frames: [firstPage([said(1), said(2), said(3)], { room: 'attic', you: mine })],
      now: NOON,
    })
    expect(it.counts()).toMatchObject({ attic: 0 })
    all.undo()
    expect(it.counts()).toMatchObject({ attic: 3 })
    all.mark()
    time.pass(10_000)
    expect(told).toEqual(['attic'])
    it.end()
  })

  test('[U75] where nothing is unread nothing changes, and what is settled cannot be undone', () => {
    const { lobby } = unread()
    const done = settleMarkRead(markRead(lobby))
    expect(markRead(done) === done && undoMarkRead(done) === done && settleMarkRead(done) === done).toBe(true)
  })
})

test('[U74] rooms that this page follows count, on screen or not', () => {
  const page = aLivePage([]).hear(event(said(1)))
  page.tell({ type: 'roomOpened', room: 'kitchen' }, { type: 'syncRequested', room: 'kitchen', now: NOON })
  page.hear(counts(9, { room: 'kitchen', you: { ...you, unread: 2 } }), event(said(10), 'kitchen'))
  page.tell({ type: 'roomListChanged', roomList: [listed('lobby'), listed('kitchen'), listed('attic')] })
  expect(unreadTotal(page.state)).toBe(4)
})
