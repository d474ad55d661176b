import { buttons, openDialog } from '../ui/dialog.ts'
import { h } from '../ui/dom.ts'
import type { HomeContext } from '../app/context.ts'
import { words } from '../words/words.ts'

/** Signs out; asks first if something would be lost by it (U8). True: it was done. */
export async function confirmAndSignOut(
  { actions }: Pick<HomeContext, 'actions'>,
  signal: AbortSignal,
): Promise<boolean> {
  const lost = { messages: await actions.unsentCount(), drafts: await actions.draftCount() }
  if (lost.messages + lost.drafts > 0 && !(await confirmLoss(lost, signal))) return false
  await actions.signOut()
  return true
}

function confirmLoss(lost: { messages: number; drafts: number }, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    openDialog({ title: words.session.signOutTitle, closed: () => resolve(false) }, signal, ({ close }) => {
      const answer = (yes: boolean) => () => {
        resolve(yes)
        close()
      }
      return [
        h('p', {}, words.session.signOutLoses(lost.messages, lost.drafts)),
        buttons(
          h('button', { type: 'button', class: 'button-quiet', onClick: answer(false) }, words.common.cancel),
          h(
            'button',
            { type: 'button', class: 'button button-danger', onClick: answer(true) },
            words.common.signOut,
          ),
        ),
      ]
    })
  })
}
