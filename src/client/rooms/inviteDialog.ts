/** Ways to bring somebody into a room: its link, copied, or shown as a QR code. */
import { buttons, openDialog } from '../ui/dialog.ts'
import { h } from '../ui/dom.ts'
import { NOT_LOADED } from '../ui/retryImport.ts'

/** The address people come to this room by. */
function linkOf(room: string): string {
  return `${location.origin}/chat/${room}`
}

/** Copies the room's link. Where the browser refuses that, it is shown to be copied by hand. */
export async function copyLink(
  room: string,
  say: (words: string) => void,
  signal: AbortSignal,
): Promise<void> {
  try {
    await navigator.clipboard.writeText(linkOf(room))
    say('Link copied')
  } catch {
    // Without https there is no clipboard: the dialog has the text.
    await showCode(room, say, signal)
  }
}

/** The room's link as a QR code, and as text. The code is a chunk that is fetched on first use. */
export async function showCode(
  room: string,
  say: (words: string) => void,
  signal: AbortSignal,
): Promise<void> {
  try {
    const { qrCode } = await import('./qrCode.ts')
    if (!signal.aborted) openCode(linkOf(room), qrCode(linkOf(room)), signal)
  } catch {
    say(NOT_LOADED)
  }
}

function openCode(link: string, code: SVGSVGElement, signal: AbortSignal): void {
  code.setAttribute('aria-hidden', 'false')
  code.setAttribute('role', 'img')
  code.setAttribute('aria-label', `QR code of ${link}`)
  const field = h('input', {
    class: 'field',
    type: 'text',
    readonly: true,
    value: link,
    'aria-label': 'Link',
  })
  field.addEventListener('focus', () => field.select())
  openDialog({ title: 'Come to this room' }, signal, (dialog) => [
    h('div', { class: 'code' }, code),
    field,
    buttons(h('button', { type: 'button', class: 'button', onClick: dialog.close }, 'Done')),
  ])
}
