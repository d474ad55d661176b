import type { Actions, SessionActions } from './actions/actions.ts'
import type { LanguageChoice } from './language.ts'
import type { Router } from './router.ts'
import type { User } from '../../shared/model.ts'
import type { StateStore } from '../state/store.ts'
import type { EmojiMemory } from '../ui/emoji/emoji.ts'

/** What home receives. */
export interface HomeContext {
  store: StateStore
  actions: SessionActions
  router: Router
  language: LanguageChoice
  /** the name of this chat: its operator may choose another than Hubbub */
  siteName: string
}

/** What the pages of an address receive. */
export interface PageContext extends HomeContext {
  actions: Actions
}

/** What the parts of a room's screen receive. */
export interface Context extends PageContext {
  /** Opens a person's card beside the element that was pressed; the focus returns there. */
  showPerson(person: User, opener: HTMLElement): void
  /** for the emoji picker */
  emojiMemory: EmojiMemory
}
