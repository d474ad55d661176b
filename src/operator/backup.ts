import { Database } from 'bun:sqlite'
import { createHash } from 'node:crypto'
import {
  closeSync,
  createReadStream,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readSync,
  statSync,
} from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { createGzip } from 'node:zlib'
import { openForReading } from '../store/sqlite/database.ts'
import { createTemporaryFolder } from '../store/sqlite/temporaryFolder.ts'
import { OperatorError } from '../lib/operatorError.ts'
import { databaseIn, fsyncPath, spaceOf } from '../store/sqlite/dataDirectory.ts'
import { copyDifferences, WriteThrottle } from './throttledCopy.ts'
import { BACKUPS, backupNameOf } from './backupFiles.ts'
import { isLocked } from '../store/sqlite/lock.ts'
import { SCHEMA, schemaOf } from '../store/sqlite/migrations.ts'
import { foreignSchemaIn } from '../store/sqlite/schema.ts'
import { canScrub, scrub } from '../store/sqlite/write/scrub.ts'
import { END, headerOf, paddingOf } from './tar.ts'

export const BACKUP_MANIFEST = 'manifest.json'
export const DATABASE = 'hubbub.db'

/** What stands first in a backup, so that the rest can be checked against it. */
export interface BackupManifest {
  format: 'hubbub backup'
  hubbub: string
  schema: number
  /** ISO 8601 */
  at: string
  parts: Record<string, { bytes: number; sha256: string }>
}

export interface BackupResult {
  /** null: streamed */
  file: string | null
  bytes: number
  events: number
  schema: number
  /** what Hubbub did not make in it: `restore` will not take it; null if there is nothing */
  foreign: string | null
}

/**
 * Writes what a directory's database holds at this moment, also beside a server that writes, as a `.tar.gz`. A file gets its
 * name when it is complete and on disk; one that exists is never replaced.
 * @param to a file, a stream to write into, or nothing: `backups/` of the directory
 * @param now ms
 * @throws OperatorError if there is nothing to copy, too little room, or the copy is not whole
 */
export async function backup(
  dir: string,
  to: string | { write(bytes: Uint8Array): Promise<void> } | undefined,
  { version, now }: { version: string; now: number },
): Promise<BackupResult> {
  if (!existsSync(databaseIn(dir))) throw new OperatorError(1, `There is no database in ${dir} to back up.`)
  const at = new Date(now).toISOString()
  const target = to ?? join(dir, BACKUPS, backupNameOf(now))
  if (typeof target === 'string' && existsSync(target))
    throw new OperatorError(1, `${target} exists already. Name another file, or remove it first.`)
  const { bytes, free } = spaceOf(dir)
  if (free < 2 * bytes)
    throw new OperatorError(
      1,
      `A backup needs ${megabytes(2 * bytes)} MB free in ${dir} for a moment, and there are ${megabytes(free)}. Make room first.`,
    )

  const throttle = new WriteThrottle(isLocked(dir))
  const folder = createTemporaryFolder(dir, 'backup')
  const copy = join(folder.path, DATABASE)
  try {
    const { schema, ...counted } = await copyOf(dir, copy, throttle)
    const part = { bytes: statSync(copy).size, sha256: await sha256Of(copy) }
    const manifest: BackupManifest = {
      format: 'hubbub backup',
      hubbub: version,
      schema,
      at,
      parts: { [DATABASE]: part },
    }
    const archive = archiveOf(manifest, copy, Math.floor(now / 1_000))
    if (typeof target !== 'string') {
      for await (const piece of archive) await target.write(piece)
      return { file: null, bytes: part.bytes, schema, ...counted }
    }
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 })
    await writeWhole(target, archive, throttle)
    return { file: target, bytes: statSync(target).size, schema, ...counted }
  } finally {
    if (existsSync(copy)) await throttle.remove(copy)
    folder.remove()
  }
}

type CopyCheck = Pick<BackupResult, 'events' | 'schema' | 'foreign'>

/** How often what has changed is copied while it goes on changing, and when it is little enough, bytes. */
const PASSES = 3
const LITTLE_ENOUGH = 4 * 1024 * 1024

/**
 * The copy of one moment, fsynced and checked. Most of it is copied while the database goes on changing; then, while a
 * transaction that reads keeps the file and what is in its WAL as they are, what has changed meanwhile. `VACUUM INTO`
 * would write all of it as fast as it can, and everybody's next fsync would wait behind that.
 */
