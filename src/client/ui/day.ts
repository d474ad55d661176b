/** The reader's calendar day of a time (ms), as `2026-11-24`. Two times of one day, and only they, have the same. */
export function dayOf(at: number): string {
  const date = new Date(at)
  const two = (value: number) => String(value).padStart(2, '0')
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}

/** When (ms) the day before, or after, the one of `at` begins: −1 yesterday, 1 tomorrow. Right over clock changes. */
export function dayFrom(at: number, days: number): number {
  const date = new Date(at)
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + days).getTime()
}
