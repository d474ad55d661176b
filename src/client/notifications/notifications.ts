/** Everything that is seen and heard outside the page, as one chunk that `startChat` loads late. */
export { startNotifications } from './startNotifications.ts'
export { showUnread } from './unreadMarks.ts'
