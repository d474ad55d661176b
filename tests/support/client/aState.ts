import { reduce } from '../../../src/client/state/reduce.ts'
import type { CountedRoom } from '../../../src/client/state/unreadCounts.ts'
import type { StateChange } from '../../../src/client/state/stateChanges.ts'
import {
  INITIAL_STATE,
  type OutboxEntry,
  type RoomState,
  type State,
} from '../../../src/client/state/state.ts'
import type {
  HistoryMessage,
  HistoryPage,
  Mention,
  Message,
  Person,
  RoomEntry,
  RoomEvent,
  User,
} from '../../../src/shared/model.ts'
import type {
  FirstPage,
  Members,
  MissedPage,
  ServerFrame,
  Welcome,
  You,
} from '../../../src/shared/protocol.ts'

export const ada: User = { id: 'a1', name: 'Ada' }
export const bob: User = { id: 'b1', name: 'Bob' }
export const eve: User = { id: 'e1', name: 'Eve' }

export const NOON = new Date(2026, 0, 15, 12).getTime()

export const welcome: Welcome = {
  type: 'welcome',
  version: 2,
  connection: 'c1',
  user: { ...ada, role: 'guest' },
  now: NOON,
  beat: 25_000,
  limits: { frame: 16_384, text: 4_000, textBytes: 12_288, rooms: 100, unacked: 64 },
  build: 'test',
}

/** The mentions that the server finds in a text: `@Ada`, in any case. */
export function mentionsOfAda(text: string | undefined): { mentions?: Mention[] } {
  const at = text?.toLowerCase().indexOf('@ada') ?? -1
  return at < 0 ? {} : { mentions: [{ user: ada.id, at, length: '@Ada'.length }] }
}

/** Message number `seq` of a room, one a second, by Bob. */
export function said(seq: number, more: Partial<Message> = {}): Message {
  const usual = {
    kind: 'message',
    seq,
    id: `id-${seq}`,
    at: NOON + seq * 1_000,
    user: bob,
    nonce: `nonce-${seq}`,
  }
  return { ...usual, text: `text ${seq}`, ...mentionsOfAda(more.text), ...more } as Message
}

export function numbers(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, at) => from + at)
}

export function person(user: User, state: Person['state'] = 'active'): Person {
  return { ...user, state }
}

export const you: You = { role: 'guest', readSeq: 0, unread: 0, mentions: 0 }

export function members(...people: Person[]): Members {
  return { version: 1, count: people.length, full: people }
}

/** The first page of a room with these events: the messages before the first change, then the other events. */
export function firstPage(events: readonly RoomEvent[], more: Partial<FirstPage> = {}): FirstPage {
  const change = events.findIndex(({ kind }) => kind !== 'message' && kind !== 'topic' && kind !== 'notice')
  const messages = (change < 0 ? events : events.slice(0, change)) as HistoryMessage[]
  const last = messages.at(-1)
  const [first] = events
  return {
    type: 'sync',
    room: 'lobby',
    at: last ? { seq: last.seq, id: last.id } : { seq: (first?.seq ?? 1) - 1, id: null },
    messages,
    events: events.slice(messages.length),
    older: first !== undefined && first.seq > (more.floor ?? 1),
    head: events.at(-1)?.seq ?? 0,
    floor: 1,
    more: false,
    members: members(person(ada), person(bob)),
    you,
    ...more,
  }
}

/** The first page of a room that is not on screen: only its counts. */
export function counts(seq: number, more: Partial<FirstPage> = {}): FirstPage {
  const at = { seq, id: seq === 0 ? null : `id-${seq}` }
  const nobody = { version: 1, count: 2, full: [] }
  return firstPage([], { at, head: seq, older: seq > 0, members: nobody, ...more })
}

/** The last page of missed events. */
export function page(events: readonly RoomEvent[], more: Partial<MissedPage> = {}): MissedPage {
  return {
    type: 'sync',
    room: 'lobby',
    events: [...events],
    head: events.at(-1)?.seq ?? 0,
    floor: 1,
    more: false,
    members: members(person(ada), person(bob)),
    you,
    ...more,
  }
}

