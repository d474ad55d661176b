/** The window's title: `(3) kitchen · Hubbub`. `page` is the room's name or another screen's; '' on home. */
export function windowTitle(unread: number, page: string, place: string): string {
  const count = unread > 0 ? `(${unread > 99 ? '99+' : unread}) ` : ''
  if (page === '') return count + place
  // T12: a title knows no markup; a name that runs the other way must not take the rest along.
  return `${count}${/[^ -~]/.test(page) ? `\u2068${page}\u2069` : page} · ${place}`
}
