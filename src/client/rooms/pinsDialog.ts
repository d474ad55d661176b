import { nameOf } from '../ui/avatar.ts'
import { buttons, openDialog } from '../ui/dialog.ts'
import { h } from '../ui/dom.ts'
import { timeOfDay } from '../ui/format.ts'
import type { Row } from '../state/state.ts'
import type { Context } from '../app/context.ts'
import { words } from '../words/words.ts'

/** The pinned messages of a room (U26). @param jump goes to the one pressed */
export function openPinsDialog(
  { store }: Context,
  room: string,
  jump: (seq: number) => void,
  signal: AbortSignal,
): void {
  const pins = store.get().rooms[room]?.pins ?? []

  function pinnedRow(row: Row, close: () => void): HTMLElement {
    const go = () => {
      close()
      if (row.seq !== null) jump(row.seq)
    }
    const button = h('button', { type: 'button', class: 'row-button py-2', onClick: go })
    button.append(
      h(
        'span',
        { class: 'grid min-w-0' },
        h(
          'span',
          { class: 'flex items-baseline gap-2' },
          nameOf(row.user),
          h('time', { class: 'text-time text-muted' }, timeOfDay(row.at, store.get().settings.clock)),
        ),
        h('span', { class: 'line-clamp-2 wrap-anywhere', dir: 'auto' }, row.text?.trim() ?? ''),
      ),
    )
    return h('li', {}, button)
  }

  openDialog({ title: words.rooms.pins.title }, signal, ({ close }) => [
    h('ul', { role: 'list', class: '-mx-3' }, ...pins.map((row) => pinnedRow(row, close))),
    buttons(h('button', { type: 'button', class: 'button-quiet', onClick: close }, words.common.close)),
  ])
}
