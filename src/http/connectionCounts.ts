/** How many sockets there are, in all and from each address. */
export class Places {
  readonly #each = new Map<string, number>()
  #all = 0

  get all(): number {
    return this.#all
  }

  of(key: string): number {
    return this.#each.get(key) ?? 0
  }

  /** @param key null: counted in all alone */
  enter(key: string | null): void {
    this.#all += 1
    if (key !== null) this.#each.set(key, this.of(key) + 1)
  }

  leave(key: string | null): void {
    this.#all -= 1
    if (key === null) return
    if (this.of(key) > 1) this.#each.set(key, this.of(key) - 1)
    else this.#each.delete(key)
  }
}
