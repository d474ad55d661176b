import { nameOf } from '../ui/avatar.ts'
import { buttons, openDialog } from '../ui/dialog.ts'
import { button, h } from '../ui/dom.ts'
import { timeOfDay } from '../ui/format.ts'
import type { Context } from '../app/context.ts'
import { words } from '../words/words.ts'

/** The pinned messages of a room (U26). @param jump goes to the one that was pressed */
export function openPinsDialog(
  { store }: Context,
  room: string,
  jump: (seq: number) => void,
  signal: AbortSignal,
): void {
  const { rooms, settings } = store.get()
  openDialog({ title: words.rooms.pins.title }, signal, ({ close }) => {
    const items = rooms[room]?.pins?.map((row) => {
      const time = h('time', { class: 'text-time text-muted' }, timeOfDay(row.at, settings.clock))
      const preview = h(
        'span',
        { class: 'grid min-w-0' },
        h('span', { class: 'flex items-baseline gap-2' }, nameOf(row.user), time),
        h('span', { class: 'line-clamp-2 wrap-anywhere', dir: 'auto' }, row.text?.trim() ?? ''),
      )
      const open = () => {
        close()
        if (row.seq !== null) jump(row.seq)
      }
      return h('li', {}, button(preview, open, { class: 'row-button py-2' }))
    })
    return [
      h('ul', { role: 'list', class: '-mx-3' }, ...(items ?? [])),
      buttons(button(words.common.close, close)),
    ]
  })
}
