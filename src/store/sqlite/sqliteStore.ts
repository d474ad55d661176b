import { Database } from 'bun:sqlite'
import type { Draft, Log, Outcome, Store } from '../../hub/ports.ts'
import { ChatError } from '../../shared/errors.ts'
import type { MetricsSink } from '../../lib/metricsSink.ts'
import { openForReading, openForWriting } from './database.ts'
import {
  createPrivateFile,
  databaseIn,
  refuseNewer,
  RESERVE,
  schemaInHeader,
  spaceOf,
} from './dataDirectory.ts'
import { eventFromDraft } from './write/eventWriter.ts'
import { lockDirectory } from './lock.ts'
import { migrate, SCHEMA } from './migrations.ts'
import { NO_READ_TRANSACTION, ReadTransaction } from './read/readTransaction.ts'
import { Reader } from './read/reader.ts'
import { WriterThread } from './write/writerThread.ts'
import { diskErrorCode, isDatabaseBusy, type WriteFailure } from './diskErrors.ts'
import { Writer, type WriteMethod, type WriterHandle } from './write/writer.ts'

export interface Sqlite extends Store {
  /**
   * SQLite's code of a disk error, or RESERVE if too little is free; null again after the next write that works. SQLITE_BUSY
   * does not count: the process that holds the database ends its transaction soon.
   */
  readonly diskError: string | null
  /** Bytes of the database with its WAL, and bytes free on the disk; 0 if a disk error hides the number. */
  measures(): { rooms: number; databaseBytes: number; diskFreeBytes: number }
  /** When somebody last visited or wrote, ms; null in a new database, or if a disk error hides it. */
  newestTime(): number | null
}

export interface SqliteOptions {
  /** the data directory; created if it does not exist */
  dir: string
  /** where `sqlite.worker.ts` is; only `main.ts` can name it in source and binary alike */
  workerUrl: URL | string
  /** The writer's thread has died. Its pending calls never settle, so the process must end. */
  onDeath: (error: Error) => void
  log?: Log
  metricsSink?: MetricsSink
  /** bytes that stay free on the disk: with fewer, every write fails (O12) */
  reserve?: number
}

/** A disk error is probed this often (ms). */
const PROBE_EVERY = 1_000

/**
 * Opens the store of a data directory and locks other processes out until it is closed. On a disk error calls reject with
 * ChatError `unavailable`, and `commit` answers `failed`.
 * @throws OperatorError with a sentence for the operator and the exit code
 */
export async function openSqlite(options: SqliteOptions): Promise<Sqlite> {
  const { dir, workerUrl, onDeath, log } = options
  const lock = lockDirectory(dir, () => {
    refuseNewer(dir, schemaInHeader(dir), SCHEMA)
    createPrivateFile(databaseIn(dir))
  })
  try {
    const { db: migrated, from, snapshot } = openForWriting(dir)
    if (from === 0) log?.info('database made', { schema: SCHEMA })
    else if (from < SCHEMA) log?.info('database migrated', { from, to: SCHEMA, snapshot: snapshot ?? '' })
    const db = openForReading(dir)
    migrated.close()
    const writer = new WriterThread(workerUrl, dir, onDeath)
    return new SqliteStore({ ...options, db, readTransaction: new ReadTransaction(db), writer, lock })
  } catch (error) {
    lock[Symbol.dispose]()
    throw error
  }
}

/**
 * Opens a store in memory. It differs from the one on disk only in its writer, which runs each write within the call.
 * @param db an empty database in memory; a caller that keeps it can look into the store, or change it
 */
export function openInMemory(db = new Database(':memory:', { strict: true })): Sqlite {
  migrate(db)
  return new SqliteStore({ db, readTransaction: NO_READ_TRANSACTION, writer: new Writer(db) })
}

/** `dir` and `lock` are absent for a store in memory. */
interface StoreDeps extends Partial<Pick<SqliteOptions, 'dir' | 'log' | 'metricsSink' | 'reserve'>> {
  db: Database
  readTransaction: typeof NO_READ_TRANSACTION
  writer: WriterHandle
  lock?: Disposable
}

class SqliteStore implements Sqlite {
  readonly #deps: StoreDeps
  readonly #reader: Reader
  #diskError: string | null = null
  #isBusy = false
  #probeTimer: ReturnType<typeof setInterval> | undefined

  // Reader and Writer use the method names of Store.
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
  readonly named = this.#reads('named')
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
  readonly #probe = this.#writes('probe')

  constructor(deps: StoreDeps) {
    this.#deps = deps
    this.#reader = new Reader(deps.db)
  }

