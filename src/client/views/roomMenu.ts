import { buttons, openDialog } from '../components/dialog.ts'
import { choice, entry, menu } from '../components/menu.ts'
import { nameForm } from '../components/nameForm.ts'
import { h } from '../dom.ts'
import type { LinesShown } from '../state/select.ts'
import type { Context } from './context.ts'
import { keep, kept, useTheme } from './device.ts'
import { signOut } from './signOut.ts'

/** The address people come to this room by. */
function linkOf(room: string): string {
  return `${location.origin}/chat/${room}`
}

/** Copies the room's link. Where the browser refuses that, it is shown to be copied by hand. */
export async function copyLink(
  room: string,
  said: (words: string) => void,
  signal: AbortSignal,
): Promise<void> {
  try {
    await navigator.clipboard.writeText(linkOf(room))
    said('Link copied')
  } catch {
    // Without https there is no clipboard: the dialog has the text.
    await openCode(room, signal)
  }
}

/** The room's link as a QR code, and as text. */
export async function openCode(room: string, signal: AbortSignal): Promise<void> {
  const { qrCode } = await import('./qr.ts')
  if (signal.aborted) return
  const code = qrCode(linkOf(room))
  code.setAttribute('aria-hidden', 'false')
  code.setAttribute('role', 'img')
  code.setAttribute('aria-label', `QR code of ${linkOf(room)}`)
  const frame = h('div', { class: 'code' }, code)
  const field = h('input', {
    class: 'field',
    type: 'text',
    readonly: true,
    value: linkOf(room),
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

function openRename({ actions, store }: Context, signal: AbortSignal): void {
  const { self } = store.get()
  const form = nameForm(
    { button: 'Change name', first: self === null || self === 'unknown' ? '' : self.name },
    { take: (name) => actions.rename(name), done: () => dialog.close() },
  )
  const dialog = openDialog({ title: 'Your name' }, signal, form.element)
}

/** What one can do here, and the few settings there are. */
export function roomMenu(
  context: Context,
  room: string,
  on: { said(words: string): void; lines(shown: LinesShown): void },
  signal: AbortSignal,
): { button: HTMLButtonElement; panel: HTMLElement } {
  const { actions, router } = context
  return menu(
    'Menu',
    entry('link', 'Copy link', () => void copyLink(room, on.said, signal)),
    entry('code', 'Show QR code', () => void openCode(room, signal)),
    entry('pencil', 'Change your name', () => openRename(context, signal)),
    h('hr'),
    choice('Theme', { system: 'System', light: 'Light', dark: 'Dark' }, kept('theme'), useTheme),
    choice(
      'Who comes and goes',
      { condensed: 'In short', shown: 'Each', hidden: 'Hidden' },
      kept('lines'),
      (shown: LinesShown) => {
        keep('lines', shown)
        on.lines(shown)
      },
    ),
    h('hr'),
    entry('leave', 'Leave this room', () => {
      actions.leaveRoom(room)
      router.navigate('/')
    }),
    entry(
      'off',
      'Sign out',
      () =>
        // prettier-ignore
        void signOut(context, signal).then((done) => { if (done) router.navigate('/') }),
    ),
  )
}
