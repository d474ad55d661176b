import { expect, test } from 'bun:test'
import { BatchPace } from '../../../src/hub/messages/batchPace.ts'
import { aHub, settled, UNLIMITED } from '../../support/hub/aHub.ts'

test.each([
  ['a quiet room, even a large one', 50, 1_000, 0],
  ['many messages to few connections', 1_000, 10, 0],
  ['200 messages a second to 200 connections', 200, 200, 20],
  ['200 messages a second to 1,000 connections', 200, 1_000, 25],
])('[M18] after %s the next batch waits as long as the load needs', (_load, perSecond, connections, wait) => {
  const pace = new BatchPace()
  for (let n = 1; n <= 5 * perSecond; n += 1) {
    pace.batchBegins((n * 1_000) / perSecond)
    pace.record((n * 1_000) / perSecond, 1, connections)
  }
  expect(pace.wait(5_000)).toBe(wait)
})

test('[M18] batches begin at once when the load has ended', () => {
  const pace = new BatchPace()
  pace.batchBegins(0)
  pace.record(0, 1_000, 1_000_000)
  expect([pace.wait(5), pace.wait(24), pace.wait(25), pace.wait(3_000)]).toEqual([20, 1, 0, 0])
})

test('[M18] the messages of one tick share a batch; 32 messages end the tick', async () => {
  const { guest, connect, store, clock } = await aHub({ limits: UNLIMITED })
  const ada = await guest('Ada', ['lobby'])
  for (let n = 0; n < 200; n += 1) await connect(ada.self).hello(['lobby'])
  for (let n = 0; n < 6; n += 1) {
    await ada.sendMany(60)
    clock.pass(20)
    await settled()
  }
  clock.pass(25)
  const before = store.batches.length
  for (let n = 0; n < 3; n += 1) await ada.send('hi')
  expect(store.batches.slice(before)).toEqual([1])
  clock.pass(20)
  await settled()
  expect(store.batches.slice(before)).toEqual([1, 2])
  await ada.sendMany(40)
  expect(store.batches.slice(before)).toEqual([1, 2, 32])
})
