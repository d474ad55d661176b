import { Database } from 'bun:sqlite'
import { afterAll, expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { databaseIn } from '../../src/store/sqlite/dataDirectory.ts'
import { draft, edit, numbered, open, remove } from '../store/support/scene.ts'
import { aCommand } from '../support/server/aCommand.ts'
import { aTemporaryDir } from '../support/server/aServer.ts'

const { dir, remove: removeFolder } = aTemporaryDir()
afterAll(removeFolder)

const SECRET = 'canary-5f3a'

const filesWithSecret = () =>
  readdirSync(dir, { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && readFileSync(join(entry.parentPath, entry.name)).includes(SECRET),
  )

test('[S34, K41, O27] after `compact` no file of the directory holds text that was deleted or purged', async () => {
  const store = await open(dir)
  const texts = numbered(900).map((n) =>
    draft(`${SECRET} ${n} ${'long '.repeat((Number(n) * 17) % 90)}`, { id: `a${n}`, at: Number(n) }),
  )
  await store.commit(texts)
  await store.commit(numbered(300).map((n) => edit(`a${n}`, `${SECRET} edited ${'x'.repeat(Number(n))}`)))
  await store.commit(numbered(100).map((n) => draft(`stays ${n}`)))
  await store.commit(numbered(600).map((n) => remove(`a${n}`)))
  while ((await store.purge(901, 500)) > 0);
  await store.close()
  expect(filesWithSecret()).not.toEqual([])

  const ran = await aCommand(['compact', '--json'], { DATA_DIR: dir })

  expect([ran.code, JSON.parse(ran.out)]).toEqual([0, { freed: expect.any(Number) }])
  expect(filesWithSecret()).toEqual([])
  const after = await open(dir)
  expect(await after.room('lobby')).toMatchObject({ head: 1_900, floor: 901 })
  expect((await after.history('lobby', { at: 'end', limit: 1 }))?.messages).toMatchObject([{ seq: 1_300 }])
  await after.close()
  expect((await aCommand(['compact'], { DATA_DIR: dir })).out).toMatch(/^Compacted .*: \d+ bytes freed\.\n$/)
})

test('[S34] `compact` fails while another process reads the database', async () => {
  using reader = new Database(databaseIn(dir), { readonly: true })
  reader.run('BEGIN')
  reader.query('SELECT count(*) FROM events').get()
  expect(await aCommand(['compact'], { DATA_DIR: dir })).toMatchObject({
    code: 1,
    err: expect.stringContaining('Another process reads the database'),
  })
})
