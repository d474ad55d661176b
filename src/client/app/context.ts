import type { Actions, SessionActions } from './actions/actions.ts'
import type { Router } from './router.ts'
import type { StateStore } from '../state/store.ts'

/** What home is made with. `siteName`: what this chat is called. */
export interface HomeContext {
  store: StateStore
  actions: SessionActions
  router: Router
  siteName: string
}

/** What the screens of a room are made with. */
export interface Context extends HomeContext {
  actions: Actions
}
