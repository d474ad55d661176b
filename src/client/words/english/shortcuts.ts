export type ShortcutRow = readonly [what: string, does: string]

/** English words of the list of shortcuts. */
export const shortcuts = {
  gestures: [
    ['Hold a message', 'Reply, react, copy and more'],
    ['Tap a message, then the dots beside it', 'The same menu'],
    ['Hold a reaction', 'See who reacted'],
    ['Tap a name or picture', 'See who that is, and mention them'],
    ['Swipe right', 'Rooms'],
    ['Swipe left', 'People'],
  ] as readonly ShortcutRow[],
  keyboard: 'With a keyboard',
  keys: [
    ['Enter', 'Send message · In the list: open message menu'],
    ['Shift+Enter', 'New line'],
    ['↑', 'Edit your last message (when the box is empty)'],
    ['Page Up, Page Down', 'Scroll the messages (when the box is empty)'],
    ['Ctrl+B, Ctrl+I, ⌘B, ⌘I', 'Bold, italic'],
    ['Ctrl+K, ⌘K', 'Jump to a room'],
    ['Alt+↑, Alt+↓', 'Previous / next room; with Shift: unread rooms only'],
    ['F6, Shift+F6', 'Next / previous section'],
    ['↑ ↓ Home End', 'In the list: move between messages'],
    ['← →', 'In the list: links and buttons of a message'],
    ['Escape', 'Close, cancel edit or reply'],
    ['Shift+Escape', 'Mark all as read'],
    ['?', 'Show this list (outside the message box)'],
  ] as readonly ShortcutRow[],
  typed: ['@ : /', 'Mention people, add emoji, use commands'] as ShortcutRow,
}
