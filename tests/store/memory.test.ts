import { expect, test } from 'bun:test'
import { ChatError } from '../../src/shared/errors.ts'
import { memoryStore } from '../support/hub/memoryStore.ts'
import { ada, draft, guest, NEVER } from './support/scene.ts'

test('[K32] a store in memory that is paused does what it was asked in order, once it may', async () => {
  const store = memoryStore()
  await store.addGuest(guest('Ada', { id: ada.id }), NEVER)
  store.pause()
  const asked = [
    store.commit([draft('a')]),
    store.addMember('lobby', ada.id, 'guest', 1),
    store.commit([draft('b')]),
  ]
  expect(await store.room('lobby')).toMatchObject({ head: 0 })
  store.resume()
  expect(await Promise.all(asked)).toMatchObject([
    [{ event: { seq: 1 } }],
    { readSeq: 1 },
    [{ event: { seq: 2 } }],
  ])
})

test('[K34] while the disk fails a commit answers failed and all else is unavailable; then the same works', async () => {
  const store = memoryStore()
  const said = draft('a')
  store.fail('writes')
  store.fail('reads')
  expect(await store.commit([said, draft('b')])).toEqual([{ result: 'failed' }, { result: 'failed' }])
  for (const asked of [store.addMember('lobby', ada.id, 'guest', 1), store.events('lobby', 0, 9)]) {
    const refusal: unknown = await asked.catch((error: unknown) => error)
    expect(refusal instanceof ChatError && refusal.code).toBe('unavailable')
  }
  store.heal()
  expect(await store.commit([said])).toMatchObject([{ result: 'stored', event: { seq: 1 } }])
})
