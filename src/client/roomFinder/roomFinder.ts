/** One chunk: the dialog of all rooms and the keyboard switcher. */
export { openRoomsDialog } from './roomsDialog.ts'
export { openSwitcherDialog } from './switcher.ts'
