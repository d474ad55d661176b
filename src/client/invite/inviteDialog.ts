import { encode } from 'uqr'
import { buttons, openDialog } from '../ui/dialog.ts'
import { button, h } from '../ui/dom.ts'
import { isolated } from '../ui/format.ts'
import { icon } from '../ui/icons.ts'
import { words } from '../words/words.ts'

/** A room's link as a QR code, and as text, with a button that copies it. @param room its name */
export function openInviteDialog(room: string, link: string, copy: () => void, signal: AbortSignal): void {
  // Without the room's name: fewer squares, and no letters that a reader could mistake.
  const code = qrCode(link.replace(/[^/]*~/, ''))
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
  openDialog({ title: words.rooms.invite.title(isolated(room)) }, signal, (dialog) => [
    h('div', { class: 'code' }, code),
    field,
    buttons(
      button(words.common.done, dialog.close),
      // Closed before: the confirming line stands under a dialog.
      button(words.common.copyLink, () => (dialog.close(), copy()), { class: 'button' }),
    ),
  ])
}

/** Draws one square for each dark module, inside the quiet border of four modules that readers need. */
function qrCode(text: string): SVGSVGElement {
  const { data, size } = encode(text, { border: 4 })
  const squares = data.flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : '')))
  const code = icon(squares.join(''), true)
  code.setAttribute('viewBox', `0 0 ${size} ${size}`)
  return code
}
