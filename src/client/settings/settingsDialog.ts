import { radioGroup } from './radioGroup.ts'
import { renameForm } from './renameForm.ts'
import { buttons, openDialog } from '../ui/dialog.ts'
import { h, type Child } from '../ui/dom.ts'
import { roomName } from '../state/roomName.ts'
import type { NotificationLevel, Settings } from '../state/state.ts'
import type { Context } from '../app/context.ts'
import { words } from '../words/words.ts'

/** The level of one room; `same`: as for all rooms. */
type RoomLevel = NotificationLevel | 'same'

/** How somebody wants it: each choice holds at once, on this device, in all of its tabs. */
export function openSettingsDialog(context: Context, room: string, signal: AbortSignal): void {
  const { store, actions } = context
  const body = h('div', { class: 'settings' })
  const may = mayNotify()
  const dialog = openDialog({ title: words.common.settings }, signal, ({ close }) => [
    renameForm(context),
    body,
    h(
      'a',
      {
        class: 'button-quiet',
        href: '/api/session/export',
        download: 'hubbub.json',
        'aria-describedby': 'copies',
      },
      words.settings.export,
    ),
    // What is refused the browser only calls failed.
    h('p', { id: 'copies', class: 'text-meta text-muted' }, words.settings.exportLimit),
    buttons(h('button', { type: 'button', class: 'button', onClick: close }, words.common.done)),
  ])

  // The first thing in it is a field, which would open a phone's keyboard (T13).
  dialog.element.tabIndex = -1
  dialog.element.focus()

  function setting<K extends 'theme' | 'lines' | 'enter' | 'clock' | 'level' | 'spoken' | 'notify' | 'sound'>(
    legend: string,
    key: K,
    values: Partial<Readonly<Record<Settings[K], string>>>,
    current: Settings[K],
  ): HTMLElement {
    return radioGroup(legend, values as Record<Settings[K], string>, current, (value) =>
      actions.chooseSettings({ [key]: value } as Partial<Settings>),
    )
  }

  function levelHere(settings: Settings): HTMLElement {
    const { inRoom, inRoomValues } = words.settings.level
    const here: RoomLevel = settings.levels[room] ?? 'same'
    return radioGroup<RoomLevel>(inRoom(roomName(store.get(), room)), inRoomValues, here, (level) => {
      const levels = Object.assign(Object.create(null), settings.levels) as Record<string, NotificationLevel>
      if (level === 'same') delete levels[room]
      else levels[room] = level
      actions.chooseSettings({ levels })
    })
  }

  /** What the browser says of it comes before what is chosen. */
  function notifying(settings: Settings): HTMLElement | null {
    if (!may) return null
    const { permission } = Notification
    if (permission === 'granted')
      return setting(words.settings.notify.title, 'notify', words.settings.notify.values, settings.notify)
    return h(
      'fieldset',
      {},
      h('legend', { class: 'py-1 text-meta text-muted' }, words.settings.notify.title),
      permission === 'denied'
        ? h('p', { class: 'text-meta' }, words.settings.notify.blocked)
        : h(
            'button',
            { type: 'button', class: 'button-quiet', onClick: () => void ask() },
            words.settings.notify.turnOn,
          ),
    )
  }

  async function ask(): Promise<void> {
    const answer = await Notification.requestPermission()
    if (answer === 'granted') actions.chooseSettings({ notify: 'on' })
    else if (!dialog.signal.aborted) draw(store.get().settings)
  }

  // Chosen in another tab, it is drawn here too; what was pressed keeps the focus.
  function draw(settings: Settings): void {
    const stops = () => [...body.querySelectorAll<HTMLElement>('input, button')]
    const focusIndex = stops().findIndex((stop) => stop === document.activeElement)
    const coarse = matchMedia('(pointer: coarse)').matches
    const sends = settings.enter === 'device' ? !coarse : settings.enter === 'sends'
    const { theme, clock, enter, lines, level, sound, spoken } = words.settings
    const parts: Child[] = [
      setting(theme.title, 'theme', theme.values, settings.theme),
      setting(clock.title, 'clock', clock.values, settings.clock),
      setting(enter.title, 'enter', enter.values, sends ? 'sends' : 'breaks'),
      setting(lines.title, 'lines', lines.values, settings.lines),
      setting(level.title, 'level', level.values, settings.level),
      levelHere(settings),
      notifying(settings),
      setting(sound.title, 'sound', sound.values, settings.sound),
      setting(spoken.title, 'spoken', spoken.values, settings.spoken),
    ]
    body.replaceChildren(...parts.filter((part) => part instanceof Node))
    if (focusIndex >= 0) (stops()[focusIndex] ?? dialog.element).focus()
  }

  store.watch((state) => state.settings, draw, dialog.signal)
}

/** May a page notify here by itself? Where only a service worker may, the attempt throws; without leave nothing shows (U76). */
function mayNotify(): boolean {
  if (typeof Notification === 'undefined' || !isSecureContext) return false
  try {
    if (Notification.permission === 'default') new Notification('').close()
    return true
  } catch {
    return false
  }
}
