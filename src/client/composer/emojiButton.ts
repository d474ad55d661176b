import { h } from '../ui/dom.ts'
import { pickEmoji } from '../ui/emoji/pickEmoji.ts'
import { iconOf } from '../ui/icons.ts'
import type { Composer } from './composer.ts'
import { words } from '../words/words.ts'

/** The button in the composer: what is picked goes in where the caret is. */
export function emojiButton({ field, say }: Composer, signal: AbortSignal): void {
  const put = (emoji: string) => {
    field.setRangeText(emoji, field.selectionStart, field.selectionEnd, 'end')
    field.dispatchEvent(new Event('input', { bubbles: true }))
    field.focus({ preventScroll: true })
  }
  const button = h('button', {
    type: 'button',
    class: 'emoji-button',
    'aria-label': words.emoji.title,
    'aria-haspopup': 'dialog',
    title: words.emoji.title,
    onClick: () => {
      const { right, left, top } = button.getBoundingClientRect()
      void pickEmoji({ x: document.dir === 'rtl' ? left : right, y: top - 400 }, put, say, signal)
    },
  })
  button.append(iconOf('smile'))
  field.after(button)
}
