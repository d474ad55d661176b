/** Backups by the clock, each in a process of its own: nothing here waits while a large database is copied. */
import type { Config } from '../config.ts'
import type { Logger } from '../lib/log.ts'
import { ageOfLastBackup, removeCopiesBefore } from './backupFiles.ts'

const MINUTE = 60_000
/** ms after a failed backup until the next try. */
const RETRY_AFTER = 60 * MINUTE

type BackupSchedule = Pick<Config, 'backupHours' | 'backupKeep' | 'dataDir'>

/** Makes a backup whenever the last one is `BACKUP_HOURS` old, also if that was before this start. Until the process ends. */
export function scheduleBackups(config: BackupSchedule, log: Logger): void {
  if (config.backupHours === 0) return
  const backUpIfDue = createBackupJob(config, log)
  void backUpIfDue()
  setInterval(() => void backUpIfDue(), MINUTE).unref()
}

/** @returns a job that makes a backup if one is due; one at a time. Never rejects: a failure is logged */
export function createBackupJob(
  { backupHours, backupKeep, dataDir }: BackupSchedule,
  log: Logger,
): () => Promise<void> {
  let isRunning = false
  let notBefore = 0
  return async () => {
    const now = Date.now()
    if (isRunning || now < notBefore) return
    isRunning = true
    try {
      const age = ageOfLastBackup(dataDir, now)
      if (age !== null && age < backupHours * 3_600) return
      const warnings = await spawnBackup(backupKeep)
      log.info('backup made', { ms: Date.now() - now })
      if (warnings !== '') log.warn('backup', { said: warnings })
    } catch (error) {
      notBefore = now + RETRY_AFTER
      log.error('backup failed', error)
    } finally {
      isRunning = false
    }
  }
}

/** At start and each hour removes backups and snapshots that hold what `RETENTION_DAYS` has taken away (O27). */
export function scheduleCopyRemoval({ retentionDays, dataDir }: Config, log: Logger): void {
  if (retentionDays === 0) return
  const removeOldCopies = () => {
    try {
      removeCopiesBefore(dataDir, Date.now() - retentionDays * 24 * 60 * MINUTE)
    } catch (error) {
      log.error('old copies', error)
    }
  }
  removeOldCopies()
  setInterval(removeOldCopies, 60 * MINUTE).unref()
}

/** @returns the warnings of the backup process. Rejects if it fails or cannot be started */
async function spawnBackup(keep: number): Promise<string> {
  const self = Bun.isStandaloneExecutable ? [process.execPath] : [process.execPath, Bun.main]
  const child = Bun.spawn([...self, 'backup', '--keep', String(keep)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const [output, code] = await Promise.all([new Response(child.stderr).text(), child.exited])
  if (code !== 0) throw new Error(output.trim())
  return output.trim()
}
