/** A room's menu and dialogs, which its first drawing does not need. One chunk. */
import { roomDialogs as english } from '../words/english/roomDialogs.ts'
import { addEnglish } from '../words/words.ts'

export { openRoomMenu } from './roomMenu.ts'
export { openRoomsDialog } from './roomsDialog.ts'
export { openSwitcherDialog } from './switcher.ts'
export { openTopicDialog } from './topic.ts'

addEnglish({ roomDialogs: english })
