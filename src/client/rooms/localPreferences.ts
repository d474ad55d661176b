/** What is kept on this device alone. A browser that refuses storage forgets, and nothing else changes. */
interface Kept {
  people: 'open' | 'closed'
}

const VALUES: { [K in keyof Kept]: readonly Kept[K][] } = {
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
