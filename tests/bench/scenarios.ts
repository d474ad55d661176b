/** The loads, and the goals of each. A run is one server under one load, in a process of its own. */
import type { Figure } from './figures.ts'
import type { Name } from './servers.ts'

/** The median of a figure, or of its ratios to another server's or to Hubbub's under another load (`than`). */
export interface Goal {
  id: string
  figure: Figure
  max?: number
  min?: number
  against?: Name
  than?: string
}

/** People who join a room one after the other. */
export const JOINERS = 100

interface Load {
  id: string
  title: string
  people: number
  figures: readonly Figure[]
  /** the rooms over which people are spread; 1 if left out */
  rooms?: number
  /** arguments of the generator; left out: connect and hold */
  load?: readonly string[]
  /** servers measured beside Hubbub */
  beside?: readonly Name[]
  goals?: readonly Goal[]
  /** takes minutes: only with `--write` */
  isLong?: boolean
  /** measured in another way than by the generator's load; of Hubbub alone */
  measure?: 'join' | 'history'
  /** all people have connected once before */
  isReturning?: boolean
  /** all people already hold the newest position */
  isUpToDate?: boolean
}
export type Scenario = Load & Required<Pick<Load, 'rooms' | 'load' | 'beside' | 'goals'>>

const open = (rate: number) => `--mode rate --rate ${rate} --senders 50`.split(' ')
const closed = (senders: number, window: number) =>
  `--mode sat --senders ${senders} --window ${window}`.split(' ')
const atMost = (id: string, figure: Figure, max: number, against: Name) => ({ id, figure, max, against })
const PEERS: readonly Name[] = ['bun', 'durable', 'elysia', 'ws', 'socketio', 'gorilla']
const OPEN: readonly Figure[] = ['cost', 'p50', 'p99', 'p999']
const CLOSED: readonly Figure[] = ['cost', 'perSecond']

const LOADS: readonly Load[] = [
  {
    id: 'quiet',
    title: 'A quiet room: 1,000 people, 50 messages a second, one at a time',
    people: 1_000,
    load: open(50),
    beside: PEERS,
    figures: OPEN,
    goals: [
      atMost('G1', 'cost', 1.1, 'bun'),
      atMost('G1', 'cost', 0.65, 'ws'),
      atMost('G1', 'cost', 0.5, 'socketio'),
      atMost('G1', 'cost', 1.1, 'durable'),
      atMost('G5', 'p50', 1.15, 'durable'),
      atMost('G5', 'p99', 1.3, 'durable'),
    ],
  },
  {
    id: 'small',
    title: 'A lively room: 200 people, 200 messages a second',
    people: 200,
    load: open(200),
    beside: ['bun'],
    figures: OPEN,
    goals: [atMost('G2', 'cost', 1.2, 'bun')],
  },
  {
    id: 'busy',
    title: 'A busy room: 1,000 people, 200 messages a second',
    people: 1_000,
    load: open(200),
    beside: ['bun'],
    figures: OPEN,
    goals: [atMost('G4', 'cost', 0.5, 'bun')],
  },
  {
    id: 'full',
    title: 'As fast as it goes: 1,000 people, 16 senders with 2 unfinished messages each',
    people: 1_000,
    load: closed(16, 2),
    beside: PEERS,
    figures: CLOSED,
    goals: [
      atMost('G3', 'cost', 1.25, 'bun'),
      atMost('G3', 'cost', 1 / 15, 'ws'),
      atMost('G3', 'cost', 1 / 3, 'gorilla'),
    ],
  },
  {
    id: 'fullSmall',
    title: 'As fast as it goes: 100 people, 16 senders with 2 unfinished messages each',
    people: 100,
    load: closed(16, 2),
    beside: ['bun', 'durable'],
    figures: CLOSED,
    goals: [atMost('G10', 'cost', 1.35, 'bun'), atMost('G10', 'cost', 1.35, 'durable')],
  },
  {
    id: 'idle',
    title: 'Nothing said: 10,000 people in 100 rooms',
    people: 10_000,
    rooms: 100,
    beside: ['bun', 'ws', 'gorilla'],
    figures: ['bytes', 'connects'],
    goals: [
      atMost('G6', 'bytes', 3.5, 'bun'),
      atMost('G6', 'bytes', 1.7, 'ws'),
      atMost('G6', 'bytes', 0.5, 'gorilla'),
    ],
  },
  {
    id: 'connect',
    title: 'Coming: 2,000 people connect, say hello and get the last 50 messages',
    people: 2_000,
    isReturning: true,
    beside: ['bun', 'ws'],
    figures: ['connectCost', 'connects'],
    goals: [atMost('G7', 'connectCost', 4, 'bun'), atMost('G7', 'connectCost', 1, 'ws')],
  },
  {
    id: 'resume',
    title: 'Coming back: 2,000 people connect and have missed nothing',
    people: 2_000,
    isReturning: true,
    isUpToDate: true,
    beside: ['bun'],
    figures: ['connectCost', 'connects'],
  },
  {
    id: 'commit',
    title: 'Written to disk: 16 people in a room each, 128 messages under way',
    people: 16,
    rooms: 16,
    load: closed(16, 8),
    figures: ['sentPerSecond', 'p50', 'p99'],
    goals: [{ id: 'G11', figure: 'sentPerSecond', min: 5_000 }],
  },
  {
    id: 'history',
    isLong: true,
    title: 'Reading back: pages of 50 anywhere among a million messages, one after the other',
    people: 1,
    measure: 'history',
    figures: ['p50', 'p95', 'p99'],
    goals: [{ id: 'G13', figure: 'p95', max: 2 }],
  },
  ...[50, 5_000].map((people) => ({
    id: `join${people}`,
    isLong: true,
    title: `Joining a room of ${people.toLocaleString('en')} people`,
    people: people + JOINERS,
    measure: 'join' as const,
    figures: ['joinCost'] as const,
    goals: people > 50 ? [{ id: 'G12', figure: 'joinCost' as const, than: 'join50', max: 5 }] : [],
  })),
  ...[1_000, 10_000].map((people) => ({
    id: `room${people}`,
    isLong: true,
    title: `Growth: one room of ${people.toLocaleString('en')} people`,
    people,
    load: open(40_000 / people),
    beside: ['bun', 'ws', 'socketio', 'gorilla'] as const,
    figures: ['cost'] as const,
    goals: people > 1_000 ? [{ id: 'G14', figure: 'cost' as const, than: 'room1000', max: 1.2 }] : [],
  })),
  ...[1, 1_000].map((rooms) => ({
    id: `rooms${rooms}`,
    isLong: true,
    title: `Growth: ${rooms.toLocaleString('en')} rooms of 10 people, 500 messages a second in all`,
    people: rooms * 10,
    rooms,
    load: open(500),
    beside: ['bun'] as const,
    figures: ['cost'] as const,
    goals: rooms > 1 ? [{ id: 'G14', figure: 'cost' as const, than: 'rooms1', max: 1.2 }] : [],
  })),
]

export const SCENARIOS: readonly Scenario[] = LOADS.map((load) => ({
  ...{ rooms: 1, load: [], beside: [], goals: [] },
  ...load,
}))
