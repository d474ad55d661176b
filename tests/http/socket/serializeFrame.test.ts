import { expect, test } from 'bun:test'
import { serializeFrame } from '../../../src/http/socket/serializeFrame.ts'
import type { Person, RoomEvent } from '../../../src/shared/model.ts'
import type { FirstPage, MissedPage, ServerFrame } from '../../../src/shared/protocol.ts'

const user = { id: 'u-ada', name: 'Ada "}]' }
const events: readonly RoomEvent[] = [1, 2].map((seq) => ({
  kind: 'message',
  seq,
  id: `id-${seq}`,
  at: seq,
  user,
  nonce: `nonce-${seq}`,
  text: '{"type":"sync"}',
}))
const people: Person[] = [
  { ...user, state: 'active' },
  { id: 'u-bob', name: 'Bob', state: 'idle' },
]
const page = { type: 'sync', room: 'lobby', events, head: 2, floor: 1, more: true } as const
const you = { role: 'guest', readSeq: 1, unread: 1, mentions: 0 } as const
const last = { ...page, more: false, members: { version: 3, count: 2, full: people }, you } as const

const first = {
  ...last,
  at: { seq: 2, id: 'id-2' },
  messages: events.flatMap((event) => (event.kind === 'message' ? event : [])),
  mine: { 'id-1': ['👍'] },
  events: [],
  older: false,
} as const

test.each<[string, FirstPage | MissedPage]>([
  ['a first page', first],
  ['the first page for somebody else', { ...first, mine: {}, older: true }],
  ['a page', page],
  ['one that was asked for by name', { ...page, ref: 'ref' }],
  ['one without events', { ...page, events: [] }],
  ['the last page', last],
  ['the last page once more', last],
  ['one for somebody else', { ...last, members: { ...last.members, full: people.slice(1) } }],
  ['one of an empty room', { ...last, events: [], members: { version: 0, count: 0, full: [] } }],
])('[C9] %s is written as what it is', (_what, frame) => {
  expect(JSON.parse(serializeFrame(frame))).toEqual(JSON.parse(JSON.stringify(frame)))
})

test('[F20] any other frame is its JSON', () => {
  const frame: ServerFrame = { type: 'beat', heads: { lobby: 2 } }
  expect(serializeFrame(frame)).toBe('{"type":"beat","heads":{"lobby":2}}')
})
