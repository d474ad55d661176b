import { afterEach, beforeEach, describe, expect, jest, test } from 'bun:test'
import type { Context } from '../../../src/client/app/context.ts'
import { roomDialogs } from '../../../src/client/app/room/dialogs.ts'
import { suggestionList } from '../../../src/client/suggestions/suggestionList.ts'
import { roomMenu } from '../../../src/client/rooms/roomMenu.ts'
import { confirmAndSignOut } from '../../../src/client/session/confirmSignOut.ts'
import { createStore } from '../../../src/client/state/store.ts'
import { messageJumps } from '../../../src/client/timeline/jumpToMessage.ts'
import { openMessageMenu } from '../../../src/client/timeline/message/messageMenu.ts'
import { openDialog } from '../../../src/client/ui/dialog.ts'
import { h } from '../../../src/client/ui/dom.ts'
import { pickEmoji } from '../../../src/client/ui/emoji/pickEmoji.ts'
import { numbers } from '../../support/client/aState.ts'
import { useDom } from '../../support/client/useDom.ts'

const dom = useDom('http://localhost/chat/lobby')

type Listen = EventTarget['addEventListener']

/** Counts who listens at a target: neither removed nor ended by a signal. `end` stops counting. */
function listenersOf(target: Pick<EventTarget, 'addEventListener' | 'removeEventListener'>) {
  const listening = new Set<unknown>()
  const { addEventListener, removeEventListener } = target
  target.addEventListener = function (...given: Parameters<Listen>) {
    const [, listener, options] = given
    listening.add(listener)
    if (typeof options === 'object')
      options.signal?.addEventListener('abort', () => listening.delete(listener))
    addEventListener.apply(target, given)
  } as Listen
  target.removeEventListener = function (...given: Parameters<Listen>) {
    listening.delete(given[1])
    removeEventListener.apply(target, given)
  } as Listen
  return { listening, end: () => Object.assign(target, { addEventListener, removeEventListener }) }
}

/** A room's signal that counts who listens to it. */
function aSignal() {
  const controller = new AbortController()
  const { listening } = listenersOf(controller.signal)
  return { signal: controller.signal, listening, abort: () => controller.abort() }
}

/** What says that a chunk did not come. */
const unexpected = (words: string) => expect(words).toBe('')

const shown = () => document.querySelectorAll('[popover], dialog').length

