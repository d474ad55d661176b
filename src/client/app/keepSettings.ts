/** Stores each person's settings on this device. All but those about notifications are also the defaults of the next person. */
import { readItem, writeItem, type WebStorage } from '../net/webStorage.ts'
import { idOf, SETTING_VALUES, type NotificationLevel, type Settings, type Theme } from '../state/state.ts'
import type { StateStore } from '../state/store.ts'

export interface SettingsWorld {
  /** `localStorage`, or null where the browser refuses it */
  device: WebStorage | null
  /** Calls `run` with the key that another tab has written. */
  onStorageEvent(run: (key: string | null) => void): void
  /** Draws the page in this theme. */
  applyTheme(theme: Theme): void
}

export type SettingsKeeper = ReturnType<typeof keepSettings>

/** Reads stored settings. Unknown values count as the default. */
function settingsOf(text: string | null): Settings {
  let stored: Record<string, unknown> = {}
  try {
    stored = (JSON.parse(text ?? '{}') as Record<string, unknown> | null) ?? {}
  } catch {
    // Stored by another version or damaged: use the defaults.
  }
  const named = Object.entries(SETTING_VALUES).map(([name, values]: [string, readonly string[]]) => [
    name,
    values.find((value) => value === stored[name]) ?? values[0],
  ])
  const levels = Object.entries(stored.levels ?? {}).filter(([, level]) =>
    SETTING_VALUES.level.includes(level as NotificationLevel),
  )
  return {
    ...(Object.fromEntries(named) as Pick<Settings, keyof typeof SETTING_VALUES>),
    // Without a prototype, since `constructor` is a possible room.
    levels: Object.assign(Object.create(null), Object.fromEntries(levels)) as Settings['levels'],
    emoji: emojiOf(stored.emoji),
  }
}

function emojiOf(stored: unknown): Settings['emoji'] {
  const { recent, tone } = (stored ?? {}) as Record<string, unknown>
  const isTone = Number.isInteger(tone) && Number(tone) >= 0 && Number(tone) <= 5
  const texts = Array.isArray(recent) ? recent.filter((emoji) => typeof emoji === 'string') : []
  return { recent: texts, tone: isTone ? Number(tone) : 0 }
}

/** Loads the settings of the person signed in into the state, and again whenever another tab stores them. */
export function keepSettings(store: StateStore, world: SettingsWorld, signal: AbortSignal) {
  const keyOf = (id: string) => `settings ${id}`
  const get = (key: string) => readItem(world.device, key)
  // If the storage is full or refused, the choice holds for this page.
  const put = (key: string, value: string | null) => void writeItem(world.device, key, value)

  function showTheme(theme: Theme): void {
    put('theme', theme)
    world.applyTheme(theme)
  }

  function load(id: string | null): void {
    if (id === null) return
    const settings = settingsOf(get(keyOf(id)) ?? get('settings') ?? JSON.stringify({ theme: get('theme') }))
    store.dispatch({ type: 'settingsChanged', settings })
    if (settings.theme !== (get('theme') ?? 'system')) showTheme(settings.theme)
  }

  store.watch(idOf, load, signal)
  world.onStorageEvent((key) => {
    const id = idOf(store.get())
    if (id !== null && key === keyOf(id)) load(id)
  })

  return {
    choose(change: Partial<Settings>): void {
      const id = idOf(store.get())
      if (id === null) return
      const settings = { ...store.get().settings, ...change }
      const { levels: _levels, level: _level, notify: _notify, emoji: _emoji, ...forAnyone } = settings
      put(keyOf(id), JSON.stringify(settings))
      put('settings', JSON.stringify(forAnyone))
      store.dispatch({ type: 'settingsChanged', settings })
      if (change.theme) showTheme(change.theme)
    },
    /** Removes the stored settings of this person from the device. */
    forget(): void {
      const id = idOf(store.get())
      if (id !== null) put(keyOf(id), null)
    },
  }
}
