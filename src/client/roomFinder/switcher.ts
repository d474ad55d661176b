import { openDialog } from '../ui/dialog.ts'
import { h } from '../ui/dom.ts'
import { countText } from '../ui/format.ts'
import { listbox, searchField } from '../ui/textField.ts'
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

  const list = h('div', {
    id: 'switcher',
    role: 'listbox',
    'aria-label': words.rooms.rooms,
    class: '-mx-3',
  })
  const status = h('p', { class: 'text-meta text-muted', role: 'status' })
  const find = () => {
    search()
    actions.findRooms(field.value)
  }
  const field = searchField(words.rooms.find, find, {
    role: 'combobox',
    'aria-expanded': 'true',
    'aria-controls': list.id,
    'aria-autocomplete': 'list',
    spellcheck: 'false',
    onKeydown: handleKey,
  })
  const options = listbox(list, field, (index) => {
    const entry = shown[index]
    if (entry === undefined) return
    dialog.close()
    router.navigate(`/chat/${entry.room}`)
  })

  function search(): void {
    const state = store.get()
    const counted = state.roomList.map((entry) => ({ ...entry, ...unreadCountOf(state, entry.room) }))
    shown = searchRooms(counted, field.value, { recent, current: room, limit: MAX_SHOWN })
    options.show(shown.map(optionOf))
    status.textContent = shown.length === 0 ? words.rooms.switcher.noMatch : ''
  }

  function optionOf({ room: slug, name, mentions, unread }: CountedRoom): HTMLElement[] {
    const notes = [
      slug === room && words.rooms.switcher.current,
      mentions > 0 && words.rooms.mentions(mentions),
      unread > 0 && words.rooms.switcher.unread(countText(unread)),
    ]
    const note = { class: 'ms-auto text-meta text-muted whitespace-nowrap' }
    return [h('bdi', { class: 'truncate' }, name), h('span', note, notes.filter(Boolean).join(', '))]
  }

  function handleKey(event: KeyboardEvent): void {
    // Chrome reports 229 for keys that an input method handles, also where `isComposing` is false.
    if (event.isComposing || event.keyCode === 229) return
    if (event.key === 'Enter') options.chooseSelected()
    else if (!options.move(event)) return
    event.preventDefault()
  }

  const dialog = openDialog({ title: words.rooms.switcher.title }, signal, () => [field, list, status])
  store.watch(({ roomList }) => roomList, search, dialog.signal)
  void actions.loadRooms()
}
