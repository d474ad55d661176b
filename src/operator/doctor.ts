import { constants, Database } from 'bun:sqlite'
import { accessSync, constants as files, existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { ageOfLastBackup, BACKUPS } from './backupFiles.ts'
import { databaseIn, RESERVE, spaceOf } from '../store/sqlite/dataDirectory.ts'
import { isLocked } from '../store/sqlite/lock.ts'
import { SCHEMA, schemaOf } from '../store/sqlite/migrations.ts'
import { foreignSchemaIn, rolesIn } from '../store/sqlite/schema.ts'
import { diskErrorCode, isDatabaseBusy } from '../store/sqlite/diskErrors.ts'

/** One thing looked at. A `fault` must be seen to, a `warning` should be known. `say`: what is, and what to do about it. */
export interface Finding {
  check: string
  verdict: 'ok' | 'warning' | 'fault'
  say: string
}

const HOUR = 60 * 60 * 1_000
const DAY = 24 * HOUR
/** How far the newest message may be ahead of the clock, ms. */
const AHEAD = 5 * 60 * 1_000
/** No Hubbub ran before this. */
const FIRST = Date.UTC(2025, 0, 1)
const FILES: readonly string[] = ['hubbub.db', 'hubbub.db-wal', 'hubbub.db-shm', 'lock.db']

/**
 * Looks at a data directory, also beside a server that uses it, and changes nothing.
 * @param now ms
 * @param backupHours how often a backup is to be made; 0: never
 */
export function examine(dir: string, { now, backupHours }: { now: number; backupHours: number }): Finding[] {
  const clock = clockOf(now)
  if (!existsSync(dir))
    return [ok('directory', `${dir} does not exist yet; the first start makes it.`), clock]
  const found = [...directoryOf(dir), spaceFindings(dir), lockOf(dir), backupsOf(dir, now, backupHours)]
  if (!existsSync(databaseIn(dir)))
    return [...found, clock, ok('database', 'There is none yet; the first start makes it.')]
  return [...found, clock, ...databaseFindings(dir, now)]
}

const ok = (check: string, say: string): Finding => ({ check, verdict: 'ok', say })
const warning = (check: string, say: string): Finding => ({ check, verdict: 'warning', say })
const fault = (check: string, say: string): Finding => ({ check, verdict: 'fault', say })

function directoryOf(dir: string): Finding[] {
  const { mode, uid } = statSync(dir)
  const found: Finding[] = []
  if ((mode & 0o022) !== 0)
    found.push(fault('directory', `Other users of this machine can change ${dir}: chmod 700 ${dir}.`))
  else if ((mode & 0o055) !== 0)
    found.push(warning('directory', `Other users of this machine can look into ${dir}: chmod 700 ${dir}.`))
  try {
    accessSync(dir, files.W_OK)
  } catch {
    const who = process.getuid?.() ?? '?'
    found.push(
      fault(
        'directory',
        `${dir} cannot be written by user ${who}: mount it writable, or chown it to that user.`,
      ),
    )
  }
  for (const name of FILES) {
    const file = join(dir, name)
    const stat = statSync(file, { throwIfNoEntry: false })
    if (!stat) continue
    if ((stat.mode & 0o077) !== 0)
      found.push(fault('files', `Other users of this machine can read ${file}: chmod 600 ${file}.`))
    if (stat.uid !== uid)
      found.push(fault('files', `${file} belongs to another user than its directory: chown ${uid} ${file}.`))
  }
  const aside = readdirSync(dir).filter((name) => name.startsWith('before-restore-'))
  if (aside.length > 0)
    found.push(
      warning('files', `${aside.join(', ')} is from before a restore: remove it when you are content.`),
    )
  return found.length > 0 ? found : [ok('directory', `${dir} is private and can be written.`)]
}

function spaceFindings(dir: string): Finding {
  const { bytes, free } = spaceOf(dir)
  const say = `${megabytes(bytes)} MB used, ${megabytes(free)} MB free`
  if (free < RESERVE)
    return fault(
      'space',
      `${say}: below ${megabytes(RESERVE)} MB nothing is stored any more. Make room, or enlarge the disk.`,
    )
  if (free < 2 * bytes)
    return warning('space', `${say}: too little for a backup or a migration. Make room, or enlarge the disk.`)
  return ok('space', `${say}.`)
}

function lockOf(dir: string): Finding {
  const file = join(dir, 'lock.db')
  if (!existsSync(file)) return ok('lock', 'No server has used this directory yet.')
  try {
    return ok('lock', `${isLocked(dir) ? 'A' : 'No'} server is running on this directory.`)
  } catch {
    return fault('lock', `${file} cannot be used: while no server runs, remove it.`)
  }
}

function backupsOf(dir: string, now: number, hours: number): Finding {
  let age: number | null
  try {
    age = ageOfLastBackup(dir, now)
  } catch (error) {
    return fault(
      'backup',
      `${join(dir, BACKUPS)} cannot be read (${codeOf(error)}): make it a folder that this user may read and write.`,
    )
  }
  const last =
    age === null ? 'There is no backup' : `The last backup is ${Math.round(age / 360) / 10} hours old`
  if (hours === 0) {
    if (age !== null && age * 1_000 < 7 * DAY) return ok('backup', `${last}.`)
    return warning(
      'backup',
      `${last}: set BACKUP_HOURS, or run hubbub backup by a timer, and keep a copy elsewhere.`,
    )
  }
  if (age === null || age * 1_000 > 2 * hours * HOUR)
    return fault('backup', `${last}, though one is due every ${hours} hours: look for "backup" in the log.`)
  return ok('backup', `${last}.`)
}

function clockOf(now: number): Finding {
  const time = new Date(now).toISOString()
  if (now < FIRST) return fault('clock', `This machine believes that it is ${time}: set its clock.`)
  return ok('clock', `It is ${time}.`)
}

function databaseFindings(dir: string, now: number): Finding[] {
  const damaged = fault(
    'database',
    `${databaseIn(dir)} is damaged: stop the server, copy the directory away, then hubbub restore the last good backup.`,
  )
  let db: Database | null = null
  try {
    db = openUntouched(databaseIn(dir))
    const schema = schemaOf(db)
    if (schema < 0) return [damaged]
    if (schema > SCHEMA)
      return [
        fault(
          'schema',
          `The database has schema ${schema}, and this Hubbub knows ${SCHEMA}: start a newer release.`,
        ),
      ]
    // Before anything else is asked: a view may have no end.
    const foreign = foreignSchemaIn(db, schema)
    if (foreign !== null)
      return [
        fault(
          'schema',
          `${databaseIn(dir)} is not as Hubbub makes it: ${foreign}. Drop what was added with sqlite3, or hubbub restore the last good backup; a backup of it cannot be restored.`,
        ),
      ]
    const check = db.query<{ quick_check: string }, []>('PRAGMA quick_check(3)').all()
    if (check.some(({ quick_check }) => quick_check !== 'ok')) return [damaged]
    if (schema === 0) return [ok('database', 'It is empty; the next start fills it.')]
    const next = schema < SCHEMA ? `, and the next start brings it to ${SCHEMA}` : ''
    return [
      ok('database', 'Every page of it is sound.'),
      ok('schema', `It has schema ${schema}${next}.`),
      ...rolesOf(db),
      ...logsOf(db),
      ...newestOf(db, now),
      growthOf(db, dir, now),
    ]
  } catch (error) {
    const code = diskErrorCode(error)
    if (code !== null && isDatabaseBusy(code))
      return [
        fault('database', `Another process holds ${databaseIn(dir)} (${code}): try again when it is done.`),
      ]
    if (code === null && !isDamage(error)) throw error
    return [damaged]
  } finally {
    db?.close()
  }
}

/** Without a WAL nobody writes, and reading as if it could not change leaves no trace beside it. */
function openUntouched(file: string): Database {
  if (existsSync(`${file}-wal`)) return new Database(file, { readonly: true })
  const uri = `file:${encodeURI(file).replaceAll('?', '%3f').replaceAll('#', '%23')}?immutable=1`
  return new Database(uri, constants.SQLITE_OPEN_READONLY | constants.SQLITE_OPEN_URI)
}

/** No command gives a role: who has one got it by sqlite3, or by a database from elsewhere. */
function rolesOf(db: Database): Finding[] {
  const roles = rolesIn(db)
  return roles === null
    ? []
    : [warning('roles', `People with a role above guest: ${roles}. Check that you gave them these roles.`)]
}

function logsOf(db: Database): Finding[] {
  const rooms = db
    .query<{ room: string; head: number; n: number; first: number; last: number }, []>(
      `SELECT rooms.room, rooms.seq AS head, count(events.seq) AS n,
         coalesce(min(events.seq), 1) AS first, coalesce(max(events.seq), 0) AS last
       FROM rooms LEFT JOIN events ON events.room = rooms.room GROUP BY rooms.room`,
    )
    .all()
  const wrong = rooms.filter(({ head, n, first, last }) => first !== 1 || last !== n || head !== n)
  const events = rooms.reduce((sum, { n }) => sum + n, 0)
  if (wrong.length === 0) return [ok('logs', `${rooms.length} rooms with ${events} events, none missing.`)]
  return wrong.map(({ room, head, n, last }) =>
    fault(
      'logs',
      `The log of room ${room} has a hole: ${n} events, the last is ${last}, the room says ${head}. Run hubbub restore with the last good backup.`,
    ),
  )
}

function newestOf(db: Database, now: number): Finding[] {
  const at = db.query<{ at: number | null }, []>('SELECT max(at) AS at FROM events').get()?.at ?? 0
  if (at <= now + AHEAD) return []
  const minutes = Math.round((at - now) / 60_000)
  return [
    fault(
      'clock',
      `The newest message is ${minutes} minutes ahead of this machine's clock: set the clock, and keep it by NTP.`,
    ),
  ]
}

/** O28: how long the disk lasts if the last week goes on. */
function growthOf(db: Database, dir: string, now: number): Finding {
  const count = (from: number) =>
    db.query<{ n: number }, [number]>('SELECT count(*) AS n FROM events WHERE at >= ?').get(from)?.n ?? 0
  const all = count(0)
  const week = count(now - 7 * DAY)
  if (all === 0 || week === 0) return ok('growth', 'Nothing was written in the last seven days.')
  const { bytes, free } = spaceOf(dir)
  const daily = ((bytes / all) * week) / 7
  const days = Math.floor(Math.max(0, free - RESERVE) / daily)
  const say = `${(daily / 1e6).toFixed(1)} MB a day in the last week; at that rate the disk lasts ${days > 3_650 ? 'more than ten years' : `${days} days`}`
  return days < 14 ? warning('growth', `${say}: make room soon.`) : ok('growth', `${say}.`)
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
}

function isDamage(error: unknown): boolean {
  return (
    error instanceof Error && 'code' in error && /^SQLITE_(CORRUPT|NOTADB|ERROR)/.test(String(error.code))
  )
}

const megabytes = (bytes: number) => Math.round(bytes / 1e6)
