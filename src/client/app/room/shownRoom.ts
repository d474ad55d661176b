/** Which room is on screen: its screen says so, the notifications ask. */

interface ShownRoom {
  room: string
  /** Is the end of its messages in view? */
  isAtEnd(): boolean
}

let shown: ShownRoom | null = null

/** Until the signal aborts this is the room on screen. */
export function setShownRoom(next: ShownRoom, signal: AbortSignal): void {
  shown = next
  signal.addEventListener(
    'abort',
    () => {
      if (shown === next) shown = null
    },
    { once: true },
  )
}

/** Does the person look at the newest messages of this room in this tab? Then none of them needs a notification. */
export function isAttended(room: string): boolean {
  return shown?.room === room && !document.hidden && document.hasFocus() && shown.isAtEnd()
}
