/** The loads, and what `performance.md` wants of each. A run is one server under one of them, in a process of its own. */
import { ROOMS } from '../support/server/aHeavyPlace.ts'
import type { Ask } from './dear.ts'
import type { Figure } from './figures.ts'
import type { Name } from './servers.ts'

/** At most so much, or at least. */
export interface Goal {
  id: string
  of: Figure
  most?: number
  least?: number
  /** the median of the rounds' ratios to another server's, or to Hubbub's under another load; none: the median itself */
  against?: Name
  than?: string
  /** of the differences, not of the ratios */
  apart?: boolean
  /** what is taken off Hubbub's figure before: the disk, which the other does not use */
  less?: Figure
}

/** Who joins a room of others, one after the other. */
export const JOINERS = 100

export interface Scenario {
  id: string
  title: string
  /** people, and rooms they are spread over */
  people: number
  rooms: number
  /** how the generator loads; empty: connect and hold */
  load: readonly string[]
  /** who is measured beside Hubbub; the rest of them only where there is time */
  beside: readonly Name[]
  more?: readonly Name[]
  /** a point of a curve, or what takes minutes: only with `--write` and `--all` */
  growth?: boolean
  /** what else is done than to load it; of Hubbub alone */
  measure?: 'join' | 'history' | 'burst' | 'dear'
  /** what is measured of the server's loop, where that is `dear` */
  ask?: Ask
  /** everybody has connected once before */
  returning?: boolean
  /** everybody holds the newest position already */
  upToDate?: boolean
  figures: readonly Figure[]
  goals: readonly Goal[]
}

const open = (rate: number) => ['--mode', 'rate', '--rate', String(rate), '--senders', '50']
const closed = (senders: number, window: number) => [
  ...['--mode', 'sat', '--senders', String(senders), '--window', String(window)],
]
const cost = (id: string, against: Name, most: number): Goal => ({ id, against, of: 'cost', most })
const late = (id: string, against: Name, of: 'p50' | 'p99', most: number): Goal => ({ id, against, of, most })
const grows = (than: string): Goal => ({ id: 'G14', of: 'cost', than, most: 1.2 })
/** What one person, and each of a thousand, may ask for. */
const dear = (id: string, title: string, ask: Ask, goals: readonly Goal[] = []): Scenario => ({
  ...{ id, title: `The loop: ${title}`, ask, goals },
  ...{
    growth: true,
    people: 1,
    rooms: 1,
    load: [],
    measure: 'dear',
    beside: [],
    figures: ['loop', 'loopOfMany'],
  },
})
const loop = (id: string, most: number, than?: string): Goal[] =>
  (['loop', 'loopOfMany'] as const).map((of) => ({ id, of, most, ...(than !== undefined && { than }) }))
const OTHERS: readonly Name[] = ['elysia', 'ws', 'socketio', 'gorilla']
const OPEN: readonly Figure[] = ['cost', 'p50', 'p99', 'p999']
const CLOSED: readonly Figure[] = ['cost', 'perSecond']

