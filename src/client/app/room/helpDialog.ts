import { buttons, openDialog } from '../../ui/dialog.ts'
import { h } from '../../ui/dom.ts'
import { words } from '../../words/words.ts'

/** Keys and commands. */
export function openHelp(signal: AbortSignal): void {
  const row = ([keys, does]: readonly [string, string]) => [
    h('dt', { class: 'font-semibold' }, keys),
    h('dd', { class: 'text-muted' }, does),
  ]
  const typed = Object.entries(words.composer.commands).map(([name, does]) => [`/${name}`, does] as const)
  openDialog({ title: words.help.title }, signal, ({ close }) => [
    h('dl', { class: 'keys' }, ...[...words.help.keys, ...typed].flatMap(row)),
    buttons(h('button', { type: 'button', class: 'button', onClick: close }, words.common.close)),
  ])
}
