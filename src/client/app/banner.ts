import { h, type View } from '../ui/dom.ts'
import type { Banner } from './bannerText.ts'
import { words } from '../words/words.ts'

/** The line above the composer while the connection is away: what is going on, and a way to hurry it (U50). */
export function banner(on: { retry(): void }): View<Banner | null> {
  const text = h('span', {})
  const retry = h(
    'button',
    { type: 'button', class: 'text-button', onClick: () => on.retry() },
    words.connection.retryNow,
  )
  const element = h('div', { class: 'banner', hidden: true }, text, retry)
  return {
    element,
    update(shown) {
      element.hidden = shown === null
      if (shown === null) return
      text.textContent = shown.text
      retry.hidden = !shown.retry
    },
  }
}
