import { firstIndex } from './rows/scrollAnchor.ts'

/** The first and the last message on screen, by seq. */
export interface VisibleRange {
  top: number
  bottom: number
}

/** ms on screen after which a message counts as seen (U70) */
const SEEN = 500

/** The messages whose middle is in view, or whose end is if they are taller than the list; null if there are none. */
export function visibleRangeOf(
  log: HTMLElement,
  rows: HTMLElement,
  seqOf: (row: Element) => number | null,
): VisibleRange | null {
  const view = log.getBoundingClientRect()
  const markOf = (row: Element) => {
    const { top, bottom, height } = row.getBoundingClientRect()
    return height > view.height ? bottom : top + height / 2
  }
  const seqs: number[] = []
  const first = firstIndex(rows.children, (row) => markOf(row) < view.top)
  for (const row of [...rows.children].slice(first)) {
    if (markOf(row) > view.bottom + 1) break
    const seq = seqOf(row)
    if (seq !== null) seqs.push(seq)
  }
  const [top] = seqs
  return top === undefined ? null : { top, bottom: seqs.at(-1) ?? top }
}

/**
 * Calls `seen` with the messages that were on screen for the whole of the last 500 ms, until the signal aborts.
 * @returns a function to call with the range that is on screen from now on; null: none, or the person is not looking
 */
export function watchVisible(
  seen: (range: VisibleRange) => void,
  signal: AbortSignal,
): (range: VisibleRange | null) => void {
  /** the ranges of the last 500 ms, and the one on screen before them */
  let ranges: (VisibleRange & { at: number })[] = []
  let timer: ReturnType<typeof setTimeout> | undefined

  function forget(): void {
    clearTimeout(timer)
    timer = undefined
    ranges = []
  }

  function wait(since: number): void {
    timer ??= setTimeout(reportSeen, Math.max(0, since + SEEN - Date.now()))
  }

  function reportSeen(): void {
    timer = undefined
    const since = Date.now() - SEEN
    const inForce = ranges.findLastIndex(({ at }) => at <= since)
    if (inForce >= 0) {
      ranges = ranges.slice(inForce)
      const top = Math.max(...ranges.map((range) => range.top))
      const bottom = Math.min(...ranges.map((range) => range.bottom))
      if (top <= bottom) seen({ top, bottom })
    }
    const next = ranges[inForce >= 0 ? 1 : 0]
    if (next) wait(next.at)
  }

  signal.addEventListener('abort', forget)

  return (range) => {
    if (signal.aborted) return
    if (range === null) return forget()
    const last = ranges.at(-1)
    if (last?.top === range.top && last.bottom === range.bottom) return
    const at = Date.now()
    ranges.push({ ...range, at })
    wait(at)
  }
}
