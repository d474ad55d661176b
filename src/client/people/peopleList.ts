import type { Person } from '../../shared/model.ts'
import { button, h, listSection, type View } from '../ui/dom.ts'
import { avatar, nameOf } from '../ui/avatar.ts'
import { compareNames } from '../ui/format.ts'
import { rovingFocus } from '../ui/focus/rovingFocus.ts'
import { idOf } from '../state/state.ts'
import type { Context } from '../app/context.ts'
import { words } from '../words/words.ts'

/** Who is online and who is away in a room: me first, the others by name as the locale orders them (U60, U62). */
export function peopleList(
  { store, showPerson }: Pick<Context, 'store' | 'showPerson'>,
  room: string,
  signal: AbortSignal,
): HTMLElement {
  const me = idOf(store.get()) ?? ''
  const online = listSection<Person>(words.people.online, ({ id }) => id, personView)
  const away = listSection<Person>(words.people.away, ({ id }) => id, personView)
  const more = h('p', { class: 'px-3 py-2 text-meta text-muted' })

  function personView(initial: Person): View<Person> {
    let shown = initial
    const row = button(null, () => showPerson(shown, row), { class: 'row-button person' })
    const update = (person: Person) => {
      shown = person
      const disc = avatar(person)
      disc.dataset.state = person.state
      const note = person.id === me && h('span', { class: 'text-meta text-muted' }, words.people.you)
      row.replaceChildren(disc, nameOf(person), ' ', note || '')
    }
    update(initial)
    return { element: h('li', {}, row), update }
  }

  function draw(): void {
    const { people = [], onlineCount = 0 } = store.get().rooms[room] ?? {}
    const sorted = people.toSorted(
      (a, b) =>
        Number(b.id === me) - Number(a.id === me) || compareNames(a.name, b.name) || (a.id < b.id ? -1 : 1),
    )
    changeItems(() => {
      online.update(sorted.filter(({ state }) => state === 'active'))
      away.update(sorted.filter(({ state }) => state === 'idle'))
    })
    const unnamed = Math.max(0, onlineCount - people.length)
    more.textContent = words.people.more(unnamed)
    more.hidden = unnamed === 0
  }

  const element = h('div', {}, online.element, away.element, more)
  const changeItems = rovingFocus(element)
  store.watch((state) => state.rooms[room]?.people, draw, signal)
  store.watch((state) => state.rooms[room]?.onlineCount, draw, signal)
  return element
}
