import type { Actions, SessionActions } from './actions/actions.ts'
import type { Router } from './router.ts'
import type { StateStore } from '../state/store.ts'

/** What home receives. */
export interface HomeContext {
  store: StateStore
  actions: SessionActions
  router: Router
  /** the name of this chat: its operator may choose another than Hubbub */
  siteName: string
}

/** What the screens of a room receive. */
export interface Context extends HomeContext {
  actions: Actions
}
