import { Database } from 'bun:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import {
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { backup } from '../../src/operator/backup.ts'
import { checkpoint, openForWriting } from '../../src/store/sqlite/database.ts'
import { removeStaleFolders } from '../../src/store/sqlite/temporaryFolder.ts'
import { ageOfLastBackup, backupsIn, pruneBackups } from '../../src/operator/backupFiles.ts'
import { takeLock } from '../../src/store/sqlite/lock.ts'
import { SCHEMA } from '../../src/store/sqlite/migrations.ts'
import { restore } from '../../src/operator/restore.ts'
import { aDatabase, logOf, tell } from '../support/server/aDatabase.ts'
import { aTemporaryDir } from '../support/server/aServer.ts'

const { dir, remove } = aTemporaryDir()
afterAll(remove)

const AT = Date.UTC(2026, 0, 2, 3, 4, 5)
const how = { version: '1.2.3', now: AT }
const folder = (name: string) => join(dir, name)
const read = (file: string) => createReadStream(file)
async function* bytes(content: Uint8Array) {
  yield content
}
/** What a refusal says and exits with. */
function refusal(promise: Promise<unknown>): Promise<{ exitCode: number; message: string }> {
  return promise.then(
    () => {
      throw new Error('it was not refused')
    },
    (error: { exitCode: number; message: string }) => ({ exitCode: error.exitCode, message: error.message }),
  )
}

describe('a backup', () => {
  beforeAll(() => aDatabase(folder('one'), 50))

  test('[O24] is one private file named after its time, that any tar reads, with a manifest of what is in it', async () => {
    const made = await backup(folder('one'), undefined, how)
    expect(made).toMatchObject({
      file: join(folder('one'), 'backups/hubbub-2026-01-02T030405.000Z.tar.gz'),
      events: 50,
      schema: SCHEMA,
    })
    const file = made.file ?? ''
    expect([statSync(file).mode & 0o777, statSync(join(file, '..')).mode & 0o777]).toEqual([0o600, 0o700])
    const listed = Bun.spawnSync(['tar', 'xzOf', file, 'manifest.json'])
    expect(JSON.parse(listed.stdout.toString())).toMatchObject({
      format: 'hubbub backup',
      hubbub: '1.2.3',
      schema: SCHEMA,
      at: '2026-01-02T03:04:05.000Z',
      parts: { 'hubbub.db': { bytes: expect.any(Number), sha256: expect.stringMatching(/^[0-9a-f]{64}$/) } },
    })
    expect(readdirSync(join(folder('one'), 'tmp'))).toEqual([])
    expect(ageOfLastBackup(folder('one'), AT + 90_000)).toBe(90)
  })

  test('[O24] never replaces a file, and leaves none behind that is not whole', async () => {
    const file = folder('there.tar.gz')
    writeFileSync(file, 'mine')
    expect(await refusal(backup(folder('one'), file, how))).toMatchObject({
      exitCode: 1,
      message: expect.stringContaining('exists already'),
    })
    expect(readFileSync(file, 'utf8')).toBe('mine')
    await expect(backup(folder('one'), join(file, 'x.tar.gz'), how)).rejects.toThrow()
    expect(readdirSync(dir).filter((name) => name.includes('tar.gz'))).toEqual(['there.tar.gz'])
  })

  test('[O24] of a directory without a database is refused, and nothing is made there', async () => {
    expect((await refusal(backup(folder('none'), undefined, how))).exitCode).toBe(1)
    expect(existsSync(folder('none'))).toBe(false)
  })

  test('[O24] of a damaged database is refused', async () => {
    aDatabase(folder('torn'), 400)
    const file = join(folder('torn'), 'hubbub.db')
    const content = readFileSync(file)
    content.fill(0x55, 5 * 4_096, 9 * 4_096)
    writeFileSync(file, content)
    await expect(backup(folder('torn'), undefined, how)).rejects.toThrow()
    expect(backupsIn(folder('torn'))).toEqual([])
  })

  test('[O24] made while somebody writes is a prefix of the log, without a hole', async () => {
    const { db } = openForWriting(folder('one'))
    let going = true
    const writing = (async () => {
      while (going) {
        tell(db, 'lobby', 5)
        await Bun.sleep(1)
      }
    })()
    const before = logOf(folder('one')).length
    const { file } = await backup(folder('one'), folder('busy.tar.gz'), how)
    going = false
    await writing
    db.close()
    await restore(folder('busy'), read(file ?? ''), AT)
    const copied = logOf(folder('busy'))
    expect(copied.length).toBeGreaterThanOrEqual(before)
    expect(copied).toEqual(logOf(folder('one')).slice(0, copied.length))
    expect(copied.map(({ seq }) => seq)).toEqual(copied.map((_, at) => at + 1))
  })

  test('[O24] beside a server it rests while it writes, and is a prefix of a log that goes on, folded or not', async () => {
    aDatabase(folder('served'), 8_000)
    const lock = takeLock(folder('served'))
    const { db } = openForWriting(folder('served'))
    let going = true
    let turns = 0
    const writing = (async () => {
      for (; going; turns += 1) {
        tell(db, 'lobby', 20)
        if (turns % 3 === 0) checkpoint(db)
        await Bun.sleep(1)
      }
    })()
    const before = logOf(folder('served')).length
    const { file } = await backup(folder('served'), folder('served.tar.gz'), how)
    going = false
    await writing
    db.close()
    lock.release()
    expect(turns).toBeGreaterThan(5)
    await restore(folder('served again'), read(file ?? ''), AT)
    const copied = logOf(folder('served again'))
    expect(copied.length).toBeGreaterThan(before)
    expect(copied).toEqual(logOf(folder('served')).slice(0, copied.length))
    expect(readdirSync(join(folder('served'), 'tmp'))).toEqual([])
  }, 30_000)

  test('[O41] a server that starts meanwhile leaves its desk alone, and removes those of the dead', async () => {
    const path = folder('restarted')
    aDatabase(path, 5_000)
    const left = join(path, 'tmp', 'backup-1')
    mkdirSync(left, { recursive: true })
    writeFileSync(join(left, 'hubbub.db'), 'half')
    writeFileSync(join(left, 'lock.db'), '')
    writeFileSync(join(path, 'tmp', 'half'), '')
    const child = Bun.spawn(
      [process.execPath, join(import.meta.dir, '../store/support/child.ts'), 'desk', path],
      {
        stdout: 'pipe',
      },
    )
    const reader = child.stdout.getReader()
    await reader.read()
    const desks = () => readdirSync(join(path, 'tmp'))
    expect(desks()).toHaveLength(3)
    const lock = takeLock(path)
    removeStaleFolders(path)
    expect(desks()).toEqual([expect.stringMatching(/^backup-/)])
    expect(desks()).not.toEqual(['backup-1'])
    child.kill(9)
    await child.exited
    removeStaleFolders(path)
    expect(desks()).toEqual([])
    lock.release()
  })

  test('[O41] a backup goes on while a server starts, again and again', async () => {
    const path = folder('restarted')
    let going = true
    const backing = backup(path, folder('restarted.tar.gz'), how).finally(() => (going = false))
    let starts = 0
    for (; going; starts += 1) {
      removeStaleFolders(path)
      await Bun.sleep(1)
    }
    expect(await backing).toMatchObject({ events: 5_000 })
    expect(starts).toBeGreaterThan(1)
    expect(readdirSync(join(path, 'tmp'))).toEqual([])
  })

  test('[O24] of those made by the clock the newest are kept, and no other file is touched', () => {
    const backups = join(folder('kept'), 'backups')
    mkdirSync(backups, { recursive: true })
    const names = [1, 2, 3].map((day) => `hubbub-2026-01-0${day}T000000.000Z.tar.gz`)
    for (const name of [...names, 'mine.tar.gz']) writeFileSync(join(backups, name), '')
    pruneBackups(folder('kept'), 2)
    expect(readdirSync(backups).sort()).toEqual([...names.slice(1), 'mine.tar.gz'])
  })
})

