import type { User } from '../../shared/model.ts'
import { nameSince } from '../state/personName.ts'
import { idOf, type State } from '../state/state.ts'
import type { StateStore } from '../state/store.ts'
import { avatar, nameOf } from '../ui/avatar.ts'
import { button, h } from '../ui/dom.ts'
import { isolated } from '../ui/format.ts'
import { iconButton } from '../ui/icons.ts'
import { openPopover, placePopover } from '../ui/popover.ts'
import { words } from '../words/words.ts'

export interface PersonPlace {
  room: string
  person: User
  /** the card opens below it, and gives the focus back to it */
  opener: HTMLElement
}

/** Online, away or offline; '' if the server does not list everybody who is online, and this person is not listed. */
function presenceOf({ rooms }: State, room: string, id: string): string {
  const { people = [], onlineCount = 0 } = rooms[room] ?? {}
  const state = people.find((person) => person.id === id)?.state
  if (state === undefined) return people.length < onlineCount ? '' : words.people.offline
  return state === 'active' ? words.people.online : words.people.away
}

/**
 * Shows who a person is: a popover beside the opener, on a phone a sheet at the lower edge (U250).
 * @param mention writes the person's name into the composer
 */
export function openPersonCard(
  store: StateStore,
  { room, person, opener }: PersonPlace,
  mention: (name: string) => void,
  signal: AbortSignal,
): void {
  const { people, common } = words
  const isMe = person.id === idOf(store.get())
  const who = h('div', { class: 'flex min-w-0 grow items-center gap-3' })
  const panel = h('div', { class: 'menu row-menu card', popover: 'auto', role: 'dialog' })
  const popover = openPopover(panel, signal)
  let { name } = person

  function draw(): void {
    const state = store.get()
    const here = state.rooms[room]
    name = (here && nameSince(here, person.id, -1)) ?? person.name
    const notes = [
      presenceOf(state, room, person.id),
      isMe && people.you,
      isMe && state.rooms[room]?.you?.role === 'owner' && people.owner,
    ]
    const user = { ...person, name }
    const about = h('p', { class: 'text-meta text-muted' }, notes.filter(Boolean).join(' · '))
    panel.setAttribute('aria-label', isolated(name))
    who.replaceChildren(avatar(user), h('div', { class: 'min-w-0' }, nameOf(user), about))
  }

  const close = iconButton('close', common.close, popover.close)
  const write = button(
    people.mention,
    () => {
      popover.close()
      mention(name)
    },
    { class: 'button' },
  )
  panel.append(h('div', { class: 'flex items-start gap-2' }, who, close), ...(isMe ? [] : [write]))
  store.watch((state) => state.rooms[room]?.people, draw, popover.signal)
  const { left, right, bottom } = opener.getBoundingClientRect()
  placePopover(panel, { x: document.dir === 'rtl' ? right : left, y: bottom + 4 })
  const first = isMe ? close : write
  first.focus()
  // A popover gives the focus back to what had it when it opened; a press on a touch screen gives an opener none.
  popover.signal.addEventListener('abort', () => {
    if (document.activeElement === document.body) opener.focus({ preventScroll: true })
  })
}
