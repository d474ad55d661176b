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
  const deadline = performance.now() + ms
  for (;;) {
    let trouble: unknown
    try {
      const answer = await ask()
      if (answer !== undefined && answer !== null && answer !== false)
        return answer as Exclude<T, undefined | null | false>
    } catch (error) {
      trouble = error
    }
    if (performance.now() > deadline) throw new Error(`never came: ${what}`, { cause: trouble })
    await Bun.sleep(4)
  }
}
