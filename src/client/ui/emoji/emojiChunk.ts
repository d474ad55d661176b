/** Emoji, as one chunk: their data and how to search it, which suggestions use too, and the picker. */
export { findEmoji, loadEmoji } from './emoji.ts'
export { emojiPanel } from './emojiPicker.ts'
