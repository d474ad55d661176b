import { buttons, openDialog } from '../ui/dialog.ts'
import { button, h } from '../ui/dom.ts'
import type { HomeContext } from '../app/context.ts'
import { words } from '../words/words.ts'

/** Signs out; asks first if that would delete messages or drafts (U8). @returns whether the person is signed out */
export async function confirmAndSignOut({ actions }: HomeContext, signal: AbortSignal): Promise<boolean> {
  const { messages, drafts } = await actions.unsent()
  if (messages + drafts > 0 && !(await confirmLoss(messages, drafts, signal))) return false
  await actions.signOut()
  return true
}

function confirmLoss(messages: number, drafts: number, signal: AbortSignal): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  openDialog({ title: words.session.signOutTitle }, signal, ({ signal: closed, close }) => {
    closed.addEventListener('abort', () => resolve(false))
    const confirm = () => {
      resolve(true)
      close()
    }
    return [
      h('p', {}, words.session.signOutLoses(messages, drafts)),
      buttons(
        button(words.common.cancel, close),
        button(words.common.signOut, confirm, { class: 'button button-danger' }),
      ),
    ]
  })
  return promise
}
