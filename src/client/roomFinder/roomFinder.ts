/** The room finder, as one chunk: all rooms in a dialog, and the switcher for the keyboard. */
export { openRoomsDialog } from './roomsDialog.ts'
export { openSwitcherDialog } from './switcher.ts'
