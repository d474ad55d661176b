/** The slugs and the addresses of rooms. */
/** A room's slug, as in its address. */
export const ROOM_SLUG = /^[a-z0-9-]{1,64}$/

/** A name in lower case, as far as ASCII letters can show it: é is e, and ł stays. */
const plain = (name: string) => name.toLowerCase().normalize('NFKD').replace(/\p{M}/gu, '')

/** A room's name → its slug, or '' if the name has no letter or digit of ASCII. */
export function slugOf(name: string): string {
  return plain(name)
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40)
    .replace(/-+$/, '')
}

/**
 * The address of a room, or of a message in it, as people read it: `/chat/tea`, or `/chat/日本語~w1ww2ecz` if the slug does not
 * show the name. What stands before the last `~` may be anything: it is for people.
 */
export function roomPath(room: string, name: string, seq?: number): string {
  const message = seq === undefined ? '' : `/${seq}`
  const letters = plain(name).replace(/[^\p{L}\p{N}]+/gu, '')
  const isShown =
    name === room || (/^[a-z0-9]+$/.test(letters) && letters.startsWith(room.replaceAll('-', '')))
  const words = isShown ? '' : name.replace(/[\s\p{P}$+<=>^`|~]+/gu, '-').replace(/^-+|-+$/g, '')
  return `/chat/${words}${words && '~'}${room}${message}`
}

/** The slug and the message that such an address names, percent-encoded or not; null for any other path. */
export function parseRoomPath(path: string): { room: string; seq?: number } | null {
  // At most 15 digits: longer ones exceed the integers that a number holds exactly.
  const [, room, seq] = /^\/chat\/(?:[^/]*~)?([a-z0-9-]{1,64})(?:\/([1-9]\d{0,14}))?$/.exec(path) ?? []
  return room === undefined ? null : { room, ...(seq !== undefined && { seq: Number(seq) }) }
}
