/** What the hub needs from outside. What an implementation must do is written here and tested by the contract suites. */
import type {
  HistoryMessage,
  HistoryPage,
  Mention,
  Position,
  ReactionCount,
  Role,
  RoomEvent,
  Self,
  User,
} from '../shared/model.ts'
import type { ServerFrame } from '../shared/protocol.ts'
import type { Rate } from './rateLimit.ts'

/** The content of a draft, and the message that it changes. The hub found `mentions`: a draft sent again may have others. */
export type DraftContent =
  | { kind: 'message'; text: string; replyTo?: string; mentions?: readonly Mention[] }
  | { kind: 'edit'; target: string; text: string; mentions?: readonly Mention[] }
  | { kind: 'delete'; target: string; text?: never }
  | { kind: 'react'; target: string; emoji: string; on: boolean; text?: never }
  | { kind: 'pin'; target: string; on: boolean; text?: never }

/** An event before it has a seq. The hub made `id` and `at`, the sender chose `nonce`. A `topic` has no nonce. */
export type Draft = { room: string; id: string; at: number; user: User } & (
  (DraftContent & { nonce: string }) | { kind: 'topic'; text: string; nonce?: never }
)

/** The result of one draft. `duplicate`: seq, id and time of the stored event. `failed`: not stored, a retry may succeed. */
export type Outcome =
  | { result: 'stored'; event: RoomEvent }
  | { result: 'duplicate'; seq: number; id: string; at: number }
  | { result: 'refused'; code: 'nonceReused' | 'gone' | 'forbidden' | 'tooBig' | 'noRoom' }
  | { result: 'failed' }

/** A room as stored. `head`: its last seq, 0 if it has no events. `floor`: the first seq that is not purged. */
export interface RoomRow {
  room: string
  name: string
  topic: string
  kind: 'public'
  head: number
  floor: number
}

/** How far a person has read. `back`: they may have marked messages as unread again. */
export interface ReadPosition {
  room: string
  user: string
  seq: number
  back?: boolean
}

/** A person's role and read position in a room that they have joined and not left. */
export interface Membership {
  room: string
  role: Role
  readSeq: number
}

/** The look-alike keys of a name (I3). */
export interface NameKeys {
  /** owned by the person of this name */
  own: readonly string[]
  /** in which pairs such as `rn` and `m` are one: owned by people with a role, asked for by everybody */
  pairs: readonly string[]
}

/** A new guest with a first session. `session` is the hash of its token. */
export interface NewGuest {
  id: string
  name: string
  keys: NameKeys
  session: string
  at: number
  /** a former name is free if it was held until this time (ms) or an earlier one; absent: `at` */
  heldAt?: number
  /** the guest's first room; the lobby if that room does not exist. Absent: no room */
  room?: string
}

/**
 * A guest is stale, and another person may take their name, if last seen before `inactiveBefore`, or if they never wrote and
 * were last seen before `neverWroteBefore` (ms).
 */
export interface StaleLimits {
  inactiveBefore: number
  neverWroteBefore: number
}

/** A session that has not ended. `seen`: when it was last touched, ms. */
export interface SessionRow {
  user: Self
  seen: number
}

/** The place of one event of a person. */
export interface OwnEvent {
  nonce: string | null
  room: string
  seq: number
}

/** An unread count. `head`: the room's last seq when it was counted. */
export interface UnreadAtHead {
  unread: number
  mentions: number
  head: number
}

/** The newest messages of a room as they are at `at`, the same for every reader. `older`: there are messages below them. */
export interface NewestMessages {
  at: Position
  floor: number
  messages: readonly HistoryMessage<ReactionCount>[]
  older: boolean
}

/** Which messages of a room. `before` and `after` exclude their seq; `time` (ms) means `around` the first message since then. */
export type HistoryQuery = { limit: number } & (
  | { at: 'end' }
  | { at: 'before' | 'after' | 'around'; seq: number }
  | { at: 'time'; time: number }
  | { at: 'ids'; ids: readonly string[] }
  | { at: 'pinned' }
)

/**
 * The disk. Writes take effect in the order of the calls, over all methods; a read sees every write whose promise has
 * resolved. A call that fails because of the disk rejects with ChatError `unavailable`; `commit` never rejects. A new store
 * has the room `lobby`.
 */
