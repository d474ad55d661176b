import { Database, SQLiteError } from 'bun:sqlite'
import { createHash } from 'node:crypto'
import { existsSync, linkSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { extract } from 'tar-stream'
import { type BackupManifest, DATABASE, BACKUP_MANIFEST } from './backup.ts'
import { checkpoint } from '../store/sqlite/database.ts'
import { removeStaleFolders } from '../store/sqlite/temporaryFolder.ts'
import { OperatorError } from '../lib/operatorError.ts'
import {
  createDirectory,
  databaseIn,
  fsyncPath,
  spaceOf,
  asOperatorError,
} from '../store/sqlite/dataDirectory.ts'
import { takeLock } from '../store/sqlite/lock.ts'
import { SCHEMA, schemaOf } from '../store/sqlite/migrations.ts'
import { foreignSchemaIn, rolesIn } from '../store/sqlite/schema.ts'

/** Bytes. A real manifest has a few hundred. */
const MAX_MANIFEST = 64 * 1024

/** The backup is cut, damaged, or not one of ours. */
class BadBackup extends Error {}

export interface RestoreResult {
  manifest: BackupManifest
  /** where the former data is now; null if there was none */
  before: string | null
  /** people with a role above guest, counted by role; null if there are none */
  roles: string | null
}

/**
 * Puts a backup into a directory that no server uses. Everything is unpacked and checked beside the data first; the data
 * that was there is moved to `before-restore-<time>/` and never deleted.
 * @param source the bytes of a `.tar.gz`
 * @param now ms
 * @throws OperatorError: 1 the backup is not whole, and nothing has changed · 3 in use · 4 of a newer Hubbub
 */
export async function restore(
  dir: string,
  source: AsyncIterable<Uint8Array>,
  now: number,
): Promise<RestoreResult> {
  const lock = lockForRestore(dir)
  const workFolder = join(dir, 'tmp', 'restore')
  try {
    mkdirSync(workFolder, { recursive: true, mode: 0o700 })
    const manifest = await unpack(source, workFolder, spaceOf(dir).free)
    const fresh = join(workFolder, DATABASE)
    const roles = checkDatabase(fresh, manifest)
    const before = setAside(dir, `before-restore-${new Date(now).toISOString().replaceAll(':', '')}`)
    renameSync(fresh, databaseIn(dir))
    fsyncPath(dir)
    return { manifest, before, roles }
  } finally {
    rmSync(workFolder, { recursive: true, force: true })
    lock.release()
  }
}

function lockForRestore(dir: string) {
  try {
    createDirectory(dir)
    const lock = takeLock(dir)
    removeStaleFolders(dir)
    return lock
  } catch (error) {
    throw asOperatorError(dir, error)
  }
}

/** Unpacks the manifest and the database, and compares them. @param free bytes free on the disk */
async function unpack(
  source: AsyncIterable<Uint8Array>,
  workFolder: string,
  free: number,
): Promise<BackupManifest> {
  let limit = 2 * MAX_MANIFEST
  const limited = async function* (pieces: AsyncIterable<Uint8Array>) {
    for await (const piece of pieces) {
      limit -= piece.length
      // A terabyte of zeros is a small archive.
      if (limit < 0) throw new BadBackup('there is more after its end')
      yield piece
    }
  }
  const entries = extract()
  const reading = pipeline(source, createGunzip(), limited, entries)
  // Its error ends the loop below, too, unless that loop has failed before.
  reading.catch(() => undefined)
  let manifest: BackupManifest | null = null
  let isComplete = false
  try {
    for await (const entry of entries) {
      const { name, type, size } = entry.header
      const content = entry as AsyncIterable<Uint8Array>
      if (type === 'file' && name === BACKUP_MANIFEST && manifest === null && size <= MAX_MANIFEST) {
        manifest = manifestOf(Buffer.concat(await Array.fromAsync(content)).toString())
        limit += manifest.parts[DATABASE]?.bytes ?? 0
      } else if (type === 'file' && name === DATABASE && manifest !== null && !isComplete) {
        await unpackDatabase(content, size, manifest, { free, to: join(workFolder, DATABASE) })
        isComplete = true
      } else throw new BadBackup('it contains a file that no backup has')
    }
    await reading
    if (manifest === null || !isComplete) throw new BadBackup('a part of it is missing')
    return manifest
  } catch (error) {
    // Errors of the file system are not the backup's; everything else is thrown by gunzip, tar or the checks above.
    if (error instanceof OperatorError || (error instanceof Error && 'syscall' in error)) throw error
    const reason = error instanceof BadBackup ? error.message : 'it is cut or damaged'
    throw new OperatorError(1, `This is no whole backup: ${reason}. Nothing was changed; try another one.`)
  }
}

async function unpackDatabase(
  pieces: AsyncIterable<Uint8Array>,
  size: number,
  { parts }: BackupManifest,
  { free, to }: { free: number; to: string },
): Promise<void> {
  if (size !== parts[DATABASE]?.bytes) throw new BadBackup('its database is not the one that was saved')
  if (size > free)
    throw new OperatorError(1, `This backup needs ${Math.ceil(size / 1e6)} MB of room. Nothing was changed.`)
  const hash = createHash('sha256')
  const file = await open(to, 'wx', 0o600)
  try {
    for await (const piece of pieces) {
      hash.update(piece)
      await file.writeFile(piece)
    }
    await file.sync()
  } finally {
    await file.close()
  }
  if (hash.digest('hex') !== parts[DATABASE].sha256)
    throw new BadBackup('its database is not the one that was saved')
}

function manifestOf(text: string): BackupManifest {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new BadBackup('its manifest is damaged')
  }
  const { format, hubbub, schema, at, parts } = Object(value) as Partial<BackupManifest>
  const { bytes, sha256 } = Object(parts)[DATABASE] ?? {}
  if (
    format !== 'hubbub backup' ||
    !(Number.isInteger(schema) && Number(schema) > 0) ||
    typeof hubbub !== 'string' ||
    typeof at !== 'string' ||
    !Number.isInteger(bytes) ||
    typeof sha256 !== 'string'
  )
    throw new BadBackup('its manifest is not one of a backup')
  return value as BackupManifest
}

