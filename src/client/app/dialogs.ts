/** What opens over a room when somebody asks for it: a chunk of its own (W1). */
import { buttons, openDialog } from '../ui/dialog.ts'
import { h } from '../ui/dom.ts'
import type { COMMANDS } from '../composer/commands.ts'
import { words } from '../words/words.ts'

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
  code.setAttribute('aria-label', words.rooms.invite.codeOf(link))
  const frame = h('div', { class: 'code' }, code)
  const field = h('input', {
    class: 'field',
    type: 'text',
    readonly: true,
    value: link,
    'aria-label': words.rooms.invite.link,
  })
  field.addEventListener('focus', () => field.select())
  const dialog = openDialog(
    { title: words.rooms.invite.title },
    signal,
    frame,
    field,
    buttons(
      h('button', { type: 'button', class: 'button', onClick: () => dialog.close() }, words.common.done),
    ),
  )
}

/** Keys and commands. */
export function openHelp(commands: typeof COMMANDS, signal: AbortSignal): void {
  const row = ([keys, does]: readonly [string, string]) => [
    h('dt', { class: 'font-semibold' }, keys),
    h('dd', { class: 'text-muted' }, does),
  ]
  const typed = [...commands].map(([name, does]) => [`/${name}`, does] as const)
  const dialog = openDialog(
    { title: words.help.title },
    signal,
    h('dl', { class: 'keys' }, ...[...words.help.keys, ...typed].flatMap(row)),
    buttons(
      h('button', { type: 'button', class: 'button', onClick: () => dialog.close() }, words.common.close),
    ),
  )
}
