import { Database } from 'bun:sqlite'
import type { Draft, Log, Outcome, Store } from '../../hub/ports.ts'
import { ChatError } from '../../shared/errors.ts'
import { type MetricsSink, NO_METRICS } from '../../lib/metricsSink.ts'
import { openForReading } from './database.ts'
import { removeStaleFolders } from './temporaryFolder.ts'
import {
  createDirectory,
  createPrivateFile,
  databaseIn,
  refuseNewer,
  RESERVE,
  schemaInHeader,
  asOperatorError,
} from './dataDirectory.ts'
import { eventFromDraft } from './write/eventFromDraft.ts'
import { takeLock, type DirectoryLock } from './lock.ts'
import { migrate, SCHEMA } from './migrations.ts'
import { NO_READ_TRANSACTION, ReadTransaction } from './read/readTransaction.ts'
import { type AsyncWriter, InlineWriter, WriteError, type WriteFailure } from './write/inlineWriter.ts'
import { Reader } from './read/reader.ts'
import { type Disk, DiskSpace, NO_DISK } from './diskSpace.ts'
import { WriterThread } from './write/workerThread.ts'
import { diskErrorCode, isDatabaseBusy } from './diskErrors.ts'
import type { CommitResult } from './write/eventWriter.ts'
import type { Writes } from './write/writer.ts'

export interface Sqlite extends Store {
  /**
   * SQLite's code of what keeps the disk from being written or read, or RESERVE, until something is written again. Not that
   * another process holds the database: that passes, and what is asked meanwhile fails by itself.
   */
  readonly diskError: string | null
  /** how many rooms there are, and bytes: of the database with its WAL, free beside it; trouble counts as 0 */
  measures(): { rooms: number; databaseBytes: number; diskFreeBytes: number }
}

export interface SqliteOptions {
  /** the data directory; made where there is none */
  dir: string
  /** where `sqlite.worker.ts` is. P47: only `main.ts` can say so in source and binary alike. */
  workerUrl: URL | string
  /** The writer has ended unasked: what was asked of it is answered by nobody, and the process must end. */
  onDeath: (error: Error) => void
  log?: Log
  metricsSink?: MetricsSink
  /** bytes that stay free on the disk: below it nothing is stored (O12) */
  reserve?: number
}

/** How often, while there is trouble, it is tried whether there still is, ms. */
const PROBE_EVERY = 1_000

/**
 * Opens the store of a data directory and keeps others out until it is closed. Trouble with the disk rejects with
 * ChatError `unavailable`; `commit` says `failed`.
 * @throws OperatorError with what to say and what to exit with
 */
export async function openSqlite({
  dir,
  workerUrl,
  onDeath,
  log,
  metricsSink = NO_METRICS,
  reserve = RESERVE,
}: SqliteOptions): Promise<Sqlite> {
  const lock = prepareDirectory(dir)
  const writer = new WriterThread(workerUrl, onDeath)
  try {
    const { from, snapshot } = await writer.open(dir)
    if (from === 0) log?.info('database made', { schema: SCHEMA })
    else if (from < SCHEMA) log?.info('database migrated', { from, to: SCHEMA, snapshot: snapshot ?? '' })
    const db = openForReading(dir)
    return new SqliteStore({
      db,
      readTransaction: new ReadTransaction(db),
      writer,
      lock,
      disk: new DiskSpace(dir, reserve),
      log,
      metricsSink,
    })
  } catch (error) {
    await writer.close()
    lock.release()
    throw error
  }
}

/**
 * Opens a store in memory. It differs from the one on disk only in its writer, which runs each write within the call.
 * @param db an empty database in memory; a caller that keeps it can look into the store, or change it
 */
export function openInMemory(db = new Database(':memory:', { strict: true })): Sqlite {
  migrate(db)
  return new SqliteStore({
    db,
    readTransaction: NO_READ_TRANSACTION,
    writer: new InlineWriter(db),
    disk: NO_DISK,
  })
}

interface SqliteParts {
  db: Database
  readTransaction: typeof NO_READ_TRANSACTION
  writer: AsyncWriter
  disk: Disk
  lock?: DirectoryLock
  log?: Log | undefined
  metricsSink?: MetricsSink
}

/** Makes the directory what it must be before anything is opened in it, and nobody else's. */
function prepareDirectory(dir: string): DirectoryLock {
  let lock: DirectoryLock | undefined
  try {
    createDirectory(dir)
    lock = takeLock(dir)
    refuseNewer(dir, schemaInHeader(dir), SCHEMA)
    createPrivateFile(databaseIn(dir))
    removeStaleFolders(dir)
    return lock
  } catch (error) {
    lock?.release()
    throw asOperatorError(dir, error)
  }
}

class SqliteStore implements Sqlite {
  readonly #reader: Reader
  readonly #readTransaction: typeof NO_READ_TRANSACTION
  readonly #writer: AsyncWriter
  readonly #disk: Disk
  readonly #lock: DirectoryLock | undefined
  readonly #log: Log | undefined
  readonly #metricsSink: MetricsSink
  #diskError: string | null = null
  #isHeldElsewhere = false
  #probeTimer: ReturnType<typeof setInterval> | undefined

  // Each name is that of the store and of the reader or writer that does it.
  readonly events = this.#reads('events')
  readonly eventsOf = this.#reads('eventsOf')
  readonly idAt = this.#reads('idAt')
  readonly newest = this.#reads('newest')
  readonly mine = this.#reads('mine')
  readonly history = this.#reads('history')
  readonly room = this.#reads('room')
  readonly roomsBySlug = this.#reads('roomsBySlug')
  readonly roomsAfter = this.#reads('roomsAfter')
  readonly roomNames = this.#reads('roomNames')
  readonly anyRoomLargerThan = this.#reads('anyRoomLargerThan')
  readonly heads = this.#reads('heads')
  readonly memberships = this.#reads('memberships')
  readonly membership = this.#reads('membership')
  readonly unread = this.#reads('unread')
  readonly nameTaken = this.#reads('nameTaken')
  readonly session = this.#reads('session')