async function copyOf(dir: string, copy: string, throttle: WriteThrottle): Promise<CopyCheck> {
  const source = openSync(databaseIn(dir), 'r')
  const target = openSync(copy, 'wx+', 0o600)
  try {
    for (
      let passes = 0;
      passes < PASSES && (await copyDifferences(target, source, throttle)) > LITTLE_ENOUGH;
    )
      passes += 1
    const db = openForReading(dir)
    try {
      db.run('BEGIN')
      const schema = schemaOf(db)
      if (schema > SCHEMA)
        throw new OperatorError(
          4,
          `The database in ${dir} has schema ${schema}, and this Hubbub knows ${SCHEMA}.`,
        )
      await copyDifferences(target, source, throttle)
      await copyWal(`${databaseIn(dir)}-wal`, `${copy}-wal`, throttle)
    } finally {
      db.close()
    }
  } finally {
    // Not before: closing any descriptor of a file drops the locks that this process has on it.
    closeSync(source)
    closeSync(target)
  }
  await mergeWal(copy, throttle)
  fsyncPath(copy)
  return checkCopy(dir, copy)
}

/** Bytes that a part of a scrub writes at most, about. */
const SCRUB_STEP = 256 * 1024

/** Bytes of a WAL's header: another one, as soon as SQLite begins anew to write it from its start. */
const WAL_HEADER = 32

/** Copies a WAL. If it is begun anew meanwhile, so is the copy: half of an old one would take back what the file has. */
async function copyWal(from: string, to: string, throttle: WriteThrottle): Promise<void> {
  if (!existsSync(from)) return
  const [source, target] = [openSync(from, 'r'), openSync(to, 'wx+', 0o600)]
  const header = () => {
    const bytes = Buffer.alloc(WAL_HEADER)
    readSync(source, bytes, 0, WAL_HEADER, 0)
    return bytes
  }
  try {
    for (let before = header(); ; before = header()) {
      await copyDifferences(target, source, throttle)
      if (before.equals(header())) return
    }
  } finally {
    closeSync(source)
    closeSync(target)
  }
}

/** Writes what a copy has in its WAL into it, so that it is one file, and removes what SQLite has left over in it (S34). */
async function mergeWal(copy: string, throttle: WriteThrottle): Promise<void> {
  const file = openSync(copy, 'r+')
  const db = new Database(copy, { readwrite: true })
  try {
    // Flushed once, by the caller.
    db.run('PRAGMA synchronous = OFF')
    db.run('PRAGMA journal_mode = DELETE')
    if (!canScrub(db, file)) return
    for (let page: number | null = 2; page !== null;) {
      page = scrub(file, page)
      await throttle.afterWrite(file, SCRUB_STEP)
    }
  } finally {
    db.close()
    closeSync(file)
  }
}

function checkCopy(dir: string, copy: string): CopyCheck {
  const copied = new Database(copy, { readonly: true })
  try {
    const verdict = copied.query<{ integrity_check: string }, []>('PRAGMA integrity_check').get()
    if (verdict?.integrity_check !== 'ok')
      throw new OperatorError(
        1,
        `The database in ${dir} is damaged, so no backup was made. Run hubbub doctor.`,
      )
    const events = copied.query<{ n: number }, []>('SELECT count(*) AS n FROM events').get()?.n ?? 0
    const schema = schemaOf(copied)
    return { events, schema, foreign: foreignSchemaIn(copied, schema) }
  } finally {
    copied.close()
  }
}

async function* archiveOf(manifest: BackupManifest, copy: string, at: number): AsyncGenerator<Uint8Array> {
  const text = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`)
  const gzip = createGzip()
  const write = (bytes: Uint8Array) =>
    new Promise<void>((resolve, reject) => {
      gzip.write(bytes, (error) => (error ? reject(error) : resolve()))
    })
  const writing = (async () => {
    await write(headerOf({ name: BACKUP_MANIFEST, size: text.length }, at))
    await write(text)
    await write(paddingOf(text.length))
    const size = manifest.parts[DATABASE]?.bytes ?? 0
    await write(headerOf({ name: DATABASE, size }, at))
    for await (const piece of createReadStream(copy)) await write(piece as Buffer)
    await write(paddingOf(size))
    await write(END)
    gzip.end()
  })()
  writing.catch((error: Error) => gzip.destroy(error))
  for await (const piece of gzip) yield piece as Buffer
  await writing
}

/** Writes a file that is there whole or not at all. */
async function writeWhole(
  target: string,
  pieces: AsyncIterable<Uint8Array>,
  throttle: WriteThrottle,
): Promise<void> {
  const partial = join(dirname(target), `.${basename(target)}.${process.pid}`)
  const file = await open(partial, 'wx', 0o600)
  try {
    for await (const piece of pieces) {
      await file.writeFile(piece)
      await throttle.afterWrite(file.fd, piece.length)
    }
    fsyncSync(file.fd)
    await file.close()
    await rename(partial, target)
    fsyncPath(dirname(target))
  } catch (error) {
    await file.close().catch(() => undefined)
    await rm(partial, { force: true })
    throw error
  }
}

export async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of createReadStream(file)) hash.update(piece as Buffer)
  return hash.digest('hex')
}

const megabytes = (bytes: number) => Math.ceil(bytes / 1e6)
