import { Database } from 'bun:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createReadStream, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { keysOf } from '../../src/hub/people/lookAlikeKeys.ts'
import { backup } from '../../src/operator/backup.ts'
import { exportTo } from '../../src/operator/export.ts'
import { importFrom } from '../../src/operator/import.ts'
import { restore } from '../../src/operator/restore.ts'
import { openForWriting } from '../../src/store/sqlite/database.ts'
import { databaseIn, snapshotsIn } from '../../src/store/sqlite/dataDirectory.ts'
import { MIGRATIONS, SCHEMA } from '../../src/store/sqlite/migrations.ts'
import { digestOf } from '../../src/store/sqlite/write/eventWriter.ts'
import { aTemporaryDir } from '../support/server/aServer.ts'
import { ada, bob, draft, NEVER, open } from './support/scene.ts'

const { dir, remove } = aTemporaryDir()
afterAll(remove)
const folder = (name: string) => join(dir, name)

/** Made by version 0.1.0 of schema 2: a message is deleted in the lobby, and the oldest of the tea room are purged. */
const FORMER = join(import.meta.dir, 'former')
const FORMER_SCHEMA = 2
/** Digests that 0.1.0 kept of the deleted and purged content. */
const DIGESTS = [
  digestOf('lobby', 'message', null, '{"text":"my pin is 4711"}'),
  digestOf('lobby', 'edit', '0c-2', '{"text":"my pin is 4712"}'),
  digestOf('tea', 'message', null, '{"text":"of long ago"}'),
  digestOf('tea', 'react', '0c-9', '{"emoji":"🎉","on":true}'),
  digestOf('tea', 'edit', '0c-9', '{"text":"of longer ago"}'),
].map((digest) => digest.toString('latin1'))

/** How many of the digests are in a file. */
function digestsIn(file: string): number {
  const content = readFileSync(file, 'latin1')
  return DIGESTS.filter((digest) => content.includes(digest)).length
}

function rowsOf(name: string, sql: string): unknown[][] {
  using db = new Database(databaseIn(folder(name)), { readonly: true })
  return db.query(sql).values()
}

