import type { Store } from '../../src/hub/ports.ts'

/**
 * A store whose answers are late: each is true at the time it was asked for, and arrives after as many turns of the
 * microtask queue as `turns` says (negative: turns of the loop). What happened meanwhile, the asker must reckon with.
 */
export function lateStore(store: Store, turns: (method: keyof Store) => number): Store {
  return new Proxy(store, {
    get(target, name) {
      const found: unknown = Reflect.get(target, name)
      if (typeof found !== 'function') return found
      return async (...args: unknown[]) => {
        const answer: unknown = await Reflect.apply(found, target, args)
        const late = turns(name as keyof Store)
        for (let turn = 0; turn < late; turn += 1) await Promise.resolve()
        for (let turn = 0; turn > late; turn -= 1) await new Promise((resolve) => setImmediate(resolve))
        return answer
      }
    },
  })
}
