/**
 * What the hub needs from outside, each with its contract. What an implementation must do is written here and in the
 * contract suites.
 */
import type {
  HistoryMessage,
  HistoryPage,
  Position,
  ReactionCount,
  Role,
  RoomEvent,
  Self,
  User,
} from '../shared/model.ts'
import type { ServerFrame } from '../shared/protocol.ts'

/** The content of a draft, and the message that it changes. */
export type DraftContent =
  | { kind: 'message'; text: string; replyTo?: string }
  | { kind: 'edit'; target: string; text: string }
  | { kind: 'delete'; target: string; text?: never }
  | { kind: 'react'; target: string; emoji: string; on: boolean; text?: never }
  | { kind: 'pin'; target: string; on: boolean; text?: never }

/**
 * An event before it has a number. `id` and `at` are the hub's; the sender chose `nonce`. A `topic` has none, so that each
 * is stored.
 */
export type Draft = { room: string; id: string; at: number; user: User } & (
  (DraftContent & { nonce: string }) | { kind: 'topic'; text: string; nonce?: never }
)

/** What became of one draft. `duplicate` has the numbers of the first; `failed`: nothing was stored, the same may work later. */
export type Outcome =
  | { result: 'stored'; event: RoomEvent }
  | { result: 'duplicate'; seq: number; id: string; at: number }
  | { result: 'refused'; code: 'nonceReused' | 'gone' | 'forbidden' | 'tooBig' | 'noRoom' }
  | { result: 'failed' }

/** A room as stored. `head`: its last seq, 0 if nothing was said. `floor`: the first seq that retention has left. */
export interface RoomRow {
  room: string
  name: string
  topic: string
  kind: 'public'
  head: number
  floor: number
}

/** A person's role and read position in a room that they have joined and not left. */
export interface Membership {
  room: string
  role: Role
  readSeq: number
}

/** A new guest with a first session. `session` is the hash of its token. */
export interface NewGuest {
  id: string
  name: string
  /** look-alike keys of the name: each has one owner */
  keys: readonly string[]
  session: string
  at: number
  /** the room that the guest is a member of from the start; the lobby if it does not exist. Absent: no room */
  room?: string
}

/** Which guests are stale: another person may take their names. Times in ms, compared with when the guest was last seen. */
export interface Stale {
  /** any guest last seen before */
  inactiveBefore: number
  /** a guest last seen before who never wrote */
  neverWroteBefore: number
}

/** A living session. `seen`: when it was last touched, ms. */
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

/** Which messages of a room: at most one of them. `before` and `after` exclude their seq; none = the newest. */
export type HistoryQuery = { limit: number } & (
  | { at: 'end' }
  | { at: 'before' | 'after' | 'around'; seq: number }
  | { at: 'ids'; ids: readonly string[] }
  | { at: 'pinned' }
)

/**
 * The disk. Writes take effect in the order in which they are called, over all methods; a read sees every write whose
 * promise has resolved. While the disk fails all reject with ChatError `unavailable`; `commit` never rejects.
 */
export interface Store {
  /**
   * Stores drafts in their order, in one transaction, and resolves once they would survive a power cut: one outcome a
   * draft, in the same order. A known (user, nonce) is a duplicate, or `nonceReused` if room, kind, target or content
   * differ; also within one call. One draft that cannot be stored does not hold up the others. `gone`: `replyTo`, or
   * `target`, is no message of the room that still has its text. `forbidden`: an edit or a delete of somebody else's.
   * `tooBig`: one more kind of emoji than a message takes. Raises the room's head by one for each event stored.
   *
   * A delete takes the text from the message and from its edits, in the log and in the file, with its emoji and its pin;
   * their events keep all else. A nonce whose content is gone is a duplicate, whatever is sent under it. A `react` event
   * counts who shows the emoji after it; also where nothing changes by it.
   */
  commit(drafts: readonly Draft[]): Promise<Outcome[]>

  /** Events with `after < seq`, in order, at most `limit`; fewer if their JSON would pass `LIMITS.pageBytes`, but one at least. */
  events(room: string, after: number, limit: number): Promise<RoomEvent[]>
  /**
   * The places of a person's events in the order of their nonces, those without a nonce first: at most `limit` of them,
   * after `after` (null: from the beginning).
   */
  eventsOf(user: string, after: OwnEvent | null, limit: number): Promise<OwnEvent[]>
  /** The id of the event that has this seq, or null. */
  idAt(room: string, seq: number): Promise<string | null>
  /**
   * What a newcomer sees, or null if there is no such room: the newest messages, `limit` of them with text, and the deleted
   * ones between them; at most 100 in all and within `LIMITS.pageBytes`, but at least one. With a limit of 0 none, and
   * `older` says whether there are any.
   */
  newest(room: string, limit: number): Promise<NewestMessages | null>
  /** message id → emoji that the person reacted with, for those of these messages that have any. */
  mine(user: string, ids: readonly string[]): Promise<Map<string, string[]>>
  /**
   * A page of messages in their present state, or null if there is no such room. Of those pinned the newest. Emoji stand in
   * the order in which each began to show, people in theirs; `mine` are those of `reader`. It ends where it would pass
   * `LIMITS.pageBytes`: `after` at its newer end, the others at their older one, and `around` at both.
   */
  history(room: string, query: HistoryQuery, reader?: string): Promise<HistoryPage | null>

