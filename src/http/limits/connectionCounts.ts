/** Counts open sockets, in total and from each address. */
export class ConnectionCounts {
  readonly #byAddress = new Map<string, number>()
  total = 0

  from(key: string): number {
    return this.#byAddress.get(key) ?? 0
  }

  /** @param key null counts only in the total */
  add(key: string | null): void {
    this.total += 1
    if (key !== null) this.#byAddress.set(key, this.from(key) + 1)
  }

  remove(key: string | null): void {
    this.total -= 1
    if (key === null) return
    if (this.from(key) > 1) this.#byAddress.set(key, this.from(key) - 1)
    else this.#byAddress.delete(key)
  }
}
