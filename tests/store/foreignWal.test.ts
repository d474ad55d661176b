import { beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { copyFileSync, readFileSync, rmSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { OperatorError } from '../../src/lib/operatorError.ts'
import { checkpoint, compactDatabase, openForWriting } from '../../src/store/sqlite/database.ts'
import { createDirectory } from '../../src/store/sqlite/dataDirectory.ts'
import { aCommand } from '../support/server/aCommand.ts'
import { aWriter, logOf, tell } from '../support/server/aDatabase.ts'
import { aTemporaryDir } from './support/world.ts'

setDefaultTimeout(30_000)

const MAIN = 'hubbub.db'
const WAL = 'hubbub.db-wal'
const root = aTemporaryDir()
const at = (...path: string[]) => join(root, ...path)

/**
 * The files of one place as `kill -9` leaves them at three moments, and of another place. `older`: 500 messages, and a WAL with
 * 20 more. `newer`: 920, of which the WAL has the last 40; `between` is the main file when that WAL began.
 */
beforeAll(() => {
  const { db } = aWriter(at('live'))
  const keep = (name: string, ...files: string[]) => {
    createDirectory(at(name))
    for (const file of files) copyFileSync(at('live', file), at(name, file))
  }
  tell(db, 'lobby', 500)
  checkpoint(db)
  tell(db, 'lobby', 20)
  keep('older', MAIN, WAL)
  tell(db, 'lobby', 360)
  checkpoint(db)
  keep('between', MAIN)
  for (let n = 0; n < 20; n += 1) tell(db, 'lobby', 2)
  keep('newer', MAIN, WAL)
  db.close()
  const other = aWriter(at('stranger'))
  tell(other.db, 'lobby', 700)
  checkpoint(other.db)
  tell(other.db, 'lobby', 5)
  createDirectory(at('other'))
  for (const file of [MAIN, WAL]) copyFileSync(at('stranger', file), at('other', file))
  other.db.close()
})

let places = 0
/** A directory with the main file of one place and the WAL of another. */
function aDirectory(main: string, wal: string | null): string {
  const dir = at(`place-${(places += 1)}`)
  createDirectory(dir)
  copyFileSync(at(main, MAIN), join(dir, MAIN))
  if (wal !== null) copyFileSync(at(wal, WAL), join(dir, WAL))
  return dir
}
const bytesOf = (dir: string) => [MAIN, WAL].map((file) => readFileSync(join(dir, file)).toString('base64'))
function refusalOf(act: () => unknown): OperatorError | null {
  try {
    act()
    return null
  } catch (error) {
    if (error instanceof OperatorError) return error
    throw error
  }
}

test.each([
  ['older', 'newer'],
  ['newer', 'older'],
  ['newer', 'other'],
  ['other', 'newer'],
])(
  '[O44] the main file of the %s and the WAL of the %s place are refused, and no byte is written',
  (main, wal) => {
    const dir = aDirectory(main, wal)
    const before = bytesOf(dir)
    for (const act of [() => openForWriting(dir), () => compactDatabase(dir)]) {
      const refusal = refusalOf(act)
      expect([refusal?.exitCode, refusal?.message]).toEqual([
        1,
        expect.stringContaining('hubbub.db-wal does not fit'),
      ])
      expect(bytesOf(dir)).toEqual(before)
    }
  },
)

test.each([
  ['older', 'older', 520],
  ['newer', 'newer', 920],
  ['between', 'newer', 920],
  ['older', null, 500],
  ['between', null, 880],
])('[O44] the main file of the %s and the WAL of the %s place have %p messages', (main, wal, messages) => {
  const dir = aDirectory(main, wal)
  openForWriting(dir).db.close()
  expect(logOf(dir)).toHaveLength(messages)
})

test('[O44] a WAL that was cut keeps what is whole in it; without the foreign WAL the older file opens', () => {
  const cut = aDirectory('newer', 'newer')
  truncateSync(join(cut, WAL), 200_000)
  openForWriting(cut).db.close()
  expect(logOf(cut).length).toBeGreaterThan(880)

  const dir = aDirectory('older', 'newer')
  expect(refusalOf(() => openForWriting(dir))).not.toBeNull()
  for (const file of [WAL, 'hubbub.db-shm']) rmSync(join(dir, file), { force: true })
  openForWriting(dir).db.close()
  expect(logOf(dir)).toHaveLength(500)
})

test('[O44] the server does not start on a foreign WAL; it and doctor say what to do', async () => {
  const dir = aDirectory('older', 'newer')
  const before = bytesOf(dir)
  const env = { DATA_DIR: dir, PORT: '0', HOST: '127.0.0.1' }
  const serve = await aCommand([], env)
  expect([serve.code, serve.err]).toEqual([
    1,
    expect.stringMatching(/move hubbub\.db-wal .* away and start again/),
  ])
  const doctor = await aCommand(['doctor'], env)
  expect([doctor.code, doctor.out]).toEqual([1, expect.stringMatching(/move hubbub\.db-wal .* away instead/)])
  expect(bytesOf(dir)).toEqual(before)
})
