import type { Person } from '../../shared/model.ts'
import { h, listSection, type View } from '../ui/dom.ts'
import { avatar, nameOf } from '../ui/avatar.ts'
import { compareNames } from '../ui/format.ts'
import { idOf } from '../state/state.ts'
import type { Context } from '../app/context.ts'
import { words } from '../words/words.ts'

/** Who is online and who is away in a room: me first, the others by name as the locale orders them (U60, U62). */
export function peopleList(
  { store }: Pick<Context, 'store'>,
  room: string,
  signal: AbortSignal,
): HTMLElement {
  const me = idOf(store.get()) ?? ''
  const online = listSection<Person>(words.people.online, ({ id }) => id, personView)
  const away = listSection<Person>(words.people.away, ({ id }) => id, personView)
  const more = h('p', { class: 'px-3 py-2 text-meta text-muted' })

  function personView(initial: Person): View<Person> {
    const element = h('li', { class: 'person' })
    const update = (person: Person) => {
      const disc = avatar(person)
      disc.dataset.state = person.state
      const note = person.id === me ? words.people.you : ''
      element.replaceChildren(disc, nameOf(person), h('span', { class: 'text-meta text-muted' }, note))
    }
    update(initial)
    return { element, update }
  }

  function draw(): void {
    const { people = [], onlineCount = 0 } = store.get().rooms[room] ?? {}
    const sorted = people.toSorted(
      (a, b) =>
        Number(b.id === me) - Number(a.id === me) || compareNames(a.name, b.name) || (a.id < b.id ? -1 : 1),
    )
    online.update(sorted.filter(({ state }) => state === 'active'))
    away.update(sorted.filter(({ state }) => state === 'idle'))
    const unnamed = Math.max(0, onlineCount - people.length)
    more.textContent = words.people.more(unnamed)
    more.hidden = unnamed === 0
  }

  store.watch((state) => state.rooms[room]?.people, draw, signal)
  store.watch((state) => state.rooms[room]?.onlineCount, draw, signal)
  return h('div', {}, online.element, away.element, more)
}
