import { expect, test } from 'bun:test'
import type { Draft } from '../../../src/hub/ports.ts'
import { aHub, settled } from '../../support/hub/aHub.ts'
import { fakeClock } from '../../support/fakeClock.ts'
import { testStore } from '../../support/hub/testStore.ts'

const HOUR = 60 * 60 * 1_000
const DAY = 24 * HOUR
const START = fakeClock().now()

const said = (n: number, at: number): Draft => ({
  kind: 'message',
  room: 'lobby',
  id: `id-${n}`,
  at,
  user: { id: 'u-eve', name: 'Eve' },
  nonce: `nonce-0${n}`,
  text: `text ${n}`,
})

/** A hub that keeps two days, on a lobby of `count` messages from so long (ms) before its start. */
async function aHubAfter(count: number, ago: number, retentionDays = 2) {
  const store = testStore()
  await store.commit(Array.from({ length: count }, (_, n) => said(n + 1, START - ago)))
  const here = await aHub({ store, retentionDays })
  /** The hub ticks each second of an hour. */
  const anHour = async () => {
    for (let second = 0; second < 3_600; second += 1) {
      here.clock.pass(1_000)
      here.hub.tick()
    }
    await settled()
  }
  const floor = async () => (await store.room('lobby'))?.floor
  return { ...here, anHour, floor }
}

test('[O27] what is older than the days kept goes a slice at a time; what is said goes between, and who is back is told', async () => {
  const { hub, clock, guest, connect, floor } = await aHubAfter(300, 2 * DAY + 1)
  await settled()
  expect(await floor()).toBe(201)
  const ada = await guest('Ada', ['lobby'])
  await ada.send('said between two slices')
  clock.pass(25)
  await settled()
  expect(await floor()).toBe(301)
  expect(ada.connection.all('event').map(({ seq }) => seq)).toEqual([301])
  // What is below the floor can be neither reacted to nor answered.
  const below = { room: 'lobby', target: 'id-10' }
  ada.say({ type: 'react', nonce: 'nonce-react', ...below, emoji: '👍', on: true })
  ada.say({ type: 'send', nonce: 'nonce-answer', room: 'lobby', text: 'to that', replyTo: 'id-10' })
  await settled()
  expect(ada.connection.all('error')).toMatchObject([
    { nonce: 'nonce-react', code: 'gone' },
    { nonce: 'nonce-answer', code: 'gone' },
  ])

  const bob = connect(await hub.sessions.signUp('Bob', 'session of Bob'))
  await bob.member(['lobby'])
  bob.say({ type: 'hello', state: 'active', rooms: [{ room: 'lobby', seq: 10, id: 'id-10' }] })
  await settled()
  expect(bob.connection.all('reset')).toMatchObject([{ reason: 'tooOld', floor: 301, head: 301 }])
  expect(bob.connection.all('sync')).toMatchObject([
    { floor: 301, messages: [{ seq: 301, text: 'said between two slices' }], events: [] },
  ])
})

test('[O27] what grows old while the server runs goes within the hour, or the next if the disk refuses', async () => {
  const { store, log, anHour, floor } = await aHubAfter(1, 2 * DAY - HOUR / 2)
  store.fail('writes')
  await anHour()
  expect(await floor()).toBe(1)
  expect(log.errors).toContainEqual(['retention', expect.any(Error)])
  store.heal()
  await anHour()
  expect(await floor()).toBe(2)
})

test('[O27] nothing is ever taken where no days are set', async () => {
  const { anHour, floor } = await aHubAfter(1, 4_000 * DAY, 0)
  await anHour()
  expect(await floor()).toBe(1)
})
