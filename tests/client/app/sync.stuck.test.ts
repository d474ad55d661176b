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

/** Its page is requested on a live connection. */
async function requested() {
  const page = (await atFakeServer()).live()
  page.sync.open('lobby')
  return page
}

/** It is live in the lobby. */
async function inTheLobby() {
  const page = await requested()
  page.wire.say(firstPage([said(1)], { ref: page.refOf() }))
  page.time.pass(SECOND)
  expect(page.stateOf('lobby')).toBe('live')
  return page
}

const rateLimited = (ref: string, after: number) => refusal('rateLimited', { ref }, after)

describe('a room whose join was refused for a time', () => {
  test('[C73] is requested again once a connection in doubt proves alive', async () => {
    const page = await requested()
    page.wire.say(rateLimited(page.refOf(), 2 * SECOND))
    page.sync.socket.probe()
    page.time.pass(2 * SECOND)
    page.wire.say({ type: 'beat', heads: {} })
    expect(page.wire.all('join')).toHaveLength(2)
  })

  test.each(['an earlier', 'a later'])('[C73] gets messages if it was joined by %s answer', async (which) => {
    const page = await requested()
    const first = page.refOf()
    page.time.pass(16 * SECOND)
    const second = page.refOf()
    expect(second).not.toBe(first)
    if (which === 'an earlier')
      page.wire.say(firstPage([said(1)], { ref: first }), rateLimited(second, SECOND))
    else page.wire.say(rateLimited(first, 5 * SECOND), firstPage([said(1)], { ref: second }))
    page.time.pass(SECOND)
    expect(page.stateOf('lobby')).toBe('live')
    page.write('hello')
    await page.stored()
    page.time.pass(5 * SECOND)
    expect(page.wire.all('send')).toHaveLength(1)
  })

  test('[M76] fails no message that was sent behind its join: it is sent again once joined', async () => {
    const page = (await atFakeServer()).live()
    page.write('hello')
    await page.stored()
    page.time.pass(100)
    const [sent] = page.wire.all('send')
    expect(sent?.text).toBe('hello')
    page.wire.say(rateLimited(page.refOf(), 2 * SECOND), refusal('notMember', { nonce: sent?.nonce ?? '' }))
    page.time.pass(SECOND)
    expect(page.wire.all('send')).toHaveLength(1)
    page.time.pass(2 * SECOND)
    expect(page.wire.sent.slice(-2).map(({ type }) => type)).toEqual(['join', 'send'])
  })
})

test('[C74] answers from before a room was left do not count once it is opened again', async () => {
  const page = await requested()
  const first = page.refOf()
  page.sync.leave('lobby')
  page.sync.open('lobby')
  const leave = page.wire.all('leave')[0]?.ref ?? ''
  page.wire.say(
    firstPage([said(1)], { ref: first }),
    { type: 'left', ref: leave, room: 'lobby' },
    rateLimited(page.refOf(), SECOND),
  )
  page.time.pass(500)
  expect(page.stateOf('lobby')).toBe('syncing')
  page.time.pass(SECOND)
  page.wire.say(firstPage([said(1), said(2)], { ref: page.refOf() }))
  page.time.pass(100)
  expect(page.wire.all('join')).toHaveLength(3)
  expect(page.stateOf('lobby')).toBe('live')
})

test('[M76] a refusal of a message that comes after the next join does not fail the message', async () => {
  const page = (await atFakeServer()).live()
  page.write('hello')
  await page.stored()
  const nonce = page.wire.all('send')[0]?.nonce ?? ''
  page.wire.say(rateLimited(page.refOf(), 10))
  page.time.pass(50)
  expect(page.wire.all('join')).toHaveLength(2)
  page.wire.say(refusal('notMember', { nonce }), firstPage([], { ref: page.refOf() }))
  page.time.pass(SECOND)
  page.wire.say({ type: 'ack', nonce, room: 'lobby', seq: 1, id: 'id-1', at: 0 })
  expect(page.sync.outbox.unsentCount).toBe(0)
})

test('[C75] although the clock was set back, a lost last event is fetched, and a join without an answer repeated', async () => {
  const page = await inTheLobby()
  page.wire.say({ type: 'beat', heads: { lobby: 2 } })
  page.time.pass(SECOND)
  for (const joins of [2, 3]) {
    page.time.turn(-3_600 * SECOND)
    page.time.pass(3 * SECOND)
    expect(page.wire.all('join')).toHaveLength(joins)
  }
})

test('[M77] a message is retried in time although the clock was set back an hour', async () => {
  const page = await inTheLobby()
  page.write('hello')
  await page.stored()
  const [sent] = page.wire.all('send')
  page.wire.say(refusal('unavailable', { nonce: sent?.nonce ?? '' }, 2 * SECOND))
  page.time.turn(-3_600 * SECOND)
  page.time.pass(5 * SECOND)
  expect(page.wire.all('send')).toHaveLength(2)
})
