import { reduce } from './reduce.ts'
import type { StateChange } from './stateChanges.ts'
import { INITIAL_STATE, type State } from './state.ts'

export interface StateStore {
  get(): State
  dispatch(change: StateChange): void
  /** Calls `show` now and whenever what `select` picks is no longer `===`, until the signal aborts. In order of watching. */
  watch<T>(select: (state: State) => T, show: (picked: T) => void, signal: AbortSignal): void
}

/**
 * The one owner of the page's state. Dispatching from within `show` is queued behind the present one.
 * @param report gets what a view or the reducer throws: it must not stop the other views, the queue or the dispatcher
 */
export function createStore(
  first: State = INITIAL_STATE,
  report: (error: unknown) => void = reportError,
): StateStore {
  let state = first
  let isDispatching = false
  const queue: StateChange[] = []
  const watchers = new Set<() => void>()

  function dispatch(change: StateChange): void {
    queue.push(change)
    if (isDispatching) return
    isDispatching = true
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const before = state
      const change = next
      attempt(() => (state = reduce(before, change)))
      if (state === before) continue
      for (const tell of [...watchers]) if (watchers.has(tell)) attempt(tell)
    }
    isDispatching = false
  }

  function attempt(run: () => void): void {
    try {
      run()
    } catch (error) {
      report(error)
    }
  }

  return {
    get: () => state,
    dispatch,
    watch(select, show, signal) {
      if (signal.aborted) return
      let picked = select(state)
      const tell = () => {
        const next = select(state)
        if (next === picked) return
        picked = next
        show(next)
      }
      watchers.add(tell)
      signal.addEventListener('abort', () => watchers.delete(tell), { once: true })
      show(picked)
    },
  }
}
