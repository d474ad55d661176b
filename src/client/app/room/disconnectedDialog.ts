import { CLOSE } from '../../../shared/errors.ts'
import { buttons, openDialog } from '../../ui/dialog.ts'
import { h } from '../../ui/dom.ts'
import type { Context } from '../context.ts'

/** Why the connection was ended for good, and the one thing that can be done about it (U55). */
function explain(code: number): {
  title: string
  words: string
  press: string
  to: 'home' | 'again' | 'reload'
} {
  // prettier-ignore
  switch (code) {
    case CLOSE.noSession: return { title: 'You are signed out', words: 'Pick a name to go on. Your drafts are kept on this device.', press: 'Pick a name', to: 'reload' }
    case CLOSE.banned: return { title: 'You were removed', words: 'A moderator has removed you from this chat.', press: 'Go to the start page', to: 'home' }
    case CLOSE.tooMany: return { title: 'Open in too many places', words: 'This chat was opened in more than 20 tabs or devices. Going on here disconnects another one.', press: 'Go on here', to: 'again' }
    case CLOSE.version: return { title: 'A new version is here', words: 'Reload the page to go on. Your drafts are kept.', press: 'Reload', to: 'reload' }
    default: return { title: 'The connection was ended', words: 'Reload the page to go on. Your drafts are kept.', press: 'Reload', to: 'reload' }
  }
}

/** Watches for a final end and explains it in one dialog; nothing is tried again without the person. */
export function watchDisconnects({ store, actions, router }: Context, signal: AbortSignal): void {
  store.watch(
    ({ connection, self }) =>
      connection.state === 'stopped' && self !== null && self !== 'unknown' ? connection.code : null,
    (code) => {
      if (code === null) return
      const { title, words, press, to } = explain(code)
      openDialog({ title, final: true }, signal, ({ close }) => {
        const go = () => {
          close()
          if (to === 'home') router.navigate('/')
          else if (to === 'again') actions.reconnect()
          else location.reload()
        }
        return [
          h('p', {}, words),
          buttons(h('button', { type: 'button', class: 'button', onClick: go }, press)),
        ]
      })
    },
    signal,
  )
}
