import { far, type Far } from './historyActions.ts'

export const loadFar = async (): Promise<Far | null> => far

/** Does something with it. */
export function withFar(act: (far: Far) => void, _otherwise?: () => void): void {
  act(far)
}