export const SCENARIOS: readonly Scenario[] = [
  {
    id: 'quiet',
    title: 'A quiet room: 1,000 people, 50 messages a second, one at a time',
    people: 1_000,
    rooms: 1,
    load: open(50),
    beside: ['bun', 'durable', ...OTHERS],
    figures: OPEN,
    goals: [
      cost('G1', 'bun', 1.1),
      cost('G1', 'ws', 0.65),
      cost('G1', 'socketio', 0.5),
      cost('G1', 'durable', 1.1),
      { ...late('G5', 'bun', 'p50', 1.15), less: 'fsync' },
      { ...late('G5', 'bun', 'p99', 1.3), less: 'fsync' },
      late('G5', 'durable', 'p50', 1.15),
      late('G5', 'durable', 'p99', 1.3),
    ],
  },
  {
    id: 'small',
    title: 'A lively room: 200 people, 200 messages a second',
    people: 200,
    rooms: 1,
    load: open(200),
    beside: ['bun'],
    more: OTHERS,
    figures: OPEN,
    goals: [cost('G2', 'bun', 1.2)],
  },
  {
    id: 'busy',
    title: 'A busy room: 1,000 people, 200 messages a second',
    people: 1_000,
    rooms: 1,
    load: open(200),
    beside: ['bun'],
    more: ['elysia', 'gorilla'],
    figures: OPEN,
    goals: [cost('G4', 'bun', 0.5), { ...late('G4', 'bun', 'p50', 10), apart: true }],
  },
  {
    id: 'full',
    title: 'As fast as it goes: 1,000 people, 16 senders with 2 unfinished messages each',
    people: 1_000,
    rooms: 1,
    load: closed(16, 2),
    beside: ['bun', 'durable', ...OTHERS],
    figures: CLOSED,
    goals: [cost('G3', 'bun', 1.25), cost('G3', 'ws', 1 / 15), cost('G3', 'gorilla', 1 / 3)],
  },
  {
    id: 'fullSmall',
    title: 'As fast as it goes: 100 people, 16 senders with 2 unfinished messages each',
    people: 100,
    rooms: 1,
    load: closed(16, 2),
    beside: ['bun', 'durable'],
    more: OTHERS,
    figures: CLOSED,
    goals: [cost('G10', 'bun', 1.35), cost('G10', 'durable', 1.35)],
  },
  {
    id: 'idle',
    title: 'Nothing said: 10,000 people in 100 rooms',
    people: 10_000,
    rooms: 100,
    load: [],
    beside: ['bun', 'ws', 'gorilla'],
    more: ['elysia', 'socketio'],
    figures: ['bytes', 'connects'],
    goals: [
      { id: 'G6', against: 'bun', of: 'bytes', most: 3.5 },
      { id: 'G6', against: 'ws', of: 'bytes', most: 1.3 },
      { id: 'G6', against: 'gorilla', of: 'bytes', most: 0.5 },
    ],
  },
  {
    id: 'connect',
    title: 'Coming: 2,000 people connect, say hello and get the last 50 messages',
    people: 2_000,
    rooms: 1,
    load: [],
    returning: true,
    beside: ['bun', 'ws'],
    more: ['elysia', 'socketio', 'gorilla'],
    figures: ['connectCost', 'connects'],
    goals: [
      { id: 'G7', against: 'bun', of: 'connectCost', most: 4 },
      { id: 'G7', against: 'ws', of: 'connectCost', most: 1 },
    ],
  },
  {
    id: 'resume',
    title: 'Coming back: 2,000 people connect and have missed nothing',
    people: 2_000,
    rooms: 1,
    load: [],
    returning: true,
    upToDate: true,
    beside: ['bun'],
    figures: ['connectCost', 'connects'],
    goals: [],
  },
  {
    id: 'commit',
    title: 'Written down: 16 people in a room each, 128 messages on their way to the disk',
    people: 16,
    rooms: 16,
    load: closed(16, 8),
    beside: [],
    figures: ['sentPerSecond', 'p50', 'p99'],
    goals: [{ id: 'G11', of: 'sentPerSecond', least: 5_000 }],
  },
  ...[50, 5_000].map((people) => ({
    id: `join${people}`,
    growth: true,
    title: `Joining a room of ${people.toLocaleString('en')} people`,
    people: people + JOINERS,
    rooms: 1,
    load: [],
    measure: 'join' as const,
    beside: [],
    figures: ['joinCost'] as const,
    goals: people > 50 ? [{ id: 'G12', of: 'joinCost' as const, than: 'join50', most: 5 }] : [],
  })),
  {
    id: 'history',
    growth: true,
    title: 'Reading back: pages of 50 anywhere among a million messages, one after the other',
    people: 1,
    rooms: 1,
    load: [],
    measure: 'history',
    beside: [],
    figures: ['p50', 'p95', 'p99'],
    goals: [{ id: 'G13', of: 'p95', most: 2 }],
  },
  dear(
    'dearPage',
    'a page of 50 messages of 12 KB, each with 20 kinds of reactions by 20 people',
    { get: `/api/rooms/${ROOMS.heavy}/messages` },
    loop('G20', 5),
  ),
  dear(
    'dearRooms',
    'the list of rooms, in five of them 10,000 unread',
    { get: '/api/rooms' },
    loop('G21', 1),
  ),
  dear('first', 'a first page, of a room in which 50 messages were said', { join: ROOMS.plain }),
  dear(
    'firstReacted',
    'a first page, 100,000 reactions behind the last message',
    { join: ROOMS.reacted },
    loop('G22', 2, 'first'),
  ),
  dear(
    'firstDeleted',
    'a first page, the last 3,000 messages deleted',
    { join: ROOMS.deleted },
    loop('G22', 2, 'first'),
  ),
  dear(
    'firstHeavy',
    'a first page, 50 messages of 12 KB with 400 reactions each',
    { join: ROOMS.heavy },
    loop('G20', 5),
  ),
  dear('dearRead', 'a thousand people read what is said in their room', { read: ROOMS.plain }, [
    { id: 'G23', of: 'loopOfMany', most: 0.02 },
  ]),
  {
    id: 'burst',
    growth: true,
    title: 'In the browser: 1,000 messages in one turn',
    people: 1,
    rooms: 1,
    load: [],
    measure: 'burst',
    beside: [],
    figures: ['work', 'bare', 'painted'],
    goals: [],
  },
  ...[10, 100, 1_000, 10_000].map((people) => ({
    id: `room${people}`,
    growth: true,
    title: `Growth: one room of ${people.toLocaleString('en')} people`,
    people,
    rooms: 1,
    load: open(Math.min(500, Math.max(4, 40_000 / people))),
    beside: ['bun', 'ws', 'socketio', 'gorilla'] as const,
    figures: ['cost'] as const,
    goals: people === 10_000 ? [grows('room1000')] : [],
  })),
  ...[1, 10, 100, 1_000].map((rooms) => ({
    id: `rooms${rooms}`,
    growth: true,
    title: `Growth: ${rooms.toLocaleString('en')} rooms of 10 people, 500 messages a second in all`,
    people: rooms * 10,
    rooms,
    load: open(500),
    beside: ['bun'] as const,
    figures: ['cost'] as const,
    goals: rooms === 1_000 ? [grows('rooms1')] : [],
  })),
]
