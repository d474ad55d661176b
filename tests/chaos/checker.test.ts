import { describe, expect, test } from 'bun:test'
import { check, type History, type Operation, type Shown } from './checker.ts'
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

/** Ada said three things, all is well; each test breaks one thing. */
function aHistory(more: Partial<History> = {}, rows: Shown[] = [event(1), event(2), event(3)]): History {
  return {
    operations: [sent(0), sent(1), sent(2)],
    witnesses: [{ name: 'bob', rooms: new Map([['lobby', rows]]), resets: [], errors: [], misdrawn: [] }],
    log: new Map([['lobby', { head: 3, events: [event(1), event(2), event(3)] }]]),
    ...more,
  }
}

describe('the history checker', () => {
  test('[R17] finds nothing in a history that is right', () => {
    expect(check(aHistory())).toEqual([])
    expect(check(aHistory({}, [event(2), event(3)]))).toEqual([])
    const late = [{ room: 'lobby', reason: 'tooOld' as const, behind: 1_001 }]
    expect(check(aHistory({ witnesses: [{ ...bob(), resets: late }] }))).toEqual([])
  })

  test.each([
    ['A', 'what was acknowledged is missing', aHistory({ operations: [sent(0), sent(1), sent(2), sent(3)] })],
    [
      'A',
      'an operation is stored twice',
      aHistory({ log: new Map([['lobby', { head: 3, events: [event(1), event(2), event(3, 'ada-1')] }]]) }),
    ],
    ['A', 'an ack named another place', aHistory({ operations: [sent(0), sent(1), sent(2, { seq: 2 })] })],
    [
      'B',
      'a seq is missing',
      aHistory({ log: new Map([['lobby', { head: 3, events: [event(1), event(3)] }]]) }),
    ],
    [
      'B',
      'the head is wrong',
      aHistory({ log: new Map([['lobby', { head: 4, events: [event(1), event(2), event(3)] }]]) }),
    ],
    ['C', 'a row is missing', aHistory({}, [event(1), event(3)])],
    ['C', 'a row is doubled', aHistory({}, [event(1), event(2), event(2), event(3)])],
    ['C', 'the last row is missing', aHistory({}, [event(1), event(2)])],
    ['C', 'rows are in another order', aHistory({}, [event(2), event(1), event(3)])],
    ['C', 'a row has other words', aHistory({}, [event(1), event(2, 'forged'), event(3)])],
    ['C', 'nothing is shown', aHistory({}, [])],
    ['D', 'a send never ended', aHistory({ operations: [sent(0), sent(1), sent(2, { outcome: 'open' })] })],
    [
      'D',
      'a send failed without a reason',
      aHistory({ operations: [sent(0), sent(1), sent(2, { outcome: 'failed' })] }),
    ],
    [
      'E',
      'one sender’s order is turned round',
      aHistory({ operations: [sent(0, { order: 1 }), sent(1, { order: 0 }), sent(2)] }),
    ],
    [
      'F',
      'a reset nobody provoked',
      aHistory({ witnesses: [{ ...bob(), resets: [{ room: 'lobby', reason: 'ahead', behind: -1 }] }] }),
    ],
    [
      'F',
      'a reset though little was missed',
      aHistory({ witnesses: [{ ...bob(), resets: [{ room: 'lobby', reason: 'tooOld', behind: 1_000 }] }] }),
    ],
    [
      'F',
      'an error that is none of the protocol’s',
      aHistory({ witnesses: [{ ...bob(), errors: ['oops'] }] }),
    ],
  ] as const)('[R17] %s: says so when %s', (letter, _what, history) => {
    expect(check(history).map((sentence) => sentence[0])).toContain(letter)
  })

  test('[R17] the same seed draws the same faults', () => {
    const draw = (seed: number) => Array.from({ length: 5 }, chance(seed).fork('proxy').next)
    expect(draw(7)).toEqual(draw(7))
    expect(draw(7)).not.toEqual(draw(8))
  })
})

function bob() {
  return {
    name: 'bob',
    rooms: new Map([['lobby', [event(1), event(2), event(3)]]]),
    resets: [],
    errors: [],
    misdrawn: [],
  }
}
