/** Backups by the clock, each in a process of its own: nothing here waits while a large database is copied. */
import type { Config } from '../config.ts'
import type { Logger } from '../lib/log.ts'
import { ageOfLastBackup, removeOlder } from './backupFiles.ts'

const MINUTE = 60_000
/** How long after one that failed another is tried. */
const AGAIN = 60 * MINUTE

type Scheduled = Pick<Config, 'backupHours' | 'backupKeep' | 'dataDir'>

/** Makes a backup whenever the last one is `BACKUP_HOURS` old, also if that was before this start. Until the process ends. */
export function scheduleBackups(config: Scheduled, log: Logger): void {
  if (config.backupHours === 0) return
  const look = backups(config, log)
  void look()
  setInterval(() => void look(), MINUTE).unref()
}

/** @returns looks whether a backup is due, and makes it; one at a time. Never rejects: a failure is logged */
export function backups({ backupHours, backupKeep, dataDir }: Scheduled, log: Logger): () => Promise<void> {
  let busy = false
  let notBefore = 0
  return async () => {
    const now = Date.now()
    if (busy || now < notBefore) return
    busy = true
    try {
      const age = ageOfLastBackup(dataDir, now)
      if (age !== null && age < backupHours * 3_600) return
      const said = await run(backupKeep)
      log.info('backup made', { ms: Date.now() - now })
      if (said !== '') log.warn('backup', { said })
    } catch (error) {
      notBefore = now + AGAIN
      log.error('backup failed', error)
    } finally {
      busy = false
    }
  }
}

/** At start and each hour removes backups and snapshots that hold what `RETENTION_DAYS` has taken away (O27). */
export function forgetOldCopies({ retentionDays, dataDir }: Config, log: Logger): void {
  if (retentionDays === 0) return
  const look = () => {
    try {
      removeOlder(dataDir, Date.now() - retentionDays * 24 * 60 * MINUTE)
    } catch (error) {
      log.error('old copies', error)
    }
  }
  look()
  setInterval(look, 60 * MINUTE).unref()
}

/** @returns what it said beside having made it. Rejects with why not; also where no process can be started */
async function run(keep: number): Promise<string> {
  const self = Bun.isStandaloneExecutable ? [process.execPath] : [process.execPath, Bun.main]
  const child = Bun.spawn([...self, 'backup', '--keep', String(keep)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const [said, code] = await Promise.all([new Response(child.stderr).text(), child.exited])
  if (code !== 0) throw new Error(said.trim())
  return said.trim()
}
