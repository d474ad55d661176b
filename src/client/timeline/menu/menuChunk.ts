/** The menu of a message and the dialogs that it opens: a chunk of its own, fetched soon after the first drawing. */
export { openDayDialog } from './dayDialog.ts'
export { menuEntries } from './menuEntries.ts'
export { openPinsDialog } from './pinsDialog.ts'
export { openMessageMenu } from './messageMenu.ts'
