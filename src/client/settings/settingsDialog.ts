import { buttons, openDialog } from '../ui/dialog.ts'
import { button, h, type Child } from '../ui/dom.ts'
import { iconButton } from '../ui/icons.ts'
import { nameForm } from '../ui/nameForm.ts'
import { roomName } from '../state/roomName.ts'
import { selfOf, type NotificationLevel, type SETTING_VALUES, type Settings } from '../state/state.ts'
import type { Context } from '../app/context.ts'
import { settings as english } from '../words/english/settings.ts'
import { addEnglish, languageNames, words } from '../words/words.ts'

addEnglish({ settings: english })

/** The notification level of one room; 'same': as for all rooms. */
type RoomLevel = NotificationLevel | 'same'

const download = { href: '/api/session/export', download: 'hubbub.json' }

/**
 * Each choice takes effect at once, in all tabs of this device.
 * @param signOut asks first
 */
export function openSettingsDialog(
  context: Context,
  room: string,
  signOut: () => void,
  signal: AbortSignal,
): void {
  const { store, actions, language } = context
  const languageBefore = language.chosen()
  const canNotify = mayNotify()
  const body = h('div', { class: 'settings' })
  const dialog = openDialog({ title: words.common.settings }, signal, () => [])
  let you = h('section')

  /** Draws the dialog, at first and in another language. */
  function fill(): void {
    const { settings: title, close, done } = words.common
    you = youGroup(context, signOut)
    draw(store.get().settings)
    dialog.element.setAttribute('aria-label', title)
    dialog.element.replaceChildren(
      h('h2', {}, title),
      iconButton('close', close, dialog.close),
      body,
      buttons(button(done, dialog.close, { class: 'button' })),
    )
  }

  function setting<K extends keyof typeof SETTING_VALUES>(key: K, current: Settings[K]): HTMLElement {
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

  function languageField(): HTMLElement {
    const { title, system } = words.settings.language
    const choose = async () => {
      const isChosen = await language.choose(field.value)
      if (dialog.signal.aborted) return
      if (isChosen) fill()
      body.querySelector('select')?.focus()
      if (isChosen) return
      field.value = language.chosen()
      fault.textContent = words.common.notLoaded
    }
    const attributes = { class: 'field', 'aria-label': title, onChange: () => void choose() }
    const options = Object.entries({ system, ...languageNames() })
    const field = h(
      'select',
      attributes,
      ...options.map(([value, name]) =>
        h('option', { value, lang: value === 'system' ? null : value }, name),
      ),
    )
    field.value = language.chosen()
    const fault = h('p', { class: 'fault', role: 'alert' })
    return fieldset(title, h('div', {}, field, fault))
  }

  // Drawn again when another tab changes a setting; the focused control keeps the focus.
  function draw(settings: Settings): void {
    const stops = () => [...body.querySelectorAll<HTMLElement>('input, button, select')]
    const focusIndex = stops().findIndex((stop) => stop === document.activeElement)
    const coarse = matchMedia('(pointer: coarse)').matches
    const sends = settings.enter === 'device' ? !coarse : settings.enter === 'sends'
    const { groups } = words.settings
    body.replaceChildren(
      you,
      group(
        groups.appearance,
        languageField(),
        setting('theme', settings.theme),
        setting('density', settings.density),
        setting('clock', settings.clock),
        setting('lines', settings.lines),
      ),
      group(
        groups.notifications,
        setting('level', settings.level),
        levelHere(settings),
        notifying(settings),
        setting('sound', settings.sound),
      ),
      group(groups.writing, setting('enter', sends ? 'sends' : 'breaks')),
      group(groups.accessibility, setting('spoken', settings.spoken)),
    )
    if (focusIndex >= 0) (stops()[focusIndex] ?? dialog.element).focus()
  }

  dialog.element.className = 'grid settings-dialog'
  fill()
  // Focus on the first field would open a phone's keyboard.
  dialog.element.tabIndex = -1
  dialog.element.focus()
  store.watch((state) => state.settings, draw, dialog.signal)
  // The page behind the dialog changes its language only now: drawing it anew closes its dialogs.
  dialog.signal.addEventListener('abort', () => {
    if (!signal.aborted && language.chosen() !== languageBefore) context.router.refresh()
  })
}

function group(title: string, ...content: Child[]): HTMLElement {
  return h('section', { 'aria-label': title }, h('h3', {}, title), ...content)
}

/** My name, my messages, and the way out. */
function youGroup(context: Context, signOut: () => void): HTMLElement {
  return group(
    words.settings.groups.you,
    renameForm(context),
    h(
      'div',
      { class: 'grid justify-items-start gap-2' },
      h(
        'a',
        { ...download, class: 'button-quiet py-2 text-center', 'aria-describedby': 'copies' },
        words.settings.export,
      ),
      // If the server refuses the download, the browser only says that it failed.
      h('p', { id: 'copies', class: 'text-meta text-muted' }, words.settings.exportLimit),
    ),
    h('div', {}, button(words.common.signOut, signOut)),
  )
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
  return h('fieldset', {}, h('legend', {}, legend), content)
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
