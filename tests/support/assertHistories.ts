import fc from 'fast-check'

/** ms after which no further history begins: a slow machine plays fewer of them. */
const ENOUGH = 25_000
/** ms after which random histories end by themselves: before the 60 s of their test, whose timeout would not tell the seed. */
const LONGEST = 50_000

/**
 * `fc.assert` that always tells how to play a failing history again. The first one is printed as it fails, because making it
 * smaller may take longer than the test may; what hangs or takes too long fails with the seed. `SEED=… bun test …` repeats.
 */
export async function assertHistories<Ts>(
  property: fc.IAsyncProperty<Ts>,
  options: fc.Parameters<Ts> = {},
): Promise<void> {
  const { SEED } = process.env
  const began = performance.now()
  const seed = Number(SEED ?? Math.floor(Math.random() * 2 ** 31))
  const run = property.run.bind(property)
  let hasFailed = false
  property.run = async (history) => {
    if (SEED === undefined && performance.now() - began > ENOUGH) return null
    const failure = await run(history)
    if (failure !== null && 'error' in failure && !hasFailed) {
      hasFailed = true
      console.error(`A random history failed, SEED=${seed}: ${fc.stringify(history)}`)
    }
    return failure
  }
  await fc.assert(property, {
    seed,
    interruptAfterTimeLimit: LONGEST,
    markInterruptAsFailure: true,
    endOnFailure: false,
    ...options,
  })
}
