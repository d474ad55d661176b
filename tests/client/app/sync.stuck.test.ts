import { describe, expect, test } from 'bun:test'
import { ERRORS, type ErrorCode } from '../../../src/shared/errors.ts'
import type { ServerFrame } from '../../../src/shared/protocol.ts'
import { firstPage, said } from '../../support/client/aState.ts'
import { atFakeServer } from '../../support/client/fakeServer.ts'

const SECOND = 1_000

function refusal(code: ErrorCode, to: { ref: string } | { nonce: string }, after?: number): ServerFrame {
  const { message, retry } = ERRORS[code]
  return { type: 'error', code, message, retry, ...to, ...(after !== undefined && { after }) }
}

type At = Awaited<ReturnType<typeof atFakeServer>>

/** The ref of the last join of a room. */
const refOf = ({ wire }: At, room = 'lobby') =>
  wire.all('join').findLast((join) => join.room === room)?.ref ?? ''

/** It is live in the lobby. */
async function inTheLobby() {
  const at = await atFakeServer()
  at.live()
  at.sync.open('lobby')
  at.wire.say(firstPage([said(1)], { ref: refOf(at) }))
  at.time.pass(SECOND)
  expect(at.stateOf('lobby')).toBe('live')
  return at
}

const late = (ref: string, after: number) => refusal('rateLimited', { ref }, after)

describe('a room that was refused for a time', () => {
  test('[C73] whose time comes while the connection is in doubt is asked for once it is not', async () => {
    const at = await atFakeServer()
    at.live()
    at.sync.open('lobby')
    at.wire.say(refusal('rateLimited', { ref: refOf(at) }, 2 * SECOND))
    at.sync.socket.probe()
    at.time.pass(2 * SECOND)
    at.wire.say({ type: 'beat', heads: {} })
    expect(at.wire.all('join')).toHaveLength(2)
  })

  test.each([
    [
      'an earlier',
      (first: string, second: string) => [firstPage([said(1)], { ref: first }), late(second, SECOND)],
    ],
    [
      'a later',
      (first: string, second: string) => [late(first, 5 * SECOND), firstPage([said(1)], { ref: second })],
    ],
  ])('[C73] and is in by %s answer is written to', async (_which, answers) => {
    const at = await atFakeServer()
    at.live()
    at.sync.open('lobby')
    const first = refOf(at)
    at.time.pass(16 * SECOND)
    const second = refOf(at)
    expect(second).not.toBe(first)
    at.wire.say(...answers(first, second))
    at.time.pass(SECOND)
    expect(at.stateOf('lobby')).toBe('live')
    at.sync.outbox.enqueue('lobby', { kind: 'message', text: 'hello' })
    await at.stored()
    at.time.pass(5 * SECOND)
    expect(at.wire.all('send')).toHaveLength(1)
  })

  test('[M76] takes no message down with it: what went behind its join waits until it is in', async () => {
    const at = await atFakeServer()
    at.live()
    at.sync.outbox.enqueue('lobby', { kind: 'message', text: 'hello' })
    await at.stored()
    at.time.pass(100)
    const [sent] = at.wire.all('send')
    expect(sent?.text).toBe('hello')
    at.wire.say(
      refusal('rateLimited', { ref: refOf(at) }, 2 * SECOND),
      refusal('notMember', { nonce: sent?.nonce ?? '' }),
    )
    at.time.pass(SECOND)
    expect(at.wire.all('send')).toHaveLength(1)
    at.time.pass(2 * SECOND)
    expect(at.wire.sent.slice(-2).map(({ type }) => type)).toEqual(['join', 'send'])
  })
})

test('[C74] what is said of a room before it is left does not count once it is opened again', async () => {
  const at = await atFakeServer()
  at.live()
  at.sync.open('lobby')
  const first = refOf(at)
  at.sync.leave('lobby')
  at.sync.open('lobby')
  const leave = at.wire.all('leave')[0]?.ref ?? ''
  at.wire.say(
    firstPage([said(1)], { ref: first }),
    { type: 'left', ref: leave, room: 'lobby' },
    refusal('rateLimited', { ref: refOf(at) }, SECOND),
  )
  at.time.pass(500)
  expect(at.stateOf('lobby')).toBe('syncing')
  at.time.pass(SECOND)
  at.wire.say(firstPage([said(1), said(2)], { ref: refOf(at) }))
  at.time.pass(100)
  expect(at.wire.all('join')).toHaveLength(3)
  expect(at.stateOf('lobby')).toBe('live')
})

test('[M76] an answer to a message that overtakes the next join takes it down no more than the first', async () => {
  const at = await atFakeServer()
  at.live()
  at.sync.outbox.enqueue('lobby', { kind: 'message', text: 'hello' })
  await at.stored()
  const nonce = at.wire.all('send')[0]?.nonce ?? ''
  at.wire.say(refusal('rateLimited', { ref: refOf(at) }, 10))
  at.time.pass(50)
  expect(at.wire.all('join')).toHaveLength(2)
  at.wire.say(refusal('notMember', { nonce }), firstPage([], { ref: refOf(at) }))
  at.time.pass(SECOND)
  at.wire.say({ type: 'ack', nonce, room: 'lobby', seq: 1, id: 'id-1', at: 0 })
  expect(at.sync.outbox.unsentCount).toBe(0)
})

test('[C75] a last event lost before the clock was set back is fetched', async () => {
  const at = await inTheLobby()
  at.wire.say({ type: 'beat', heads: { lobby: 2 } })
  at.time.pass(SECOND)
  at.time.turn(-3_600 * SECOND)
  at.time.pass(3 * SECOND)
  expect(at.wire.all('join')).toHaveLength(2)
})

test('[C75] a join without an answer is asked again, though the clock was set back', async () => {
  const at = await atFakeServer()
  at.live()
  at.sync.open('lobby')
  at.time.turn(-3_600 * SECOND)
  at.time.pass(16 * SECOND)
  expect(at.wire.all('join').length).toBeGreaterThan(1)
})

test('[M77] a clock that is set back an hour holds no message up', async () => {
  const at = await inTheLobby()
  at.sync.outbox.enqueue('lobby', { kind: 'message', text: 'hello' })
  await at.stored()
  const [sent] = at.wire.all('send')
  at.wire.say(refusal('unavailable', { nonce: sent?.nonce ?? '' }, 2 * SECOND))
  at.time.turn(-3_600 * SECOND)
  at.time.pass(5 * SECOND)
  expect(at.wire.all('send')).toHaveLength(2)
})
