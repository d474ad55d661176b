import { buttons, openDialog } from '../../ui/dialog.ts'
import { button, h } from '../../ui/dom.ts'
import { words } from '../../words/words.ts'

/** Who reacted to a message: touch and keyboard show no tooltip of a chip (U210). */
export function openReactionsDialog(
  reactions: readonly { emoji: string; count: number; names: string }[],
  signal: AbortSignal,
): void {
  openDialog({ title: words.messageMenu.whoReacted }, signal, ({ close }) => [
    h(
      'dl',
      { class: 'grid grid-cols-[auto_minmax(0,1fr)] gap-x-3 gap-y-2' },
      ...reactions.flatMap(({ emoji, count, names }) => [
        h('dt', { class: 'text-muted tabular-nums' }, `${emoji} ${count}`),
        h('dd', { class: 'wrap-anywhere' }, names),
      ]),
    ),
    buttons(button(words.common.close, close, { class: 'button' })),
  ])
}

/** Asks before a message is deleted. */
export function confirmDelete(text: string, remove: () => void, signal: AbortSignal): void {
  openDialog({ title: words.messageMenu.deleteTitle }, signal, ({ close }) => {
    const confirm = () => {
      close()
      remove()
    }
    const { cancel, delete: label } = words.common
    return [
      h('p', { class: 'line-clamp-4 text-muted wrap-anywhere', dir: 'auto' }, text),
      h('p', {}, words.messageMenu.deleteText),
      buttons(button(cancel, close), button(label, confirm, { class: 'button button-danger' })),
    ]
  })
}