describe('what opens and closes in a room', () => {
  const fetched = globalThis.fetch
  beforeEach(() => {
    const { HTMLElement: Any } = dom.window
    // happy-dom has no popovers: what a browser does with one.
    const tell = (element: InstanceType<typeof Any>, newState: string) =>
      element.dispatchEvent(Object.assign(new dom.window.Event('toggle'), { newState }))
    Object.assign(Any.prototype, {
      showPopover(this: InstanceType<typeof Any>) {
        tell(this, 'open')
      },
      hidePopover(this: InstanceType<typeof Any>) {
        tell(this, 'closed')
      },
    })
    globalThis.fetch = Object.assign(async () => Response.json([]), { preconnect: () => {} })
  })
  afterEach(() => {
    globalThis.fetch = fetched
    document.body.replaceChildren()
  })

  /** A page whose store counts who watches it. */
  function aPage() {
    const store = createStore()
    const watching = new Set<AbortSignal>()
    const { watch } = store
    store.watch = (select, show, signal) => {
      watching.add(signal)
      signal.addEventListener('abort', () => watching.delete(signal))
      watch(select, show, signal)
    }
    const actions = { loadRooms: async () => {}, unsentCount: async () => 1, draftCount: async () => 0 }
    const context = { store, actions, router: {}, siteName: 'Hubbub' } as unknown as Context
    return { context, watching }
  }

  const dialogs = (context: Context, signal: AbortSignal) => roomDialogs(context, 'lobby', unexpected, signal)

  const opens: Record<string, (signal: AbortSignal, context: Context) => unknown> = {
    'a dialog': (signal) => openDialog({ title: 'One' }, signal, () => []),
    'the menu of a room': (signal, context) => {
      const on = {
        say() {},
        reorder() {},
        copyLink() {},
        showCode() {},
        settings() {},
        help() {},
        signOut() {},
      }
      const button = roomMenu(context, { room: 'lobby', me: 'ada', markAllRead: () => h('i') }, on, signal)
      document.body.append(button)
      button.click()
    },
    'the menu of a message': (signal) => openMessageMenu('Menu', [], null, { x: 0, y: 0 }, signal),
    'the emoji': (signal) => pickEmoji({ x: 0, y: 0 }, () => {}, unexpected, signal),
    'the list of rooms': (signal, context) => dialogs(context, signal).rooms(),
    'the switcher of rooms': (signal, context) => dialogs(context, signal).switchRoom([]),
    'the settings': (signal, context) => dialogs(context, signal).settings(),
    'the QR code': (signal, context) => dialogs(context, signal).showCode(),
    'the keys': (signal, context) => dialogs(context, signal).help(),
    'the question before signing out': async (signal, context) => {
      void confirmAndSignOut(context, signal)
      await Bun.sleep(0)
    },
  }

  function closeAll(): void {
    for (const panel of document.querySelectorAll<HTMLElement>('[popover]')) panel.hidePopover()
    for (const dialog of document.querySelectorAll('dialog')) dialog.close()
  }

  test.each(Object.keys(opens))(
    '[U124] of %s that was closed nothing listens to the room, the page or the state any more',
    async (what) => {
      const { signal, listening } = aSignal()
      const { context, watching } = aPage()
      const page = [listenersOf(window), listenersOf(document)]
      for (const _ of numbers(1, 20)) {
        await opens[what]?.(signal, context)
        expect([shown(), listening.size]).toEqual([1, 1])
        closeAll()
      }
      const left = page.map((target) => target.listening.size)
      for (const { end } of page) end()
      expect([shown(), listening.size, watching.size, ...left]).toEqual([0, 0, 0, 0, 0])
    },
  )

  test('[U124] a dialog whose chunk comes after the room was left, or after another was opened, does not open', async () => {
    const { signal, abort } = aSignal()
    const { rooms, settings } = dialogs(aPage().context, signal)
    await Promise.all([rooms(), rooms()])
    expect(shown()).toBe(1)
    closeAll()
    const late = settings()
    abort()
    await late
    expect(shown()).toBe(0)
  })

  test.each(Object.keys(opens))('[U124] %s goes with the room', async (what) => {
    const { signal, abort } = aSignal()
    const { context, watching } = aPage()
    await opens[what]?.(signal, context)
    expect(shown()).toBe(1)
    abort()
    expect([shown(), watching.size]).toEqual([0, 0])
  })

  test('[U124] the suggestions leave nothing behind each time they close', () => {
    const { signal, listening } = aSignal()
    const field = h('textarea')
    document.body.append(h('form', {}, field))
    const items = [{ insert: '@Ann ', label: 'Ann' }]
    const list = suggestionList(field, (before) => (before === '@' ? { from: 0, items } : null), signal)
    const before = listening.size
    for (const _ of numbers(1, 20)) {
      field.value = '@'
      field.setSelectionRange(1, 1)
      list.look()
      expect([shown(), listening.size]).toEqual([1, before + 1])
      field.value = ''
      list.look()
    }
    expect([shown(), listening.size]).toEqual([0, before])
  })

  test('[U124] a mark that is gone does not listen to the room any more', async () => {
    jest.useFakeTimers()
    try {
      const { signal, listening } = aSignal()
      const element = document.createElement('div')
      const row = Object.assign(document.createElement('article'), { className: 'message', tabIndex: -1 })
      const rows = document.createElement('div')
      rows.append(row)
      document.body.append(element, rows)
      const messages = {
        element,
        rows,
        scroller: element,
        position: () => null,
        show: () => {},
        focus: () => {},
        toEnd: () => {},
        rowOf: () => ({ row: { seq: 7 } }),
      }
      const context = { store: { get: () => ({ rooms: {} }) }, actions: { jumpTo: async () => true } }
      const on = { say: () => {}, drawn: Promise.resolve() }
      const jumps = messageJumps(context as never, 'lobby', messages as never, on, signal)
      const before = listening.size
      for (const _ of numbers(1, 50)) await jumps.to(7)
      expect(row.hasAttribute('data-marked')).toBe(true)
      jest.advanceTimersByTime(2_000)
      expect([row.hasAttribute('data-marked'), listening.size]).toEqual([false, before])
    } finally {
      jest.useRealTimers()
    }
  })
})
