/** The value below which `part` (0–1) of the values lie; 0 of none. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0
}

/** Several quantiles, as figures show them. */
export const quantiles = (values: readonly number[], ...parts: number[]) =>
  parts.map((part) => quantile(values, part)).join(', ')
