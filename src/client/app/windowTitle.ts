import { countText, isolated } from '../ui/format.ts'

/** The window's title: `(3) kitchen · Hubbub`. `roomName` is '' on other screens. */
export function windowTitle(unread: number, roomName: string, siteName: string): string {
  const count = unread > 0 ? `(${countText(unread)}) ` : ''
  return roomName === '' ? count + siteName : `${count}${isolated(roomName)} · ${siteName}`
}
