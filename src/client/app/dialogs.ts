/** What opens over a room when somebody asks for it: a chunk of its own (W1). */
import { buttons, openDialog } from '../ui/dialog.ts'
import { h } from '../ui/dom.ts'
import type { COMMANDS } from '../composer/commands.ts'

export { openRooms } from '../rooms/roomsDialog.ts'
export { openSettings } from '../settings/settingsDialog.ts'
export { signOut } from '../session/signOut.ts'
export { openSwitcher } from '../rooms/switcher.ts'

/** A link as a QR code, and as text. */
export async function openCode(link: string, signal: AbortSignal): Promise<void> {
  const { qrCode } = await import('../rooms/qrCode.ts')
  if (signal.aborted) return
  const code = qrCode(link)
  code.setAttribute('aria-hidden', 'false')
  code.setAttribute('role', 'img')
  code.setAttribute('aria-label', `QR code of ${link}`)
  const frame = h('div', { class: 'code' }, code)
  const field = h('input', {
    class: 'field',
    type: 'text',
    readonly: true,
    value: link,
    'aria-label': 'Link',
  })
  field.addEventListener('focus', () => field.select())
  const dialog = openDialog(
    { title: 'Come to this room' },
    signal,
    frame,
    field,
    buttons(h('button', { type: 'button', class: 'button', onClick: () => dialog.close() }, 'Done')),
  )
}

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
export function openHelp(commands: typeof COMMANDS, signal: AbortSignal): void {
  const row = ([keys, does]: readonly [string, string]) => [
    h('dt', { class: 'font-semibold' }, keys),
    h('dd', { class: 'text-muted' }, does),
  ]
  const typed = [...commands].map(([name, does]) => [`/${name}`, does] as const)
  const dialog = openDialog(
    { title: 'Keys and commands' },
    signal,
    h('dl', { class: 'keys' }, ...[...KEYS, ...typed].flatMap(row)),
    buttons(h('button', { type: 'button', class: 'button', onClick: () => dialog.close() }, 'Close')),
  )
}
