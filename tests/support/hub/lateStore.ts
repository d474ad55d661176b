import type { Store } from '../../../src/hub/ports.ts'

async function wait(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await Promise.resolve()
  for (let turn = 0; turn > turns; turn -= 1) await new Promise((resolve) => setImmediate(resolve))
}

/**
 * A store that is late: it looks some turns after the call, and answers some turns after that, so the hub must reckon with
 * what happens before and after the look.
 * @param turns of the microtask queue; below 0, of the loop. Asked twice for each call
 */
export function lateStore(store: Store, turns: (method: keyof Store) => number): Store {
  return new Proxy(store, {
    get(target, name) {
      const found: unknown = Reflect.get(target, name)
      if (typeof found !== 'function') return found
      return async (...args: unknown[]) => {
        await wait(turns(name as keyof Store))
        const answer: unknown = await Reflect.apply(found, target, args)
        await wait(turns(name as keyof Store))
        return answer
      }
    },
  })
}
