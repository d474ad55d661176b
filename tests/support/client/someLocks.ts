/** Web Locks as the standard has them, as far as they are used: one holder a name, the others in line. */
export function someLocks() {
  const held = new Map<string, Promise<void>>()
  return {
    async request(
      name: string,
      options: { ifAvailable?: boolean; signal?: AbortSignal },
      run: (lock: { name: string } | null) => unknown,
    ): Promise<void> {
      if (held.has(name) && options.ifAvailable) return void (await run(null))
      while (held.has(name)) await held.get(name)
      // Who has let go is not asked any more.
      options.signal?.throwIfAborted()
      let free = () => {}
      held.set(name, new Promise((resolve) => (free = resolve)))
      try {
        await run({ name })
      } finally {
        held.delete(name)
        free()
      }
    },
    query: async () => ({ held: [...held.keys()].map((name) => ({ name })) }),
  } as unknown as LockManager
}
