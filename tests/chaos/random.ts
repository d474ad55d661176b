/** A seeded source of random numbers: the same seed gives the same faults, so that a failing run can be repeated. */
export interface Chance {
  /** 0 ≤ x < 1 */
  next(): number
  /** true with probability p */
  hit(p: number): boolean
  /** from ≤ x < to */
  between(from: number, to: number): number
  pick<T>(from: readonly T[]): T
  /** an independent source, so that the draws of one part do not shift those of another */
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
    pick(from) {
      const picked = from[Math.floor(next() * from.length)]
      if (picked === undefined) throw new TypeError('nothing to pick from')
      return picked
    },
    fork: (name) => chance(Number(Bun.hash(`${seed}:${name}`) & 0xffffffffn)),
  }
}
