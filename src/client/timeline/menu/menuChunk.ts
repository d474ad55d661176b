/** The menu of a message and the dialogs that it opens: a chunk of its own, fetched soon after the first drawing. */
import { messageMenu } from '../../words/english/messageMenu.ts'
import { addEnglish } from '../../words/words.ts'

export { openDayDialog } from './dayDialog.ts'
export { menuEntries } from './menuEntries.ts'
export { openMessageMenu } from './messageMenu.ts'
export { openReactionsDialog } from './messageDialogs.ts'
export { openPinsDialog } from './pinsDialog.ts'

addEnglish({ messageMenu })
