import { afterEach, expect, test } from 'bun:test'
import { keepSettings } from '../../../src/client/app/keepSettings.ts'
import { DEFAULT_SETTINGS, type NotificationLevel } from '../../../src/client/state/state.ts'
import { reduce } from '../../../src/client/state/reduce.ts'
import { createStore } from '../../../src/client/state/store.ts'
import { unreadCountOf } from '../../../src/client/state/unreadCounts.ts'
import { ada, bob, event, firstPage, NOON, said, welcome, you } from '../../support/client/aState.ts'

let pages = new AbortController()
afterEach(() => {
  pages.abort()
  pages = new AbortController()
})

/** A device with tabs; a tab hears of what the others store, as in a browser. */
function aDevice(stored: Record<string, string> = {}) {
  const items = new Map(Object.entries(stored))
  const listeners: ((key: string | null) => void)[] = []
  return {
    items,
    openTab({ isFull = false, self = ada }: { isFull?: boolean; self?: typeof ada } = {}) {
      const store = createStore(reduce)
      const themes: string[] = []
      let ownListener: (key: string | null) => void = () => {}
      const device = {
        getItem: (key: string) => items.get(key) ?? null,
        setItem(key: string, value: string) {
          if (isFull) throw new DOMException('full', 'QuotaExceededError')
          items.set(key, value)
          for (const listener of listeners) if (listener !== ownListener) listener(key)
        },
        removeItem: (key: string) => void items.delete(key),
      }
      const onStorageEvent = (run: (key: string | null) => void) => {
        ownListener = run
        listeners.push(run)
      }
      const applyTheme = (theme: string) => void themes.push(theme)
      const keeper = keepSettings(store, { device, onStorageEvent, applyTheme }, pages.signal)
      const signIn = (user: typeof ada) =>
        store.dispatch({ type: 'selfChanged', self: { ...user, role: 'guest' } })
      signIn(self)
      const signOut = () => store.dispatch({ type: 'signedOut' })
      return { ...keeper, store, themes, signIn, signOut, settings: () => store.get().settings }
    },
  }
}

const levels = (of: Record<string, NotificationLevel>) =>
  Object.assign(Object.create(null), of) as Record<string, NotificationLevel>

test('[E30] settings take effect at once, in my other tabs too, and survive a reload', () => {
  const device = aDevice()
  const [one, two] = [device.openTab(), device.openTab()]
  expect(one.settings()).toEqual(DEFAULT_SETTINGS)
  const ofRooms = levels(Object.fromEntries([['constructor', 'nothing']]))
  one.choose({ clock: 'h23', lines: 'hidden', levels: ofRooms })
  expect(one.settings()).toMatchObject({ clock: 'h23', lines: 'hidden' })
  expect(two.settings()).toEqual(one.settings())
  const reloaded = device.openTab()
  expect(reloaded.settings()).toEqual(one.settings())
  expect(reloaded.settings().levels['toString']).toBeUndefined()
})

test('[E30] each person has their own; the next person starts with them, without levels and notifications', () => {
  const tab = aDevice().openTab()
  tab.choose({ clock: 'h12', enter: 'breaks', level: 'mentions', levels: levels({ attic: 'nothing' }) })
  tab.signOut()
  expect(tab.settings()).toEqual(DEFAULT_SETTINGS)
  tab.signIn(bob)
  expect(tab.settings()).toEqual({ ...DEFAULT_SETTINGS, clock: 'h12', enter: 'breaks' })
  tab.choose({ clock: 'h23' })
  tab.signOut()
  tab.signIn(ada)
  expect(tab.settings()).toMatchObject({ clock: 'h12', levels: { attic: 'nothing' } })
})

test('[U242, S42] recent emoji and the skin tone are a person’s own, and junk in their place counts as none', () => {
  const device = aDevice()
  const tab = device.openTab()
  tab.choose({ emoji: { recent: ['🚀'], tone: 3 } })
  expect(device.openTab().settings().emoji).toEqual({ recent: ['🚀'], tone: 3 })
  tab.signOut()
  tab.signIn(bob)
  expect(tab.settings().emoji).toEqual(DEFAULT_SETTINGS.emoji)
  for (const junk of ['7', 'null', '{"recent":7,"tone":9}', '{"recent":[7],"tone":-1}', '{"tone":1.5}'])
    expect(
      aDevice({ 'settings a1': `{"emoji":${junk}}` })
        .openTab()
        .settings().emoji,
    ).toEqual(DEFAULT_SETTINGS.emoji)
})

test('[E30, S42] signing out leaves no settings of the person', () => {
  const device = aDevice()
  const tab = device.openTab()
  tab.choose({ levels: levels({ attic: 'nothing' }) })
  tab.forget()
  expect(JSON.stringify([...device.items])).not.toMatch(/attic|a1/)
})

test('[E30] stored junk counts as the default', () => {
  const badValues = '{"theme":"pink","clock":12,"levels":{"a":"loud"},"enter":"maybe"}'
  for (const text of ['null', '7', '{', '[]', badValues])
    expect(aDevice({ 'settings a1': text }).openTab().settings()).toEqual(DEFAULT_SETTINGS)
})

test('[V9] a theme is stored for the first paint of the next page, and applied even if it cannot be stored', () => {
  const device = aDevice({ theme: 'light' })
  const tab = device.openTab()
  expect([tab.settings().theme, tab.themes]).toEqual(['light', []])
  tab.choose({ theme: 'dark' })
  expect([device.items.get('theme'), tab.themes]).toEqual(['dark', ['dark']])
  const full = aDevice().openTab({ isFull: true })
  full.choose({ theme: 'dark' })
  full.choose({ theme: 'system' })
  expect([full.settings().theme, full.themes]).toEqual(['system', ['dark', 'system']])
})

test('[U74] the unread count follows the room’s level, else the general one', () => {
  const { store, choose } = aDevice().openTab()
  store.dispatch({ type: 'connectionChanged', connection: { state: 'live' }, now: NOON })
  store.dispatch({ type: 'roomOpened', room: 'lobby' })
  store.dispatch({ type: 'syncRequested', room: 'lobby' })
  const frames = [welcome, firstPage([], { you }), event(said(1)), event(said(2, { text: '@Ada' }))]
  store.dispatch({ type: 'framesReceived', frames, now: NOON })
  const count = () => unreadCountOf(store.get(), 'lobby')
  expect(count()).toEqual({ unread: 2, mentions: 1 })
  choose({ level: 'mentions' })
  expect(count()).toEqual({ unread: 1, mentions: 1 })
  choose({ levels: levels({ lobby: 'nothing' }) })
  expect(count()).toEqual({ unread: 0, mentions: 0 })
  choose({ levels: levels({ lobby: 'all' }) })
  expect(count()).toEqual({ unread: 2, mentions: 1 })
})
