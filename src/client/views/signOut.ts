import type { Context } from './context.ts'

export const UNASKED = 'You are still signed in: what asks whether you are sure did not load.'

/**
 * Signs out; asks first if something would be lost by it (U8).
 * @returns 'unasked': what cannot be asked is not done
 */
export async function signOut(
  { actions }: Pick<Context, 'actions'>,
  signal: AbortSignal,
): Promise<'done' | 'stayed' | 'unasked'> {
  const lost = { messages: await actions.unsent(), drafts: await actions.drafts() }
  if (lost.messages + lost.drafts > 0) {
    try {
      const { askSure } = await import('./dialogs.ts')
      if (!(await askSure(lost, signal))) return 'stayed'
    } catch {
      // The network is off, or a newer version has taken its place.
      return 'unasked'
    }
  }
  await actions.signOut()
  return 'done'
}