/** The schema first: nothing in a database that is not ours may be asked. @returns how many are more than guests */
function checkDatabase(file: string, { schema }: BackupManifest): string | null {
  if (schema > SCHEMA)
    throw new OperatorError(
      4,
      `This backup has schema ${schema}, and this Hubbub knows ${SCHEMA}. Restore it with a release that knows schema ${schema}.`,
    )
  const damaged = new OperatorError(
    1,
    'The database in this backup is damaged. Nothing was changed; try another one.',
  )
  let db: Database | null = null
  try {
    db = new Database(file, { readonly: true })
    if (schemaOf(db) !== schema) throw damaged
    const foreign = foreignSchemaIn(db, schema)
    if (foreign !== null)
      throw new OperatorError(
        1,
        `The database in this backup is not one of Hubbub: ${foreign}. Nothing was changed; try another one.`,
      )
    const verdict = db.query<{ integrity_check: string }, []>('PRAGMA integrity_check').get()
    if (verdict?.integrity_check !== 'ok') throw damaged
    return rolesIn(db)
  } catch (error) {
    throw error instanceof SQLiteError ? damaged : error
  } finally {
    db?.close()
  }
}

/**
 * Moves what a directory holds out of the way. The database keeps its name until the new one takes it, so that at no
 * instant a start would find none and make an empty one.
 */
function setAside(dir: string, name: string): string | null {
  const file = databaseIn(dir)
  if (!existsSync(file)) return null
  bringWalHome(file)
  const folder = join(dir, name)
  mkdirSync(folder, { mode: 0o700 })
  try {
    linkSync(file, join(folder, DATABASE))
  } catch {
    // A file system without hard links.
    renameSync(file, join(folder, DATABASE))
  }
  for (const more of ['-wal', '-shm'])
    if (existsSync(file + more)) renameSync(file + more, join(folder, DATABASE + more))
  fsyncPath(folder)
  return folder
}

/** Brings the WAL home. Of a database too damaged for that, the WAL is moved beside it as it is. */
function bringWalHome(file: string): void {
  try {
    const db = new Database(file, { readwrite: true })
    try {
      checkpoint(db)
    } finally {
      db.close()
    }
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'SQLiteError') throw error
  }
}
