/** What is shown and heard outside of the page, wherever in it one is. A chunk that comes late: `startChat` loads it. */
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

/** Icon of the tab, and number on the app: what they say is what title and sidebar say (U74). */
export function showUnread(store: StateStore, { icon, badge }: UnreadMarks, signal: AbortSignal): void {
  const usual = icon?.href ?? ''
  let before = usual
  store.watch(
    unreadTotal,
    (count) => {
      const href = (count > 0 && icon?.dataset.unread) || usual
      // The same again would be fetched again.
      if (icon !== null && href !== before) icon.href = href
      before = href
      const shown = count > 0 ? badge.setAppBadge?.(count) : badge.clearAppBadge?.()
      shown?.catch(() => {
        // It is no app, or its system has no badges.
      })
    },
    signal,
  )
}

/** So far (px) from its end a list counts as being there, as for new rows (U13). */
const END = 80

/** Notifications and the sound of this page, beside those of my other tabs. */
export function startNotifications(
  store: StateStore,
  world: {
    now(): number
    after(ms: number, run: () => void): () => void
    go(path: string): void
  },
  signal: AbortSignal,
): void {
  const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('hubbub telling')
  const telling = createNotifier(
    store,
    {
      ...world,
      leads: leadsTabs(store, { after: world.after, locks: navigator.locks }, signal),
      attended(room) {
        if (document.hidden || !document.hasFocus() || location.pathname.split('/')[2] !== room) return false
        const log = document.querySelector('.log')
        return log !== null && log.scrollHeight - log.scrollTop - log.clientHeight <= END
      },
      say: (word) => channel?.postMessage(word),
      show: (note, closed) => notify(note, world.go, closed),
      sound: playChime,
    },
    signal,
  )
  if (channel !== null)
    channel.onmessage = ({ data }: MessageEvent<unknown>) => {
      const word = tabMessageOf(data)
      if (word !== null) telling.hear(word)
    }
  // A notification whose page is gone leads nowhere.
  window.addEventListener('pagehide', telling.close, { signal })
  signal.addEventListener('abort', () => channel?.close(), { once: true })

  let before = ''
  store.watch(
    (state) => `${idOf(state)} ${state.settings.sound}`,
    (now) => {
      // Whoever switches it on hears what it is like.
      if (before.endsWith('off') && now === before.replace(/off$/, 'on') && document.hasFocus()) playChime()
      before = now
    },
    signal,
  )
}

function notify(
  note: NotificationContent,
  go: (path: string) => void,
  closed: () => void,
): (() => void) | null {
  if (typeof Notification === 'undefined' || Notification.permission !== 'granted') return null
  try {
    // Silent, since sound is a choice of its own.
    const { body, id: tag, title } = note
    const shown = new Notification(title, { body, tag, icon: '/icons/touch.png', silent: true })
    shown.onclick = () => {
      window.focus()
      go(`/chat/${note.room}/${note.seq}`)
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
      note(audio, 587, 0)
      note(audio, 880, 0.11).onended = end
    },
    () => {
      // Closed before it was allowed.
    },
  )
}

/** @param pitch Hz @param from seconds from now */
function note(audio: AudioContext, pitch: number, from: number): OscillatorNode {
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
