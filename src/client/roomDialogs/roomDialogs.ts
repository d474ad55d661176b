/** Dialogs of a room that its first drawing does not need. One chunk. */
import { roomDialogs as english } from '../words/english/roomDialogs.ts'
import { addEnglish } from '../words/words.ts'

export { openRoomsDialog } from './roomsDialog.ts'
export { openSwitcherDialog } from './switcher.ts'
export { openTopicDialog } from './topic.ts'

addEnglish({ roomDialogs: english })
