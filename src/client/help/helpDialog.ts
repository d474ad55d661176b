import { buttons, openDialog } from '../ui/dialog.ts'
import { button, h } from '../ui/dom.ts'
import { keys } from '../words/english/keys.ts'
import { addEnglish, words } from '../words/words.ts'

addEnglish({ keys })

/** Keys and commands. */
export function openHelpDialog(signal: AbortSignal): void {
  const row = ([keys, effect]: readonly [string, string]) => [
    h('dt', { class: 'font-semibold' }, keys),
    h('dd', { class: 'text-muted max-sm:-mt-2' }, effect),
  ]
  const commands = Object.entries(words.composer.commands).map(
    ([name, effect]) => [`/${name}`, effect] as const,
  )
  openDialog({ title: words.help }, signal, ({ close }) => [
    h(
      'dl',
      { class: 'grid gap-x-4 gap-y-2 text-name sm:grid-cols-[fit-content(10rem)_minmax(0,1fr)]' },
      ...[...words.keys, ...commands].flatMap(row),
    ),
    buttons(button(words.common.close, close, { class: 'button' })),
  ])
}
