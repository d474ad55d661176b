import type { Actions } from './actions/actions.ts'
import type { Router } from './router.ts'
import type { StateStore } from '../state/store.ts'

/** What every screen is made with. `place`: what this chat is called. */
export interface Context {
  store: StateStore
  actions: Actions
  router: Router
  place: string
}
