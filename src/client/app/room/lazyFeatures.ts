/** The features of a room that are chunks of their own, since its first drawing does not need them. */
import { retryable } from '../../ui/retryImport.ts'
import type { Context } from '../context.ts'
import { words } from '../../words/words.ts'

const loadSettings = retryable(() => import('../../settings/settingsDialog.ts'))
const loadRoomFinder = retryable(() => import('../../roomFinder/roomFinder.ts'))
const loadInvite = retryable(() => import('../../invite/inviteDialog.ts'))

/** Fetches those that many people open. */
export function fetchAhead(): void {
  for (const load of [loadSettings, loadRoomFinder])
    load().catch(() => {
      // Whoever opens it is told.
    })
}

/** Says in words that a chunk did not come. */
type Failed = (words: string) => void

export const openSettings = (context: Context, room: string, failed: Failed, signal: AbortSignal) =>
  open(loadSettings, (chunk) => chunk.openSettingsDialog(context, room, signal), failed, signal)

export const openRooms = (context: Context, failed: Failed, signal: AbortSignal) =>
  open(loadRoomFinder, (chunk) => chunk.openRoomsDialog(context, signal), failed, signal)

export const openSwitcher = (
  context: Context,
  rooms: { room: string; recent: readonly string[] },
  failed: Failed,
  signal: AbortSignal,
) => open(loadRoomFinder, (chunk) => chunk.openSwitcherDialog(context, rooms, signal), failed, signal)

export const openInvite = (link: string, failed: Failed, signal: AbortSignal) =>
  open(loadInvite, (chunk) => chunk.openInviteDialog(link, signal), failed, signal)

async function open<Chunk>(
  load: () => Promise<Chunk>,
  show: (chunk: Chunk) => void,
  failed: Failed,
  signal: AbortSignal,
): Promise<void> {
  try {
    const chunk = await load()
    // While it was on its way the room may have been left, or the same dialog asked for twice.
    if (!signal.aborted && document.querySelector('dialog[open]') === null) show(chunk)
  } catch {
    failed(words.common.notLoaded)
  }
}