describe('restoring', () => {
  let file = ''
  beforeAll(async () => {
    aDatabase(folder('source'), 60)
    file = folder('source.tar.gz')
    await backup(folder('source'), file, how)
  })

  test('[O25] into an empty directory brings every log back as it was', async () => {
    const { before, manifest } = await restore(folder('empty'), read(file), AT)
    expect([before, manifest.schema]).toEqual([null, SCHEMA])
    expect(logOf(folder('empty'))).toEqual(logOf(folder('source')))
    expect(logOf(folder('empty'))).toHaveLength(60)
    const { db } = openForWriting(folder('empty'))
    expect(tell(db, 'lobby', 1)).toBe(61)
    db.close()
  })

  test('[O25] moves what was there aside, with what stood in the WAL alone, and deletes nothing', async () => {
    aDatabase(folder('full'), 10)
    const { db } = openForWriting(folder('full'))
    tell(db, 'lobby', 3)
    const { before } = await restore(folder('full'), read(file), AT)
    db.close()
    expect(before).toBe(join(folder('full'), 'before-restore-2026-01-02T030405.000Z'))
    expect(logOf(before ?? '')).toHaveLength(13)
    expect(logOf(folder('full'))).toEqual(logOf(folder('source')))
  })

  test('[O25] also where what was there is no database any more', async () => {
    mkdirSync(folder('ruin'))
    writeFileSync(
      join(folder('ruin'), 'hubbub.db'),
      'no database at all, but long enough to be taken for one'.repeat(99),
    )
    const { before } = await restore(folder('ruin'), read(file), AT)
    expect(readFileSync(join(before ?? '', 'hubbub.db'), 'utf8')).toStartWith('no database')
    expect(logOf(folder('ruin'))).toHaveLength(60)
  })

  test('[O24] a backup that is cut anywhere, or has a byte changed, is refused and changes nothing', async () => {
    aDatabase(folder('mine'), 5)
    const content = readFileSync(file)
    const was = readFileSync(join(folder('mine'), 'hubbub.db'))
    const seed = Date.now() % 100_000
    const random = (at: number) => Math.floor((Math.abs(Math.sin(seed + at)) * 1e4) % content.length)
    const broken = [0, 1, content.length - 1, ...Array.from({ length: 20 }, (_, at) => random(at))].map(
      (at) => content.subarray(0, at),
    )
    for (let at = 20; at < 30; at++) {
      const flipped = Buffer.from(content)
      // behind gzip's own header, parts of which mean nothing
      const place = 10 + (random(at) % (content.length - 10))
      flipped[place] = (flipped[place] ?? 0) ^ 0x10
      broken.push(flipped)
    }
    for (const one of broken)
      expect(await refusal(restore(folder('mine'), bytes(one), AT))).toMatchObject({
        exitCode: 1,
        message: expect.stringMatching(/^This is no whole backup: .*Nothing was changed/),
      })
    expect(readFileSync(join(folder('mine'), 'hubbub.db')).equals(was)).toBe(true)
    expect(readdirSync(folder('mine')).filter((name) => name.startsWith('before'))).toEqual([])
    if (broken.length !== 33) throw new Error(`seed ${seed}`)
  })

  test('[O25] an archive whose parts are whole, but not those of its manifest, is refused', async () => {
    mkdirSync(folder('forged'))
    Bun.spawnSync(['tar', 'xzf', file, '-C', folder('forged')])
    const database = readFileSync(join(folder('forged'), 'hubbub.db'))
    database[database.length - 1] = (database.at(-1) ?? 0) ^ 1
    writeFileSync(join(folder('forged'), 'hubbub.db'), database)
    const packed = Bun.spawnSync(['tar', 'czf', '-', '-C', folder('forged'), 'manifest.json', 'hubbub.db'])
    expect((await refusal(restore(folder('mine'), bytes(packed.stdout), AT))).message).toContain(
      'its database is not the one that was saved',
    )
    rmSync(join(folder('forged'), 'hubbub.db'))
    const missing = Bun.spawnSync([
      'tar',
      'czf',
      '-',
      '--format=ustar',
      '-C',
      folder('forged'),
      'manifest.json',
    ])
    expect((await refusal(restore(folder('mine'), bytes(missing.stdout), AT))).message).toContain(
      'a part of it is missing',
    )
  })

  test('[O25] one that climbs out of its directory, or links, is refused', async () => {
    writeFileSync(folder('outside'), 'x')
    mkdirSync(folder('evil'), { recursive: true })
    Bun.spawnSync(['ln', '-s', '/etc/passwd', join(folder('evil'), 'hubbub.db')])
    for (const args of [
      ['-P', '-C', folder('evil'), '../outside'],
      ['-C', folder('evil'), 'hubbub.db'],
    ]) {
      const packed = Bun.spawnSync(['tar', 'czf', '-', '--format=ustar', ...args])
      expect((await refusal(restore(folder('mine'), bytes(packed.stdout), AT))).exitCode).toBe(1)
    }
  })

  test('[O6] is refused while a server holds the directory, exit 3', async () => {
    const lock = takeLock(folder('mine'))
    expect((await refusal(restore(folder('mine'), read(file), AT))).exitCode).toBe(3)
    lock.release()
  })

  test('[O11] of a newer Hubbub is refused in words, exit 4', async () => {
    aDatabase(folder('newer'), 3)
    const db = new Database(join(folder('newer'), 'hubbub.db'), { readwrite: true })
    db.run(`PRAGMA user_version = ${SCHEMA + 1}`)
    db.close()
    expect((await refusal(backup(folder('newer'), undefined, how))).exitCode).toBe(4)
  })

  test('[O24] streamed it is the same archive', async () => {
    const pieces: Uint8Array[] = []
    const sink = {
      async write(piece: Uint8Array) {
        pieces.push(Buffer.from(piece))
      },
    }
    expect(await backup(folder('source'), sink, how)).toMatchObject({ file: null, events: 60 })
    await restore(folder('streamed'), bytes(Buffer.concat(pieces)), AT)
    expect(logOf(folder('streamed'))).toEqual(logOf(folder('source')))
  })
})
