import { h, type View } from '../ui/dom.ts'
import { countText } from '../ui/format.ts'
import { iconOf } from '../ui/icons.ts'
import { words } from '../words/words.ts'

/** The way back to the end: how many came meanwhile, 0 if none did; null while the reader is there (U14). */
export function jumpToNewestButton(on: { press(): void }): View<number | null> {
  const label = h('span', {})
  const element = h('button', { type: 'button', class: 'pill', hidden: true, onClick: () => on.press() })
  element.append(label, iconOf('down'))
  return {
    element,
    update(count) {
      element.hidden = count === null
      if (count === null) return
      const { jumpToLatest, newCount, jumpToNew } = words.timeline
      label.textContent = count === 0 ? jumpToLatest : newCount(countText(count))
      element.setAttribute('aria-label', count === 0 ? jumpToLatest : jumpToNew(count))
    },
  }
}
