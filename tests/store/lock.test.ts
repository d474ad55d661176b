import { expect, test } from 'bun:test'
import { takeLock } from '../../src/store/sqlite/lock.ts'
import { aTemporaryDir } from '../support/server/aServer.ts'

test('[O6] a directory stays locked although the caller forgets the lock', async () => {
  const { dir, remove } = aTemporaryDir()
  takeLock(dir)
  // SQLite frees the lock when an unreferenced Database is collected.
  for (let round = 0; round < 20; round += 1) {
    Bun.gc(true)
    await Bun.sleep(0)
  }
  expect(() => takeLock(dir)).toThrow('Another Hubbub is using the data directory')
  remove()
})
