import { may } from '../../shared/policy.ts'
import { button, h } from '../ui/dom.ts'
import { iconButton, iconOf } from '../ui/icons.ts'
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
  on: {
    pins(): void
    topic(text: string, mayChange: boolean): void
    /** Draws the addresses in a text as links. */
    linked(text: string): (Node | string)[]
    /** resolves once `linked` does so */
    linksLoaded: Promise<void>
  },
  signal: AbortSignal,
): { element: HTMLElement; title: HTMLElement } {
  const { store, actions } = context
  // A link of one line is too small for a finger, which opens the whole topic instead.
  const coarse = matchMedia('(pointer: coarse)').matches
  const title = h('h1', { tabindex: -1 })
  const topic = h('p', { class: 'truncate cursor-pointer text-meta text-muted', dir: 'auto' })
  const pinCount = h('span', { class: 'tabular-nums' })
  const pins = iconButton(
    'pin',
    words.rooms.pins.title,
    on.pins,
    { class: 'button-icon gap-1.5 px-2 text-meta', hidden: true, 'aria-haspopup': 'dialog' },
    pinCount,
  )
  const openTopic = () => on.topic(topicOf(store.get()), mayChange(store.get()))
  const topicButton = button(null, openTopic, {
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

  function topicOf(state: State): string {
    return state.roomList.find((entry) => entry.room === room)?.topic ?? ''
  }

  function mayChange(state: State): boolean {
    const self = selfOf(state)
    const role = state.rooms[room]?.you?.role
    return self !== null && role !== undefined && may({ id: self.id, role }, 'topic')
  }

  function drawTopic(): void {
    const text = topicOf(store.get())
    topic.replaceChildren(...(coarse ? [text] : on.linked(text)))
    topic.hidden = text === ''
  }

  // A pencil or a sign beside the topic is small; the topic itself opens it too.
  topic.addEventListener('click', (event) => {
    if (!(event.target as Element).closest('a')) openTopic()
  })
  void on.linksLoaded.then(() => signal.aborted || drawTopic())
  store.watch(
    (state) => roomName(state, room),
    (name) => title.replaceChildren(h('bdi', {}, name)),
    signal,
  )
  store.watch(topicOf, drawTopic, signal)
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
      const { add, change, show } = words.rooms.topic
      if (topicOf(state) === '') return mayChange(state) ? add : null
      return mayChange(state) ? change : show
    },
    (label) => {
      // Removed, not hidden: F6 focuses the first button of the header.
      if (label === null) return topicButton.remove()
      // The element stays while its label changes: the topic dialog returns the focus to it.
      if (!topicButton.isConnected) topicLine.append(topicButton)
      const { add, change } = words.rooms.topic
      topicButton.replaceChildren(label === add ? label : iconOf(label === change ? 'pencil' : 'info'))
      topicButton.setAttribute('aria-label', label)
      topicButton.title = label
    },
    signal,
  )
  return { element, title }
}
