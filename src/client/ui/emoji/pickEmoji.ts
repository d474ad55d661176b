import { retryable } from '../retryImport.ts'
import { openPopover, placePopover, type WindowPoint } from '../popover.ts'
import type { EmojiMemory } from './emoji.ts'
import { words } from '../../words/words.ts'

export const loadEmojiChunk = retryable(() => import('./emojiChunk.ts'))

/**
 * Opens the emoji picker, a chunk fetched on first use, with its end edge at the point; on a phone it is a sheet at the lower
 * edge (U39). Calls `pick` at most once.
 */
export async function pickEmoji(
  at: WindowPoint,
  memory: EmojiMemory,
  pick: (emoji: string) => void,
  failed: (message: string) => void,
  signal: AbortSignal,
): Promise<void> {
  try {
    const { emojiPicker } = await loadEmojiChunk()
    if (signal.aborted) return
    const { element, field, fill } = emojiPicker(memory, (emoji) => {
      popover.close()
      pick(emoji)
    })
    const popover = openPopover(element, signal)
    placePopover(element, at, 'end')
    if (matchMedia('(pointer: fine)').matches) field.focus()
    await fill(popover.signal)
  } catch {
    failed(words.common.notLoaded)
  }
}
