import type { Store } from '../../../src/hub/ports.ts'

async function wait(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await Promise.resolve()
  for (let turn = 0; turn > turns; turn -= 1) await new Promise((resolve) => setImmediate(resolve))
}

/**
 * A store whose answers are late: each is true at the time it looks, which is `before` turns after it was asked, and arrives
 * `turns` later. Turns are of the microtask queue, or, where negative, of the loop. What happened meanwhile, the asker must
 * reckon with.
 */
export function lateStore(
  store: Store,
  turns: (method: keyof Store) => number,
  before: (method: keyof Store) => number = () => 0,
): Store {
  return new Proxy(store, {
    get(target, name) {
      const found: unknown = Reflect.get(target, name)
      if (typeof found !== 'function') return found
      return async (...args: unknown[]) => {
        await wait(before(name as keyof Store))
        const answer: unknown = await Reflect.apply(found, target, args)
        await wait(turns(name as keyof Store))
        return answer
      }
    },
  })
}
