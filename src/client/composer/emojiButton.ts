import { actionIcon } from '../ui/actionIcons.ts'
import type { Composer } from './composer.ts'
import { h } from '../ui/dom.ts'
import { words } from '../words/words.ts'

/** Opens the grid of emoji, which comes on first use (U39). `corner`: where it opens, px of the window. */
export async function pickEmoji(
  corner: { x: number; y: number },
  pick: (emoji: string) => void,
  failed: (words: string) => void,
  signal: AbortSignal,
): Promise<void> {
  try {
    const { openPicker } = await import('../ui/emoji/emojiPicker.ts')
    await openPicker(corner, pick, signal)
  } catch {
    failed(words.common.notLoaded)
  }
}

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
  button.append(actionIcon('smile'))
  field.after(button)
}
