import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { backup } from '../../src/operator/backup.ts'
import { checkpoint, openForWriting } from '../../src/store/sqlite/database.ts'
import { databaseIn } from '../../src/store/sqlite/dataDirectory.ts'
import { removeStaleFolders, takeLock } from '../../src/store/sqlite/lock.ts'
import { ageOfLastBackup, backupsIn, pruneBackups } from '../../src/operator/backupFiles.ts'
import { SCHEMA } from '../../src/store/sqlite/migrations.ts'
import { restore } from '../../src/operator/restore.ts'
import { readFrom } from '../../src/operator/streams.ts'
import { aDatabase, logOf, tell } from '../support/server/aDatabase.ts'
import { aTemporaryDir } from '../support/server/aServer.ts'
import { inPieces, refusalOf } from './support.ts'

const { dir, remove } = aTemporaryDir()
afterAll(remove)

const AT = Date.UTC(2026, 0, 2, 3, 4, 5)
const folder = (name: string) => join(dir, name)
const tmpOf = (path: string) => readdirSync(join(path, 'tmp'))

/** Does something again and again while a backup is made. @returns the backup's file and how often it was done */
async function whileBackingUp(path: string, file: string, work: (round: number) => void) {
  let isRunning = true
  const making = backup(path, file, AT).finally(() => (isRunning = false))
  let rounds = 0
  for (; isRunning; rounds += 1) {
    work(rounds)
    await Bun.sleep(1)
  }
  return { result: await making, rounds }
}

