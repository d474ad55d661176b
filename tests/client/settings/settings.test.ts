import { afterEach, describe, expect, test } from 'bun:test'
import { keepSettings } from '../../../src/client/app/keepSettings.ts'
import { unreadCountOf } from '../../../src/client/state/unreadCounts.ts'
import { DEFAULT_SETTINGS, type NotificationLevel } from '../../../src/client/state/state.ts'
import { createStore } from '../../../src/client/state/store.ts'
import { ada, bob, event, firstPage, NOON, said, welcome, you } from '../../support/client/aState.ts'

let ended = new AbortController()
afterEach(() => {
  ended.abort()
  ended = new AbortController()
})

/** A device with its tabs; what one stores the others hear of, as browsers do it. */
function aDevice(first: Record<string, string> = {}) {
  const kept = new Map(Object.entries(first))
  const tabs: ((key: string | null) => void)[] = []
  return {
    kept,
    tab(full = false) {
      const store = createStore()
      const themes: string[] = []
      let mine: (key: string | null) => void = () => {}
      const tell = (key: string) => {
        for (const hear of tabs) if (hear !== mine) hear(key)
      }
      const keeper = keepSettings(
        store,
        {
          device: {
            getItem: (key) => kept.get(key) ?? null,
            setItem(key, value) {
              if (full) throw new DOMException('full', 'QuotaExceededError')
              kept.set(key, value)
              tell(key)
            },
            removeItem: (key) => void kept.delete(key),
          },
          onStorageEvent(run) {
            mine = run
            tabs.push(run)
          },
          applyTheme: (theme) => void themes.push(theme),
        },
        ended.signal,
      )
      const as = (self: typeof ada | null) =>
        store.dispatch(
          self ? { type: 'selfChanged', self: { ...self, role: 'guest' } } : { type: 'signedOut' },
        )
      return { ...keeper, store, themes, as, settings: () => store.get().settings }
    },
  }
}

const levels = (of: Record<string, NotificationLevel>) =>
  Object.assign(Object.create(null), of) as Record<string, NotificationLevel>

describe('settings', () => {
  test('[E30] hold at once, are there after a reload, and in my other tab', () => {
    const device = aDevice()
    const [one, two] = [device.tab(), device.tab()]
    for (const tab of [one, two]) tab.as(ada)
    expect(one.settings()).toEqual(DEFAULT_SETTINGS)
    one.choose({
      clock: 'h23',
      lines: 'hidden',
      levels: levels(Object.fromEntries([['constructor', 'nothing']])),
    })
    expect(one.settings()).toMatchObject({ clock: 'h23', lines: 'hidden' })
    expect(two.settings()).toEqual(one.settings())
    const again = device.tab()
    again.as(ada)
    expect(again.settings()).toEqual(one.settings())
    expect(again.settings().levels['toString']).toBeUndefined()
  })

  test('[E30] are a person’s own; the next one starts from them, but for what names rooms and tells', () => {
    const device = aDevice()
    const tab = device.tab()
    tab.as(ada)
    tab.choose({
      clock: 'h12',
      enter: 'breaks',
      level: 'mentions',
      levels: levels({ attic: 'nothing' }),
    })
    tab.as(null)
    expect(tab.settings()).toEqual(DEFAULT_SETTINGS)
    tab.as(bob)
    expect(tab.settings()).toEqual({ ...DEFAULT_SETTINGS, clock: 'h12', enter: 'breaks' })
    tab.choose({ clock: 'h23' })
    tab.as(null)
    tab.as(ada)
    expect(tab.settings().clock).toBe('h12')
    expect(tab.settings().levels['attic']).toBe('nothing')
  })

  test('[E30, S42] whoever signs out leaves nothing of theirs', () => {
    const device = aDevice()
    const tab = device.tab()
    tab.as(ada)
    tab.choose({ levels: levels({ attic: 'nothing' }) })
    tab.forget()
    expect(JSON.stringify([...device.kept])).not.toMatch(/attic|a1/)
  })

  test('[E30] what is stored and is no setting is as if nothing were', () => {
    for (const text of [
      'null',
      '7',
      '{',
      '{"theme":"pink","clock":12,"levels":{"a":"loud"},"enter":"maybe"}',
      '[]',
    ]) {
      const tab = aDevice({ 'settings a1': text }).tab()
      tab.as(ada)
      expect(tab.settings()).toEqual(DEFAULT_SETTINGS)
    }
  })

  test('[V9] a theme is stored where it is found before the first paint, and shown even where nothing can be stored', () => {
    const device = aDevice({ theme: 'light' })
    const tab = device.tab()
    tab.as(ada)
    expect([tab.settings().theme, tab.themes]).toEqual(['light', []])
    tab.choose({ theme: 'dark' })
    expect([device.kept.get('theme'), tab.themes]).toEqual(['dark', ['dark']])
    const forgetful = aDevice().tab(true)
    forgetful.as(ada)
    forgetful.choose({ theme: 'dark' })
    forgetful.choose({ theme: 'system' })
    expect([forgetful.settings().theme, forgetful.themes]).toEqual(['system', ['dark', 'system']])
  })

  test('[U74] what counts follows the room’s level, else the one for all', () => {
    const tab = aDevice().tab()
    tab.as(ada)
    const { store } = tab
    store.dispatch({ type: 'connectionChanged', connection: { state: 'live' }, now: NOON })
    store.dispatch({ type: 'roomOpened', room: 'lobby' })
    store.dispatch({ type: 'syncRequested', room: 'lobby', now: NOON })
    const frames = [welcome, firstPage([], { you }), event(said(1)), event(said(2, { text: '@Ada' }))]
    store.dispatch({ type: 'framesReceived', frames, now: NOON })
    const count = () => unreadCountOf(store.get(), 'lobby')
    expect(count()).toEqual({ unread: 2, mentions: 1 })
    tab.choose({ level: 'mentions' })
    expect(count()).toEqual({ unread: 1, mentions: 1 })
    tab.choose({ levels: levels({ lobby: 'nothing' }) })
    expect(count()).toEqual({ unread: 0, mentions: 0 })
    tab.choose({ levels: levels({ lobby: 'all' }) })
    expect(count()).toEqual({ unread: 2, mentions: 1 })
  })
})
