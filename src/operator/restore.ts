import { Database, SQLiteError } from 'bun:sqlite'
import { createHash } from 'node:crypto'
import { existsSync, linkSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { createGunzip } from 'node:zlib'
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
import { BadArchive, type TarEntry, readTar } from './tar.ts'

/** A manifest is some hundred bytes; what claims to be a larger one is none. */
const MAX_MANIFEST = 64 * 1024

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

/** Unpacks both parts and compares them with what the manifest says of them. @param free bytes there is room for */
async function unpack(
  source: AsyncIterable<Uint8Array>,
  workFolder: string,
  free: number,
): Promise<BackupManifest> {
  let text = ''
  let manifest: BackupManifest | null = null
  let isComplete = false
  const hash = createHash('sha256')
  const file = await open(join(workFolder, DATABASE), 'wx', 0o600)
  const take = async ({ name, size }: TarEntry, piece: Uint8Array | null) => {
    if (name === BACKUP_MANIFEST && manifest === null && size <= MAX_MANIFEST) {
      if (piece !== null) text += Buffer.from(piece).toString('latin1')
      else manifest = manifestOf(text)
    } else if (name === DATABASE && manifest !== null && !isComplete) {
      const { bytes, sha256 } = manifest.parts[DATABASE] ?? {}
      // Before a byte of it is written: a gigabyte of zeros is a small archive.
      if (size !== bytes) throw new BadArchive('its database is not the one that was saved')
      if (size > free)
        throw new OperatorError(
          1,
          `This backup needs ${Math.ceil(size / 1e6)} MB of room. Nothing was changed.`,
        )
      if (piece !== null) {
        hash.update(piece)
        await file.writeFile(piece)
      } else {
        if (hash.digest('hex') !== sha256) throw new BadArchive('its database is not the one that was saved')
        isComplete = true
      }
    } else throw new BadArchive('it holds what no backup holds')
  }
  try {
    await readTar(gunzipped(source), take)
    if (manifest === null || !isComplete) throw new BadArchive('a part of it is missing')
    await file.sync()
    return manifest
  } catch (error) {
    if (error instanceof BadArchive)
      throw new OperatorError(
        1,
        `This is no whole backup: ${error.message}. Nothing was changed; try another one.`,
      )
    throw error
  } finally {
    await file.close()
  }
}

async function* gunzipped(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip()
  let sourceError: unknown = null
  const feeding = (async () => {
    for await (const piece of source)
      await new Promise<void>((resolve, reject) => {
        gunzip.write(piece, (error) => (error ? reject(error) : resolve()))
      })
    gunzip.end()
  })().catch((error: unknown) => {
    sourceError = error
    gunzip.destroy(error instanceof Error ? error : new Error('unreadable'))
  })
  try {
    for await (const piece of gunzip) yield piece as Buffer
  } catch (error) {
    if (error instanceof BadArchive) throw error
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (sourceError === null || code.startsWith('Z_')) throw new BadArchive('it is cut or damaged')
    throw error
  }
  await feeding
}

function manifestOf(text: string): BackupManifest {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new BadArchive('its manifest is damaged')
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
    throw new BadArchive('its manifest is not one of a backup')
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
