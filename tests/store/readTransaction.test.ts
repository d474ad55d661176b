import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { aTemporaryDir, draft, open } from './support/scene.ts'

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

test('[K55] what is read in one turn of the loop while nothing is written is of one moment, and the next turn has its own', async () => {
  const dir = aTemporaryDir()
  const store = await open(dir)
  const other = new Database(join(dir, 'hubbub.db'), { readwrite: true })
  const topic = async () => (await store.room('lobby'))?.topic
  expect(await topic()).toBe('')
  other.run(`UPDATE rooms SET topic = 'tea'`)
  expect(await topic()).toBe('')
  expect(await store.roomsAfter('', 100)).toEqual([expect.objectContaining({ topic: '' })])
  await turn()
  expect(await topic()).toBe('tea')
  other.close()
  await store.close()
})

test('[K55] whoever hears that something was written reads it, also who read a moment before', async () => {
  const store = await open(aTemporaryDir())
  let answered = 0
  for (let said = 1; said <= 300; said += 1) {
    let heard = false
    const written = store.commit([draft(`text ${said}`)]).then(async () => {
      heard = true
      expect((await store.room('lobby'))?.head).toBe(said)
      answered += 1
    })
    while (!heard) {
      await store.room('lobby')
      await Bun.sleep(0)
    }
    await written
  }
  expect(answered).toBe(300)
  await store.close()
})

test('[K55] who reads in every turn does not keep what was written from leaving the WAL', async () => {
  const dir = aTemporaryDir()
  const store = await open(dir)
  let talking = true
  const reading = (async () => {
    while (talking) {
      for (let n = 0; n < 20; n += 1) {
        await store.room('lobby')
        await store.memberships('0a')
        await store.events('lobby', 0, 50)
      }
      await Bun.sleep(0)
    }
  })()
  for (let said = 0; said < 500; said += 1) await store.commit([draft('x'.repeat(300)), draft('y')])
  talking = false
  await reading
  expect(statSync(join(dir, 'hubbub.db-wal')).size).toBeLessThan(12 * 1024 * 1024)
  await store.close()
}, 60_000)
