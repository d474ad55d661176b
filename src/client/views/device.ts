/** What is kept on this device alone. A browser that refuses storage forgets, and nothing else changes. */
import type { LinesShown } from '../state/select.ts'

export type Theme = 'system' | 'light' | 'dark'

interface Kept {
  theme: Theme
  lines: LinesShown
  people: 'open' | 'closed'
}

const VALUES: { [K in keyof Kept]: readonly Kept[K][] } = {
  theme: ['system', 'light', 'dark'],
  lines: ['condensed', 'shown', 'hidden'],
  people: ['open', 'closed'],
}

/** The value kept, or the first of its list. */
export function kept<K extends keyof Kept>(name: K): Kept[K] {
  const [usual] = VALUES[name]
  let value: string | null = null
  try {
    value = localStorage.getItem(name)
  } catch {
    value = null
  }
  return VALUES[name].find((one) => one === value) ?? (usual as Kept[K])
}

export function keep<K extends keyof Kept>(name: K, value: Kept[K]): void {
  try {
    localStorage.setItem(name, value)
  } catch (error) {
    console.warn('not kept on this device', error)
  }
}

/** The ground of each theme as the browser's own bars show it; the same two stand in index.html and theme.js. */
const GROUND = { light: '#fbfaf7', dark: '#151411' }

/** Shows a theme and keeps it; theme.js shows it again before the next first paint (V9). */
export function useTheme(theme: Theme): void {
  keep('theme', theme)
  const root = document.documentElement
  if (theme === 'system') delete root.dataset.theme
  else root.dataset.theme = theme
  for (const meta of document.querySelectorAll<HTMLMetaElement>('meta[name=theme-color]'))
    meta.content = GROUND[theme === 'system' ? (meta.media.includes('dark') ? 'dark' : 'light') : theme]
}
