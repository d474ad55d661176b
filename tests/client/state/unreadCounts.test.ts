import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Context } from '../../../src/client/app/context.ts'
import { windowTitle } from '../../../src/client/app/windowTitle.ts'
import { showUnread } from '../../../src/client/notifications/unreadMarks.ts'
import { sidebar } from '../../../src/client/rooms/sidebar.ts'
import { markRead, settleMarkRead, undoMarkRead } from '../../../src/client/state/readPosition.ts'
import type { StateChange } from '../../../src/client/state/stateChanges.ts'
import { reduce } from '../../../src/client/state/reduce.ts'
import { createStore } from '../../../src/client/state/store.ts'
import { unreadTotal } from '../../../src/client/state/unreadCounts.ts'
import type { ServerFrame } from '../../../src/shared/protocol.ts'
import {
  ada,
  aLivePage,
  connectionIs,
  event,
  firstPage,
  listed,
  NOON,
  said,
  welcome,
  you,
} from '../../support/client/aState.ts'
import { useDom } from '../../support/client/useDom.ts'
import { deleted, some } from '../../support/someChanges.ts'

useDom('http://localhost/chat/lobby')

const ROOMS = ['lobby', 'kitchen', 'attic'] as const

/** Ada's page in the lobby with the sidebar, the icon and the badge beside it. */
function aSidebar() {
  const store = createStore(reduce)
  const heads = new Map<string, number>()
  const end = new AbortController()
  const hear = (...frames: ServerFrame[]) => store.dispatch({ type: 'framesReceived', frames, now: NOON })
  const nextSeq = (room: string) => {
    heads.set(room, headOf(room) + 1)
    return headOf(room)
  }
  const headOf = (room: string) => heads.get(room) ?? 0
  hear(welcome)
  store.dispatch(connectionIs('live'))
  store.dispatch({ type: 'roomListChanged', roomList: ROOMS.map((room) => listed(room)) })
  const context = { store, siteName: 'Hubbub' } as unknown as Context
  const { element } = sidebar(context, { room: 'lobby', isFound: true }, { browse() {} }, end.signal)
  document.body.replaceChildren(element)
  const icon = { href: '/icons/hubbub.svg', dataset: { unread: '/icons/unread.svg' } }
  let badge = 0
  const app = {
    setAppBadge: async (count: number) => void (badge = count),
    clearAppBadge: async () => void (badge = 0),
  }
  showUnread(store, { icon, badge: app }, end.signal)
  return {
    change: (next: StateChange) => store.dispatch(next),
    hear,
    headOf,
    marks: () => ({
      title: windowTitle(unreadTotal(store.get()), 'lobby', 'Hubbub'),
      icon: icon.href,
      badge,
    }),
    open(room: string) {
      store.dispatch({ type: 'roomOpened', room })
      store.dispatch({ type: 'syncRequested', room })
      hear(firstPage([], { room, you }))
    },
    say: (room: string, more: Parameters<typeof said>[1] = {}) =>
      hear(event(said(nextSeq(room), more), room)),
    delete: (room: string, target: number) => hear(event(deleted(nextSeq(room), target), room)),
    /** The unread counts in the sidebar. */
    counts: () =>
      Object.fromEntries(
        [...element.querySelectorAll('li a')].map((link) => [
          link.querySelector('bdi')?.textContent ?? '',
          Number(/, (\d+) unread/.exec(link.textContent ?? '')?.[1] ?? 0),
        ]),
      ),
    end: () => end.abort(),
  }
}

describe('unread counts', () => {
  test('[U74] sidebar, title, icon and badge show the same total, of all followed rooms', () => {
    const page = aSidebar()
    for (const room of ['lobby', 'kitchen']) page.open(room)
    page.say('lobby')
    page.say('kitchen')
    page.say('kitchen', { text: '@Ada look' })
    expect(page.counts()).toEqual({ lobby: 1, kitchen: 2, attic: 0 })
    expect(page.marks()).toEqual({ title: '(3) lobby · Hubbub', icon: '/icons/unread.svg', badge: 3 })
    page.change({ type: 'readUpTo', room: 'kitchen', seq: 2 })
    expect(page.counts()).toEqual({ lobby: 1, kitchen: 0, attic: 0 })
    page.end()
  })

  test('[U74] they agree after each of 200 random events', () => {
    const steps: Record<string, (page: ReturnType<typeof aSidebar>, room: string, seq: number) => unknown> = {
      say: (page, room) => page.say(room),
      sayMyself: (page, room) => page.say(room, { user: ada }),
      mention: (page, room) => page.say(room, { text: '@Ada you' }),
      delete: (page, room, seq) => page.headOf(room) >= seq && page.delete(room, seq),
      read: (page, room, seq) => page.change({ type: 'readUpTo', room, seq }),
      readElsewhere: (page, room, seq) =>
        page.hear({ type: 'read', room, seq, unread: seq % 5, mentions: 0 }),
      list: (page, _room, count) =>
        page.change({ type: 'roomListChanged', roomList: ROOMS.map((name) => listed(name, { count })) }),
      mark: (page) => page.change({ type: 'allMarkedRead' }),
      undo: (page) => page.change({ type: 'markReadUndone' }),
      settle: (page, room) => page.change({ type: 'markReadSettled', room }),
    }
    const step = fc.tuple(
      fc.constantFrom(...Object.keys(steps)),
      fc.constantFrom(...ROOMS),
      fc.integer({ min: 1, max: 40 }),
    )
    fc.assert(
      fc.property(fc.array(step, { minLength: 200, maxLength: 200 }), (history) => {
        const page = aSidebar()
        for (const room of ROOMS) page.open(room)
        for (const [name, room, seq] of history) {
          steps[name]?.(page, room, seq)
          const total = Object.values(page.counts()).reduce((sum, count) => sum + count, 0)
          expect(page.marks()).toEqual({
            title: total === 0 ? 'lobby · Hubbub' : `(${total > 99 ? '99+' : total}) lobby · Hubbub`,
            icon: total === 0 ? '/icons/hubbub.svg' : '/icons/unread.svg',
            badge: total,
          })
        }
        page.end()
      }),
      { numRuns: 15 },
    )
  }, 30_000)
})

describe('all rooms marked read', () => {
  /** The lobby, read up to 2 of 6 messages. */
  const unread = () => aLivePage(some(1, 6), { you: { ...you, readSeq: 2, unread: 4 } })

  test('[U75] undoing restores the counts from before the first mark, and adds what came since', () => {
    const page = unread().tell({ type: 'allMarkedRead' })
    expect(page.lobby.you).toMatchObject({ readSeq: 6, unread: 0 })
    page.hear(event(said(7, { text: '@Ada' }))).tell({ type: 'allMarkedRead' })
    expect(page.lobby.you).toMatchObject({ readSeq: 7, unread: 0 })
    page.hear(event(said(8))).tell({ type: 'markReadUndone' })
    expect(page.lobby).toMatchObject({ you: { readSeq: 2, unread: 6, mentions: 1 }, markedRead: null })
  })

  test('[U75] if a message was deleted meanwhile, the server recounts after undoing', () => {
    const page = unread()
      .tell({ type: 'allMarkedRead' })
      .hear(event(deleted(7, 4)))
    page.tell({ type: 'markReadUndone' }).pass(1_000)
    expect(page.lobby.sync.state).toBe('gap')
  })

  test('[U75] without unread messages nothing changes, and what is settled cannot be undone', () => {
    const done = settleMarkRead(markRead(unread().lobby))
    for (const change of [markRead, undoMarkRead, settleMarkRead]) expect(change(done)).toBe(done)
  })
})
