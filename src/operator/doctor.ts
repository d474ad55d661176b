import { constants, Database } from 'bun:sqlite'
import { accessSync, constants as files, existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { ageOfLastBackup, BACKUPS } from './backupFiles.ts'
import { databaseIn, RESERVE, spaceOf } from '../store/sqlite/dataDirectory.ts'
import { isLocked } from '../store/sqlite/lock.ts'
import { SCHEMA, schemaOf } from '../store/sqlite/migrations.ts'
import { foreignSchemaIn, rolesIn } from '../store/sqlite/schema.ts'
import { diskErrorCode, isDatabaseBusy } from '../store/sqlite/diskErrors.ts'

/** The result of one check. `say` describes a problem and what to do about it. */
export interface Finding {
  check: string
  verdict: 'ok' | 'warning' | 'fault'
  say: string
}

export const ok = (check: string, say: string): Finding => ({ check, verdict: 'ok', say })
export const warning = (check: string, say: string): Finding => ({ check, verdict: 'warning', say })
/** A problem that must be solved. */
export const fault = (check: string, say: string): Finding => ({ check, verdict: 'fault', say })

const HOUR = 60 * 60 * 1_000
/** Without scheduled backups, the age (ms) from which the last backup is too old. */
const BACKUP_MAX_AGE = 7 * 24 * HOUR
/** How far (ms) the newest message may be ahead of the clock. */
const CLOCK_TOLERANCE = 5 * 60 * 1_000
/** The first release of Hubbub: an earlier time shows that the clock was never set. */
const FIRST_RELEASE = Date.UTC(2025, 0, 1)
const FILES: readonly string[] = ['hubbub.db', 'hubbub.db-wal', 'hubbub.db-shm', 'lock.db']

/**
 * Checks a data directory without changing anything, also beside a server that uses it.
 * @param now ms
 * @param backupHours hours between two scheduled backups; 0: none are scheduled
 */
export function examine(dir: string, { now, backupHours }: { now: number; backupHours: number }): Finding[] {
  const clock = clockFinding(now)
  if (!existsSync(dir))
    return [ok('directory', `${dir} does not exist yet; the first start makes it.`), clock]
  return [
    ...directoryFindings(dir),
    spaceFinding(dir),
    lockFinding(dir),
    backupFinding(dir, now, backupHours),
    clock,
    ...databaseFindings(dir, now),
  ]
}

function directoryFindings(dir: string): Finding[] {
  const { mode, uid } = statSync(dir)
  const found: Finding[] = []
  if ((mode & 0o022) !== 0)
    found.push(fault('directory', `Other users of this machine can change ${dir}: chmod 700 ${dir}.`))
  else if ((mode & 0o055) !== 0)
    found.push(warning('directory', `Other users of this machine can look into ${dir}: chmod 700 ${dir}.`))
  try {
    accessSync(dir, files.W_OK)
  } catch {
    const user = process.getuid?.() ?? '?'
    const say = `${dir} cannot be written by user ${user}: mount it writable, or chown it to that user.`
    found.push(fault('directory', say))
  }
  for (const file of FILES.map((name) => join(dir, name))) {
    const stat = statSync(file, { throwIfNoEntry: false })
    if (!stat) continue
    if ((stat.mode & 0o077) !== 0)
      found.push(fault('files', `Other users of this machine can read ${file}: chmod 600 ${file}.`))
    if (stat.uid !== uid)
      found.push(fault('files', `${file} belongs to another user than its directory: chown ${uid} ${file}.`))
  }
  const replaced = readdirSync(dir).filter((name) => name.startsWith('before-restore-'))
  if (replaced.length > 0)
    found.push(
      warning(
        'files',
        `${replaced.join(', ')} is from before a restore: remove it if you no longer need it.`,
      ),
    )
  return found.length > 0 ? found : [ok('directory', `${dir} is private and can be written.`)]
}

function spaceFinding(dir: string): Finding {
  const { bytes, free } = spaceOf(dir)
  const say = `${megabytes(bytes)} MB used, ${megabytes(free)} MB free`
  if (free < RESERVE) {
    const limit = `below ${megabytes(RESERVE)} MB nothing is stored any more`
    return fault('space', `${say}: ${limit}. Make room, or enlarge the disk.`)
  }
  if (free < 2 * bytes)
    return warning('space', `${say}: too little for a backup or a migration. Make room, or enlarge the disk.`)
  return ok('space', `${say}.`)
}

function lockFinding(dir: string): Finding {
  const file = join(dir, 'lock.db')
  if (!existsSync(file)) return ok('lock', 'No server has used this directory yet.')
  try {
    return ok('lock', `${isLocked(dir) ? 'A' : 'No'} server is running on this directory.`)
  } catch {
    return fault('lock', `${file} cannot be used: while no server runs, remove it.`)
  }
}

function backupFinding(dir: string, now: number, hours: number): Finding {
  let seconds: number | null
  try {
    seconds = ageOfLastBackup(dir, now)
  } catch (error) {
    const say = `${join(dir, BACKUPS)} cannot be read (${codeOf(error)}): make it a folder that this user may read and write.`
    return fault('backup', say)
  }
  const age = seconds === null ? Infinity : seconds * 1_000
  const last =
    seconds === null ? 'There is no backup' : `The last backup is ${(age / HOUR).toFixed(1)} hours old`
  if (hours === 0 && age >= BACKUP_MAX_AGE)
    return warning(
      'backup',
      `${last}: set BACKUP_HOURS, or run hubbub backup by a timer, and keep a copy elsewhere.`,
    )
  if (hours > 0 && age > 2 * hours * HOUR)
    return fault('backup', `${last}, though one is due every ${hours} hours: look for "backup" in the log.`)
  return ok('backup', `${last}.`)
}

function clockFinding(now: number): Finding {
  const time = new Date(now).toISOString()
  if (now < FIRST_RELEASE) return fault('clock', `This machine believes that it is ${time}: set its clock.`)
  return ok('clock', `It is ${time}.`)
}

function databaseFindings(dir: string, now: number): Finding[] {
  const file = databaseIn(dir)
  if (!existsSync(file)) return [ok('database', 'There is none yet; the first start makes it.')]
  const damaged = fault(
    'database',
    `${file} is damaged: stop the server, copy the directory away, then hubbub restore the last good backup.`,
  )
  let db: Database | null = null
  try {
    db = openUntouched(file)
    const schema = schemaOf(db)
    if (schema < 0) return [damaged]
    if (schema > SCHEMA) {
      const say = `The database has schema ${schema}, and this Hubbub knows ${SCHEMA}: start a newer release.`
      return [fault('schema', say)]
    }
    // Before any other query: a foreign view may never end.
    const foreign = foreignSchemaIn(db, schema)
    if (foreign !== null) {
      const say = `${file} is not as Hubbub makes it: ${foreign}. Drop what was added with sqlite3, or hubbub restore the last good backup; a backup of it cannot be restored.`
      return [fault('schema', say)]
    }
    const check = db.query<{ quick_check: string }, []>('PRAGMA quick_check(3)').all()
    if (check.some(({ quick_check }) => quick_check !== 'ok')) return [damaged]
    if (schema === 0) return [ok('database', 'It is empty; the next start fills it.')]
    const next = schema < SCHEMA ? `, and the next start brings it to ${SCHEMA}` : ''
    return [
      ok('database', 'Every page of it is sound.'),
      ok('schema', `It has schema ${schema}${next}.`),
      ...roleFindings(db),
      ...logFindings(db),
      ...newestMessageFindings(db, now),
    ]
  } catch (error) {
    const code = diskErrorCode(error)
    if (code !== null && isDatabaseBusy(code))
      return [fault('database', `Another process holds ${file} (${code}): try again when it is done.`)]
    if (code === null && !/^SQLITE_(CORRUPT|NOTADB|ERROR)/.test(codeOf(error))) throw error
    return [damaged]
  } finally {
    db?.close()
  }
}

/** Without a WAL there is no writer: the file is opened as immutable, so that SQLite creates nothing beside it. */
function openUntouched(file: string): Database {
  if (existsSync(`${file}-wal`)) return new Database(file, { readonly: true })
  const uri = `file:${encodeURI(file).replaceAll('?', '%3f').replaceAll('#', '%23')}?immutable=1`
  return new Database(uri, constants.SQLITE_OPEN_READONLY | constants.SQLITE_OPEN_URI)
}

/** No command gives a role, so a role comes from sqlite3 or from someone else's database. */
function roleFindings(db: Database): Finding[] {
  const roles = rolesIn(db)
  if (roles === null) return []
  return [warning('roles', `People with a role above guest: ${roles}. Check that you gave them these roles.`)]
}

function logFindings(db: Database): Finding[] {
  const rooms = db
    .query<{ room: string; head: number; n: number; first: number; last: number }, []>(
      `SELECT rooms.room, rooms.seq AS head, count(events.seq) AS n,
         coalesce(min(events.seq), 1) AS first, coalesce(max(events.seq), 0) AS last
       FROM rooms LEFT JOIN events ON events.room = rooms.room GROUP BY rooms.room`,
    )
    .all()
  const broken = rooms.filter(({ head, n, first, last }) => first !== 1 || last !== n || head !== n)
  const events = rooms.reduce((sum, { n }) => sum + n, 0)
  if (broken.length === 0) return [ok('logs', `${rooms.length} rooms with ${events} events, none missing.`)]
  return broken.map(({ room, head, n, last }) =>
    fault(
      'logs',
      `The log of room ${room} has a hole: ${n} events, the last is ${last}, the room says ${head}. Run hubbub restore with the last good backup.`,
    ),
  )
}

function newestMessageFindings(db: Database, now: number): Finding[] {
  const at = db.query<{ at: number | null }, []>('SELECT max(at) AS at FROM events').get()?.at ?? 0
  if (at <= now + CLOCK_TOLERANCE) return []
  const minutes = Math.round((at - now) / 60_000)
  const say = `The newest message is ${minutes} minutes ahead of this machine's clock: set the clock, and keep it by NTP.`
  return [fault('clock', say)]
}

const codeOf = (error: unknown) =>
  error instanceof Error && 'code' in error ? String(error.code) : 'unknown'

const megabytes = (bytes: number) => Math.round(bytes / 1e6)
