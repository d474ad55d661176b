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

/** Shows a theme and keeps it; theme.js shows it again before the next first paint (V9). */
export function useTheme(theme: Theme): void {
  keep('theme', theme)
  const root = document.documentElement
  if (theme === 'system') delete root.dataset.theme
  else root.dataset.theme = theme
  // The browser's own bars follow: of the page's two colours for them, the one that fits holds.
  for (const meta of document.querySelectorAll<HTMLMetaElement>('meta[name=theme-color]')) {
    const its = meta.dataset.for ?? ''
    meta.media = theme === 'system' ? `(prefers-color-scheme: ${its})` : its === theme ? 'all' : 'not all'
  }
}
