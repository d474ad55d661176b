/** How the page is laid out, kept on this device alone. A browser that refuses storage forgets it, and nothing else changes. */
interface LocalPreferences {
  people: 'open' | 'closed'
}

const VALUES: { [K in keyof LocalPreferences]: readonly LocalPreferences[K][] } = {
  people: ['open', 'closed'],
}

/** The value kept, or the first of its list. */
export function localPreference<K extends keyof LocalPreferences>(name: K): LocalPreferences[K] {
  const [usual] = VALUES[name]
  let value: string | null = null
  try {
    value = localStorage.getItem(name)
  } catch {
    value = null
  }
  return VALUES[name].find((known) => known === value) ?? (usual as LocalPreferences[K])
}

export function saveLocalPreference<K extends keyof LocalPreferences>(
  name: K,
  value: LocalPreferences[K],
): void {
  try {
    localStorage.setItem(name, value)
  } catch (error) {
    console.warn('not kept on this device', error)
  }
}
