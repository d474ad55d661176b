import { may } from '../../shared/policy.ts'
import { iconOf } from '../ui/icons.ts'
import { h } from '../ui/dom.ts'
import { roomName } from '../state/roomName.ts'
import { selfOf } from '../state/state.ts'
import type { Context } from '../app/context.ts'
import { openPinsDialog } from './pinsDialog.ts'
import { openTopicDialog } from './topicDialog.ts'
import { words } from '../words/words.ts'

export interface RoomHeader {
  readonly element: HTMLElement
  /** the room's name; takes the focus where the field must not */
  readonly title: HTMLElement
}

/** A room's name, what it is about, to be changed by those who may (U87), what is pinned in it (U26), and the buttons for people and menu. */
export function roomHeader(
  context: Context,
  { room, people, menu }: { room: string; people: HTMLElement; menu: HTMLElement },
  on: { jump(seq: number): void },
  signal: AbortSignal,
): RoomHeader {
  const { store, actions } = context
  const title = h('h1', { tabindex: -1 })
  const topic = h('p', { class: 'truncate text-meta text-muted', dir: 'auto' })
  const count = h('span', { class: 'tabular-nums' })
  const open = h('button', {
    type: 'button',
    class: 'button-icon gap-1.5 px-2 text-meta',
    hidden: true,
    'aria-haspopup': 'dialog',
    onClick: () => openPinsDialog(context, room, on.jump, signal),
  })
  open.append(iconOf('pin'), count)
  const element = h(
    'header',
    { class: 'head' },
    h('div', { class: 'min-w-0 flex-1' }, title, h('div', { class: 'topic-line' }, topic)),
    people,
    h('div', { class: 'options' }, open, menu),
  )

  store.watch(
    (state) => state.roomList.find((entry) => entry.room === room),
    (entry) => {
      title.replaceChildren(h('bdi', {}, roomName(store.get(), room)))
      topic.textContent = entry?.topic ?? ''
      topic.hidden = topic.textContent === ''
    },
    signal,
  )
  store.watch(
    (state) => {
      const known = state.rooms[room]
      return known?.sync.state === 'live' ? known.pins : undefined
    },
    (pins) => {
      if (pins === null) actions.loadPins(room)
      const all = pins?.length ?? 0
      // While it is asked for anew the button stays as it was, so nothing jumps.
      if (pins === null || pins === undefined) return
      open.hidden = all === 0
      count.textContent = String(all)
      open.setAttribute('aria-label', words.rooms.pins.count(all))
      open.title = words.rooms.pins.title
    },
    signal,
  )
  // One button for all of it: the focus comes back to it when the topic it opened is there.
  const change = h('button', {
    type: 'button',
    class: 'topic-button',
    onClick: () => openTopicDialog(context, room, signal),
  })
  store.watch(
    (state) => {
      const { rooms, roomList } = state
      const self = selfOf(state)
      const role = rooms[room]?.you?.role
      if (self === null || role === undefined) return ''
      if (!may({ id: self.id, role }, 'topic')) return ''
      const none = (roomList.find((entry) => entry.room === room)?.topic ?? '') === ''
      return none ? words.rooms.topic.add : words.rooms.topic.change
    },
    (label) => {
      // Not only hidden: F6 looks for the first button there is.
      if (label === '') return change.remove()
      if (!change.isConnected) topic.after(change)
      // An icon alone, where there is nothing it stands beside, says too little.
      change.replaceChildren(label === words.rooms.topic.add ? label : iconOf('pencil'))
      change.setAttribute('aria-label', label)
      change.title = label
    },
    signal,
  )
  return { element, title }
}
