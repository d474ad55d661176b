import { Database } from 'bun:sqlite'
import { createHash } from 'node:crypto'
import { createReadStream, existsSync, fsyncSync, mkdirSync, rmSync, statSync } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { createGzip } from 'node:zlib'
import { openForReading } from './database.ts'
import { CannotOpen, databaseIn, flush, spaceOf } from './directory.ts'
import { BACKUPS, nameOf } from './kept.ts'
import { SCHEMA, schemaOf } from './migrations.ts'
import { END, headerOf, paddingOf } from './tar.ts'

export const MANIFEST = 'manifest.json'
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

export interface Made {
  /** null: streamed */
  file: string | null
  bytes: number
  events: number
  schema: number
}

/**
 * Writes what a directory's database holds at this moment, also beside a server that writes, as a `.tar.gz`. A file gets its
 * name when it is complete and on disk; one that exists is never replaced.
 * @param to a file, a stream to write into, or nothing: `backups/` of the directory
 * @param now ms
 * @throws CannotOpen if there is nothing to copy, too little room, or the copy is not whole
 */
export async function backup(
  dir: string,
  to: string | { write(bytes: Uint8Array): Promise<void> } | undefined,
  { version, now }: { version: string; now: number },
): Promise<Made> {
  if (!existsSync(databaseIn(dir))) throw new CannotOpen(1, `There is no database in ${dir} to back up.`)
  const at = new Date(now).toISOString()
  const target = to ?? join(dir, BACKUPS, nameOf(now))
  if (typeof target === 'string' && existsSync(target))
    throw new CannotOpen(1, `${target} exists already. Name another file, or remove it first.`)
  const { bytes, free } = spaceOf(dir)
  if (free < 2 * bytes)
    throw new CannotOpen(
      1,
      `A backup needs ${megabytes(2 * bytes)} MB free in ${dir} for a moment, and there are ${megabytes(free)}. Make room first.`,
    )

  const desk = join(dir, 'tmp', `backup-${process.pid}`)
  mkdirSync(desk, { recursive: true, mode: 0o700 })
  try {
    const copy = join(desk, DATABASE)
    const { events, schema } = copyOf(dir, copy)
    const part = { bytes: statSync(copy).size, sha256: await sumOf(copy) }
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
      return { file: null, bytes: part.bytes, events, schema }
    }
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 })
    await writeWhole(target, archive)
    return { file: target, bytes: statSync(target).size, events, schema }
  } finally {
    rmSync(desk, { recursive: true, force: true })
  }
}

/** The copy of one moment, fsynced and checked. */
function copyOf(dir: string, copy: string): { events: number; schema: number } {
  const source = openForReading(dir)
  try {
    const schema = schemaOf(source)
    if (schema > SCHEMA)
      throw new CannotOpen(4, `The database in ${dir} has schema ${schema}, and this Hubbub knows ${SCHEMA}.`)
    source.run('VACUUM INTO ?', [copy])
  } finally {
    source.close()
  }
  flush(copy)
  const copied = new Database(copy, { readonly: true })
  try {
    const verdict = copied.query<{ integrity_check: string }, []>('PRAGMA integrity_check').get()
    if (verdict?.integrity_check !== 'ok')
      throw new CannotOpen(1, `The database in ${dir} is damaged, so no backup was made. Run hubbub doctor.`)
    const events = copied.query<{ n: number }, []>('SELECT count(*) AS n FROM events').get()?.n ?? 0
    return { events, schema: schemaOf(copied) }
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
    await write(headerOf({ name: MANIFEST, size: text.length }, at))
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
async function writeWhole(target: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  const half = join(dirname(target), `.${basename(target)}.${process.pid}`)
  const file = await open(half, 'wx', 0o600)
  try {
    for await (const piece of pieces) await file.writeFile(piece)
    fsyncSync(file.fd)
    await file.close()
    await rename(half, target)
    flush(dirname(target))
  } catch (error) {
    await file.close().catch(() => undefined)
    await rm(half, { force: true })
    throw error
  }
}

export async function sumOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of createReadStream(file)) hash.update(piece as Buffer)
  return hash.digest('hex')
}

const megabytes = (bytes: number) => Math.ceil(bytes / 1e6)
