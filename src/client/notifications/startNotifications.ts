import { idOf } from '../state/state.ts'
import type { StateStore } from '../state/store.ts'
import { playChime } from './chime.ts'
import { leadsTabs } from './tabLeader.ts'
import { createNotifier, tabMessageOf, type NotificationContent } from './notificationRules.ts'

/** Notifications and the sound of this page, beside those of my other tabs. */
export function startNotifications(
  store: StateStore,
  world: {
    now(): number
    after(ms: number, run: () => void): () => void
    go(path: string): void
    /** Does the person look at the newest messages of this room in this tab? */
    isAttended(room: string): boolean
  },
  signal: AbortSignal,
): void {
  const channel =
    typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('hubbub notifications')
  const notifier = createNotifier(
    store,
    {
      ...world,
      leads: leadsTabs(store, { after: world.after, locks: navigator.locks }, signal),
      say: (message) => channel?.postMessage(message),
      show: (notification, closed) => notify(notification, world.go, closed),
      sound: playChime,
    },
    signal,
  )
  if (channel !== null)
    channel.onmessage = ({ data }: MessageEvent<unknown>) => {
      const message = tabMessageOf(data)
      if (message !== null) notifier.hear(message)
    }
  // A notification whose page is gone leads nowhere.
  window.addEventListener('pagehide', notifier.close, { signal })
  signal.addEventListener('abort', () => channel?.close(), { once: true })

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
  notification: NotificationContent,
  go: (path: string) => void,
  closed: () => void,
): (() => void) | null {
  if (typeof Notification === 'undefined' || Notification.permission !== 'granted') return null
  try {
    // Silent, since sound is a choice of its own.
    const { body, id: tag, title } = notification
    const shown = new Notification(title, { body, tag, icon: '/icons/touch.png', silent: true })
    shown.onclick = () => {
      window.focus()
      go(`/chat/${notification.room}/${notification.seq}`)
      shown.close()
    }
    shown.onclose = closed
    return () => shown.close()
  } catch {
    // Here only a service worker may notify.
    return null
  }
}
