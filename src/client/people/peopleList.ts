import type { Person } from '../../shared/model.ts'
import { h, list, type View } from '../ui/dom.ts'
import { peopleGroups, type PeopleGroups } from './peopleGroups.ts'
import { avatar, nameOf } from '../ui/avatar.ts'
import { idOf } from '../state/state.ts'
import type { Context } from '../app/context.ts'
import { words } from '../words/words.ts'

export interface PeopleShown {
  groups: PeopleGroups
  me: string
}

/** Who is here and who is away, me first; said in words, not by a dot (U60, U62). */
export function peopleList(): View<PeopleShown> {
  let me = ''
  const here = group(words.people.online)
  const away = group(words.people.away)
  const more = h('p', { class: 'px-3 py-2 text-meta text-muted' })

  function group(title: string): View<readonly Person[]> {
    const heading = h('h2', {}, title)
    const rows = h('ul', { role: 'list' })
    const show = list<Person>(rows, (person) => person.id, personView)
    return {
      element: h('section', {}, heading, rows),
      update(persons) {
        heading.parentElement?.toggleAttribute('hidden', persons.length === 0)
        show(persons)
      },
    }
  }

  function personView(first: Person): View<Person> {
    const element = h('li', { class: 'person' })
    const update = (person: Person) => {
      const disc = avatar(person)
      disc.dataset.state = person.state
      element.replaceChildren(
        disc,
        nameOf(person),
        h('span', { class: 'text-meta text-muted' }, person.id === me ? words.people.you : ''),
      )
    }
    update(first)
    return { element, update }
  }

  return {
    element: h('div', {}, here.element, away.element, more),
    update({ groups, me: mine }) {
      me = mine
      here.update(groups.here)
      away.update(groups.away)
      more.textContent = words.people.more(groups.more)
      more.hidden = groups.more === 0
    },
  }
}

/** The people of a room, kept up to date until the signal aborts. */
export function roomPeople(
  { store }: Pick<Context, 'store'>,
  room: string,
  signal: AbortSignal,
): HTMLElement {
  const { element, update } = peopleList()
  const me = () => idOf(store.get()) ?? ''
  const groups = peopleGroups()
  store.watch(
    (state) => groups(state.rooms[room], me()),
    (shown) => update({ groups: shown, me: me() }),
    signal,
  )
  return element
}
