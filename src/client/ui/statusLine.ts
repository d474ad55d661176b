import { h } from './dom.ts'
import type { Parts } from '../app/parts.ts'

/** How long (ms) it can be read. */
const STAYS = 4_000

/**
 * Says that something was done: once to those who listen, and for a moment in the line above the composer, which is always there,
 * so that nothing moves and nothing is covered.
 */
export function notes(
  { write, spoken }: Pick<Parts, 'write' | 'spoken'>,
  signal: AbortSignal,
): (words: string) => void {
  const line = h('div', { class: 'note-line', 'aria-hidden': 'true', hidden: true })
  write.counter.before(line)
  let timer: ReturnType<typeof setTimeout> | undefined
  signal.addEventListener('abort', () => clearTimeout(timer), { once: true })
  return (words) => {
    if (signal.aborted) return
    spoken.say(words)
    line.textContent = words
    line.hidden = false
    clearTimeout(timer)
    timer = setTimeout(() => {
      line.hidden = true
    }, STAYS)
  }
}
