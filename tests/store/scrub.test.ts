import { Database } from 'bun:sqlite'
import { afterAll, expect, test } from 'bun:test'
import { closeSync, createReadStream, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Draft } from '../../src/hub/ports.ts'
import { backup } from '../../src/operator/backup.ts'
import { checkpoint, openForReading } from '../../src/store/sqlite/database.ts'
import { databaseIn } from '../../src/store/sqlite/dataDirectory.ts'
import { restore } from '../../src/operator/restore.ts'
import { canScrub, scrub } from '../../src/store/sqlite/write/scrub.ts'
import { aTemporaryDir } from '../support/server/aServer.ts'
import { eventually } from '../support/eventually.ts'
import { ada, numbered, open } from './support/scene.ts'
import { aWriter } from '../support/server/aDatabase.ts'

const { dir: folder, remove: removeFolder } = aTemporaryDir()
afterAll(removeFolder)

const ROOMS = 30
const idOf = (n: number) => `a${String(n).padStart(11, '0')}`
/** Somewhere, and not in the order of the rooms: so pages are split in their midst. */
const roomOf = (n: number) => `room-${(n * n * 7 + n * 13) % ROOMS}`
const signed = (n: number, kind: string) => ({
  room: roomOf(n),
  at: n,
  user: ada,
  nonce: `${kind}-${n}-0000`,
})
const saying = (n: number): Draft => {
  const text = `marker-${n}. ${'blah '.repeat((n * 17) % 40)}${n % 211 === 0 ? 'long '.repeat(2_000) : ''}`
  return { kind: 'message', id: idOf(n), text, ...signed(n, 'said') }
}
const changing = (n: number): Draft => {
  const text = 'changed '.repeat((n * 31) % 60)
  return { kind: 'edit', id: `e${idOf(n)}`, target: idOf(n), text, ...signed(n, 'edit') }
}
const removing = (n: number): Draft => ({
  kind: 'delete',
  id: `d${idOf(n)}`,
  target: idOf(n),
  ...signed(n, 'gone'),
})
const isDeleted = (n: number) => (n * 31) % 7 < 3
const all = numbered(6_000).map(Number)
const rooms = numbered(ROOMS).map((_, at) => `room-${at}`)
const aRoom = (room: string) => ({ room, name: room, topic: '', kind: 'public' }) as const

/** In twenties. */
function batchesOf<T>(many: readonly T[]): T[][] {
  const count = Math.ceil(many.length / 20)
  return Array.from({ length: count }, (_, at) => many.slice(20 * at, 20 * at + 20))
}

/** How many deleted messages can still be read in a directory's database. */
function leftIn(dir: string): number {
  const content = readFileSync(databaseIn(dir), 'latin1')
  return [...content.matchAll(/marker-(\d+)\./g)].filter(([, n]) => isDeleted(Number(n))).length
}

test('[S34] what moved rows leave behind in pages is overwritten, and no row with it; a backup has none of it', async () => {
  const dir = join(folder, 'by hand')
  const { db, writer } = aWriter(dir)
  for (const room of rooms) writer.addRoom(aRoom(room), 1)
  for (const batch of batchesOf(all)) writer.commit(batch.map(saying))
  for (const batch of batchesOf(all.filter(isDeleted))) writer.commit(batch.map(removing))
  expect(writer.checkpoint()).toBe(true)
  // What SQLite itself removes is not all: without this the rest proves nothing.
  expect(leftIn(dir)).toBeGreaterThan(0)
  const saved = join(folder, 'saved.tar.gz')
  await backup(dir, saved, { version: '1.2.3', now: 1 })
  await restore(join(folder, 'restored'), createReadStream(saved), 1)
  expect(leftIn(join(folder, 'restored'))).toBe(0)

  // Who reads is not waited for, as a checkpoint otherwise does.
  const reading = openForReading(dir)
  reading.run('BEGIN')
  reading.query('SELECT count(*) FROM rooms').get()
  writer.commit([removing(all.find(isDeleted) ?? 0), saying(all.length + 1)])
  const took = (folds: () => boolean) => {
    const began = performance.now()
    expect(folds()).toBe(false)
    return performance.now() - began
  }
  const waits = [1, 2, 3].map(() => took(() => writer.checkpoint()))
  expect(Math.min(...waits)).toBeLessThan(took(() => checkpoint(db)) / 2)
  reading.close()

  const rows = () => ['events', 'messages'].map((table) => db.query(`SELECT * FROM ${table}`).all())
  const before = rows()
  expect(writer.checkpoint()).toBe(true)
  const file = openSync(databaseIn(dir), 'r+')
  expect(canScrub(db, file)).toBe(true)
  const other = new Database(databaseIn(dir), { readwrite: true })
  for (let page: number | null | undefined = 2; page !== null;) {
    const from: number = page
    page = writer.withExclusiveLock(() => {
      expect(() => other.run('BEGIN IMMEDIATE')).toThrow('locked')
      return scrub(file, from)
    })
    if (page === undefined) throw new Error('somebody wrote')
  }
  expect(leftIn(dir)).toBe(0)
  expect(Bun.deepEquals(rows(), before)).toBe(true)

  // Beside somebody who writes, or has written, nothing is touched.
  let touched = 0
  const touch = () => (touched += 1)
  other.run('BEGIN IMMEDIATE')
  expect(() => writer.withExclusiveLock(touch)).toThrow('locked')
  other.run('COMMIT')
  other.run('UPDATE rooms SET at = at + 1')
  expect(writer.withExclusiveLock(touch)).toBeUndefined()
  expect(touched).toBe(0)
  other.close()

  // Nothing that was in a cache brings it back.
  const kept = all.filter((n) => !isDeleted(n))
  for (const batch of batchesOf(kept)) writer.commit(batch.map(changing))
  checkpoint(db)
  expect(leftIn(dir)).toBe(0)
  expect(db.query('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }])
  db.close()
  closeSync(file)
}, 60_000)

test('[S34] a store does so by itself while it is written, soon after a delete, once nobody holds it up', async () => {
  const dir = join(folder, 'by itself')
  const store = await open(dir)
  for (const room of rooms) await store.addRoom(aRoom(room), 1)
  for (const batch of batchesOf(all)) await store.commit(batch.map(saying))
  const reading = openForReading(dir)
  reading.run('BEGIN')
  reading.query('SELECT count(*) FROM rooms').get()
  for (const batch of batchesOf(all.filter(isDeleted))) await store.commit(batch.map(removing))
  expect(leftIn(dir)).toBeGreaterThan(0)
  reading.close()
  await eventually('the text is gone', () => leftIn(dir) === 0, 30_000)
  await store.close()
  expect(leftIn(dir)).toBe(0)
}, 90_000)
