import type { StateStore } from '../state/store.ts'
import { unreadTotal } from '../state/unreadCounts.ts'

/** As much of the browser as says how much is unread. */
export interface UnreadMarks {
  /** `data-unread`: its other address */
  icon: Pick<HTMLLinkElement, 'href' | 'dataset'> | null
  /** the app's own number, where there is an app */
  badge: { setAppBadge?(count: number): Promise<void>; clearAppBadge?(): Promise<void> }
}

/** Shows the unread total on the icon of the tab and of the app: the same number as title and sidebar (U74). */
export function showUnread(store: StateStore, { icon, badge }: UnreadMarks, signal: AbortSignal): void {
  const usualIcon = icon?.href ?? ''
  let shownIcon = usualIcon
  store.watch(
    unreadTotal,
    (count) => {
      const href = (count > 0 && icon?.dataset.unread) || usualIcon
      // Setting the same address would fetch it again.
      if (icon !== null && href !== shownIcon) icon.href = href
      shownIcon = href
      const shown = count > 0 ? badge.setAppBadge?.(count) : badge.clearAppBadge?.()
      shown?.catch(() => {
        // It is no app, or its system has no badges.
      })
    },
    signal,
  )
}
