import { buttons, openDialog } from '../ui/dialog.ts'
import { button, h } from '../ui/dom.ts'
import { nameForm } from '../ui/nameForm.ts'
import { roomName } from '../state/roomName.ts'
import { selfOf, type NotificationLevel, type Settings } from '../state/state.ts'
import type { Context } from '../app/context.ts'
import { words } from '../words/words.ts'

/** The notification level of one room; 'same': as for all rooms. */
type RoomLevel = NotificationLevel | 'same'

const download = { href: '/api/session/export', download: 'hubbub.json' }

/** Each choice takes effect at once, in all tabs of this device. */
export function openSettingsDialog(context: Context, room: string, signal: AbortSignal): void {
  const { store, actions } = context
  const body = h('div', { class: 'settings' })
  const canNotify = mayNotify()
  const dialog = openDialog({ title: words.common.settings }, signal, ({ close }) => [
    renameForm(context),
    body,
    h('a', { ...download, class: 'button-quiet', 'aria-describedby': 'copies' }, words.settings.export),
    // If the server refuses the download, the browser only says that it failed.
    h('p', { id: 'copies', class: 'text-meta text-muted' }, words.settings.exportLimit),
    buttons(button(words.common.done, close, { class: 'button' })),
  ])

  // Focus on the first field would open a phone's keyboard.
  dialog.element.tabIndex = -1
  dialog.element.focus()

  function setting<K extends Exclude<keyof Settings, 'levels'>>(key: K, current: Settings[K]): HTMLElement {
    const { title, values } = words.settings[key]
    return radioGroup<string>(title, values, current, (value) => actions.chooseSettings({ [key]: value }))
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

  /** Without the browser's permission there is nothing to choose. */
  function notifying(settings: Settings): HTMLElement | null {
    if (!canNotify) return null
    const { permission } = Notification
    if (permission === 'granted') return setting('notify', settings.notify)
    const { title, blocked, turnOn } = words.settings.notify
    const isBlocked = permission === 'denied'
    return fieldset(
      title,
      isBlocked ? h('p', { class: 'text-meta' }, blocked) : button(turnOn, () => void ask()),
    )
  }

  async function ask(): Promise<void> {
    const answer = await Notification.requestPermission()
    if (answer === 'granted') actions.chooseSettings({ notify: 'on' })
    else if (!dialog.signal.aborted) draw(store.get().settings)
  }

  // Drawn again when another tab changes a setting; the focused control keeps the focus.
  function draw(settings: Settings): void {
    const stops = () => [...body.querySelectorAll<HTMLElement>('input, button')]
    const focusIndex = stops().findIndex((stop) => stop === document.activeElement)
    const coarse = matchMedia('(pointer: coarse)').matches
    const sends = settings.enter === 'device' ? !coarse : settings.enter === 'sends'
    const parts = [
      setting('theme', settings.theme),
      setting('clock', settings.clock),
      setting('enter', sends ? 'sends' : 'breaks'),
      setting('lines', settings.lines),
      setting('level', settings.level),
      levelHere(settings),
      notifying(settings),
      setting('sound', settings.sound),
      setting('spoken', settings.spoken),
    ]
    body.replaceChildren(...parts.filter((part) => part !== null))
    if (focusIndex >= 0) (stops()[focusIndex] ?? dialog.element).focus()
  }

  store.watch((state) => state.settings, draw, dialog.signal)
}

/** My name, in one line with the button that changes it (U6). */
function renameForm({ store, actions }: Context): HTMLElement {
  const { title: label, change, changed } = words.settings.name
  const initial = selfOf(store.get())?.name ?? ''
  const status = h('p', { class: 'col-span-full text-meta text-muted', role: 'status' })
  const take = (name: string) => {
    status.textContent = ''
    return actions.rename(name)
  }
  const done = () => (status.textContent = changed)
  const look = { form: 'grid grid-cols-[minmax(0,1fr)_auto] gap-x-2', button: 'button-quiet self-start mt-7' }
  const { element } = nameForm({ label, button: change, initial }, { take, done }, look)
  element.append(status)
  return element
}

/** Can a page notify in this browser? If only a service worker can, the attempt throws; without permission nothing is shown. */
function mayNotify(): boolean {
  if (typeof Notification === 'undefined' || !isSecureContext) return false
  try {
    if (Notification.permission === 'default') new Notification('').close()
    return true
  } catch {
    return false
  }
}

function fieldset(legend: string, content: HTMLElement): HTMLElement {
  return h('fieldset', {}, h('legend', { class: 'py-1 text-meta text-muted' }, legend), content)
}

function radioGroup<T extends string>(
  legend: string,
  values: Readonly<Record<T, string>>,
  current: T,
  choose: (value: T) => void,
): HTMLElement {
  const labels = (Object.keys(values) as T[]).map((value) => {
    const onChange = () => choose(value)
    const radio = h('input', { type: 'radio', name: legend, value, checked: value === current, onChange })
    return h('label', {}, radio, values[value])
  })
  return fieldset(legend, h('div', { class: 'choice' }, ...labels))
}