describe('a chat of the former version', () => {
  beforeAll(async () => {
    await restore(folder('chat'), createReadStream(join(FORMER, 'backup.tar.gz')), 1)
    expect(digestsIn(databaseIn(folder('chat')))).toBe(DIGESTS.length)
    await (await open(folder('chat'))).close()
  })

  test('[O38, S70] is migrated by its first start, which clears old digests; only the snapshot keeps them', async () => {
    const count = (where: string) => rowsOf('chat', `SELECT count(*) FROM events WHERE ${where}`)
    expect(rowsOf('chat', 'PRAGMA user_version')).toEqual([[SCHEMA]])
    expect(count('data IS NULL AND length(digest) > 0')).toEqual([[0]])
    expect(count('data IS NOT NULL AND length(digest) = 32')).toEqual([[6]])
    expect(digestsIn(databaseIn(folder('chat')))).toBe(0)
    await backup(folder('chat'), folder('fresh.tar.gz'), 1_000)
    await restore(folder('fresh'), createReadStream(folder('fresh.tar.gz')), 1)
    expect(digestsIn(databaseIn(folder('fresh')))).toBe(0)
    const snapshots = snapshotsIn(folder('chat')).map((name) => join(folder('chat'), 'snapshots', name))
    expect(snapshots.map(digestsIn)).toEqual([DIGESTS.length])
  })

  test('[O38, K70] keeps people, rooms and messages, and knows old nonces, also of deleted content', async () => {
    const store = await open(folder('chat'))
    expect(await store.session('session-ada')).toMatchObject({ user: { ...ada, role: 'guest' } })
    expect(await store.roomsAfter('', 100)).toMatchObject([
      { room: 'lobby', head: 8, floor: 1, topic: 'leaves' },
      { room: 'tea', head: 4, floor: 4 },
    ])
    const page = await store.history('lobby', { at: 'end', limit: 9 }, bob.id)
    expect(page?.messages).toMatchObject([
      { id: '0c-1', text: 'hello', pinned: true, reactions: [{ emoji: '👍', count: 1, mine: true }] },
      { id: '0c-2', gone: true },
      { kind: 'topic', text: 'leaves' },
    ])
    const drafts = [
      draft('hello', { nonce: 'nonce-0c-1' }),
      draft('my pin is 4711', { nonce: 'nonce-0c-2' }),
      draft('my pin is 9999', { nonce: 'nonce-0c-2' }),
      draft('another text', { nonce: 'nonce-0c-9', room: 'tea' }),
      draft('another text', { nonce: 'nonce-0c-1' }),
      draft('here'),
    ]
    expect(await store.commit(drafts)).toMatchObject([
      { result: 'duplicate', seq: 1 },
      { result: 'duplicate', seq: 2 },
      { result: 'duplicate', seq: 2 },
      { result: 'duplicate', seq: 1, id: '0c-9' },
      { code: 'nonceReused' },
      { result: 'stored', event: { seq: 9 } },
    ])
    await store.close()
  })

  test('[I22, O38] keeps every name with its owner; pairs read as one letter count for people with a role', async () => {
    const path = folder('names')
    await restore(path, createReadStream(join(FORMER, 'backup.tar.gz')), 1)
    const db = new Database(databaseIn(path))
    db.run(`UPDATE users SET name = 'Arne', role = 'owner' WHERE name = 'Bob'`)
    // What 0.1.0 held of a person who was called modem until an hour ago.
    db.run(`INSERT INTO name_keys VALUES ('rnodern', '0a', 5000)`)
    db.close()
    await (await open(path)).close()
    const held = rowsOf('names', 'SELECT key, user_id, held_until FROM name_keys ORDER BY user_id, key')
    expect(held).toEqual([
      ['cased:Ada', '0a', null],
      ['lower:ada', '0a', null],
      ['lowerPairs:modem', '0a', 5000],
      ['cased:Arne', '0b', null],
      ['casedPairs:Ame', '0b', null],
      ['lower:arne', '0b', null],
      ['lowerPairs:ame', '0b', null],
    ])
    const store = await open(path)
    const isTaken = (name: string, at = 4_999) => store.nameTaken(keysOf(name), at, NEVER)
    expect(await Promise.all(['ADA', 'Adam', 'Ame', 'Modem'].map((name) => isTaken(name)))).toEqual([
      true,
      false,
      true,
      true,
    ])
    expect(await isTaken('Modem', 5_000)).toBe(false)
    await store.close()
  })

  test('[O38] is refused by the former version once it is migrated, with the name of the snapshot', () => {
    const path = folder('chat')
    expect(() => openForWriting(path, MIGRATIONS.slice(0, FORMER_SCHEMA))).toThrow(
      `The database in ${path} has schema ${SCHEMA}, and this Hubbub knows ${FORMER_SCHEMA}. Start a release that knows schema ${SCHEMA}, or put snapshots/${snapshotsIn(path)[0]} back in its place.`,
    )
  })

  test('[O38, S70] is the same when its export is imported, and goes out again the same to the byte', async () => {
    const file = join(FORMER, 'export.ndjson')
    const counts = await importFrom(folder('imported'), createReadStream(file))
    expect(counts).toEqual({ users: 2, rooms: 2, events: 12 })
    const pieces: Uint8Array[] = []
    await exportTo(folder('imported'), { write: async (piece) => void pieces.push(piece) })
    expect(Buffer.concat(pieces).toString()).toBe(readFileSync(file, 'utf8'))
    for (const rows of [
      'messages WHERE seq < 9',
      'reactions',
      `rooms WHERE room = 'tea'`,
      'events WHERE seq < 9',
    ])
      expect(rowsOf('imported', `SELECT * FROM ${rows}`)).toEqual(rowsOf('chat', `SELECT * FROM ${rows}`))
  })
})