  room(room: string): Promise<RoomRow | null>
  /** Those of these rooms that exist, by slug. */
  roomsBySlug(rooms: readonly string[]): Promise<RoomRow[]>
  /** Rooms whose slug sorts after `room`, by slug, without those of `but`. */
  roomsAfter(room: string, limit: number, but?: readonly string[]): Promise<RoomRow[]>
  /** Slug and name of every room, in no order. */
  roomNames(): Promise<(readonly [room: string, name: string])[]>
  /** Has one of these rooms more than so many members? */
  anyRoomLargerThan(rooms: readonly string[], members: number): Promise<boolean>
  /** Heads of these rooms; those that do not exist are left out. */
  heads(rooms: readonly string[]): Promise<Map<string, number>>
  /**
   * Makes a room, and its maker a member with the room role `owner`. Without `maker` the server makes it.
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
  /** Raises read positions; one below what is stored changes nothing, one for no member neither. */
  saveReads(reads: readonly { room: string; user: string; seq: number }[]): Promise<void>
  /** Messages of others after `after` that have text, and those of them that mention `user.name`, among the newest 1,000. */
  unread(room: string, user: User, after: number): Promise<UnreadAtHead>

  /** Adds a guest unless somebody who is not stale holds one of the keys; a race has one winner. */
  addGuest(guest: NewGuest, stale: Stale): Promise<'added' | 'taken'>
  /**
   * Takes the new keys as `addGuest` does. The old keys stay this person's until `heldUntil` (ms).
   * @returns `nobody` if the person does not exist or has signed out
   */
  rename(
    user: string,
    name: string,
    keys: readonly string[],
    at: number,
    heldUntil: number,
    stale: Stale,
  ): Promise<'renamed' | 'taken' | 'nobody'>
  /** Is one of these keys held by somebody other than `user`? */
  nameTaken(keys: readonly string[], at: number, stale: Stale, user?: string): Promise<boolean>
  session(hash: string): Promise<SessionRow | null>
  /** The session was used at `at` (ms), and so was its person's name. */
  touch(hash: string, at: number): Promise<void>
  /** Nobody can be a guest again whose last session this was: the name is free, the memberships end. */
  endSession(hash: string): Promise<void>
  /** Ends sessions, and gives back names, of those stale. */
  forget(stale: Stale): Promise<void>

  /**
   * Retention: empties the oldest events of the rooms that were said before `before` (ms), `limit` at most in all, and raises
   * `floor` behind them; all keys stay. With a message go its edits, emoji and pin. A room's purge ends at the first event
   * that is to stay: what a clock set back has dated earlier behind it waits. @returns how many it was
   */
  purge(before: number, limit: number): Promise<number>

  /** Finishes what was asked for, writes everything into the main file, lets go. Nothing may be called afterwards. */
  close(): Promise<void>
}

/** Fan-out to this node's followers of a room. Publishes of one turn of the loop reach each socket in one write, in order. */
export interface Broadcast {
  publish(room: string, frame: string): void
}

/** The socket of one client as the hub sees it. Nothing here throws, not even after the socket is closed. */
export interface ClientSocket {
  /** nobody can guess it; unique over nodes and restarts */
  readonly id: string
  /** In order with what is published to rooms it follows. @param json the frame as JSON, where it was made before */
  send(frame: ServerFrame, json?: string): void
  /** True while ≤ 256 KiB are unsent; else a promise that resolves when they are: false if the socket is closed. */
  ready(): true | Promise<boolean>
  follow(room: string): void
  unfollow(room: string): void
  /** at once, without waiting for the other side; `Hub.close` is called in a later turn of the loop */
  close(code: number, reason: string): void
}

/** Tells the other nodes that rooms have new heads. A hint: it may be lost, late or doubled. */
export interface Doorbell {
  ring(heads: ReadonlyMap<string, number>): void
  /** `heard` gets room → head, or 'unknown' when rings may have been lost. */
  listen(heard: (heads: ReadonlyMap<string, number> | 'unknown') => void): void
}

export interface Clock {
  /** ms since the epoch; may be set forward or back */
  now(): number
  /** ms since some moment, for measuring: never set */
  elapsed(): number
  /** resolves after `ms`, without keeping the process alive */
  wait(ms: number): Promise<void>
  /** resolves in a later turn of the loop: all that is ready goes first */
  turn(): Promise<void>
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
