import { may } from '../../shared/policy.ts'
import { buttons, openDialog } from '../ui/dialog.ts'
import { button, h } from '../ui/dom.ts'
import { iconButton, iconOf } from '../ui/icons.ts'
import { form, textField } from '../ui/textField.ts'
import { roomName } from '../state/roomName.ts'
import { selfOf, type State } from '../state/state.ts'
import type { Context } from '../app/context.ts'
import { words } from '../words/words.ts'

/**
 * A room's name, topic and pinned messages, and the given buttons for rooms, people and menu (U26, U87).
 * @returns `title` takes the focus where focusing the composer would open a keyboard
 */
export function roomHeader(
  context: Context,
  { room, ...given }: { room: string; rooms: HTMLElement; people: HTMLElement; menu: HTMLElement },
  on: { showPins(): void },
  signal: AbortSignal,
): { element: HTMLElement; title: HTMLElement } {
  const { store, actions } = context
  const title = h('h1', { tabindex: -1 })
  const topic = h('p', { class: 'truncate text-meta text-muted', dir: 'auto' })
  const pinCount = h('span', { class: 'tabular-nums' })
  const pins = iconButton(
    'pin',
    words.rooms.pins.title,
    on.showPins,
    { class: 'button-icon gap-1.5 px-2 text-meta', hidden: true, 'aria-haspopup': 'dialog' },
    pinCount,
  )
  const topicButton = button(null, () => openTopicDialog(context, room, topicOf(store.get()), signal), {
    class: 'text-button icon-small grid place-items-center text-meta text-muted pointer-coarse:-my-3',
  })
  const topicLine = h('div', { class: 'flex items-center gap-1 min-w-0' }, topic)
  const element = h(
    'header',
    { class: 'head' },
    given.rooms,
    h('div', { class: 'min-w-0 flex-1' }, title, topicLine),
    pins,
    given.people,
    given.menu,
  )

  const topicOf = (state: State) => state.roomList.find((entry) => entry.room === room)?.topic ?? ''
  store.watch(
    (state) => roomName(state, room),
    (name) => title.replaceChildren(h('bdi', {}, name)),
    signal,
  )
  store.watch(
    topicOf,
    (text) => {
      topic.textContent = text
      topic.hidden = text === ''
    },
    signal,
  )
  store.watch(
    ({ rooms }) => (rooms[room]?.sync.state === 'live' ? rooms[room].pins : undefined),
    (rows) => {
      if (rows === null) actions.loadPins(room)
      // While the list is fetched again the button stays, so that nothing jumps.
      if (!rows) return
      pins.hidden = rows.length === 0
      pinCount.textContent = String(rows.length)
      pins.setAttribute('aria-label', words.rooms.pins.count(rows.length))
    },
    signal,
  )
  store.watch(
    (state) => {
      const self = selfOf(state)
      const role = state.rooms[room]?.you?.role
      if (self === null || role === undefined || !may({ id: self.id, role }, 'topic')) return null
      return topicOf(state) === '' ? words.rooms.topic.add : words.rooms.topic.change
    },
    (label) => {
      // Removed, not hidden: F6 focuses the first button of the header.
      if (label === null) return topicButton.remove()
      // The element stays while its label changes: the topic dialog returns the focus to it.
      if (!topicButton.isConnected) topicLine.append(topicButton)
      topicButton.replaceChildren(label === words.rooms.topic.add ? label : iconOf('pencil'))
      topicButton.setAttribute('aria-label', label)
      topicButton.title = label
    },
    signal,
  )
  return { element, title }
}

/** Changes the topic of a room (U87). */
function openTopicDialog({ actions }: Context, room: string, topic: string, signal: AbortSignal): void {
  const input = textField(words.rooms.topic.field, { value: topic, enterkeyhint: 'done' })

  async function save(): Promise<void> {
    const failure = await actions.setTopic(room, input.field.value.trim())
    if (failure === null) dialog.close()
    else input.refuse(failure)
  }

  const dialog = openDialog({ title: words.rooms.topic.title }, signal, ({ close }) => [
    form(
      save,
      { class: 'grid gap-2' },
      input.element,
      buttons(
        button(words.common.cancel, close),
        h('button', { type: 'submit', class: 'button' }, words.common.save),
      ),
    ),
  ])
}
