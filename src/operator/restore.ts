import { Database, SQLiteError } from 'bun:sqlite'
import { createHash } from 'node:crypto'
import { existsSync, linkSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { createGunzip } from 'node:zlib'
import { type BackupManifest, DATABASE, MANIFEST } from './backup.ts'
import { checkpoint } from '../store/sqlite/database.ts'
import { emptyTmp } from '../store/sqlite/temporaryFolder.ts'
import {
  CannotOpen,
  createDirectory,
  databaseIn,
  flush,
  spaceOf,
  unwritable,
} from '../store/sqlite/dataDirectory.ts'
import { takeLock } from '../store/sqlite/lock.ts'
import { SCHEMA, schemaOf } from '../store/sqlite/migrations.ts'
import { foreignIn, rolesIn } from '../store/sqlite/schema.ts'
import { BadArchive, type Entry, readTar } from './tar.ts'

/** A manifest is some hundred bytes; what claims to be a larger one is none. */
const MANIFEST_MOST = 64 * 1024

export interface Restored {
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
 * @throws CannotOpen: 1 the backup is not whole, and nothing has changed · 3 in use · 4 of a newer Hubbub
 */
export async function restore(
  dir: string,
  source: AsyncIterable<Uint8Array>,
  now: number,
): Promise<Restored> {
  const lock = taken(dir)
  const desk = join(dir, 'tmp', 'restore')
  try {
    mkdirSync(desk, { recursive: true, mode: 0o700 })
    const manifest = await unpack(source, desk, spaceOf(dir).free)
    const fresh = join(desk, DATABASE)
    const roles = check(fresh, manifest)
    const before = setAside(dir, `before-restore-${new Date(now).toISOString().replaceAll(':', '')}`)
    renameSync(fresh, databaseIn(dir))
    flush(dir)
    return { manifest, before, roles }
  } finally {
    rmSync(desk, { recursive: true, force: true })
    lock.release()
  }
}

function taken(dir: string) {
  try {
    createDirectory(dir)
    const lock = takeLock(dir)
    emptyTmp(dir)
    return lock
  } catch (error) {
    throw unwritable(dir, error)
  }
}

/** Unpacks both parts and compares them with what the manifest says of them. @param free bytes there is room for */
async function unpack(
  source: AsyncIterable<Uint8Array>,
  desk: string,
  free: number,
): Promise<BackupManifest> {
  let text = ''
  let manifest: BackupManifest | null = null
  let whole = false
  const hash = createHash('sha256')
  const file = await open(join(desk, DATABASE), 'wx', 0o600)
  const take = async ({ name, size }: Entry, piece: Uint8Array | null) => {
    if (name === MANIFEST && manifest === null && size <= MANIFEST_MOST) {
      if (piece !== null) text += Buffer.from(piece).toString('latin1')
      else manifest = manifestOf(text)
    } else if (name === DATABASE && manifest !== null && !whole) {
      const { bytes, sha256 } = manifest.parts[DATABASE] ?? {}
      // Before a byte of it is written: a gigabyte of zeros is a small archive.
      if (size !== bytes) throw new BadArchive('its database is not the one that was saved')
      if (size > free)
        throw new CannotOpen(1, `This backup needs ${Math.ceil(size / 1e6)} MB of room. Nothing was changed.`)
      if (piece !== null) {
        hash.update(piece)
        await file.writeFile(piece)
      } else {
        if (hash.digest('hex') !== sha256) throw new BadArchive('its database is not the one that was saved')
        whole = true
      }
    } else throw new BadArchive('it holds what no backup holds')
  }
  try {
    await readTar(gunzipped(source), take)
    if (manifest === null || !whole) throw new BadArchive('a part of it is missing')
    await file.sync()
    return manifest
  } catch (error) {
    if (error instanceof BadArchive)
      throw new CannotOpen(
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
  let trouble: unknown = null
  const feeding = (async () => {
    for await (const piece of source)
      await new Promise<void>((resolve, reject) => {
        gunzip.write(piece, (error) => (error ? reject(error) : resolve()))
      })
    gunzip.end()
  })().catch((error: unknown) => {
    trouble = error
    gunzip.destroy(error instanceof Error ? error : new Error('unreadable'))
  })
  try {
    for await (const piece of gunzip) yield piece as Buffer
  } catch (error) {
    if (error instanceof BadArchive) throw error
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (trouble === null || code.startsWith('Z_')) throw new BadArchive('it is cut or damaged')
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
function check(file: string, { schema }: BackupManifest): string | null {
  if (schema > SCHEMA)
    throw new CannotOpen(
      4,
      `This backup has schema ${schema}, and this Hubbub knows ${SCHEMA}. Restore it with a release that knows schema ${schema}.`,
    )
  const damaged = new CannotOpen(
    1,
    'The database in this backup is damaged. Nothing was changed; try another one.',
  )
  let db: Database | null = null
  try {
    db = new Database(file, { readonly: true })
    if (schemaOf(db) !== schema) throw damaged
    const foreign = foreignIn(db, schema)
    if (foreign !== null)
      throw new CannotOpen(
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
  fold(file)
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
  flush(folder)
  return folder
}

/** Brings the WAL home. Of a database too damaged for that, the WAL is moved beside it as it is. */
function fold(file: string): void {
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
