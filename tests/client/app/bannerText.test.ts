import { expect, test } from 'bun:test'
import { connectionBanner, serverFullBanner } from '../../../src/client/app/room/bannerText.ts'
import type { ConnectionState } from '../../../src/client/state/state.ts'
import { NOON } from '../../support/client/aState.ts'

const SECOND = 1_000

const waiting = (more: Partial<Extract<ConnectionState, { state: 'waiting' }>> = {}): ConnectionState => ({
  state: 'waiting',
  since: NOON,
  until: NOON + 6 * SECOND,
  attempt: 2,
  announced: false,
  ...more,
})

test('[U50] nothing is said of a break under two seconds, then one line that counts down', () => {
  expect(connectionBanner(waiting(), false, NOON + 1_999)).toBeNull()
  expect(connectionBanner(waiting(), false, NOON + 2_000)).toEqual({
    text: 'Reconnecting in 4 s',
    retry: true,
  })
  expect(connectionBanner(waiting(), false, NOON + 9_000)).toEqual({
    text: 'Reconnecting in 1 s',
    retry: true,
  })
})

test('[U56] after a drain it waits eight seconds', () => {
  expect(connectionBanner(waiting({ announced: true }), false, NOON + 7_999)).toBeNull()
  expect(connectionBanner(waiting({ announced: true }), false, NOON + 8_000)).not.toBeNull()
})

test('[U50] while connecting it says so, offline that what is written will be sent', () => {
  const connecting: ConnectionState = { state: 'connecting', attempt: 1, since: NOON, announced: false }
  expect(connectionBanner(connecting, false, NOON + 1_000)).toBeNull()
  expect(connectionBanner(connecting, false, NOON + 3_000)?.text).toBe('Connecting…')
  expect(connectionBanner(waiting(), true, NOON + 3_000)?.text).toContain('offline')
})

test.each(['live', 'suspect'] as const)('[U50] %s, there is nothing to say', (state) => {
  expect(connectionBanner({ state }, false, NOON)).toBeNull()
})

test('[O12] a server that can store nothing for two seconds is said, and that what is written is kept', () => {
  expect(serverFullBanner(0, NOON)).toBeNull()
  expect(serverFullBanner(NOON, NOON + 1_999)).toBeNull()
  expect(serverFullBanner(NOON, NOON + 2_000)?.text).toContain('kept here')
})
