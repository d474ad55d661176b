import { retryable } from '../ui/retryImport.ts'
import { words } from '../words/words.ts'

export const loadMenu = retryable(() => import('./menu/menuChunk.ts'))

/** Opens something of the menu's chunk, unless the room is left while it loads. */
export async function openMenu(
  open: (chunk: Awaited<ReturnType<typeof loadMenu>>) => void,
  fault: (message: string) => void,
  signal: AbortSignal,
): Promise<void> {
  try {
    const chunk = await loadMenu()
    if (!signal.aborted) open(chunk)
  } catch {
    fault(words.common.notLoaded)
  }
}
