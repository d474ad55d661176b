/** Numbers both sides obey. Bytes are UTF-8, `text` is in UTF-16 units, times in ms. Those in `WELCOME_LIMITS` go to the client. */
export const LIMITS = {
  /** one frame from a client, in bytes */
  frame: 16 * 1024,
  /** one message's text, in UTF-16 units: what a person can count on */
  text: 4_000,
  /** the same text in bytes: what the frame can hold */
  textBytes: 12 * 1024,
  /** rooms one connection may have joined */
  rooms: 100,
  /** connections of one person: one more closes the one that has been silent for the longest */
  connections: 20,
  /** messages and changes of one client that wait to be sent */
  unsent: 200,
  /** durable frames of one connection without an answer */
  unacked: 64,
  /** graphemes and bytes of a person's name, of a room's name, of its topic */
  name: { graphemes: 24, bytes: 128 },
  roomName: { graphemes: 60, bytes: 320 },
  topic: { graphemes: 250, bytes: 1_280 },
  /** bytes of one emoji at a message, kinds of them there, and how many people of each are named */
  emoji: 64,
  emojiKinds: 20,
  emojiPeople: 20,
  /** events of one `sync` page; bytes of JSON of one page of events, of first messages or of history: a frame stays below 256 KiB */
  pageEvents: 200,
  pageBytes: 224 * 1024,
  /** messages one history request may ask for, and how many it gets unasked */
  historyMax: 100,
  history: 50,
  /** messages with text a newcomer sees, and rows that may hold them: some of them may be gone */
  firstMessages: 50,
  firstRows: 100,
  /** unread messages that are counted: so many, or more */
  unread: 1_000,
  /** the last events of an open room that are kept at hand, and their bytes */
  tail: 512,
  tailBytes: 256 * 1024,
  /** rooms of others in one answer of the list */
  roomsListed: 200,
  /** events a client may have missed before `reset "tooOld"` */
  resume: 1_000,
  /** people of a room up to which everybody hears of everybody; below `crowdEnds` that begins again */
  crowd: 200,
  crowdEnds: 180,
  /** people named in `members` of a crowd */
  crowdNamed: 100,
  /** people of a room above which nobody is told who types */
  typing: 100,
  /** events waiting for the writer before `overloaded`, and how many one batch takes */
  queue: 2_000,
  batch: 512,
} as const

/** Times in ms that both sides reckon with. */
export const TIMES = {
  /** between two `beat`s of the server; without an answer for `deaf` it closes */
  beat: 25_000,
  deaf: 75_000,
  /** from the upgrade to `hello` */
  hello: 5_000,
  /** from the last connection's end to the leave; after a drain */
  grace: 15_000,
  graceAfterDrain: 45_000,
  /** a `typing` that nobody renews */
  typing: 6_000,
  typingEvery: 3_000,
  /** a state that flips back sooner was never shown */
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
