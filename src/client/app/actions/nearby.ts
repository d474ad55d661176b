import type { Far } from './historyActions.ts'

let far: Far | null = null

/** What is not needed at first draw (W1). Asked for again only if it did not come; then null. */
export async function loadFar(): Promise<Far | null> {
  try {
    far ??= (await import('./historyActions.ts')).far
  } catch {
    // The network is off, or a newer version has taken its place: the next step asks again.
  }
  return far
}

/** Does something with it: in this turn, where it is here. @param otherwise it did not come */
export function withFar(act: (far: Far) => void, otherwise?: () => void): void {
  if (far !== null) act(far)
  else void loadFar().then((loaded) => (loaded === null ? otherwise?.() : act(loaded)))
}
