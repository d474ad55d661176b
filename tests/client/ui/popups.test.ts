import { afterEach, beforeEach, expect, test } from 'bun:test'
import type { Context } from '../../../src/client/app/context.ts'
import { roomDialogs } from '../../../src/client/app/room/dialogs.ts'
import { openPersonCard } from '../../../src/client/people/personCard.ts'
import { suggestions } from '../../../src/client/suggestions/suggestions.ts'
import { confirmAndSignOut } from '../../../src/client/session/confirmSignOut.ts'
import { reduce } from '../../../src/client/state/reduce.ts'
import { createStore } from '../../../src/client/state/store.ts'
import { openMessageMenu } from '../../../src/client/timeline/menu/messageMenu.ts'
import { h } from '../../../src/client/ui/dom.ts'
import { eventually } from '../../support/eventually.ts'
import { pickEmoji } from '../../../src/client/ui/emoji/pickEmoji.ts'
import { bob, numbers } from '../../support/client/aState.ts'
import { useDom } from '../../support/client/useDom.ts'

useDom('http://localhost/chat/lobby')

type Listen = EventTarget['addEventListener']

/** The listeners at a target that no signal has ended. `restore` stops counting. */
function countListeners(target: Pick<EventTarget, 'addEventListener'>) {
  const listeners = new Set<unknown>()
  const { addEventListener } = target
  target.addEventListener = function (...given: Parameters<Listen>) {
    const [, listener, options] = given
    listeners.add(listener)
    if (typeof options === 'object')
      options.signal?.addEventListener('abort', () => listeners.delete(listener))
    addEventListener.apply(target, given)
  } as Listen
  return { listeners, restore: () => Object.assign(target, { addEventListener }) }
}

/** A room whose signal counts its listeners, and whose store counts its watchers. */
function aRoom() {
  const controller = new AbortController()
  const { signal } = controller
  const { listeners } = countListeners(signal)
  const store = createStore(reduce)
  const watchers = new Set<AbortSignal>()
  const { watch } = store
  store.watch = (select, show, watcher) => {
    watchers.add(watcher)
    watcher.addEventListener('abort', () => watchers.delete(watcher))
    watch(select, show, watcher)
  }
  const actions = { loadRooms: async () => {}, unsent: async () => ({ messages: 1, drafts: 0 }) }
  const language = { chosen: () => 'system' }
  const context = { store, actions, router: {}, language, siteName: 'Hubbub' } as unknown as Context
  const dialogs = roomDialogs(context, 'lobby', notLoaded, signal)
  return { context, dialogs, signal, listeners, watchers, leave: () => controller.abort() }
}

const notLoaded = (message: string) => expect(message).toBe('')
const openPopups = () => document.querySelectorAll('[popover], dialog').length

function closeAll(): void {
  for (const panel of document.querySelectorAll<HTMLElement>('[popover]')) panel.hidePopover()
  for (const dialog of document.querySelectorAll('dialog')) dialog.close()
}

const { fetch } = globalThis
beforeEach(() => {
  globalThis.fetch = Object.assign(async () => Response.json([]), { preconnect: () => {} })
})
afterEach(() => {
  globalThis.fetch = fetch
  document.body.replaceChildren()
})

const ignore = () => {}
const noMemory = { get: () => ({ recent: [], tone: 0 }), set: ignore }

const popups: Record<string, (room: Omit<ReturnType<typeof aRoom>, 'leave'>) => unknown> = {
  async 'the room menu'({ dialogs }) {
    const button = dialogs.menuButton({} as never)
    document.body.append(button)
    button.click()
    await eventually('the menu', () => document.querySelector('#menu'))
  },
  'the message menu': ({ signal }) =>
    openMessageMenu('Menu', [], null, { at: { x: 0, y: 0 }, by: 'keys' }, signal),
  'the card of a person': ({ context, signal }) =>
    openPersonCard(context.store, { room: 'lobby', person: bob, opener: h('button') }, ignore, signal),
  'the emoji picker': ({ signal }) => pickEmoji({ x: 0, y: 0 }, noMemory, ignore, notLoaded, signal),
  'the dialog of rooms': ({ dialogs }) => dialogs.rooms(),
  'the room switcher': ({ dialogs }) => dialogs.switchRoom([]),
  'the settings': ({ dialogs }) => dialogs.settings(),
  'the help': ({ dialogs }) => dialogs.help(),
  async 'the question before signing out'({ context, signal }) {
    void confirmAndSignOut(context, 'Sign out?', signal)
    await Bun.sleep(0)
  },
}

test.each(Object.keys(popups))(
  '[U124] once %s is closed or its room is left, nothing of it listens',
  async (name) => {
    const { leave, ...room } = aRoom()
    const page = [countListeners(window), countListeners(document)]
    for (const _ of numbers(1, 20)) {
      closeAll()
      await popups[name]?.(room)
      expect([openPopups(), room.listeners.size]).toEqual([1, 1])
    }
    leave()
    const left = page.map(({ listeners }) => listeners.size)
    for (const { restore } of page) restore()
    expect([openPopups(), room.watchers.size, ...left]).toEqual([0, 0, 0, 0])
  },
)

test('[U124] a dialog does not open if the room was left or another dialog opened while it loaded', async () => {
  const { dialogs, leave } = aRoom()
  await Promise.all([dialogs.rooms(), dialogs.rooms()])
  expect(openPopups()).toBe(1)
  closeAll()
  const late = dialogs.settings()
  leave()
  await late
  expect(openPopups()).toBe(0)
})

test('[U124] once the suggestions are closed, nothing of them listens any more', () => {
  const { signal, listeners } = aRoom()
  const field = h('textarea')
  document.body.append(h('form', {}, field))
  const emojiMemory = { get: () => ({ recent: [], tone: 0 }), set: ignore }
  const context = { store: createStore(reduce), emojiMemory }
  const list = suggestions(context, 'lobby', { field, replace: ignore }, signal)
  const before = listeners.size
  for (const _ of numbers(1, 20)) {
    field.value = '/'
    field.setSelectionRange(1, 1)
    list.update()
    expect([openPopups(), listeners.size]).toEqual([1, before + 1])
    field.value = ''
    list.update()
  }
  expect([openPopups(), listeners.size]).toEqual([0, before])
})
