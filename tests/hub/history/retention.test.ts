import { expect, test } from 'bun:test'
import { fakeClock } from '../../support/fakeClock.ts'
import { aHub, settled } from '../../support/hub/aHub.ts'
import { testStore } from '../../support/hub/testStore.ts'

const HOUR = 60 * 60 * 1_000
const DAY = 24 * HOUR

/** A hub that keeps events for two days, on a lobby of `count` messages from so long (ms) before its start. */
async function aHubAfter(count: number, ago: number, retentionDays = 2) {
  const store = testStore()
  const at = fakeClock().now() - ago
  const user = { id: 'u-eve', name: 'Eve' }
  for (let n = 1; n <= count; n += 1)
    await store.commit([
      { kind: 'message', room: 'lobby', id: `id-${n}`, at, user, nonce: `nonce-0${n}`, text: `text ${n}` },
    ])
  const here = await aHub({ store, retentionDays })
  const anHour = async () => {
    here.clock.pass(HOUR)
    here.hub.tick()
    await settled()
  }
  const floor = async () => (await store.room('lobby'))?.floor
  return { ...here, anHour, floor }
}

test('[O27] events older than the days kept are purged in slices, with messages between them; a client below the floor is told', async () => {
  const { hub, clock, guest, connect, floor } = await aHubAfter(300, 2 * DAY + 1)
  await settled()
  expect(await floor()).toBe(201)
  const ada = await guest('Ada', ['lobby'])
  await ada.send('said between two slices')
  clock.pass(25)
  await settled()
  expect(await floor()).toBe(301)
  expect(ada.liveSeqs).toEqual([301])
  await ada.ask(
    { type: 'react', nonce: 'nonce-react', room: 'lobby', target: 'id-10', emoji: '👍', on: true },
    { type: 'send', nonce: 'nonce-answer', room: 'lobby', text: 'to that', replyTo: 'id-10' },
  )
  expect(ada.all('error')).toMatchObject([{ code: 'gone' }, { code: 'gone' }])

  const bob = connect(await hub.sessions.signUp('Bob', 'session of Bob'))
  await bob.member(['lobby'])
  await bob.ask({ type: 'hello', state: 'active', rooms: [{ room: 'lobby', seq: 10, id: 'id-10' }] })
  expect(bob.all('reset')).toMatchObject([{ reason: 'tooOld', floor: 301, head: 301 }])
  expect(bob.all('sync')).toMatchObject([
    { floor: 301, messages: [{ seq: 301, text: 'said between two slices' }], events: [] },
  ])
})

test('[O27] events that grow old while the server runs are purged within the hour, or the next if the disk refuses', async () => {
  const { store, log, anHour, floor } = await aHubAfter(1, 2 * DAY - HOUR / 2)
  store.fail('writes')
  await anHour()
  expect(await floor()).toBe(1)
  expect(log.errors).toContainEqual(['retention', expect.any(Error)])
  store.heal()
  await anHour()
  expect(await floor()).toBe(2)
})

test('[O27] nothing is purged if no days are set', async () => {
  const { anHour, floor } = await aHubAfter(1, 4_000 * DAY, 0)
  await anHour()
  expect(await floor()).toBe(1)
})
