/** Dialogs of a room that its first drawing does not need. One chunk. */
export { openRoomsDialog } from './roomsDialog.ts'
export { openSwitcherDialog } from './switcher.ts'
export { openTopicDialog } from './topic.ts'
