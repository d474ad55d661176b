/** English words of the list of keys. */
export const keys = [
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
  ['@ : /', 'Mention people, add emoji, use commands'],
  ['?', 'Show this list (outside the message box)'],
] as readonly (readonly [keys: string, does: string])[]
