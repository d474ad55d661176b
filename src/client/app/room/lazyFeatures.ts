import { renameForm } from '../../settings/renameForm.ts'
import type { Context } from '../context.ts'
import { words } from '../../words/words.ts'

/** Settings are a chunk of their own. */
export const loadSettings = () => import('../../settings/settingsDialog.ts')

/** @param failed says in words that the chunk did not come */
export async function openSettings(
  context: Context,
  room: string,
  failed: (words: string) => void,
  signal: AbortSignal,
): Promise<void> {
  try {
    const { openSettingsDialog } = await loadSettings()
    if (!signal.aborted) openSettingsDialog(context, room, renameForm(context), signal)
  } catch {
    failed(words.common.notLoaded)
  }
}
