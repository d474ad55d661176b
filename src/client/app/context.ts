import type { Actions } from './actions/sessionActions.ts'
import type { Router } from './router.ts'
import type { Store } from '../state/store.ts'

/** What every screen is made with. `place`: what this chat is called. */
export interface Context {
  store: Store
  actions: Actions
  router: Router
  place: string
}
