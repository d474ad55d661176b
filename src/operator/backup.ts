import { Database } from 'bun:sqlite'
import { createHash } from 'node:crypto'
import { closeSync, createReadStream, existsSync, mkdirSync, openSync, readSync, statSync } from 'node:fs'
import { constants, setPriority } from 'node:os'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { type Static, Type as t } from '@sinclair/typebox'
import { pack } from 'tar-stream'
import { openForReading } from '../store/sqlite/database.ts'
import { createTemporaryFolder, isLocked } from '../store/sqlite/lock.ts'
import { OperatorError } from '../lib/operatorError.ts'
import { databaseIn, fsyncPath, refuseNewer } from '../store/sqlite/dataDirectory.ts'
import { copyDifferences, WriteThrottle } from './throttledCopy.ts'
import { BACKUPS, backupNameOf, pruneBackups } from './backupFiles.ts'
import { SCHEMA, schemaOf } from '../store/sqlite/migrations.ts'
import { foreignSchemaIn } from '../store/sqlite/schema.ts'
import { type Sink, stdout, writeWholeFile } from './streams.ts'
import { PRODUCT_VERSION } from '../lib/version.ts'
import { type Command, requireDatabase, requireSpace } from './command.ts'

export const command: Command = {
  usage: `Usage: hubbub backup [FILE|-]

Saves everything into one file, beside a running server or without one. It is named
DATA_DIR/backups/hubbub-<time>.tar.gz unless you name another; - writes it to stdout.

  --keep N     afterwards remove all but the N newest of DATA_DIR/backups`,
  options: { keep: { type: 'string' } },
  argument: 'optional',
  async run({ argument, options, config }) {
    const { keep } = options
    if (keep !== undefined && !/^[1-9]\d{0,3}$/.test(String(keep)))
      throw new OperatorError(2, '--keep takes a number from 1 to 9999.')
    const { dataDir } = config()
    // The server's work comes first. With the lowest priority a backup would stand still beside a busy processor, while its
    // read transaction lets the WAL grow.
    setPriority(constants.priority.PRIORITY_BELOW_NORMAL)
    const to = argument === '-' ? stdout : argument
    const result = await backup(dataDir, to, Date.now())
    if (keep !== undefined) pruneBackups(dataDir, Number(keep), Date.now())
    const where = result.file ?? 'stdout'
    return {
      say: `Saved ${result.events} events to ${where} (${(result.bytes / 1e6).toFixed(1)} MB).`,
      json: result,
      streamed: result.file === null,
      ...(result.foreign !== null && {
        warns: `This backup cannot be restored as it is: ${result.foreign}. Run hubbub doctor.`,
      }),
    }
  },
}

export const BACKUP_MANIFEST = 'manifest.json'
export const DATABASE = 'hubbub.db'

/** The first entry of a backup. `restore` checks the other entry against it. `at` is in ISO 8601. */
export const BackupManifest = t.Object({
  format: t.Literal('hubbub backup'),
  hubbub: t.String(),
  schema: t.Integer({ minimum: 1 }),
  at: t.String(),
  parts: t.Object({ [DATABASE]: t.Object({ bytes: t.Integer(), sha256: t.String() }) }),
})
export type BackupManifest = Static<typeof BackupManifest>

interface BackupResult {
  /** null if the backup was streamed */
  file: string | null
  bytes: number
  events: number
  schema: number
  /** a table, trigger or the like that Hubbub does not create and `restore` therefore refuses; null if there is none */
  foreign: string | null
}

/**
 * Saves the database of one moment as a `.tar.gz`, also while a server writes to it. The file gets its name once it is
 * complete and on disk; an existing file is never replaced.
 * @param to a file or a stream; by default a file in the directory's `backups/`
 * @param now ms
 * @throws OperatorError if there is no database, too little space, or the copy is damaged
 */
