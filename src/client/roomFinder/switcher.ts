import { openDialog } from '../ui/dialog.ts'
import { h } from '../ui/dom.ts'
import { countText } from '../ui/format.ts'
import { searchRooms } from './roomSearch.ts'
import { unreadCountOf, type CountedRoom } from '../state/unreadCounts.ts'
import type { Context } from '../app/context.ts'
import { words } from '../words/words.ts'

const SHOWN = 8

/** A few letters and Enter, and one is in another room (U84). Blank, it lists what is unread, then where one was last. */
export function openSwitcherDialog(
  { store, actions, router }: Context,
  { room, recent }: { room: string; recent: readonly string[] },
  signal: AbortSignal,
): void {
  let shown: CountedRoom[] = []
  let at = 0

  const list = h('ul', {
    id: 'switcher-rooms',
    role: 'listbox',
    'aria-label': words.rooms.rooms,
    class: '-mx-3',
  })
  const none = h('p', { class: 'text-meta text-muted', role: 'status' })
  const field = h('input', {
    class: 'field',
    type: 'text',
    role: 'combobox',
    'aria-label': words.rooms.find,
    'aria-expanded': 'true',
    'aria-controls': list.id,
    'aria-autocomplete': 'list',
    autocomplete: 'off',
    spellcheck: 'false',
    enterkeyhint: 'go',
    dir: 'auto',
    onInput: () => {
      search()
      actions.findRooms(field.value)
    },
    onKeydown: (event: KeyboardEvent) => pressed(event),
  })

  function search(): void {
    const state = store.get()
    const counted = state.roomList.map((entry) => ({ ...entry, ...unreadCountOf(state, entry.room) }))
    shown = searchRooms(counted, field.value, { recent, current: room, limit: SHOWN })
    at = 0
    draw()
  }

  function draw(): void {
    list.replaceChildren(...shown.map(option))
    none.textContent = shown.length === 0 ? words.rooms.switcher.noMatch : ''
    const selected = list.children[at]
    if (selected) field.setAttribute('aria-activedescendant', selected.id)
    else field.removeAttribute('aria-activedescendant')
    selected?.scrollIntoView({ block: 'nearest' })
  }

  function option(entry: CountedRoom, index: number): HTMLElement {
    const { mentions, unread } = entry
    const notes = [
      entry.room === room && words.rooms.switcher.current,
      mentions > 0 && words.rooms.mentions(mentions),
      unread > 0 && words.rooms.switcher.unread(countText(unread)),
    ]
    return h(
      'li',
      {
        id: `switcher-${index}`,
        class: 'suggestion',
        role: 'option',
        'aria-selected': String(index === at),
        // The field keeps the focus.
        onPointerdown: (event: Event) => event.preventDefault(),
        onClick: () => go(entry),
      },
      h('bdi', { class: 'truncate' }, entry.name),
      h(
        'span',
        { class: 'ms-auto text-meta text-muted whitespace-nowrap' },
        notes.filter(Boolean).join(', '),
      ),
    )
  }

  function pressed(event: KeyboardEvent): void {
    if (event.isComposing || event.keyCode === 229) return
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step !== undefined && !event.altKey && shown.length > 0) {
      event.preventDefault()
      at = (at + step + shown.length) % shown.length
      draw()
    } else if (event.key === 'Enter') {
      event.preventDefault()
      const entry = shown[at]
      if (entry) go(entry)
    }
  }

  function go(entry: CountedRoom): void {
    dialog.close()
    router.navigate(`/chat/${entry.room}`)
  }

  const dialog = openDialog({ title: words.rooms.switcher.title }, signal, () => [field, list, none])
  store.watch(({ roomList: all }) => all, search, dialog.signal)
  void actions.loadRooms()
}
