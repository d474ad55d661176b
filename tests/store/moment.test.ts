import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { aTemporaryDir, draft, open } from './scene.ts'

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

test('[K55] what is read in one turn of the loop is of one moment, and the next turn has its own', async () => {
  const dir = aTemporaryDir()
  const store = await open(dir)
  const other = new Database(join(dir, 'hubbub.db'), { readwrite: true })
  const topic = async () => (await store.room('lobby'))?.topic
  expect(await topic()).toBe('')
  other.run(`UPDATE rooms SET topic = 'tea'`)
  expect(await topic()).toBe('')
  expect(await store.rooms()).toEqual([expect.objectContaining({ topic: '' })])
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
