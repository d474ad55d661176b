import type { Context } from './context.ts'

/** Signs out; asks first if something would be lost by it (U8). True: it was done. */
export async function signOut({ actions }: Pick<Context, 'actions'>, signal: AbortSignal): Promise<boolean> {
  const lost = await actions.unsent()
  if (lost > 0 && !(await sure(lost, signal))) return false
  await actions.signOut()
  return true
}

/** What cannot be asked is not done. */
async function sure(lost: number, signal: AbortSignal): Promise<boolean> {
  try {
    const { askSure } = await import('./dialogs.ts')
    return await askSure(lost, signal)
  } catch {
    return false
  }
}
