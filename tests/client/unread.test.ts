import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { createStore } from '../../src/client/state/store.ts'
import { unreadTotal } from '../../src/client/state/select.ts'
import type { Context } from '../../src/client/views/context.ts'
import { sidebar } from '../../src/client/views/people.ts'
import { h } from '../../src/client/dom.ts'
import type { RoomEntry, RoomEvent } from '../../src/shared/model.ts'
import { ada, event, NOON, page, said, welcome, you } from '../support/aState.ts'
import { useDom } from '../support/useDom.ts'

useDom('http://localhost/chat/lobby')

const ROOMS = ['lobby', 'kitchen', 'attic'] as const

function listed(room: string, more: Partial<RoomEntry> = {}): RoomEntry {
  const usual = { name: room, topic: '', kind: 'public', joined: true, role: 'guest', count: 1 } as const
  return { room, ...usual, head: 0, readSeq: 0, unread: 0, mentions: 0, ...more }
}

/** Ada's page in the lobby with the sidebar beside it; `heads` counts what was said in each room. */
function aSidebar() {
  const store = createStore()
  const heads = new Map<string, number>()
  const context = { store, router: { over: () => () => {} }, place: 'Hubbub' } as unknown as Context
  const end = new AbortController()
  const hear = (room: string, of: RoomEvent) =>
    store.dispatch({ type: 'heard', frames: [event(of, room)], now: NOON })
  store.dispatch({ type: 'heard', frames: [welcome], now: NOON })
  store.dispatch({ type: 'link', link: { state: 'live' }, now: NOON })
  store.dispatch({ type: 'rooms', list: ROOMS.map((room) => listed(room)) })
  const side = sidebar(context, { room: 'lobby', shell: h('div'), rest: [] }, { rooms() {} }, end.signal)
  document.body.replaceChildren(side.element)
  return {
    store,
    heads,
    open(room: string) {
      store.dispatch({ type: 'opened', room })
      store.dispatch({ type: 'asked', room, now: NOON })
      store.dispatch({ type: 'heard', frames: [page([], { room, you })], now: NOON })
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
    expect(unreadTotal(it.store.get())).toBe(3)
    it.store.dispatch({ type: 'read', room: 'kitchen', seq: 2 })
    expect(it.counts()).toEqual({ lobby: 1, kitchen: 0, attic: 0 })
    it.end()
  })

  test('[U74] sidebar and title agree after each of 200 events, whatever they are', () => {
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
          else if (one.do === 'read' && at > 0) it.store.dispatch({ type: 'read', room: one.room, seq: at })
          else if (one.do === 'told')
            it.store.dispatch({
              type: 'heard',
              frames: [{ type: 'read', room: one.room, seq: at, unread: head - at, mentions: 0 }],
              now: NOON,
            })
          else if (one.do === 'list')
            it.store.dispatch({
              type: 'rooms',
              list: ROOMS.map((name) => listed(name, { unread: name === one.room ? at : 1 })),
            })
          const said = Object.values(it.counts()).reduce((sum, count) => sum + count, 0)
          expect(unreadTotal(it.store.get())).toBe(said)
        }
        it.end()
      }),
      { numRuns: 15 },
    )
  })
})
