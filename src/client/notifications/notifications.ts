/** Notifications, sound and unread marks, as one chunk that `startChat` loads late. */
export { startNotifications } from './startNotifications.ts'
export { showUnread } from './unreadMarks.ts'
