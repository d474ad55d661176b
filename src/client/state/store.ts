import type { StateChange } from './stateChanges.ts'
import { INITIAL_STATE, type State } from './state.ts'

type Reducer = (state: State, change: StateChange) => State

export interface StateStore {
  get(): State
  dispatch(change: StateChange): void
  /** Calls `show` now and whenever what `select` returns is no longer `===`, until the signal aborts. First watched, first called. */
  watch<T>(select: (state: State) => T, show: (selected: T) => void, signal: AbortSignal): void
}

/** A store whose page may load more of the reducer later. */
export interface GrowingStore extends StateStore {
  reduceWith(reduce: Reducer): void
}

/**
 * The one owner of the page's state. A dispatch from within `show` is queued behind the present one.
 * @param report gets what a view or the reducer throws: an error must not stop the other views, the queue or the dispatcher
 */
export function createStore(reduce: Reducer, report: (error: unknown) => void = reportError): GrowingStore {
  let state = INITIAL_STATE
  let reduceState = reduce
  let isDispatching = false
  const queue: StateChange[] = []
  const watchers = new Set<() => void>()

  function attempt(run: () => void): void {
    try {
      run()
    } catch (error) {
      report(error)
    }
  }

  return {
    get: () => state,
    reduceWith: (next) => void (reduceState = next),
    dispatch(change) {
      queue.push(change)
      if (isDispatching) return
      isDispatching = true
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const before = state
        const current = next
        attempt(() => (state = reduceState(before, current)))
        if (state === before) continue
        for (const notify of [...watchers]) if (watchers.has(notify)) attempt(notify)
      }
      isDispatching = false
    },
    watch(select, show, signal) {
      if (signal.aborted) return
      let selected = select(state)
      const notify = () => {
        const next = select(state)
        if (next === selected) return
        selected = next
        show(next)
      }
      watchers.add(notify)
      signal.addEventListener('abort', () => watchers.delete(notify))
      show(selected)
    },
  }
}