describe('backup', () => {
  beforeAll(() => aDatabase(folder('one'), 50))

  test('[O24] a backup is a private file named after its time, which any tar reads, with a manifest', async () => {
    const result = await backup(folder('one'), undefined, AT)
    const file = join(folder('one'), 'backups/hubbub-2026-01-02T030405.000Z.tar.gz')
    expect(result).toMatchObject({ file, events: 50, schema: SCHEMA })
    expect([statSync(file).mode & 0o777, statSync(join(file, '..')).mode & 0o777]).toEqual([0o600, 0o700])
    const manifest = JSON.parse(
      Bun.spawnSync(['tar', 'xzOf', file, 'manifest.json']).stdout.toString(),
    ) as object
    expect(manifest).toMatchObject({
      ...{
        format: 'hubbub backup',
        hubbub: expect.any(String),
        schema: SCHEMA,
        at: '2026-01-02T03:04:05.000Z',
      },
      parts: { 'hubbub.db': { bytes: expect.any(Number), sha256: expect.stringMatching(/^[0-9a-f]{64}$/) } },
    })
    expect(tmpOf(folder('one'))).toEqual([])
    expect(ageOfLastBackup(folder('one'), AT + 90_000)).toBe(90)
  })

  test('[O24] a backup never replaces a file, and leaves no partial one', async () => {
    const file = folder('there.tar.gz')
    writeFileSync(file, 'untouched')
    const refusal = await refusalOf(backup(folder('one'), file, AT))
    expect(refusal).toMatchObject({ exitCode: 1, message: expect.stringContaining('exists already') })
    expect(readFileSync(file, 'utf8')).toBe('untouched')
    await expect(backup(folder('one'), join(file, 'x.tar.gz'), AT)).rejects.toThrow()
    expect(readdirSync(dir).filter((name) => name.includes('tar.gz'))).toEqual(['there.tar.gz'])
  })

  test('[O24] a missing or damaged database is refused', async () => {
    expect((await refusalOf(backup(folder('none'), undefined, AT))).exitCode).toBe(1)
    expect(readdirSync(dir)).not.toContain('none')
    aDatabase(folder('torn'), 400)
    const content = readFileSync(databaseIn(folder('torn')))
    writeFileSync(databaseIn(folder('torn')), content.fill(0x55, 5 * 4_096, 9 * 4_096))
    await expect(backup(folder('torn'), undefined, AT)).rejects.toThrow()
    expect(backupsIn(folder('torn'))).toEqual([])
  })

  test.each([
    ['alone', 50, false],
    ['beside a server, throttled', 8_000, true],
  ])(
    '[O24] %s, a backup made during writes and checkpoints is a prefix of the log',
    async (name, messages, isServed) => {
      const [path, restored] = [folder(`writing ${name}`), folder(`restored ${name}`)]
      aDatabase(path, messages)
      const lock = isServed ? takeLock(path) : null
      const { db } = openForWriting(path)
      const { result, rounds } = await whileBackingUp(path, folder(`${name}.tar.gz`), (round) => {
        tell(db, 'lobby', 20)
        if (round % 3 === 0) checkpoint(db)
      })
      db.close()
      lock?.[Symbol.dispose]()
      expect(rounds).toBeGreaterThan(1)
      expect(tmpOf(path)).toEqual([])
      await restore(restored, readFrom(result.file ?? ''), AT)
      const copied = logOf(restored)
      expect(copied.length).toBeGreaterThanOrEqual(messages)
      expect(copied).toEqual(logOf(path).slice(0, copied.length))
      expect(copied.at(-1)?.seq).toBe(copied.length)
    },
    30_000,
  )

  test('[O41] a start removes the temporary folders of dead processes, and not those of living ones', async () => {
    const path = folder('restarted')
    aDatabase(path, 5_000)
    const dead = join(path, 'tmp', 'backup-1')
    mkdirSync(dead, { recursive: true })
    for (const name of ['backup-1/hubbub.db', 'backup-1/lock.db', 'partial'])
      writeFileSync(join(path, 'tmp', name), '')
    const script = join(import.meta.dir, '../store/support/child.ts')
    const child = Bun.spawn([process.execPath, script, 'folder', path], { stdout: 'pipe' })
    await child.stdout.getReader().read()
    expect(tmpOf(path)).toHaveLength(3)
    using _lock = takeLock(path)
    removeStaleFolders(path)
    expect([tmpOf(path).length, tmpOf(path).includes('backup-1')]).toEqual([1, false])
    child.kill(9)
    await child.exited
    removeStaleFolders(path)
    expect(tmpOf(path)).toEqual([])
  })

  test('[O41] a backup survives servers that start meanwhile', async () => {
    const path = folder('restarted')
    const { result, rounds } = await whileBackingUp(path, folder('restarted.tar.gz'), () =>
      removeStaleFolders(path),
    )
    expect(result).toMatchObject({ events: 5_000 })
    expect(rounds).toBeGreaterThan(1)
    expect(tmpOf(path)).toEqual([])
  })

  test('[O24] pruning keeps the newest backups and every other file', () => {
    const backups = join(folder('kept'), 'backups')
    mkdirSync(backups, { recursive: true })
    const names = [1, 2, 3].map((day) => `hubbub-2026-01-0${day}T000000.000Z.tar.gz`)
    for (const name of [...names, 'mine.tar.gz']) writeFileSync(join(backups, name), '')
    pruneBackups(folder('kept'), 2, Date.now())
    expect(readdirSync(backups).sort()).toEqual([...names.slice(1), 'mine.tar.gz'])
  })
})

