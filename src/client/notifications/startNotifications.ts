import { openTabChannel } from '../net/tabChannel.ts'
import { roomAddress } from '../state/roomName.ts'
import { idOf } from '../state/state.ts'
import type { StateStore } from '../state/store.ts'
import { playChime } from './chime.ts'
import {
  createNotifier,
  parseTabMessage,
  type NotificationContent,
  type NotifierWorld,
} from './notificationRules.ts'
import { electLeader } from './tabLeader.ts'
import { showUnread } from './unreadMarks.ts'

/** Starts the unread marks, the notifications and the sound of this page, in step with my other tabs. A chunk loaded late. */
export function startNotifications(
  store: StateStore,
  world: Pick<NotifierWorld, 'now' | 'after' | 'isAttended' | 'plainText'> & {
    go(path: string): void
    locks: LockManager | undefined
  },
  signal: AbortSignal,
): void {
  const icon = document.querySelector<HTMLLinkElement>('link[rel=icon]')
  showUnread(store, { icon, badge: navigator }, signal)
  const say = openTabChannel(
    'hubbub notifications',
    parseTabMessage,
    (message) => notifier.hear(message),
    signal,
  )
  const leads = electLeader(store, world, signal)
  const go = (room: string, seq: number) => world.go(roomAddress(store.get(), room, seq))
  const show: NotifierWorld['show'] = (notification, closed) => notify(notification, go, closed)
  const notifier = createNotifier(store, { ...world, leads, say, show, sound: playChime }, signal)
  // A click on a notification does nothing once its page is gone.
  window.addEventListener('pagehide', notifier.close, { signal })

  let before = ''
  store.watch(
    (state) => `${idOf(state)} ${state.settings.sound}`,
    (next) => {
      // Switching the sound on plays it once, as a sample.
      if (before.endsWith('off') && next === before.replace(/off$/, 'on') && document.hasFocus()) playChime()
      before = next
    },
    signal,
  )
}

function notify(
  { title, body, id: tag, room, seq }: NotificationContent,
  go: (room: string, seq: number) => void,
  closed: () => void,
): (() => void) | null {
  if (typeof Notification === 'undefined' || Notification.permission !== 'granted') return null
  try {
    // Silent, since the sound is a setting of its own.
    const shown = new Notification(title, { body, tag, icon: '/icons/touch.png', silent: true })
    shown.onclick = () => {
      window.focus()
      go(room, seq)
      shown.close()
    }
    shown.onclose = closed
    return () => shown.close()
  } catch {
    // In this browser only a service worker may notify.
    return null
  }
}
