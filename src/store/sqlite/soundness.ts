import { Database, SQLiteError } from 'bun:sqlite'
import { statSync } from 'node:fs'
import { OperatorError } from '../../lib/operatorError.ts'
import { databaseIn } from './dataDirectory.ts'
import { schemaOf } from './migrations.ts'

/** Bytes of the header of a WAL; a WAL that is no longer holds no pages. */
const WAL_HEADER = 32
/** Bytes of a database up to which every page is checked: that takes 6 ms a megabyte. */
const ALL_PAGES_UP_TO = 256 * 1024 * 1024

/** A room's log: how many events it has, the seq of the first and the last, and the `head` that the room states. */
export interface LogExtent {
  room: string
  head: number
  n: number
  first: number
  last: number
}

/** The log of every room. */
export function logExtents(db: Database): LogExtent[] {
  return db
    .query<LogExtent, []>(
      `SELECT rooms.room, rooms.seq AS head, count(events.seq) AS n,
         coalesce(min(events.seq), 1) AS first, coalesce(max(events.seq), 0) AS last
       FROM rooms LEFT JOIN events ON events.room = rooms.room GROUP BY rooms.room`,
    )
    .all()
}

/** Is an event of the log missing, or does the room state another end? */
export const isBroken = ({ head, n, first, last }: LogExtent) => first !== 1 || last !== n || head !== n

const bytesOf = (file: string) => statSync(file, { throwIfNoEntry: false })?.size ?? 0

/** Would SQLite apply a WAL to this database when it opens it? Only a process that was killed leaves one. */
export const hasWal = (file: string) => bytesOf(`${file}-wal`) > WAL_HEADER

/**
 * SQLite applies any WAL to any database: beside an older copy of `hubbub.db`, a newer WAL ruins it at the first write. So what
 * the two make together is checked before anything is written.
 * @throws OperatorError 1 if they do not fit; both are left as they were
 */
export function refuseForeignWal(dir: string): void {
  const file = databaseIn(dir)
  if (!hasWal(file) || areSound(file)) return
  throw new OperatorError(
    1,
    `In ${dir}, hubbub.db-wal does not fit hubbub.db: one of them is an older copy or is damaged. Nothing was changed. If you put an older hubbub.db there, move hubbub.db-wal and hubbub.db-shm away and start again; otherwise hubbub restore the last good backup.`,
  )
}

/** A connection that cannot write leaves the WAL as it is, also when it is closed. */
function areSound(file: string): boolean {
  using db = new Database(file, { readonly: true })
  try {
    const isSmall = bytesOf(file) <= ALL_PAGES_UP_TO
    if (isSmall && db.query<{ quick_check: string }, []>('PRAGMA quick_check(1)').get()?.quick_check !== 'ok')
      return false
    return schemaOf(db) === 0 || !logExtents(db).some(isBroken)
  } catch (error) {
    if (error instanceof SQLiteError && /^SQLITE_(CORRUPT|NOTADB|ERROR)/.test(error.code ?? '')) return false
    throw error
  }
}
