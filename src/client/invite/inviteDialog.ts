import { buttons, openDialog } from '../ui/dialog.ts'
import { h } from '../ui/dom.ts'
import { qrCode } from './qrCode.ts'
import { words } from '../words/words.ts'

/** A room's link as a QR code, and as text. */
export function openInviteDialog(link: string, signal: AbortSignal): void {
  const code = qrCode(link)
  code.setAttribute('aria-hidden', 'false')
  code.setAttribute('role', 'img')
  code.setAttribute('aria-label', words.rooms.invite.codeOf(link))
  const field = h('input', {
    class: 'field',
    type: 'text',
    readonly: true,
    value: link,
    'aria-label': words.rooms.invite.link,
  })
  field.addEventListener('focus', () => field.select())
  openDialog({ title: words.rooms.invite.title }, signal, (dialog) => [
    h('div', { class: 'code' }, code),
    field,
    buttons(h('button', { type: 'button', class: 'button', onClick: dialog.close }, words.common.done)),
  ])
}
