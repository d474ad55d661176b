import { buttons, openDialog } from '../../ui/dialog.ts'
import { button, h } from '../../ui/dom.ts'
import { iconButton } from '../../ui/icons.ts'
import { words } from '../../words/words.ts'

export interface PinnedMessage {
  author: Node
  /** day and time */
  when: string
  text: string
  jump(): void
  /** null if the reader may not; true: done, or under way */
  unpin: (() => boolean) | null
}

/** The pinned messages of a room (U26). */
export function openPinsDialog(pins: readonly PinnedMessage[], signal: AbortSignal): void {
  openDialog({ title: words.rooms.pins.title }, signal, ({ close }) => {
    const list = h('ul', { role: 'list', class: '-mx-3' })
    const itemOf = ({ author, when, text, jump, unpin }: PinnedMessage) => {
      const preview = h(
        'span',
        { class: 'grid min-w-0' },
        h(
          'span',
          { class: 'flex flex-wrap items-baseline gap-x-2' },
          author,
          h('span', { class: 'text-time text-muted' }, when),
        ),
        h('span', { class: 'line-clamp-2 wrap-anywhere', dir: 'auto' }, text),
      )
      const open = () => {
        close()
        jump()
      }
      const remove = () => {
        if (unpin?.() !== true) return
        item.remove()
        if (list.childElementCount === 0) close()
        else list.querySelector('button')?.focus()
      }
      const item = h(
        'li',
        { class: 'flex items-center' },
        button(preview, open, { class: 'row-button min-w-0 flex-1 py-2' }),
        unpin !== null && iconButton('close', words.messageMenu.unpin, remove),
      )
      return item
    }
    list.append(...pins.map(itemOf))
    return [list, buttons(button(words.common.close, close))]
  })
}
