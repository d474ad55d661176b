import { CLOSE } from '../../../shared/errors.ts'
import { buttons, openDialog } from '../../ui/dialog.ts'
import { h } from '../../ui/dom.ts'
import type { Context } from '../context.ts'
import { words } from '../../words/words.ts'

/** Why the connection was ended for good, and the one thing that can be done about it (U55). */
function explain(code: number): {
  title: string
  text: string
  action: string
  to: 'home' | 'again' | 'reload'
} {
  const { stopped } = words.connection
  // prettier-ignore
  switch (code) {
    case CLOSE.noSession: return { ...stopped.noSession, to: 'reload' }
    case CLOSE.banned: return { ...stopped.banned, to: 'home' }
    case CLOSE.tooMany: return { ...stopped.tooMany, to: 'again' }
    case CLOSE.version: return { ...stopped.version, to: 'reload' }
    default: return { ...stopped.other, to: 'reload' }
  }
}

/** Watches for a final end and explains it in one dialog; nothing is tried again without the person. */
export function watchDisconnects({ store, actions, router }: Context, signal: AbortSignal): void {
  store.watch(
    ({ connection, self }) =>
      connection.state === 'stopped' && self !== null && self !== 'unknown' ? connection.code : null,
    (code) => {
      if (code === null) return
      const { title, text, action, to } = explain(code)
      openDialog({ title, final: true }, signal, ({ close }) => {
        const go = () => {
          close()
          if (to === 'home') router.navigate('/')
          else if (to === 'again') actions.reconnect()
          else location.reload()
        }
        return [
          h('p', {}, text),
          buttons(h('button', { type: 'button', class: 'button', onClick: go }, action)),
        ]
      })
    },
    signal,
  )
}
