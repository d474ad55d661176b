/** What is told outside of the page, from wherever in it one is: a chunk of its own (W1). */
import type { State } from './state/state.ts'
import type { Store } from './state/store.ts'

/** As much of the browser as shows something outside of the page. */
export interface Outside {
  icon: Pick<HTMLLinkElement, 'href'> | null
  /** the app's own number, where there is an app */
  badge: { setAppBadge?(count: number): Promise<void>; clearAppBadge?(): Promise<void> }
}

/** Icon of the tab, and number on the app: what they say is what title and sidebar say (U74). */
export function showUnread(
  store: Store,
  { icon, badge }: Outside,
  total: (state: State) => number,
  signal: AbortSignal,
): void {
  const usual = icon?.href ?? ''
  store.watch(
    total,
    (count) => {
      const href = count > 0 ? usual.replace('hubbub', 'unread') : usual
      if (icon !== null && icon.href !== href) icon.href = href
      const shown = count > 0 ? badge.setAppBadge?.(count) : badge.clearAppBadge?.()
      shown?.catch(() => {
        // It is no app, or its system has no badges.
      })
    },
    signal,
  )
}
