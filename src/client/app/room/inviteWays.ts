import type { LazyDialogs } from './lazyDialogs.ts'
import { words } from '../../words/words.ts'

/** The two ways to invite people to a room: copy its link, or show the link as a QR code. */
export interface InviteWays {
  /** Where the browser refuses the clipboard the link is shown, to be copied by hand. */
  copyLink(): void
  showCode(): void
}

/** @param say what was done */
export function inviteWays(
  room: string,
  { openInvite }: Pick<LazyDialogs, 'openInvite'>,
  say: (message: string) => void,
): InviteWays {
  const link = `${location.origin}/chat/${room}`
  const showCode = () => void openInvite(link)

  async function copyLink(): Promise<void> {
    try {
      await navigator.clipboard.writeText(link)
      say(words.common.linkCopied)
    } catch {
      // Without https there is no clipboard.
      showCode()
    }
  }

  return { copyLink: () => void copyLink(), showCode }
}
