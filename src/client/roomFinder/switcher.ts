import { openDialog } from '../ui/dialog.ts'
import { h } from '../ui/dom.ts'
import { countText } from '../ui/format.ts'
import { searchRooms } from './roomSearch.ts'
import { unreadCountOf, type CountedRoom } from '../state/unreadCounts.ts'
import type { Context } from '../app/context.ts'
import { words } from '../words/words.ts'

const MAX_SHOWN = 8

/** Goes to a room by a few letters of its name and Enter; before that it lists unread rooms, then recent ones (U84). */
export function openSwitcherDialog(
  { store, actions, router }: Context,
  { room, recent }: { room: string; recent: readonly string[] },
  signal: AbortSignal,
): void {
  let shown: CountedRoom[] = []
  let selected = 0

  const list = h('ul', {
    id: 'switcher-rooms',
    role: 'listbox',
    'aria-label': words.rooms.rooms,
    class: '-mx-3',
  })
  const status = h('p', { class: 'text-meta text-muted', role: 'status' })
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
    onKeydown: handleKey,
  })

  function search(): void {
    const state = store.get()
    const counted = state.roomList.map((entry) => ({ ...entry, ...unreadCountOf(state, entry.room) }))
    shown = searchRooms(counted, field.value, { recent, current: room, limit: MAX_SHOWN })
    select(0)
  }

  function select(index: number): void {
    selected = index
    list.replaceChildren(...shown.map(option))
    status.textContent = shown.length === 0 ? words.rooms.switcher.noMatch : ''
    const element = list.children[index]
    field.setAttribute('aria-activedescendant', element?.id ?? '')
    element?.scrollIntoView({ block: 'nearest' })
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
        'aria-selected': String(index === selected),
        // Keeps the focus in the field.
        onPointerdown: (event: Event) => event.preventDefault(),
        onClick: () => goTo(entry),
      },
      h('bdi', { class: 'truncate' }, entry.name),
      h(
        'span',
        { class: 'ms-auto text-meta text-muted whitespace-nowrap' },
        notes.filter(Boolean).join(', '),
      ),
    )
  }

  function handleKey(event: KeyboardEvent): void {
    // Chrome reports 229 for keys that an input method handles, also where `isComposing` is false.
    if (event.isComposing || event.keyCode === 229) return
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step !== undefined && !event.altKey) select((selected + step + shown.length) % (shown.length || 1))
    else if (event.key === 'Enter') goTo(shown[selected])
    else return
    event.preventDefault()
  }

  function goTo(entry: CountedRoom | undefined): void {
    if (entry === undefined) return
    dialog.close()
    router.navigate(`/chat/${entry.room}`)
  }

  const dialog = openDialog({ title: words.rooms.switcher.title }, signal, () => [field, list, status])
  store.watch(({ roomList }) => roomList, search, dialog.signal)
  void actions.loadRooms()
}
