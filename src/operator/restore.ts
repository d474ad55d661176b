import { Database, SQLiteError } from 'bun:sqlite'
import { createHash } from 'node:crypto'
import { existsSync, linkSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { Value } from '@sinclair/typebox/value'
import { extract } from 'tar-stream'
import { BackupManifest, DATABASE, BACKUP_MANIFEST } from './backup.ts'
import { checkpoint } from '../store/sqlite/database.ts'
import { OperatorError } from '../lib/operatorError.ts'
import { databaseIn, fsyncPath, spaceOf } from '../store/sqlite/dataDirectory.ts'
import { lockDirectory } from '../store/sqlite/lock.ts'
import { SCHEMA, schemaOf } from '../store/sqlite/migrations.ts'
import { foreignSchemaIn, rolesIn } from '../store/sqlite/schema.ts'
import type { Command } from './command.ts'
import { readFrom } from './streams.ts'

export const command: Command = {
  usage: `Usage: hubbub restore FILE|-

Replaces the data in DATA_DIR with a backup. The former data is moved to DATA_DIR/before-restore-<time>.
Stop the server first. A backup that is not whole changes nothing.`,
  argument: 'needed',
  async run({ argument = '-', config }) {
    const { dataDir } = config()
    const { manifest, before, roles } = await restore(dataDir, readFrom(argument), Date.now())
    const aside = before === null ? '' : ` The former data is now in ${before}.`
    const warning =
      roles === null ? '' : ` People with a role above guest: ${roles}. Check that you gave them these roles.`
    return {
      say: `Restored the backup of ${manifest.at} into ${dataDir}.${aside}${warning}`,
      json: { at: manifest.at, schema: manifest.schema, hubbub: manifest.hubbub, before },
    }
  },
}

/** Bytes. A real manifest has a few hundred. */
const MAX_MANIFEST = 64 * 1024

/** The backup is cut, damaged, or not one of ours. */
class BadBackup extends Error {}

const failed = (reason: string) => new OperatorError(1, `${reason} Nothing was changed; try another one.`)

interface RestoreResult {
  manifest: BackupManifest
  /** where the former data is now; null if there was none */
  before: string | null
  /** people with a role above guest, counted by role; null if there are none */
  roles: string | null
}

/**
 * Puts a backup into a directory that no server uses. The backup is unpacked and checked beside the data first; the former
 * data is moved to `before-restore-<time>/` and never deleted.
 * @param source the bytes of a `.tar.gz`
 * @param now ms
 * @throws OperatorError: 1 the backup is not whole, and nothing has changed · 3 in use · 4 of a newer Hubbub
 */
export async function restore(
  dir: string,
  source: AsyncIterable<Uint8Array>,
  now: number,
): Promise<RestoreResult> {
  using _lock = lockDirectory(dir)
  const workFolder = join(dir, 'tmp', 'restore')
  try {
    mkdirSync(workFolder, { recursive: true, mode: 0o700 })
    const unpacked = join(workFolder, DATABASE)
    const manifest = await unpack(source, unpacked, spaceOf(dir).free)
    const roles = checkDatabase(unpacked, manifest)
    const before = setAside(dir, `before-restore-${new Date(now).toISOString().replaceAll(':', '')}`)
    renameSync(unpacked, databaseIn(dir))
    fsyncPath(dir)
    return { manifest, before, roles }
  } finally {
    rmSync(workFolder, { recursive: true, force: true })
  }
}

/** Unpacks the manifest and the database, and compares them. @param to the database's file @param free bytes on its disk */
async function unpack(source: AsyncIterable<Uint8Array>, to: string, free: number): Promise<BackupManifest> {
  let limit = 2 * MAX_MANIFEST
  const limited = async function* (pieces: AsyncIterable<Uint8Array>) {
    for await (const piece of pieces) {
      limit -= piece.length
      // A small archive can unpack to a terabyte of zeros.
      if (limit < 0) throw new BadBackup('there is more after its end')
      yield piece
    }
  }
  const entries = extract()
  const reading = pipeline(source, createGunzip(), limited, entries)
  // An error of the pipeline also ends the loop below, which reports it.
  reading.catch(() => undefined)
  let manifest: BackupManifest | null = null
  let isComplete = false
  try {
    for await (const entry of entries) {
      const { name, type, size } = entry.header
      const content = entry as AsyncIterable<Uint8Array>
      if (type === 'file' && name === BACKUP_MANIFEST && manifest === null && size <= MAX_MANIFEST) {
        manifest = manifestOf(Buffer.concat(await Array.fromAsync(content)).toString())
        limit += manifest.parts[DATABASE].bytes
      } else if (type === 'file' && name === DATABASE && manifest !== null && !isComplete) {
        await unpackDatabase(content, size, manifest, { free, to })
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
    throw failed(`This is no whole backup: ${reason}.`)
  }
}

async function unpackDatabase(
  pieces: AsyncIterable<Uint8Array>,
  size: number,
  { parts }: BackupManifest,
  { free, to }: { free: number; to: string },
): Promise<void> {
  if (size !== parts[DATABASE].bytes) throw new BadBackup('its database is not the one that was saved')
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
  try {
    const value: unknown = JSON.parse(text)
    if (Value.Check(BackupManifest, value)) return value
  } catch {
    // Not JSON.
  }
  throw new BadBackup('its manifest is damaged')
}

/** Checks the schema first: a query that meets a foreign view may never end. @returns people with a role above guest, by role */
function checkDatabase(file: string, { schema }: BackupManifest): string | null {
  if (schema > SCHEMA)
    throw new OperatorError(
      4,
      `This backup has schema ${schema}, and this Hubbub knows ${SCHEMA}. Restore it with a release that knows schema ${schema}.`,
    )
  const damaged = failed('The database in this backup is damaged.')
  let db: Database | null = null
  try {
    db = new Database(file, { readonly: true })
    if (schemaOf(db) !== schema) throw damaged
    const foreign = foreignSchemaIn(db, schema)
    if (foreign !== null) throw failed(`The database in this backup is not one of Hubbub: ${foreign}.`)
    const check = db.query<{ integrity_check: string }, []>('PRAGMA integrity_check').get()
    if (check?.integrity_check !== 'ok') throw damaged
    return rolesIn(db)
  } catch (error) {
    throw error instanceof SQLiteError ? damaged : error
  } finally {
    db?.close()
  }
}

/**
 * Moves the data out of the way. The database keeps its name until the new one takes the name: a server that starts in
 * between would otherwise create an empty database.
 */
function setAside(dir: string, name: string): string | null {
  const file = databaseIn(dir)
  if (!existsSync(file)) return null
  mergeWalInto(file)
  const folder = join(dir, name)
  mkdirSync(folder, { mode: 0o700 })
  try {
    linkSync(file, join(folder, DATABASE))
  } catch {
    // The file system has no hard links.
    renameSync(file, join(folder, DATABASE))
  }
  for (const suffix of ['-wal', '-shm'])
    if (existsSync(file + suffix)) renameSync(file + suffix, join(folder, DATABASE + suffix))
  fsyncPath(folder)
  return folder
}

/** A database too damaged for a checkpoint keeps its WAL, which is moved with it. */
function mergeWalInto(file: string): void {
  try {
    using db = new Database(file, { readwrite: true })
    checkpoint(db)
  } catch (error) {
    if (!(error instanceof SQLiteError)) throw error
  }
}
