/** The part of Web Locks that the client uses: each name has one holder, and the others wait in line. */
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
      // A request aborted while it waited must not get the lock.
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