  get diskError(): string | null {
    return this.#diskError
  }

  measures(): { rooms: number; databaseBytes: number; diskFreeBytes: number } {
    const { bytes, free } = this.#space()
    let rooms = 0
    try {
      rooms = this.#reader.countRooms()
    } catch (error) {
      if (diskErrorCode(error) === null) throw error
    }
    return { rooms, databaseBytes: bytes, diskFreeBytes: free }
  }

  newestTime(): number | null {
    try {
      return this.#reader.newestTime()
    } catch (error) {
      if (diskErrorCode(error) === null) throw error
      return null
    }
  }

  async commit(drafts: readonly Draft[]): Promise<Outcome[]> {
    const { readTransaction, writer, metricsSink } = this.#deps
    if (this.#isDiskLow()) return drafts.map(() => ({ result: 'failed' }))
    const began = performance.now()
    const results = await readTransaction.pauseDuring(() => writer.write('commit', drafts))
    metricsSink?.observe('commit', (performance.now() - began) / 1_000)
    const failures = results.flatMap((result) => (result.result === 'failed' ? result.failure : []))
    if (failures.length === 0) this.#setDiskError(null)
    for (const failure of failures) this.#recordFailure(failure)
    return drafts.map((draft, n) => {
      const result = results[n]
      if (result === undefined || result.result === 'failed') return { result: 'failed' }
      if (result.result !== 'stored') return result
      metricsSink?.count('events', draft.kind)
      return { result: 'stored', event: eventFromDraft(draft, result.seq, result.count) }
    })
  }

  async close(): Promise<void> {
    const { readTransaction, writer, lock } = this.#deps
    clearInterval(this.#probeTimer)
    // The writer closes last, so that it can move the WAL into the main file.
    readTransaction.close()
    const failure = await writer.close()
    if (failure !== null) this.#recordFailure(failure)
    lock?.[Symbol.dispose]()
  }

  #reads<M extends keyof Reader>(
    method: M,
  ): (...args: Parameters<Reader[M]>) => Promise<ReturnType<Reader[M]>> {
    return async (...args) => {
      try {
        this.#deps.readTransaction.begin()
        return Reflect.apply(this.#reader[method], this.#reader, args) as ReturnType<Reader[M]>
      } catch (error) {
        throw this.#asUnavailable(error)
      }
    }
  }

  #writes<M extends WriteMethod>(
    method: M,
  ): (...args: Parameters<Writer[M]>) => Promise<ReturnType<Writer[M]>> {
    return async (...args) => {
      const { readTransaction, writer } = this.#deps
      if (this.#isDiskLow()) throw new ChatError('unavailable')
      try {
        const value = await readTransaction.pauseDuring(() => writer.write(method, ...args))
        this.#setDiskError(null)
        return value
      } catch (error) {
        throw this.#asUnavailable(error)
      }
    }
  }

  /** @returns what to throw: ChatError `unavailable` for a disk error, a bug as it is */
  #asUnavailable(error: unknown): unknown {
    const disk = diskErrorCode(error)
    if (disk === null) return error
    this.#setDiskError(disk)
    return new ChatError('unavailable')
  }

  #recordFailure({ disk, message }: WriteFailure): void {
    if (disk === null) this.#deps.log?.error('store', new Error(message))
    else this.#setDiskError(disk)
  }

  #space(): { bytes: number; free: number } {
    const { dir } = this.#deps
    return dir === undefined ? { bytes: 0, free: Infinity } : spaceOf(dir)
  }

  #isDiskLow(): boolean {
    const isLow = this.#space().free < (this.#deps.reserve ?? RESERVE)
    if (isLow) this.#setDiskError('RESERVE')
    return isLow
  }

  /** Logs a disk error once when it begins and once when it ends. */
  #setDiskError(code: string | null): void {
    const { log } = this.#deps
    const isBusy = code !== null && isDatabaseBusy(code)
    if (isBusy && !this.#isBusy) log?.warn('another process holds the database', { code })
    this.#isBusy = isBusy
    if (isBusy || code === this.#diskError) return
    this.#diskError = code
    clearInterval(this.#probeTimer)
    if (code === null) return log?.info('the disk works again')
    log?.warn('the disk cannot be written or read', { code })
    // Notices the end of the error while nobody writes.
    const probe = () =>
      this.#probe().catch((error: unknown) => {
        if (!(error instanceof ChatError)) log?.error('store', error)
      })
    this.#probeTimer = setInterval(() => void probe(), PROBE_EVERY).unref()
  }
}
