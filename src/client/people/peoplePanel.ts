import type { Context } from '../app/context.ts'
import { onlineIn } from '../state/presence.ts'
import { button, h } from '../ui/dom.ts'
import { iconOf } from '../ui/icons.ts'
import { words } from '../words/words.ts'
import { peopleList } from './peopleList.ts'

/** The people of a room, for a panel beside the room, and the button that opens the panel. */
export function peoplePanel(context: Context, room: string, signal: AbortSignal) {
  const head = h('div', { class: 'panel-head' }, h('h2', {}, words.people.people))
  const stale = h('p', { class: 'stale' }, words.people.stale)
  const list = h('div', { class: 'side-scroll' }, stale, peopleList(context, room, signal))
  const element = h(
    'div',
    { id: 'people', class: 'panel people-panel', 'aria-label': words.people.people },
    head,
    list,
  )
  const count = h('span', { class: 'tabular-nums' })
  const toggle = button([iconOf('people'), count], () => {}, {
    class: 'button-icon gap-1.5 px-2 text-meta whitespace-nowrap',
  })
  context.store.watch(
    ({ rooms }) => onlineIn(rooms[room]),
    (online) => {
      const label = online === 0 ? words.people.people : words.people.count(online)
      count.textContent = online === 0 ? '' : String(online)
      toggle.setAttribute('aria-label', label)
      toggle.title = label
    },
    signal,
  )
  return {
    element,
    head,
    /** opens and closes the panel; shows how many people are online */
    toggle,
  }
}
