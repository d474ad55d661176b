import type { StateStore } from '../state/store.ts'
import { unreadTotal } from '../state/unreadCounts.ts'

/** The parts of the browser that show the unread total. */
export interface UnreadMarks {
  /** `data-unread`: the address of the icon with the mark */
  icon: Pick<HTMLLinkElement, 'href' | 'dataset'> | null
  badge: { setAppBadge?(count: number): Promise<void>; clearAppBadge?(): Promise<void> }
}

/** Shows the unread total on the tab's icon and the app's badge: the same number as title and sidebar (U74). */
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
        // Not installed as an app, or the system has no badges.
      })
    },
    signal,
  )
}