export interface Store {
  /**
   * Stores drafts in their order, in one transaction, and resolves once they would survive a power cut. A draft that cannot
   * be stored does not hold up the others. Each stored event raises the head of its room by one.
   *
   * A draft whose (user, nonce) is in the log, or earlier in this call, is a duplicate; if its room, kind, target or content
   * differ, it is `nonceReused`; mentions are no part of the content. Once the stored content is gone, it is always a
   * duplicate. `gone`: `replyTo` or `target` is not a message of the room that still has its text. `forbidden`: an edit or a
   * delete of another person's message. `tooBig`: the message has as many kinds of emoji as it may have.
   *
   * An edit replaces the mentions of its message: people whom it no longer mentions lose the mention from their counts, and
   * people whom it adds are `quiet`, so that nobody is notified twice.
   * A delete removes the text, the mentions, the reactions and the pin of the message, and the text of its edits; all else of
   * these events stays. A `react` event holds the number of people with that reaction after it, even if it changes nothing.
   * @returns one outcome for each draft, in the same order
   */
  commit(drafts: readonly Draft[]): Promise<Outcome[]>

  /** At most `limit` events after `after`, in order; fewer if their JSON would pass `LIMITS.pageBytes`, but at least one. */
  events(room: string, after: number, limit: number): Promise<RoomEvent[]>
  /** At most `limit` of a person's events after `after` (null: from the start), sorted by nonce, those without one first. */
  eventsOf(user: string, after: OwnEvent | null, limit: number): Promise<OwnEvent[]>
  /** The id of the event that has this seq, or null. */
  idAt(room: string, seq: number): Promise<string | null>
  /**
   * What a newcomer sees, or null if there is no such room: the newest messages, `limit` of them with text, and the deleted
   * messages between them. At most 100 in all and within `LIMITS.pageBytes`, but at least one unless `limit` is 0.
   */
  newest(room: string, limit: number): Promise<NewestMessages | null>
  /** message id → emoji that the person reacted with; messages without such are left out. */
  mine(user: string, ids: readonly string[]): Promise<Map<string, string[]>>
  /**
   * A page of messages in their present state, or null if there is no such room. `pinned`: the newest pinned ones.
   * Emoji, and the people of each, are in the order in which they came; `mine` marks those of `reader`. A page above
   * `LIMITS.pageBytes` is cut: `after` at its newer end, `around` at both ends, the others at the older end.
   */
  history(room: string, query: HistoryQuery, reader?: string): Promise<HistoryPage | null>

  room(room: string): Promise<RoomRow | null>
  /** Those of these rooms that exist, sorted by slug. */
  roomsBySlug(rooms: readonly string[]): Promise<RoomRow[]>
  /** Rooms whose slug sorts after `room`, sorted by slug, without those in `except`. */
  roomsAfter(room: string, limit: number, except?: readonly string[]): Promise<RoomRow[]>
  /** Slug and name of every room, in any order. */
  roomNames(): Promise<(readonly [room: string, name: string])[]>
  /** Does one of these rooms have more than `members` members? */
  anyRoomLargerThan(rooms: readonly string[], members: number): Promise<boolean>
  /** Heads of these rooms; those that do not exist are left out. */
  heads(rooms: readonly string[]): Promise<Map<string, number>>
  /**
   * Creates a room. The maker, if there is one, becomes a member with the role `owner`.
   * @returns `nobody` if the maker does not exist or has signed out
   */
  addRoom(
    room: Omit<RoomRow, 'head' | 'floor'>,
    at: number,
    maker?: string,
  ): Promise<'added' | 'taken' | 'nobody'>

  memberships(user: string): Promise<Membership[]>
  membership(user: string, room: string): Promise<Membership | null>
  /**
   * Adds a member with `readSeq` at the room's head; an existing member stays unchanged.
   * @returns `nobody` if the person does not exist or has signed out
   */
  addMember(room: string, user: string, role: Role, at: number): Promise<Membership | 'nobody'>
  removeMember(room: string, user: string): Promise<void>
  /** Raises read positions, or with `back` sets them. Otherwise, and for a person who is no member, nothing changes. */
  saveReads(reads: readonly ReadPosition[]): Promise<void>
  /** Messages of others after `after` that have text, and those of them that notify the person, among the newest 1,000. */
  unread(room: string, user: string, after: number): Promise<UnreadAtHead>
  /**
   * Who has one of these names, as `foldedName` makes them: members of the room, and in a public room also people who wrote
   * in it.
   * @returns name → its people. Two may have names that fold to one, such as Weiß and Weiss: members first, then who was seen last
   */
  named(room: string, names: readonly string[]): Promise<Map<string, User[]>>

