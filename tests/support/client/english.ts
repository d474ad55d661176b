/** All English texts, also those that the page loads later. */
import { emojiPicker } from '../../../src/client/words/english/emojiPicker.ts'
import { shortcuts } from '../../../src/client/words/english/shortcuts.ts'
import { messageMenu } from '../../../src/client/words/english/messageMenu.ts'
import { roomDialogs } from '../../../src/client/words/english/roomDialogs.ts'
import { settings } from '../../../src/client/words/english/settings.ts'
import { addEnglish } from '../../../src/client/words/words.ts'

export { en } from '../../../src/client/words/en.ts'

addEnglish({ emojiPicker, shortcuts, messageMenu, roomDialogs, settings })