describe('restore', () => {
  const file = folder('source.tar.gz')
  beforeAll(async () => {
    aDatabase(folder('source'), 60)
    await backup(folder('source'), file, AT)
    aDatabase(folder('target'), 5)
  })

  test('[O25] a backup brings every log back into an empty directory', async () => {
    const { before, manifest } = await restore(folder('empty'), readFrom(file), AT)
    expect([before, manifest.schema]).toEqual([null, SCHEMA])
    expect(logOf(folder('empty'))).toEqual(logOf(folder('source')))
    const { db } = openForWriting(folder('empty'))
    expect(tell(db, 'lobby', 1)).toBe(61)
    db.close()
  })

  test('[O25] the former data is moved aside, with what only the WAL held', async () => {
    aDatabase(folder('full'), 10)
    const { db } = openForWriting(folder('full'))
    tell(db, 'lobby', 3)
    const { before } = await restore(folder('full'), readFrom(file), AT)
    db.close()
    expect(before).toBe(join(folder('full'), 'before-restore-2026-01-02T030405.000Z'))
    expect(logOf(before ?? '')).toHaveLength(13)
    expect(logOf(folder('full'))).toEqual(logOf(folder('source')))
  })

  test('[O25] former data that is no database is moved aside, too', async () => {
    mkdirSync(folder('ruin'))
    writeFileSync(databaseIn(folder('ruin')), 'no database, but as long as one '.repeat(199))
    const { before } = await restore(folder('ruin'), readFrom(file), AT)
    expect(readFileSync(join(before ?? '', 'hubbub.db'), 'utf8')).toStartWith('no database')
    expect(logOf(folder('ruin'))).toHaveLength(60)
  })

  /** Refused as no whole backup, and nothing has changed. */
  async function expectRefused(content: Uint8Array, reason = ''): Promise<void> {
    const before = readFileSync(databaseIn(folder('target')))
    const { message } = await refusalOf(restore(folder('target'), inPieces(content, 65_536), AT))
    expect(message).toMatch(new RegExp(`^This is no whole backup: .*${reason}.*Nothing was changed`))
    expect(readFileSync(databaseIn(folder('target'))).equals(before)).toBe(true)
    expect(readdirSync(folder('target')).filter((name) => name.startsWith('before'))).toEqual([])
  }

  const seed = Date.now() % 100_000
  test(`[O24] a backup that is cut anywhere is refused, as is one whose content has changed (seed ${seed})`, async () => {
    const content = readFileSync(file)
    const random = (n: number) => Math.floor((Math.abs(Math.sin(seed + n)) * 1e4) % content.length)
    const lengths = [0, 1, content.length - 1, ...Array.from({ length: 20 }, (_, n) => random(n))]
    for (const length of lengths) await expectRefused(content.subarray(0, length))
    for (let n = 20; n < 30; n += 1) {
      const changed = Buffer.from(content)
      // The first ten bytes are gzip's header, parts of which mean nothing.
      const at = 10 + (random(n) % (content.length - 10))
      changed[at] = (changed[at] ?? 0) ^ 0x10
      const target = folder(`changed ${n}`)
      const { exitCode } = await refusalOf(restore(target, inPieces(changed, 65_536), AT))
      // Another repetition may unpack to the same content, and gzip ignores the last bits.
      if (exitCode === 0) expect(logOf(target)).toEqual(logOf(folder('source')))
      else expect(exitCode).toBe(1)
    }
  })

  /** An archive of files that tar packs. */
  const packed = (...args: string[]) =>
    Bun.spawnSync(['tar', 'czf', '-', '-C', folder('forged'), ...args]).stdout
  test('[O25] an archive with other parts than its manifest names is refused', async () => {
    mkdirSync(folder('forged'))
    Bun.spawnSync(['tar', 'xzf', file, '-C', folder('forged')])
    await expectRefused(packed('manifest.json'), 'a part of it is missing')
    await expectRefused(packed('hubbub.db', 'manifest.json'), 'a file that no backup has')
    const database = join(folder('forged'), 'hubbub.db')
    const content = readFileSync(database)
    content[content.length - 1] = (content.at(-1) ?? 0) ^ 1
    writeFileSync(database, content)
    await expectRefused(packed('manifest.json', 'hubbub.db'), 'not the one that was saved')
  })

  test('[O25] an archive with a link, or with a path out of the directory, is refused', async () => {
    writeFileSync(folder('outside'), 'x')
    symlinkSync('/etc/passwd', join(folder('forged'), 'link'))
    for (const args of [
      ['-P', 'manifest.json', '../outside'],
      ['--transform=s/link/hubbub.db/', 'manifest.json', 'link'],
    ])
      await expectRefused(packed(...args), 'a file that no backup has')
  })
})