  readonly addRoom = this.#writes('addRoom')
  readonly addMember = this.#writes('addMember')
  readonly removeMember = this.#writes('removeMember')
  readonly saveReads = this.#writes('saveReads')
  readonly addGuest = this.#writes('addGuest')
  readonly rename = this.#writes('rename')
  readonly touch = this.#writes('touch')
  readonly endSession = this.#writes('endSession')
  readonly forget = this.#writes('forget')
  readonly purge = this.#writes('purge')

  constructor({ db, readTransaction, writer, disk, lock, log, metricsSink = NO_METRICS }: SqliteParts) {
    this.#reader = new Reader(db)
    this.#readTransaction = readTransaction
    this.#writer = writer
    this.#disk = disk
    this.#lock = lock
    this.#log = log
    this.#metricsSink = metricsSink
  }

  get diskError(): string | null {
    return this.#diskError
  }

  measures(): { rooms: number; databaseBytes: number; diskFreeBytes: number } {
    const { bytes, free } = this.#disk.measure()
    let rooms = 0
    try {
      rooms = this.#reader.countRooms()
    } catch (error) {
      if (diskErrorCode(error) === null) throw error
    }
    return { rooms, databaseBytes: bytes, diskFreeBytes: free }
  }

  async commit(drafts: readonly Draft[]): Promise<Outcome[]> {
    const began = performance.now()
    if (this.#isLow(began)) return drafts.map(() => ({ result: 'failed' }))
    const { value, failures } = await this.#readTransaction.pauseDuring(() =>
      this.#writer.write('commit', drafts),
    )
    this.#metricsSink.observe('commit', (performance.now() - began) / 1_000)
    if (failures.length === 0) this.#setDiskError(null)
    for (const failure of failures) this.#recordFailure(failure)
    const outcomes = drafts.map((draft, n) => outcomeOf(draft, value[n]))
    for (const outcome of outcomes)
      if (outcome.result === 'stored') this.#metricsSink.count('events', outcome.event.kind)
    return outcomes
  }

  async close(): Promise<void> {
    // The writer is the last to let go, so that it is the one to fold the WAL into the main file.
    clearInterval(this.#probeTimer)
    this.#readTransaction.close()
    const failure = await this.#writer.close()
    if (failure !== null) this.#recordFailure(failure)
    this.#lock?.release()
  }

  #reads<M extends keyof Reader>(
    method: M,
  ): (...args: Parameters<Reader[M]>) => Promise<ReturnType<Reader[M]>> {
    return async (...args) => {
      try {
        this.#readTransaction.begin()
        return Reflect.apply(this.#reader[method], this.#reader, args) as ReturnType<Reader[M]>
      } catch (error) {
        const disk = diskErrorCode(error)
        if (disk === null) throw error
        this.#setDiskError(disk)
        throw new ChatError('unavailable')
      }
    }
  }

  #writes<M extends keyof Writes>(
    method: M,
  ): (...args: Parameters<Writes[M]>) => Promise<ReturnType<Writes[M]>> {
    return (...args) => this.#write(method, ...args)
  }

  async #write<M extends keyof Writes>(
    method: M,
    ...args: Parameters<Writes[M]>
  ): Promise<ReturnType<Writes[M]>> {
    if (this.#isLow(performance.now())) throw new ChatError('unavailable')
    try {
      const { value } = await this.#readTransaction.pauseDuring(() => this.#writer.write(method, ...args))
      this.#setDiskError(null)
      return value
    } catch (error) {
      if (!(error instanceof WriteError) || error.failure.disk === undefined) throw error
      this.#setDiskError(error.failure.disk)
      throw new ChatError('unavailable')
    }
  }

  #recordFailure({ disk, message }: WriteFailure): void {
    if (disk === undefined) this.#log?.error('store', new Error(message))
    else this.#setDiskError(disk)
  }

  #isLow(now: number): boolean {
    const low = this.#disk.isLow(now)
    if (low) this.#setDiskError('RESERVE')
    return low
  }

  /** Nobody need send anything for it to be seen that there is room again. */
  #probe(): void {
    this.#write('probe').catch((error: unknown) => {
      if (!(error instanceof ChatError)) this.#log?.error('store', error)
    })
  }

  /** Said once when it begins and once when it ends, however much fails in between. */
  #setDiskError(trouble: string | null): void {
    const held = trouble !== null && isDatabaseBusy(trouble)
    if (held && !this.#isHeldElsewhere)
      this.#log?.warn('another process holds the database', { code: trouble })
    this.#isHeldElsewhere = held
    // The disk is as it was before.
    if (held || trouble === this.#diskError) return
    this.#diskError = trouble
    clearInterval(this.#probeTimer)
    if (trouble !== null) this.#probeTimer = setInterval(() => this.#probe(), PROBE_EVERY).unref()
    if (trouble === null) this.#log?.info('the disk works again')
    else this.#log?.warn('the disk cannot be written or read', { code: trouble })
  }
}

function outcomeOf(draft: Draft, written: CommitResult | undefined): Outcome {
  if (written?.result !== 'stored') return written ?? { result: 'failed' }
  return { result: 'stored', event: eventFromDraft(draft, written.seq, written.count) }
}
