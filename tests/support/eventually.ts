/**
 * Asks again until the answer is there, for what comes from another process or over a socket.
 * @param ask returns undefined, null or false, or throws, as long as it is not
 * @throws Error that says what never came, after `ms`
 */
export async function eventually<T>(
  what: string,
  ask: () => T | Promise<T>,
  ms = 5_000,
): Promise<Exclude<T, undefined | null | false>> {
  const began = performance.now()
  for (;;) {
    let trouble: unknown
    try {
      const answer = await ask()
      if (answer !== undefined && answer !== null && answer !== false)
        return answer as Exclude<T, undefined | null | false>
    } catch (error) {
      trouble = error
    }
    const passed = performance.now() - began
    if (passed > ms) throw new Error(`never came: ${what}`, { cause: trouble })
    // To ask costs the one who is asked, above all a page; so the longer it takes, the less often.
    await Bun.sleep(Math.min(25, Math.max(4, passed / 8)))
  }
}
