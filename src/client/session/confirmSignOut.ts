import { selfOf } from '../state/state.ts'
import { buttons, openDialog } from '../ui/dialog.ts'
import { button, h } from '../ui/dom.ts'
import { isolated } from '../ui/format.ts'
import type { HomeContext } from '../app/context.ts'
import { words } from '../words/words.ts'

/**
 * Signs out, if the person confirms it after reading what they lose (U8).
 * @param title what is asked
 * @returns whether the person is signed out
 */
export async function confirmAndSignOut(
  { store, actions }: HomeContext,
  title: string,
  signal: AbortSignal,
): Promise<boolean> {
  const { messages, drafts } = await actions.unsent()
  const { signOutLoses } = words.session
  const losses = [
    messages + drafts > 0 && signOutLoses.unsent(messages, drafts),
    signOutLoses.name(isolated(selfOf(store.get())?.name ?? '')),
    signOutLoses.messages,
    signOutLoses.rooms,
  ].filter((loss) => loss !== false)
  if (!(await confirmLosses(title, losses, signal))) return false
  await actions.signOut()
  return true
}

function confirmLosses(title: string, losses: readonly string[], signal: AbortSignal): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  openDialog({ title }, signal, ({ signal: closed, close }) => {
    closed.addEventListener('abort', () => resolve(false))
    const confirm = () => {
      resolve(true)
      close()
    }
    return [
      h('ul', { class: 'grid gap-2 list-disc ps-5' }, ...losses.map((loss) => h('li', {}, loss))),
      // The first button has the focus.
      buttons(
        button(words.common.cancel, close),
        button(words.common.signOut, confirm, { class: 'button button-danger' }),
      ),
    ]
  })
  return promise
}
