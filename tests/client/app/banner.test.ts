import { expect, test } from 'bun:test'
import { bannerOf } from '../../../src/client/app/room/banner.ts'
import type { ConnectionState } from '../../../src/client/state/state.ts'
import { NOON } from '../../support/client/aState.ts'

const SECOND = 1_000
const quiet = {
  connection: { state: 'live' },
  offline: false,
  serverFullSince: 0,
  rateLimitedUntil: 0,
} as const
const after = (ms: number, connection: ConnectionState, offline = false) =>
  bannerOf({ ...quiet, connection, offline }, NOON + ms)

const waiting = (announced = false): ConnectionState => ({
  state: 'waiting',
  since: NOON,
  until: NOON + 6 * SECOND,
  attempt: 2,
  announced,
})
const connecting: ConnectionState = { state: 'connecting', attempt: 1, since: NOON, announced: false }

test('[U50] a break shows after two seconds, then counts down to the next attempt', () => {
  expect(after(1_999, waiting())).toBeNull()
  expect(after(2_000, waiting())).toMatchObject({ text: expect.stringContaining('4 s'), offersRetry: true })
  expect(after(9_000, waiting())).toMatchObject({ text: expect.stringContaining('1 s'), offersRetry: true })
  expect(after(1_000, connecting)).toBeNull()
  expect(after(3_000, connecting)).not.toHaveProperty('offersRetry')
  expect(after(3_000, waiting(), true)).not.toHaveProperty('offersRetry')
})

test('[U187] blocked WebSockets are named in place of the countdown, and can be tried at once', () => {
  const isBlocked = { isBlocked: true } as const
  const text = expect.stringContaining('WebSockets') as string
  const [wait, attempt] = [waiting(), connecting].map(
    (state) => ({ ...state, ...isBlocked }) as ConnectionState,
  )
  expect(after(3_000, wait ?? connecting)).toEqual({ text, isLost: true, offersRetry: true })
  expect(after(3_000, attempt ?? connecting)).toEqual({ text, isLost: true })
  expect(after(3_000, wait ?? connecting, true)).not.toMatchObject({ text })
})

test('[U56] a break that the server announced shows after eight seconds', () => {
  expect(after(7_999, waiting(true))).toBeNull()
  expect(after(8_000, waiting(true))).not.toBeNull()
})

test.each(['live', 'suspect'] as const)('[U50] while the connection is %s there is no banner', (state) => {
  expect(after(0, { state })).toBeNull()
})

test('[O12] a server that cannot store for two seconds is shown, but a lost connection comes first', () => {
  const full = { ...quiet, serverFullSince: NOON }
  expect(bannerOf(full, NOON + 1_999)).toBeNull()
  const banner = bannerOf(full, NOON + 2_000)
  expect(banner).not.toBeNull()
  expect(bannerOf({ ...full, connection: connecting }, NOON + 2_000)).not.toEqual(banner)
})
