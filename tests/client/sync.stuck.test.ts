import { describe, expect, test } from 'bun:test'
import { ERRORS, type ErrorCode } from '../../src/shared/errors.ts'
import type { ServerFrame } from '../../src/shared/protocol.ts'
import { numbers, page, said } from '../support/aState.ts'
import { atFakeServer } from '../support/fakeServer.ts'

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
  at.wire.say(page([said(1)], { ref: refOf(at) }))
  at.time.pass(SECOND)
  expect(at.stateOf('lobby')).toBe('live')
  return at
}

describe('a room that was refused for a time', () => {
  test('[C73] whose time comes while the connection is in doubt is asked for once it is not', async () => {
    const at = await atFakeServer()
    at.live()
    at.sync.open('lobby')
    at.wire.say(refusal('rateLimited', { ref: refOf(at) }, 2 * SECOND))
    at.sync.socket.doubt()
    at.time.pass(2 * SECOND)
    at.wire.say({ type: 'beat', heads: {} })
    expect(at.wire.all('join')).toHaveLength(2)
  })

  test('[C73] when it is in by another answer is written to', async () => {
    const at = await atFakeServer()
    at.live()
    at.sync.open('lobby')
    const first = refOf(at)
    at.time.pass(16 * SECOND)
    const second = refOf(at)
    expect(second).not.toBe(first)
    at.wire.say(page([said(1)], { ref: first }), refusal('rateLimited', { ref: second }, SECOND))
    at.time.pass(SECOND)
    expect(at.stateOf('lobby')).toBe('live')
    at.sync.outbox.add('lobby', 'hello')
    await at.stored()
    at.time.pass(5 * SECOND)
    expect(at.wire.all('send')).toHaveLength(1)
  })

  test('[C73] and is in by a later answer is written to', async () => {
    const at = await atFakeServer()
    at.live()
    at.sync.open('lobby')
    const first = refOf(at)
    at.time.pass(16 * SECOND)
    const second = refOf(at)
    at.wire.say(refusal('rateLimited', { ref: first }, 5 * SECOND), page([said(1)], { ref: second }))
    at.time.pass(SECOND)
    expect(at.stateOf('lobby')).toBe('live')
    at.sync.outbox.add('lobby', 'hello')
    await at.stored()
    at.time.pass(5 * SECOND)
    expect(at.wire.all('send')).toHaveLength(1)
  })

  test('[M76] takes no message down with it: what went behind its join waits until it is in', async () => {
    const at = await atFakeServer()
    at.live()
    at.sync.outbox.add('lobby', 'hello')
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

test('[C74] a room that was let go of while it was asked for, and is opened again, is asked for again', async () => {
  const at = await inTheLobby()
  at.sync.open('slow')
  for (const n of numbers(1, 20)) {
    at.sync.open(`room-${n}`)
    at.wire.say(page([], { room: `room-${n}`, ref: refOf(at, `room-${n}`) }))
    at.time.pass(10)
  }
  expect(at.stateOf('slow')).toBeUndefined()
  const late = refOf(at, 'slow')
  at.sync.open('slow')
  at.wire.say(page([said(1)], { room: 'slow', ref: late }))
  at.time.pass(100)
  at.wire.say(page([said(1)], { room: 'slow', ref: refOf(at, 'slow') }))
  at.time.pass(2 * SECOND)
  expect(at.stateOf('slow')).toBe('live')
})

test('[M77] a clock that is set back an hour holds no message up', async () => {
  const at = await inTheLobby()
  at.sync.outbox.add('lobby', 'hello')
  await at.stored()
  const [sent] = at.wire.all('send')
  at.wire.say(refusal('unavailable', { nonce: sent?.nonce ?? '' }, 2 * SECOND))
  at.time.turn(-3_600 * SECOND)
  at.time.pass(5 * SECOND)
  expect(at.wire.all('send')).toHaveLength(2)
})
