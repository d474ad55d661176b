import { COMMANDS } from '../../composer/commands.ts'
import { buttons, openDialog } from '../../ui/dialog.ts'
import { h } from '../../ui/dom.ts'

const KEYS: readonly (readonly [keys: string, does: string])[] = [
  ['Enter', 'send; in the list, what can be done with a message'],
  ['Shift+Enter', 'a new line'],
  ['↑', 'in the empty field: change your last message'],
  ['Page Up, Page Down', 'in the empty field: scroll'],
  ['Ctrl+K, ⌘K', 'go to a room'],
  ['Alt+↑, Alt+↓', 'previous, next room; with Shift those with something unread'],
  ['F6, Shift+F6', 'next, previous part of the page'],
  ['↑ ↓ Home End', 'in the list: move'],
  ['Escape', 'close, stop changing or answering, go to the end'],
  ['Shift+Escape', 'mark all rooms read'],
  ['@ and : and /', 'people, emoji and commands'],
  ['?', 'this list'],
]

/** Keys and commands. */
export function openHelp(signal: AbortSignal): void {
  const row = ([keys, does]: readonly [string, string]) => [
    h('dt', { class: 'font-semibold' }, keys),
    h('dd', { class: 'text-muted' }, does),
  ]
  const typed = [...COMMANDS].map(([name, does]) => [`/${name}`, does] as const)
  openDialog({ title: 'Keys and commands' }, signal, ({ close }) => [
    h('dl', { class: 'keys' }, ...[...KEYS, ...typed].flatMap(row)),
    buttons(h('button', { type: 'button', class: 'button', onClick: close }, 'Close')),
  ])
}
