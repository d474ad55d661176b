/** Dialogs of a room that come in chunks of their own, since its first drawing needs none of them. */
import { retryable } from '../../ui/retryImport.ts'
import type { Context } from '../context.ts'
import { words } from '../../words/words.ts'

const loadSettings = retryable(() => import('../../settings/settingsDialog.ts'))
const loadRoomFinder = retryable(() => import('../../roomFinder/roomFinder.ts'))
const loadInvite = retryable(() => import('../../invite/inviteDialog.ts'))

/** Fetches what many people open. */
export function fetchAhead(): void {
  for (const load of [loadSettings, loadRoomFinder])
    load().catch(() => {
      // Opening the dialog tries again, and says so if that fails.
    })
}

export interface LazyDialogs {
  openSettings(): Promise<void>
  openRooms(): Promise<void>
  /** @param recent rooms by their last visit, the latest first */
  openSwitcher(recent: readonly string[]): Promise<void>
  openInvite(link: string): Promise<void>
}

/** @param failed says in words that a chunk did not come */
export function lazyDialogs(
  context: Context,
  room: string,
  failed: (message: string) => void,
  signal: AbortSignal,
): LazyDialogs {
  async function open<Chunk>(load: () => Promise<Chunk>, show: (chunk: Chunk) => void): Promise<void> {
    try {
      const chunk = await load()
      // While it was on its way the room may have been left, or another dialog opened.
      if (!signal.aborted && document.querySelector('dialog[open]') === null) show(chunk)
    } catch {
      failed(words.common.notLoaded)
    }
  }

  return {
    openSettings: () => open(loadSettings, (chunk) => chunk.openSettingsDialog(context, room, signal)),
    openRooms: () => open(loadRoomFinder, (chunk) => chunk.openRoomsDialog(context, signal)),
    openSwitcher: (recent) =>
      open(loadRoomFinder, (chunk) => chunk.openSwitcherDialog(context, { room, recent }, signal)),
    openInvite: (link) => open(loadInvite, (chunk) => chunk.openInviteDialog(link, signal)),
  }
}
