/** One chunk: the emoji with their search, which the composer's suggestions use too, and the picker. */
export { findEmoji, inTone, loadEmoji, prefetchEmoji, remember } from './emoji.ts'
export { emojiPicker } from './emojiPicker.ts'
