import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { statSync } from 'node:fs'
import { databaseIn } from '../../src/store/sqlite/dataDirectory.ts'
import { draft, open } from './support/scene.ts'
import { aTemporaryDir } from './support/world.ts'

test('[K55] reads of one turn of the loop see one moment, and the next turn sees what was written meanwhile', async () => {
  const dir = aTemporaryDir()
  const store = await open(dir)
  using other = new Database(databaseIn(dir), { readwrite: true })
  const topic = async () => (await store.room('lobby'))?.topic
  expect(await topic()).toBe('')
  other.run(`UPDATE rooms SET topic = 'tea'`)
  expect(await topic()).toBe('')
  expect(await store.roomsAfter('', 100)).toMatchObject([{ topic: '' }])
  await new Promise((resolve) => setImmediate(resolve))
  expect(await topic()).toBe('tea')
  await store.close()
})

test('[K55] a write that has been answered is seen by the next read, also right after a read', async () => {
  const store = await open(aTemporaryDir())
  const seen: unknown[] = []
  for (let seq = 1; seq <= 300; seq += 1) {
    let isAnswered = false
    const written = store.commit([draft('text')]).then(async () => {
      isAnswered = true
      seen.push((await store.room('lobby'))?.head)
    })
    while (!isAnswered) {
      await store.room('lobby')
      await Bun.sleep(0)
    }
    await written
  }
  expect(seen).toEqual(Array.from({ length: 300 }, (_, n) => n + 1))
  await store.close()
})

test('[K55] reads in every turn do not keep SQLite from resetting the WAL', async () => {
  const dir = aTemporaryDir()
  const store = await open(dir)
  let isWriting = true
  const reading = (async () => {
    while (isWriting) {
      for (let n = 0; n < 20; n += 1) await store.events('lobby', 0, 50)
      await Bun.sleep(0)
    }
  })()
  for (let n = 0; n < 500; n += 1) await store.commit([draft('x'.repeat(300)), draft('y')])
  isWriting = false
  await reading
  expect(statSync(`${databaseIn(dir)}-wal`).size).toBeLessThan(12 * 1024 * 1024)
  await store.close()
}, 60_000)
