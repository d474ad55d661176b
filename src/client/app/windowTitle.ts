/** The window's title: `(3) kitchen · Hubbub`. `roomName` is '' on home. */
export function windowTitle(unread: number, roomName: string, siteName: string): string {
  const count = unread > 0 ? `(${unread > 99 ? '99+' : unread}) ` : ''
  if (roomName === '') return count + siteName
  // T12: a title knows no markup; a name that runs the other way must not take the rest along.
  return `${count}${/[^ -~]/.test(roomName) ? `\u2068${roomName}\u2069` : roomName} · ${siteName}`
}
