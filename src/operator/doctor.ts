import { constants, Database } from 'bun:sqlite'
import { accessSync, constants as files, existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { ageOfLastBackup, BACKUPS } from './backupFiles.ts'
import { databaseIn, RESERVE, spaceOf } from '../store/sqlite/dataDirectory.ts'
import { readClockFile } from '../store/sqlite/clockFile.ts'
import { isLocked } from '../store/sqlite/lock.ts'
import { SCHEMA, schemaOf } from '../store/sqlite/migrations.ts'
import { hasWal, isBroken, logExtents } from '../store/sqlite/soundness.ts'
import { foreignSchemaIn, rolesIn } from '../store/sqlite/schema.ts'
import { diskErrorCode, isDatabaseBusy } from '../store/sqlite/diskErrors.ts'
import { type Config, type Environment, readConfig } from '../config.ts'
import { OperatorError } from '../lib/operatorError.ts'
import { PROTOCOL_VERSION } from '../shared/limits.ts'
import { CLOSE } from '../shared/errors.ts'
import type { Command } from './command.ts'

/** The result of one check. `say` describes a problem and what to do about it. */
export interface Finding {
  check: string
  verdict: 'ok' | 'warning' | 'fault'
  say: string
}

const ok = (check: string, say: string): Finding => ({ check, verdict: 'ok', say })
const warning = (check: string, say: string): Finding => ({ check, verdict: 'warning', say })
const fault = (check: string, say: string): Finding => ({ check, verdict: 'fault', say })

const HOUR = 60 * 60 * 1_000
/** Without scheduled backups, the age (ms) from which the last backup is too old. */
const BACKUP_MAX_AGE = 7 * 24 * HOUR
/** How far (ms) the newest message may be ahead of the clock. */
const CLOCK_TOLERANCE = 5 * 60 * 1_000
/** The first release of Hubbub: an earlier time shows that the clock was never set. */
const FIRST_RELEASE = Date.UTC(2025, 0, 1)
const FILES: readonly string[] = ['hubbub.db', 'hubbub.db-wal', 'hubbub.db-shm', 'lock.db']

const VERDICTS = { ok: 'ok     ', warning: 'warning', fault: 'FAULT  ' } as const

export const command: Command = {
  usage: `Usage: hubbub doctor [--url URL]

Checks configuration, data directory, disk, database, clock and backups, and says how to solve each
problem. Changes nothing, and may run beside the server. Exit 1 if there is a fault.

  --url URL    also connect to this address as a browser would, through the proxy before it`,
  options: { url: { type: 'string' } },
  async run({ options }) {
    const { config, found } = readChecked(process.env)
    found.push(...examine(config))
    if (typeof options.url === 'string') found.push(...(await urlFindings(options.url)))
    const faults = found.filter(({ verdict }) => verdict === 'fault').length
    const lines = found.map(({ check, verdict, say }) => `${VERDICTS[verdict]} ${check}: ${say}`)
    const sum = faults === 0 ? 'Nothing is wrong.' : `${faults} ${faults === 1 ? 'fault' : 'faults'}.`
    return { say: [...lines, sum], json: { healthy: faults === 0, found }, code: faults === 0 ? 0 : 1 }
  },
}

/** The configuration and what is wrong with it. If it is refused, the defaults take its place, except for DATA_DIR. */
function readChecked(env: Environment): { config: Config; found: Finding[] } {
  try {
    const config = readConfig(env)
    return { config, found: configurationFindings(config) }
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error
    const found = error.message.split('\n').map((say) => fault('configuration', say))
    return { config: readConfig({ DATA_DIR: env['DATA_DIR'] }), found }
  }
}

function configurationFindings({ maxConnections, publicUrl, hstsSeconds }: Config): Finding[] {
  const found = [...descriptorFindings(maxConnections), ...hstsFindings(publicUrl, hstsSeconds ?? 0)]
  if (publicUrl === null) {
    const say = 'PUBLIC_URL is not set, so that any Host is answered: set it to the address people use.'
    found.push(warning('configuration', say))
  }
  return found.length > 0 ? found : [ok('configuration', 'Every setting is accepted.')]
}

/** A browser that was told HSTS uses https for every port of the host, and remembers that (S81). */
function hstsFindings(publicUrl: string | null, seconds: number): Finding[] {
  const { protocol, port } = new URL(publicUrl ?? 'http://localhost')
  if (seconds === 0 || (protocol === 'https:' && port === '')) return []
  const say =
    protocol === 'https:'
      ? 'HSTS_SECONDS holds for every port of this host: browsers will no longer open its pages over http. Set it to 0 if there are any.'
      : 'HSTS_SECONDS has no effect without a PUBLIC_URL that begins with https.'
  return [warning('configuration', say)]
}

/** Each socket takes a file descriptor. A warning, not a fault: the service may have another limit than this shell. */
function descriptorFindings(connections: number): Finding[] {
  let limits = ''
  try {
    limits = readFileSync('/proc/self/limits', 'utf8')
  } catch {
    return []
  }
  const soft = /^Max open files\s+(\d+)/m.exec(limits)?.[1]
  if (soft === undefined || Number(soft) > connections + 100) return []
  const say = `${soft} files may be open, fewer than MAX_CONNECTIONS (${connections}) needs: raise the limit (ulimit -n, LimitNOFILE) or lower it.`
  return [warning('configuration', say)]
}

/** Does the server answer through its proxy, and does a WebSocket connect? */
async function urlFindings(url: string): Promise<Finding[]> {
  const origin = URL.parse(url)?.origin ?? ''
  if (!/^https?:/.test(origin))
    return [fault('url', '--url takes an address such as https://chat.example.com.')]
  const answer = await fetch(`${origin}/readyz`, { signal: AbortSignal.timeout(2_000) }).catch(() => null)
  if (answer === null)
    return [fault('url', `Nobody answers at ${origin}: is the proxy running, and the name right?`)]
  const say = `${origin}/readyz answers ${answer.status}: is Hubbub running behind the proxy, and does its log say why?`
  const ready = answer.ok ? ok('url', `${origin} answers and is ready.`) : fault('url', say)
  return [ready, ...proxyFindings(answer.headers), await socketFinding(origin)]
}

/** Hubbub itself sends neither `server` nor `via`. */
function proxyFindings(headers: Headers): Finding[] {
  const proxy = /[a-z]+/i.exec(headers.get('server') ?? headers.get('via') ?? '')?.[0]
  if (proxy === undefined || !/^(none)?$/.test(process.env['TRUST_PROXY']?.trim() ?? '')) return []
  const say = `A proxy (${proxy}) stands before the server and TRUST_PROXY is not set, so that all people seem to come from it and no limit by address holds: set TRUST_PROXY to the number of proxies.`
  return [warning('proxy', say)]
}

/** Connects without a session: the close code that says so proves that the handshake passed. */
function socketFinding(origin: string): Promise<Finding> {
  const { promise, resolve } = Promise.withResolvers<Finding>()
  // Bun's WebSocket takes headers; the DOM's type does not.
  const socket = new WebSocket(`${origin.replace(/^http/, 'ws')}/ws?v=${PROTOCOL_VERSION}`, {
    headers: { origin },
  } as unknown as string[])
  const timeout = setTimeout(() => socket.close(), 2_000)
  socket.onclose = ({ code }) => {
    clearTimeout(timeout)
    if (code === CLOSE.noSession || code === CLOSE.version)
      return resolve(ok('socket', `A socket gets in at ${origin}.`))
    const say = `No socket gets in at ${origin} (${code}): let the proxy pass upgrades, set PUBLIC_URL to ${origin}, or add it to ALLOWED_ORIGINS.`
    resolve(fault('socket', say))
  }
  return promise
}

/** Checks a data directory without changing anything, also beside a server that uses it. */
function examine({ dataDir: dir, backupHours }: Config): Finding[] {
  const now = Date.now()
  const clock = clockFinding(now, readClockFile(dir)?.ahead ?? 0)
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
    const user = `user ${process.getuid?.() ?? '?'}`
    found.push(
      fault('directory', `${dir} cannot be written by ${user}: mount it writable, or chown it to that user.`),
    )
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
  const say = `${replaced.join(', ')} is from before a restore: remove it if you no longer need it.`
  if (replaced.length > 0) found.push(warning('files', say))
  return found.length > 0 ? found : [ok('directory', `${dir} is private and can be written.`)]
}

function spaceFinding(dir: string): Finding {
  const { bytes, free } = spaceOf(dir)
  const say = `${megabytes(bytes)} MB used, ${megabytes(free)} MB free`
  const advice = 'Make room, or enlarge the disk.'
  if (free < RESERVE)
    return fault('space', `${say}: below ${megabytes(RESERVE)} MB nothing is stored any more. ${advice}`)
  if (free < 2 * bytes) return warning('space', `${say}: too little for a backup or a migration. ${advice}`)
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
    const say = `cannot be read (${codeOf(error)}): make it a folder that this user may read and write.`
    return fault('backup', `${join(dir, BACKUPS)} ${say}`)
  }
  const age = seconds === null ? Infinity : seconds * 1_000
  const last =
    seconds === null ? 'There is no backup' : `The last backup is ${(age / HOUR).toFixed(1)} hours old`
  const advice = 'set BACKUP_HOURS, or run hubbub backup by a timer, and keep a copy elsewhere.'
  if (hours === 0 && age >= BACKUP_MAX_AGE) return warning('backup', `${last}: ${advice}`)
  if (hours > 0 && age > 2 * hours * HOUR)
    return fault('backup', `${last}, though one is due every ${hours} hours: look for "backup" in the log.`)
  return ok('backup', `${last}.`)
}

