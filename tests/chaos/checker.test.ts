import { expect, test } from 'bun:test'
import { check, type History, type Operation, type Shown, type Witness } from './checker.ts'
import { chance } from './random.ts'

const event = (seq: number, text = `ada-${seq - 1}`): Shown => ({
  seq,
  id: `id-${seq}`,
  kind: 'message',
  nonce: `nonce-${text}`,
  text,
})

const sent = (order: number, more: Partial<Operation> = {}): Operation => ({
  id: `ada-${order}`,
  sender: 'ada',
  room: 'lobby',
  nonce: `nonce-ada-${order}`,
  order,
  outcome: 'acked',
  seq: order + 1,
  event: `id-${order + 1}`,
  ...more,
})

const EVENTS = [event(1), event(2), event(3)]
const OPERATIONS = [sent(0), sent(1), sent(2)]

function aHistory(more: Partial<History> = {}, bob: Partial<Witness> = {}): History {
  return {
    operations: OPERATIONS,
    witnesses: [
      { name: 'bob', rooms: new Map([['lobby', EVENTS]]), resets: [], errors: [], misdrawn: [], ...bob },
    ],
    log: new Map([['lobby', { head: 3, events: EVENTS }]]),
    ...more,
  }
}
const withOperations = (...operations: Operation[]) => aHistory({ operations })
const withLog = (events: Shown[], head = 3) => aHistory({ log: new Map([['lobby', { head, events }]]) })
const withRows = (...rows: Shown[]) => aHistory({}, { rooms: new Map([['lobby', rows]]) })
const withReset = (reason: 'ahead' | 'tooOld', behind: number) =>
  aHistory({}, { resets: [{ room: 'lobby', reason, behind }] })

test('[R17] the checker finds nothing in a right history', () => {
  for (const history of [aHistory(), withRows(event(2), event(3)), withReset('tooOld', 1_001)])
    expect(check(history)).toEqual([])
})

test.each<[string, string, History]>([
  ['A', 'an acknowledged message is missing', withOperations(...OPERATIONS, sent(3))],
  ['A', 'a message is stored twice', withLog([event(1), event(2), event(3, 'ada-1')])],
  ['A', 'an ack named another seq', withOperations(sent(0), sent(1), sent(2, { seq: 2 }))],
  ['B', 'a seq is missing', withLog([event(1), event(3)])],
  ['B', 'the head is wrong', withLog(EVENTS, 4)],
  ['C', 'a row is missing', withRows(event(1), event(3))],
  ['C', 'a row is doubled', withRows(event(1), event(2), event(2), event(3))],
  ['C', 'the last row is missing', withRows(event(1), event(2))],
  ['C', 'rows are in another order', withRows(event(2), event(1), event(3))],
  ['C', 'a row has another text', withRows(event(1), event(2, 'forged'), event(3))],
  ['C', 'nothing is shown', withRows()],
  ['D', 'a message never ended', withOperations(sent(0), sent(1), sent(2, { outcome: 'open' }))],
  [
    'D',
    'a message failed without a reason',
    withOperations(sent(0), sent(1), sent(2, { outcome: 'failed' })),
  ],
  [
    'E',
    'one sender’s order is reversed',
    withOperations(sent(0, { order: 1 }), sent(1, { order: 0 }), sent(2)),
  ],
  ['F', 'a reset was not provoked', withReset('ahead', -1)],
  ['F', 'little was missed before a reset', withReset('tooOld', 1_000)],
  ['F', 'an error is not in the protocol', aHistory({}, { errors: ['oops'] })],
])('[R17] the checker reports %s if %s', (letter, _fault, history) => {
  expect(check(history).map((sentence) => sentence[0])).toContain(letter)
})

test('[R17] the same seed draws the same faults', () => {
  const draw = (seed: number) => Array.from({ length: 5 }, chance(seed).fork('proxy').next)
  expect(draw(7)).toEqual(draw(7))
  expect(draw(7)).not.toEqual(draw(8))
})
