/** English words of a message's menu and the dialogs that it opens. */
export const messageMenu = {
  whoReacted: 'Who reacted',
  copyText: 'Copy text',
  selectText: 'Select text',
  textCopied: 'Text copied',
  markUnread: 'Mark as unread',
  pin: 'Pin',
  unpin: 'Unpin',
  deleteTitle: 'Delete this message?',
  deleteText: 'This can’t be undone.',
  date: 'Date',
  jump: 'Jump',
}
