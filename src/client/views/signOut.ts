import { buttons, openDialog } from '../components/dialog.ts'
import { h } from '../dom.ts'
import type { Context } from './context.ts'

/** Signs out; asks first if something would be lost by it (U8). True: it was done. */
export async function signOut({ actions }: Pick<Context, 'actions'>, signal: AbortSignal): Promise<boolean> {
  const lost = await actions.unsent()
  if (lost > 0 && !(await sure(lost, signal))) return false
  await actions.signOut()
  return true
}

function sure(lost: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const answer = (yes: boolean) => () => {
      resolve(yes)
      dialog.close()
    }
    const messages = lost === 1 ? 'One message has' : `${lost} messages have`
    const dialog = openDialog(
      { title: 'Sign out?', closed: () => resolve(false) },
      signal,
      h('p', {}, `${messages} not been sent yet and would be deleted from this device.`),
      buttons(
        h('button', { type: 'button', class: 'button-quiet', onClick: answer(false) }, 'Stay'),
        h('button', { type: 'button', class: 'button button-danger', onClick: answer(true) }, 'Sign out'),
      ),
    )
  })
}