export async function backup(dir: string, to: string | Sink | undefined, now: number): Promise<BackupResult> {
  requireDatabase(dir)
  const target = to ?? join(dir, BACKUPS, backupNameOf(now))
  if (typeof target === 'string' && existsSync(target))
    throw new OperatorError(1, `${target} exists already. Name another file, or remove it first.`)
  requireSpace(dir, 'A backup needs')

  const throttle = new WriteThrottle(isLocked(dir))
  using folder = createTemporaryFolder(dir, 'backup')
  const copy = join(folder.path, DATABASE)
  try {
    const check = await copyOf(dir, copy, throttle)
    const size = statSync(copy).size
    const manifest: BackupManifest = {
      format: 'hubbub backup',
      hubbub: PRODUCT_VERSION,
      schema: check.schema,
      at: new Date(now).toISOString(),
      parts: { [DATABASE]: { bytes: size, sha256: await sha256Of(copy) } },
    }
    const write = (sink: Sink) => writeArchive(manifest, copy, size, sink)
    if (typeof target !== 'string') {
      await write(target)
      return { file: null, bytes: size, ...check }
    }
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 })
    await writeWholeFile(target, write, throttle)
    return { file: target, bytes: statSync(target).size, ...check }
  } finally {
    if (existsSync(copy)) await throttle.remove(copy)
  }
}

type CopyCheck = Pick<BackupResult, 'events' | 'schema' | 'foreign'>

/** Before the read transaction the file is copied in up to `PASSES` passes. A pass that copies at most `FEW_BYTES` is the last. */
const PASSES = 3
const FEW_BYTES = 4 * 1024 * 1024

/**
 * Copies one moment of the database, fsyncs and checks it. Most blocks are copied while the server writes; the rest under a
 * read transaction, which keeps SQLite from changing the file. `VACUUM INTO` would write everything at full speed, and
 * each commit's fsync would wait behind it.
 */
async function copyOf(dir: string, copy: string, throttle: WriteThrottle): Promise<CopyCheck> {
  const source = openSync(databaseIn(dir), 'r')
  const target = openSync(copy, 'wx+', 0o600)
  try {
    for (let pass = 0; pass < PASSES; pass += 1)
      if ((await copyDifferences(target, source, throttle)) <= FEW_BYTES) break
    const db = openForReading(dir)
    try {
      db.run('BEGIN')
      refuseNewer(dir, schemaOf(db), SCHEMA)
      await copyDifferences(target, source, throttle)
      await copyWal(`${databaseIn(dir)}-wal`, `${copy}-wal`, throttle)
    } finally {
      db.close()
    }
  } finally {
    // After the transaction: closing any descriptor of a file drops the locks that this process has on the file.
    closeSync(source)
    closeSync(target)
  }
  mergeWal(copy)
  fsyncPath(copy)
  return checkCopy(dir, copy)
}

/** Bytes of a WAL's header. SQLite changes it when it starts to overwrite the WAL from the beginning. */
const WAL_HEADER = 32

/** Copies a WAL, and starts over if SQLite restarted it meanwhile: merging old frames would put old pages into the database. */
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

/** Moves the frames of a copy's WAL into the copy, which then is one file. */
function mergeWal(copy: string): void {
  using db = new Database(copy, { readwrite: true })
  // The caller flushes the file once.
  db.run('PRAGMA synchronous = OFF')
  db.run('PRAGMA journal_mode = DELETE')
}

function checkCopy(dir: string, copy: string): CopyCheck {
  using db = new Database(copy, { readonly: true })
  const check = db.query<{ integrity_check: string }, []>('PRAGMA integrity_check').get()
  if (check?.integrity_check !== 'ok')
    throw new OperatorError(1, `The database in ${dir} is damaged, so no backup was made. Run hubbub doctor.`)
  const events = db.query<{ n: number }, []>('SELECT count(*) AS n FROM events').get()?.n ?? 0
  const schema = schemaOf(db)
  return { events, schema, foreign: foreignSchemaIn(db, schema) }
}

async function writeArchive(manifest: BackupManifest, copy: string, size: number, sink: Sink): Promise<void> {
  const tar = pack()
  const header = { mode: 0o600, mtime: new Date(manifest.at) }
  tar.entry({ ...header, name: BACKUP_MANIFEST }, `${JSON.stringify(manifest, null, 2)}\n`)
  const filling = pipeline(createReadStream(copy), tar.entry({ ...header, name: DATABASE, size })).then(() =>
    tar.finalize(),
  )
  // An error of the copy ends `tar` too, so it is reported below.
  filling.catch(() => undefined)
  await pipeline(tar, createGzip(), async (pieces: AsyncIterable<Uint8Array>) => {
    for await (const piece of pieces) await sink.write(piece)
  })
  await filling
}

export async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}
