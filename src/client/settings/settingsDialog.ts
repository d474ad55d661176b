import { choice } from '../ui/radioGroup.ts'
import { buttons, openDialog } from '../ui/dialog.ts'
import { nameForm } from '../session/nameForm.ts'
import { h, type Child } from '../ui/dom.ts'
import { roomName } from '../state/roomName.ts'
import type { Level, Settings } from '../state/state.ts'
import type { Context } from '../app/context.ts'
import { words } from '../words/words.ts'

/** How somebody wants it: each choice holds at once, on this device, in all of its tabs. */
export function openSettings(context: Context, room: string, signal: AbortSignal): void {
  const { store, actions } = context
  const its = new AbortController()
  const body = h('div', { class: 'settings' })
  const may = mayNotify()
  const dialog = openDialog(
    { title: words.common.settings, closed: () => its.abort() },
    signal,
    name(context),
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
    buttons(
      h('button', { type: 'button', class: 'button', onClick: () => dialog.close() }, words.common.done),
    ),
  )

  // The first thing in it is a field, which would open a phone's keyboard (T13).
  dialog.tabIndex = -1
  dialog.focus()

  function one<K extends 'theme' | 'lines' | 'enter' | 'clock' | 'level' | 'spoken' | 'notify' | 'sound'>(
    legend: string,
    key: K,
    values: Partial<Readonly<Record<Settings[K], string>>>,
    now: Settings[K],
  ): HTMLElement {
    return choice(legend, values as Record<Settings[K], string>, now, (value) =>
      actions.choose({ [key]: value } as Partial<Settings>),
    )
  }

  function levelHere(settings: Settings): HTMLElement {
    type Here = Level | 'same'
    const { inRoom, inRoomValues } = words.settings.level
    const here: Here = settings.levels[room] ?? 'same'
    return choice<Here>(inRoom(roomName(store.get(), room)), inRoomValues, here, (level) => {
      const levels = Object.assign(Object.create(null), settings.levels) as Record<string, Level>
      if (level === 'same') delete levels[room]
      else levels[room] = level
      actions.choose({ levels })
    })
  }

  /** What the browser says of it comes before what is chosen. */
  function notifying(settings: Settings): HTMLElement | null {
    if (!may) return null
    const { permission } = Notification
    if (permission === 'granted')
      return one(words.settings.notify.title, 'notify', words.settings.notify.values, settings.notify)
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
    if (answer === 'granted') actions.choose({ notify: 'on' })
    else if (!its.signal.aborted) draw(store.get().settings)
  }

  // Chosen in another tab, it is drawn here too; what was pressed keeps the focus.
  function draw(settings: Settings): void {
    const stops = () => [...body.querySelectorAll<HTMLElement>('input, button')]
    const place = stops().findIndex((stop) => stop === document.activeElement)
    const coarse = matchMedia('(pointer: coarse)').matches
    const sends = settings.enter === 'device' ? !coarse : settings.enter === 'sends'
    const { theme, clock, enter, lines, level, sound, spoken } = words.settings
    const parts: Child[] = [
      one(theme.title, 'theme', theme.values, settings.theme),
      one(clock.title, 'clock', clock.values, settings.clock),
      one(enter.title, 'enter', enter.values, sends ? 'sends' : 'breaks'),
      one(lines.title, 'lines', lines.values, settings.lines),
      one(level.title, 'level', level.values, settings.level),
      levelHere(settings),
      notifying(settings),
      one(sound.title, 'sound', sound.values, settings.sound),
      one(spoken.title, 'spoken', spoken.values, settings.spoken),
    ]
    body.replaceChildren(...parts.filter((part) => part instanceof Node))
    if (place >= 0) (stops()[place] ?? dialog).focus()
  }

  store.watch((state) => state.settings, draw, its.signal)
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

/** What one is called, in one line with the button that changes it (U6). */
function name({ store, actions }: Context): HTMLElement {
  const { self } = store.get()
  const said = h('p', { class: 'text-meta text-muted', role: 'status' })
  const form = nameForm(
    {
      label: words.settings.name.title,
      button: words.settings.name.change,
      first: self === null || self === 'unknown' ? '' : self.name,
    },
    {
      async take(typed) {
        said.textContent = ''
        return actions.rename(typed)
      },
      done() {
        said.textContent = words.settings.name.changed
      },
    },
  )
  const change = form.element.querySelector('[type=submit]')
  change?.classList.replace('button', 'button-quiet')
  form.element.classList.add('name-line')
  form.element.append(said)
  return form.element
}
