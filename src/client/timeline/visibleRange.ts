/** What of a list somebody has had the time to see (U70). */
import type { Timers } from '../net/timers.ts'

/** The first and the last message on screen, by seq. */
export interface VisibleRange {
  top: number
  bottom: number
}

/** So long (ms) a message is on screen before it counts as seen. */
const SEEN = 500

/** The messages of which half is in view, or the end where one is taller than the view; null: none is. */
export function visibleRangeOf(
  log: HTMLElement,
  rows: HTMLElement,
  seqOf: (row: Element) => number | null,
): VisibleRange | null {
  const view = log.getBoundingClientRect()
  const { children } = rows
  const side = (row: Element): number => {
    const box = row.getBoundingClientRect()
    const mark = box.height > view.height ? box.bottom : box.top + box.height / 2
    return mark < view.top ? -1 : mark > view.bottom + 1 ? 1 : 0
  }
  let low = 0
  let high = children.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (side(children[middle] as Element) < 0) low = middle + 1
    else high = middle
  }
  const seqs: number[] = []
  for (let at = low; at < children.length; at += 1) {
    const row = children[at] as Element
    if (side(row) > 0) break
    const seq = seqOf(row)
    if (seq !== null) seqs.push(seq)
  }
  const [top] = seqs
  return top === undefined ? null : { top, bottom: seqs.at(-1) ?? top }
}

export interface VisibleWatch {
  /** What is on screen from now on; null: nothing, or nobody looks. */
  look(range: VisibleRange | null): void
}

/** Calls `seen` with what was on screen all of the last half second, until the signal aborts. */
export function watchVisible(
  world: Timers,
  seen: (range: VisibleRange) => void,
  signal: AbortSignal,
): VisibleWatch {
  let ranges: (VisibleRange & { at: number })[] = []
  let cancel: (() => void) | null = null

  function forget(): void {
    cancel?.()
    cancel = null
    ranges = []
  }

  function wait(since: number): void {
    cancel ??= world.after(Math.max(0, since + SEEN - world.now()), () => {
      cancel = null
      judge()
    })
  }

  function judge(): void {
    const from = world.now() - SEEN
    const held = ranges.findLastIndex(({ at }) => at <= from)
    if (held >= 0) {
      ranges = ranges.slice(held)
      const top = Math.max(...ranges.map((range) => range.top))
      const bottom = Math.min(...ranges.map((range) => range.bottom))
      if (top <= bottom) seen({ top, bottom })
    }
    const next = ranges[held >= 0 ? 1 : 0]
    if (next) wait(next.at)
  }

  signal.addEventListener('abort', forget, { once: true })

  return {
    look(range) {
      if (signal.aborted) return
      if (range === null) return forget()
      const last = ranges.at(-1)
      if (last?.top === range.top && last.bottom === range.bottom) return
      const at = world.now()
      ranges.push({ ...range, at })
      wait(at)
    },
  }
}
