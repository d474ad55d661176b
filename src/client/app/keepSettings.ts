/** How somebody wants it, kept on this device: per person, and but for what names rooms, as the start for the next one. */
import { idOf, type NotificationLevel, type Settings, type Theme } from '../state/state.ts'
import type { StateStore } from '../state/store.ts'

export interface SettingsWorld {
  /** `localStorage`, or null where the browser refuses it */
  device: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> | null
  /** Calls with the key of what another tab has stored. */
  elsewhere(run: (key: string | null) => void): void
  /** A theme is to be shown. */
  theme(theme: Theme): void
}

export interface SettingsKeeper {
  choose(change: Partial<Settings>): void
  /** What is kept of the person leaves the device. */
  forget(): void
}

const VALUES = {
  theme: ['system', 'light', 'dark'],
  lines: ['condensed', 'shown', 'hidden'],
  enter: ['device', 'sends', 'breaks'],
  clock: ['system', 'h12', 'h23'],
  level: ['all', 'mentions', 'nothing'],
  spoken: ['messages', 'all', 'nothing'],
  notify: ['off', 'on'],
  sound: ['off', 'on'],
} as const

/** What was stored, as far as it is something. */
function settingsOf(text: string | null): Settings {
  let kept: Record<string, unknown> = {}
  try {
    kept = (JSON.parse(text ?? '{}') as Record<string, unknown> | null) ?? {}
  } catch {
    // Not ours: as if nothing were stored.
  }
  const one = <T>(values: readonly T[], value: unknown) => values.find((known) => known === value)
  const named = Object.entries(VALUES).map(([name, values]) => [
    name,
    one<string>(values, kept[name]) ?? values[0],
  ])
  const levels = Object.create(null) as Record<string, NotificationLevel>
  for (const [room, level] of Object.entries(kept.levels ?? {})) {
    const known = one(VALUES.level, level)
    if (known) levels[room] = known
  }
  return {
    ...(Object.fromEntries(named) as Pick<Settings, keyof typeof VALUES>),
    levels,
  }
}

/** Has the settings of whoever is signed in in the state, and agrees with other tabs, until the signal aborts. */
export function keepSettings(store: StateStore, world: SettingsWorld, signal: AbortSignal): SettingsKeeper {
  const keyOf = (id: string) => `settings ${id}`

  function get(key: string): string | null {
    try {
      return world.device?.getItem(key) ?? null
    } catch {
      return null
    }
  }

  function put(key: string, value: string | null): void {
    try {
      if (value === null) world.device?.removeItem(key)
      else world.device?.setItem(key, value)
    } catch {
      // Full or refused: it holds for this page.
    }
  }

  function show(theme: Theme, shown = get('theme') ?? 'system'): void {
    if (shown === theme) return
    put('theme', theme)
    world.theme(theme)
  }

  function load(id: string | null): void {
    if (id === null) return
    const settings = settingsOf(get(keyOf(id)) ?? get('settings') ?? JSON.stringify({ theme: get('theme') }))
    store.dispatch({ type: 'settingsChanged', settings })
    show(settings.theme)
  }

  store.watch(idOf, load, signal)
  world.elsewhere((key) => {
    const id = idOf(store.get())
    if (id !== null && key === keyOf(id)) load(id)
  })

  return {
    choose(change) {
      const id = idOf(store.get())
      if (id === null) return
      const settings = { ...store.get().settings, ...change }
      const { levels: _levels, level: _level, notify: _notify, ...anybody } = settings
      put(keyOf(id), JSON.stringify(settings))
      put('settings', JSON.stringify(anybody))
      store.dispatch({ type: 'settingsChanged', settings })
      if (change.theme) show(change.theme, '')
    },
    forget() {
      const id = idOf(store.get())
      if (id !== null) put(keyOf(id), null)
    },
  }
}
