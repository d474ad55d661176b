/** Ways to bring somebody into a room: its link, copied, or shown as a QR code. */
import { buttons, openDialog } from '../ui/dialog.ts'
import { h } from '../ui/dom.ts'
import { words } from '../words/words.ts'

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
    say(words.common.linkCopied)
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
    say(words.common.notLoaded)
  }
}

function openCode(link: string, code: SVGSVGElement, signal: AbortSignal): void {
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
