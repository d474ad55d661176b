/** The machine's clock. A wait does not keep the process alive. */
export const clock = {
  now: (): number => Date.now(),
  elapsed: (): number => performance.now(),
  wait: (ms: number): Promise<void> =>
    new Promise((resolve) => {
      setTimeout(resolve, ms).unref()
    }),
  turn: (): Promise<void> => new Promise((resolve) => setImmediate(resolve)),
}
