/** Unread marks, notifications and sounds: what is seen and heard outside the page. A chunk that `startChat` loads late. */
import { idOf } from '../state/state.ts'
import type { StateStore } from '../state/store.ts'
import { unreadTotal } from '../state/unreadCounts.ts'
import { leadsTabs } from './tabLeader.ts'
import { createNotifier, tabMessageOf, type NotificationContent } from './notificationRules.ts'

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

/** A sound that had to wait so long (ms) for the browser's leave is not made any more. */
const TOO_LATE = 1_000

/** Two soft notes. A tab that nobody has touched yet may make no sound, and makes none. */
function playChime(): void {
  const audio = new AudioContext()
  const end = () => void audio.close().catch(() => {})
  const late = setTimeout(end, TOO_LATE)
  audio.resume().then(
    () => {
      clearTimeout(late)
      if (audio.state !== 'running') return
      playTone(audio, 587, 0)
      playTone(audio, 880, 0.11).onended = end
    },
    () => {
      // Closed before it was allowed.
    },
  )
}

/** @param pitch Hz @param from seconds from now */
function playTone(audio: AudioContext, pitch: number, from: number): OscillatorNode {
  const at = audio.currentTime + from
  const tone = audio.createOscillator()
  const loud = audio.createGain()
  tone.frequency.value = pitch
  loud.gain.setValueAtTime(0, at)
  loud.gain.linearRampToValueAtTime(0.15, at + 0.015)
  loud.gain.exponentialRampToValueAtTime(0.001, at + 0.35)
  tone.connect(loud).connect(audio.destination)
  tone.start(at)
  tone.stop(at + 0.4)
  return tone
}