/** @param ahead how far (ms) the server found the clock ahead of the last sign of use, when it was last in doubt */
function clockFinding(now: number, ahead: number): Finding {
  const time = new Date(now).toISOString()
  if (now < FIRST_RELEASE) return fault('clock', `This machine believes that it is ${time}: set its clock.`)
  const days = Math.round(ahead / (24 * HOUR))
  const say = `It is ${time}. The clock has jumped by ${days} days, and nothing expires for a day: set it if it is wrong.`
  return ahead === 0 ? ok('clock', `It is ${time}.`) : warning('clock', say)
}

function databaseFindings(dir: string, now: number): Finding[] {
  const file = databaseIn(dir)
  if (!existsSync(file)) return [ok('database', 'There is none yet; the first start makes it.')]
  const advice = 'stop the server, copy the directory away, then hubbub restore the last good backup.'
  const wal = `If you put an older hubbub.db there, move hubbub.db-wal and hubbub.db-shm away instead.`
  const damaged = fault('database', `${file} is damaged: ${advice}${hasWal(file) ? ` ${wal}` : ''}`)
  let db: Database | null = null
  try {
    db = openUntouched(file)
    const schema = schemaOf(db)
    if (schema < 0) return [damaged]
    if (schema > SCHEMA) {
      const say = `The database has schema ${schema}, and this Hubbub knows ${SCHEMA}: start a newer release.`
      return [fault('schema', say)]
    }
    // Checked before any other query, since a query that meets a foreign view may never end.
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
  const rooms = logExtents(db)
  const broken = rooms.filter(isBroken)
  const events = rooms.reduce((sum, { n }) => sum + n, 0)
  if (broken.length === 0) return [ok('logs', `${rooms.length} rooms with ${events} events, none missing.`)]
  return broken.map(({ room, head, n, last }) => {
    const hole = `${n} events, the last is ${last}, the room says ${head}`
    const say = `The log of room ${room} has a hole: ${hole}. Run hubbub restore with the last good backup.`
    return fault('logs', say)
  })
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
