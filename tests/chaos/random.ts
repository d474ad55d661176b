/** A seeded source of chance: the same seed gives the same faults, so a failing run can be looked at again. */
export interface Chance {
  /** 0 ≤ x < 1 */
  next(): number
  /** true once in 1/p */
  hit(p: number): boolean
  /** from ≤ x < to */
  between(from: number, to: number): number
  pick<T>(of: readonly T[]): T
  /** a source of its own, so that what one part draws does not shift another's */
  fork(name: string): Chance
}

export function chance(seed: number): Chance {
  let state = (seed >>> 0) + 0x9e3779b9
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  return {
    next,
    hit: (p) => next() < p,
    between: (from, to) => from + next() * (to - from),
    pick: (of) => {
      const found = of[Math.floor(next() * of.length)]
      if (found === undefined) throw new TypeError('nothing to pick from')
      return found
    },
    fork: (name) => chance(Number(Bun.hash(`${seed}:${name}`) & 0xffffffffn)),
  }
}