  /** Adds a guest unless another person, who is not stale, holds one of the keys; a race has one winner. */
  addGuest(guest: NewGuest, stale: StaleLimits): Promise<'added' | 'taken'>
  /**
   * Takes the new keys as `addGuest` does. The old keys stay this person's until `heldUntil` (ms).
   * @returns `nobody` if the person does not exist or has signed out
   */
  rename(
    user: string,
    name: string,
    keys: NameKeys,
    at: number,
    heldUntil: number,
    stale: StaleLimits,
  ): Promise<'renamed' | 'taken' | 'nobody'>
  /** Does a person other than `user` hold one of these keys? */
  nameTaken(keys: NameKeys, at: number, stale: StaleLimits, user?: string): Promise<boolean>
  session(hash: string): Promise<SessionRow | null>
  /** Records `at` (ms) as the time when the session was last used and its person last seen. */
  touch(hash: string, at: number): Promise<void>
  /** Ends a session. With the last one its guest is gone: the name is free, the memberships end. */
  endSession(hash: string): Promise<void>
  /** Ends the sessions of stale guests and frees their names. */
  forget(stale: StaleLimits): Promise<void>

  /**
   * Retention: removes the content of events dated before `before` (ms), the oldest first, and with a message its edits,
   * reactions and pin. All other fields stay, and `floor` rises. In each room it stops at the first
   * event that is to stay, even if a clock set back has dated a later one earlier.
   * @param limit events in all rooms @returns how many were purged
   */
  purge(before: number, limit: number): Promise<number>

  /** Finishes all calls, writes everything into the main file and closes it. Nothing may be called afterwards. */
  close(): Promise<void>
}

/** Fan-out to this node's followers of a room. Publishes of one turn of the loop reach each socket in one write, in order. */
export interface Broadcast {
  publish(room: string, frame: string): void
}

/** Sends a frame to all followers of a room. */
export type Publish = (room: string, frame: ServerFrame) => void

/** The socket of one client as the hub sees it. Nothing here throws, not even after the socket is closed. */
export interface ClientSocket {
  /** cannot be guessed; unique over nodes and restarts */
  readonly id: string
  /**
   * Frames sent here and frames published to rooms that the socket follows arrive in the order in which they were sent. Only an
   * `ack` may come later: after the other frames of its turn. @param json the frame as JSON, if the caller has it already
   */
  send(frame: ServerFrame, json?: string): void
  /** True while at most 256 KiB are unsent; else a promise: true once so little is unsent, false if the socket is closed. */
  ready(): true | Promise<boolean>
  follow(room: string): void
  unfollow(room: string): void
  /** Closes at once, without waiting for the other side; `Hub.close` is called in a later turn of the loop. */
  close(code: number, reason: string): void
}

/** Tells other nodes which heads rooms have now. A ring is a hint: it may be lost, late or doubled. */
export interface Doorbell {
  ring(heads: ReadonlyMap<string, number>): void
  listen(heard: (heads: ReadonlyMap<string, number>) => void): void
}

export interface Clock {
  /** ms since the epoch; may be set forward or back */
  now(): number
  /** ms since some moment; cannot be set, so every wait is measured by it */
  elapsed(): number
  /** resolves after `ms`, without keeping the process alive */
  wait(ms: number): Promise<void>
  /** resolves in a later turn of the loop, after everything that is ready */
  turn(): Promise<void>
}

/**
 * What outlives a restart, in ms. `at`: the last credible time. `ahead`: how far a doubtful clock is ahead of it, `waited`: for
 * how long it has been so; both are 0 for a credible clock.
 */
export interface ClockRecord {
  at: number
  ahead: number
  waited: number
}

export interface Ids {
  /** UUIDv7 of `now` (ms): later ones sort later on one node */
  next(now: number): string
  /** `length` random characters of `[a-z0-9]` */
  random(length: number): string
}

/** For bugs and failures. Never message text, names or tokens. */
export interface Log {
  error(what: string, error: unknown): void
  warn(what: string, fields?: Record<string, number | string>): void
  info(what: string, fields?: Record<string, number | string>): void
}

/** What one person, or one of their connections, may do. A benchmark may allow more. */
export interface PersonLimits {
  /** durable frames of a person */
  sends: Rate
  /** joins of a connection, the rooms of its `hello` included */
  joins: Rate
  /** connections of a person */
  connections: number
}

/** All that the hub is given, and passes on to its parts. */
export interface HubDeps {
  store: Store
  broadcast: Broadcast
  doorbell: Doorbell
  clock: Clock
  /** the time by which things expire: 0 while the clock is in doubt */
  expiry: Pick<Clock, 'now'>
  ids: Ids
  log: Log
  settings: {
    build: string
    /** days without use after which a session ends, and its guest with it */
    sessionDays: number
    siteName: string
    /** days after which events are purged; absent: never */
    retentionDays?: number
    limits?: Partial<PersonLimits>
  }
}
