import { lacksMarkdown, loadMarkdown } from './formatText.ts'
import type { TimelineItem } from './timelineItems.ts'

/** How long (ms) the first page of a room waits for Markdown before it is drawn as typed. */
const PATIENCE = 3_000
/** A wait has run out in this page: no other room waits again. */
let hasRunOut = false

export interface MarkdownGate {
  /** May these items be drawn? Not while the first page waits for the Markdown that a message of it needs. */
  isReady(items: readonly TimelineItem[]): boolean
  /** Draws it now: the person has sent a message, which must not wait. */
  hurry(): void
  /** Resolves once messages may be drawn. */
  readonly drawn: Promise<void>
}

/** Keeps the first messages of a room from being drawn as typed and then again, formatted: the page would jump. */
export function awaitMarkdown(draw: () => void, signal: AbortSignal): MarkdownGate {
  const drawn = Promise.withResolvers<void>()
  let isOpen = false
  let timer: ReturnType<typeof setTimeout> | null = null

  function open(): void {
    isOpen = true
    if (timer !== null) clearTimeout(timer)
    drawn.resolve()
  }

  function hurry(): void {
    if (isOpen || signal.aborted) return
    open()
    draw()
  }

  signal.addEventListener('abort', () => timer !== null && clearTimeout(timer), { once: true })

  return {
    isReady(items) {
      if (isOpen) return true
      // What I am sending has no seq yet and never waits.
      const stored = items.filter((item) => item.kind === 'message').filter(({ row }) => row.seq !== null)
      if (stored.length === 0) return true
      if (!hasRunOut && stored.some(({ row }) => lacksMarkdown(row.text ?? ''))) {
        if (timer === null) {
          timer = setTimeout(() => {
            hasRunOut = true
            hurry()
          }, PATIENCE)
          void loadMarkdown().then(hurry)
        }
        return false
      }
      open()
      return true
    },
    hurry,
    drawn: drawn.promise,
  }
}
