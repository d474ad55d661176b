import { Database } from 'bun:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createReadStream, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Draft } from '../../src/hub/ports.ts'
import { backup } from '../../src/operator/backup.ts'
import { digestOf } from '../../src/store/sqlite/write/eventWriter.ts'
import { openForWriting } from '../../src/store/sqlite/database.ts'
import { databaseIn, snapshotsIn } from '../../src/store/sqlite/dataDirectory.ts'
import { importFrom } from '../../src/operator/import.ts'
import { MIGRATIONS, SCHEMA } from '../../src/store/sqlite/migrations.ts'
import { restore } from '../../src/operator/restore.ts'
import { exportTo } from '../../src/operator/export.ts'
import { aTemporaryDir } from '../support/server/aServer.ts'
import { ada, bob, draft, open } from './support/scene.ts'

const { dir, remove } = aTemporaryDir()
afterAll(remove)
const folder = (name: string) => join(dir, name)

/** The layout of 0.1.0, which made `former/`: a chat with a message deleted in the lobby, and the oldest of the tea room purged. */
const LAYOUT = 2
const FORMER = join(import.meta.dir, 'former')
const HOW = { version: '1.2.3', now: 1_000 }
/** What was deleted and purged there, each with the digest that 0.1.0 had left of it. */
const GONE = [
  digestOf('lobby', 'message', null, '{"text":"my pin is 4711"}'),
  digestOf('lobby', 'edit', '0c-2', '{"text":"my pin is 4712"}'),
  digestOf('tea', 'message', null, '{"text":"of long ago"}'),
  digestOf('tea', 'react', '0c-9', '{"emoji":"🎉","on":true}'),
  digestOf('tea', 'edit', '0c-9', '{"text":"of longer ago"}'),
].map((digest) => digest.toString('latin1'))

/** How many of these digests can be read in a file. */
function leftIn(file: string): number {
  const content = readFileSync(file, 'latin1')
  return GONE.filter((digest) => content.includes(digest)).length
}
const restored = (name: string) => restore(folder(name), createReadStream(join(FORMER, 'backup.tar.gz')), 1)
function rowsOf(path: string, sql: string): unknown[][] {
  const db = new Database(databaseIn(path), { readonly: true })
  try {
    return db.query(sql).values()
  } finally {
    db.close()
  }
}

