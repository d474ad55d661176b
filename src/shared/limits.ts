/** Limits of client and server. Bytes are those of UTF-8. `welcome` tells the client those of `WELCOME_LIMITS`. */
export const LIMITS = {
  /** one frame from a client, in bytes */
  frame: 16 * 1024,
  /** the text of one message in UTF-16 units, and in bytes */
  text: 4_000,
  textBytes: 12 * 1024,
  /** rooms one connection may have joined */
  rooms: 100,
  /** connections of one person: one more closes the connection that has been silent longest */
  connections: 20,
  /** messages and changes in the outbox of one client */
  unsent: 200,
  /** durable frames of one connection without an answer */
  unacked: 64,
  /** graphemes and bytes of a person's name, a room's name and a room's topic */
  name: { graphemes: 24, bytes: 128 },
  roomName: { graphemes: 60, bytes: 320 },
  topic: { graphemes: 250, bytes: 1_280 },
  /** bytes of a reaction's emoji, kinds of emoji on a message, and people named for each */
  emoji: 64,
  emojiKinds: 20,
  emojiPeople: 20,
  /** mentions of a message, and people whom they notify */
  mentions: 50,
  notified: 10,
  /** events in one `sync` page, and JSON bytes of any page (events, first messages, history): a frame stays below 256 KiB */
  pageEvents: 200,
  pageBytes: 224 * 1024,
  /** messages that one history request may ask for, and its default */
  historyMax: 100,
  history: 50,
  /** messages with text on a first page, and rows of it: deleted messages are rows too */
  firstMessages: 50,
  firstRows: 100,
  /** unread messages that are counted: 1,000 means "or more" */
  unread: 1_000,
  /** the last events of an open room that are kept in memory, and their bytes */
  tail: 512,
  tailBytes: 256 * 1024,
  /** rooms in one answer of the room list, not counting those the person has joined */
  roomsListed: 200,
  /** events a client may have missed before `reset "tooOld"` */
  resume: 1_000,
  /** people above which a room becomes large: only their number is sent; below `crowdEnds` it becomes small again */
  crowd: 200,
  crowdEnds: 180,
  /** people named in `members` of a large room */
  crowdNamed: 100,
  /** people of a room above which `typing` is not passed on */
  typing: 100,
  /** events that wait for the writer before `overloaded`, and events of one batch */
  queue: 2_000,
  batch: 512,
} as const

/** Times of client and server, ms. */
export const TIMES = {
  /** the server sends a `beat` this often, and closes a connection that has been silent for `silent` */
  beat: 25_000,
  silent: 75_000,
  /** from the upgrade to `hello` */
  hello: 5_000,
  /** a person stays present this long after their last connection has ended; `graceAfterDrain` if a drain ended it */
  grace: 15_000,
  graceAfterDrain: 45_000,
  /** a `typing` that is not renewed ends after `typing`, and is passed on at most once in `typingEvery` */
  typing: 6_000,
  typingEvery: 3_000,
  /** a state that flips back sooner is never shown */
  stateSettles: 5_000,
} as const

export const WELCOME_LIMITS = {
  frame: LIMITS.frame,
  text: LIMITS.text,
  textBytes: LIMITS.textBytes,
  rooms: LIMITS.rooms,
  unacked: LIMITS.unacked,
}

export const PROTOCOL_VERSION = 2