/** A room of mine in the room list. */
export function listed(room: string, more: Partial<RoomEntry> = {}): RoomEntry {
  const usual = { name: room, topic: '', kind: 'public', joined: true, role: 'guest', count: 1 } as const
  return { room, ...usual, head: 0, ...more }
}

/** A room of mine with its unread counts. */
export function countedRoom(name: string, more: Partial<CountedRoom> = {}): CountedRoom {
  const room = name.toLowerCase().replaceAll(' ', '-')
  return { ...listed(room, { name, count: 0, head: 0 }), unread: 0, mentions: 0, ...more }
}

/** An answer to `GET …/messages`; its head is the last message unless `more` says otherwise. */
export function history(messages: readonly HistoryMessage[], more: Partial<HistoryPage> = {}): HistoryPage {
  const head = messages.at(-1)?.seq ?? 0
  return { messages: [...messages], head, floor: 1, older: false, newer: false, ...more }
}

const olderPlace = (edge: number) => ({ window: null, side: 'older', edge }) as const

/** The page before the live row `edge` is requested. */
export function olderRequested(edge: number): StateChange {
  return { type: 'pageRequested', room: 'lobby', place: olderPlace(edge) }
}

/** The page before the live row `edge` has come; null: the request failed. */
export function olderLoaded(edge: number, page: HistoryPage | null): StateChange {
  return { type: 'pageLoaded', room: 'lobby', place: olderPlace(edge), page }
}

export function event(of: RoomEvent, room = 'lobby'): ServerFrame {
  return { type: 'event', room, ...of }
}

type Text = Extract<OutboxEntry, { kind: 'message' }>

export function entry(nonce: string, order = 1, more: Partial<Text> = {}): Text {
  return {
    kind: 'message',
    nonce,
    room: 'lobby',
    user: ada.id,
    text: `mine ${nonce}`,
    at: NOON,
    order,
    ...more,
  }
}

/** The connection is live, or lost and waits for the next attempt. */
export function connectionIs(state: 'live' | 'waiting', now = NOON): StateChange {
  const waiting = { state: 'waiting', until: now, since: now, attempt: 1, announced: false } as const
  return { type: 'connectionChanged', connection: state === 'live' ? { state } : waiting, now }
}

/** A state that the reducer changes by `tell` and `hear`. */
export function aPage(first: State = INITIAL_STATE) {
  const page = {
    state: first,
    now: NOON,
    tell(...changes: StateChange[]) {
      for (const change of changes) page.state = reduce(page.state, change)
      return page
    },
    hear(...frames: ServerFrame[]) {
      return page.tell({ type: 'framesReceived', frames, now: page.now })
    },
    /** Time passes, ms. */
    pass(ms: number) {
      page.now += ms
      return page.tell({ type: 'tick', now: page.now })
    },
    queue(...entries: Text[]) {
      return page.tell(
        ...entries.map((queued) => ({ type: 'entryQueued', entry: queued, user: ada }) as const),
      )
    },
    get lobby(): RoomState {
      const room = page.state.rooms['lobby']
      if (room === undefined) throw new TypeError('the lobby is not open')
      return room
    },
    /** The rows, by seq, or by nonce if they have none. */
    get drawn(): (number | string)[] {
      return page.lobby.rows.map((row) => row.seq ?? row.nonce)
    },
  }
  return page
}

/** Ada's page with the lobby live, these events in it, and Ada and Bob online. */
export function aLivePage(
  events: readonly RoomEvent[] = numbers(1, 3).map((seq) => said(seq)),
  more: Partial<FirstPage> = {},
) {
  return aPage()
    .hear(welcome)
    .tell(
      connectionIs('live'),
      { type: 'roomOpened', room: 'lobby', shown: true },
      { type: 'syncRequested', room: 'lobby' },
    )
    .hear(firstPage(events, more))
}