describe('a chat of the former version', () => {
  beforeAll(async () => {
    await restored('chat')
    // Without this the rest proves nothing.
    expect(leftIn(databaseIn(folder('chat')))).toBe(GONE.length)
    await (await open(folder('chat'))).close()
  })

  test('[O38, S70] is migrated by its first start, with all that was said; of what is gone no digest stays, nor in a backup', async () => {
    const path = folder('chat')
    expect(rowsOf(path, 'PRAGMA user_version')).toEqual([[SCHEMA]])
    expect(rowsOf(path, 'SELECT count(*) FROM events WHERE data IS NULL AND length(digest) > 0')).toEqual([
      [0],
    ])
    expect(
      rowsOf(path, 'SELECT count(*) FROM events WHERE data IS NOT NULL AND length(digest) = 32'),
    ).toEqual([[6]])
    expect(leftIn(databaseIn(path))).toBe(0)
    await backup(path, folder('fresh.tar.gz'), HOW)
    await restore(folder('fresh'), createReadStream(folder('fresh.tar.gz')), 1)
    expect(leftIn(databaseIn(folder('fresh')))).toBe(0)
    // The copy that a migration makes is the database as it was: the documents say so.
    const [copy = '', ...more] = snapshotsIn(path)
    expect([leftIn(join(path, 'snapshots', copy)), more]).toEqual([GONE.length, []])
  })

  test('[O38, K70] goes on: people, rooms and messages are there, what was sent before is known, also what is gone', async () => {
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
    const said = (nonce: string, text: string, more: object = {}): Draft => ({
      ...draft(text),
      nonce,
      ...more,
    })
    expect(
      await store.commit([
        said('nonce-0c-1', 'hello'),
        said('nonce-0c-2', 'my pin is 4711'),
        said('nonce-0c-2', 'my pin is 9999'),
        said('nonce-0c-9', 'something else', { room: 'tea' }),
        said('nonce-0c-1', 'something else'),
        said('nonce-fresh', 'here'),
      ]),
    ).toMatchObject([
      { result: 'duplicate', seq: 1 },
      { result: 'duplicate', seq: 2 },
      { result: 'duplicate', seq: 2 },
      { result: 'duplicate', seq: 1, id: '0c-9' },
      { code: 'nonceReused' },
      { result: 'stored', event: { seq: 9 } },
    ])
    await store.close()
  })

  test('[O38] is refused by the former version once it is migrated, in words that name the copy to go back to', () => {
    const path = folder('chat')
    const { message, exitCode } = (() => {
      try {
        openForWriting(path, MIGRATIONS.slice(0, LAYOUT)).db.close()
      } catch (error) {
        return error as { message: string; exitCode: number }
      }
      throw new Error('it opened')
    })()
    expect([exitCode, message]).toEqual([
      4,
      `The database in ${path} has schema ${SCHEMA}, and this Hubbub knows ${LAYOUT}. Start a release that knows schema ${SCHEMA}, or put snapshots/${snapshotsIn(path)[0]} back in its place.`,
    ])
  })

  test('[O38, S70] exported by the former version it comes in as it was, and goes out the same to the byte', async () => {
    const file = join(FORMER, 'export.ndjson')
    expect(await importFrom(folder('imported'), createReadStream(file))).toEqual({
      users: 2,
      rooms: 2,
      events: 12,
    })
    let text = ''
    await exportTo(folder('imported'), {
      async write(piece) {
        text += Buffer.from(piece).toString()
      },
    })
    expect(text).toBe(readFileSync(file, 'utf8'))
    for (const rows of [
      'messages WHERE seq < 9',
      'reactions',
      `rooms WHERE room = 'tea'`,
      // What is gone has an empty digest, as if it had been migrated.
      'events WHERE seq < 9',
    ])
      expect(rowsOf(folder('imported'), `SELECT * FROM ${rows}`)).toEqual(
        rowsOf(folder('chat'), `SELECT * FROM ${rows}`),
      )
  })

  test('[S70] a digest that a file has of what is gone is not taken in', async () => {
    const planted = readFileSync(join(FORMER, 'export.ndjson'), 'utf8').replace(
      '"nonce":"nonce-0c-2",',
      `"nonce":"nonce-0c-2","digest":"${Buffer.from(GONE[0] ?? '', 'latin1').toString('base64')}",`,
    )
    mkdirSync(folder('planted'))
    await importFrom(
      folder('planted'),
      (async function* () {
        yield Buffer.from(planted)
      })(),
    )
    expect(leftIn(databaseIn(folder('planted')))).toBe(0)
  })
})

test('[S70] a delete and a purge leave no digest of what they take: not of the text, its edits, or what else was purged', async () => {
  const path = folder('deleting')
  const store = await open(path)
  const change = (more: object): Draft => {
    const { text: _, ...rest } = draft('')
    return { ...rest, ...more } as Draft
  }
  const said = draft('my pin is 4711', { id: '01', at: 9_000_000 })
  const old = draft('of long ago', { id: '02', room: 'tea', at: 1 })
  await store.addRoom({ room: 'tea', name: 'tea', topic: '', kind: 'public' }, 1)
  await store.commit([said, old])
  await store.commit([
    change({ kind: 'edit', target: '01', text: 'my pin is 4712', at: 9_000_000 }),
    change({ kind: 'react', target: '02', emoji: '🎉', on: true, room: 'tea', at: 2 }),
    change({ kind: 'edit', target: '02', text: 'of longer ago', room: 'tea', at: 9_000_000 }),
  ])
  const digests = () =>
    rowsOf(path, 'SELECT kind, length(digest) FROM events WHERE data IS NULL ORDER BY room, seq')
  await store.commit([change({ kind: 'delete', target: '01', at: 9_000_000 })])
  expect(digests()).toEqual([
    ['message', 0],
    ['edit', 0],
  ])
  expect(await store.purge(1_000, 99)).toBe(2)
  expect(digests().slice(2)).toEqual([
    ['message', 0],
    ['react', 0],
    ['edit', 0],
  ])
  await store.close()
})
