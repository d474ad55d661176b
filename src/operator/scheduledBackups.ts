import type { Config } from '../config.ts'
import type { Logger } from '../lib/log.ts'
import { ageOfLastBackup, removeCopiesBefore } from './backupFiles.ts'

const MINUTE = 60_000
/** ms from a failed backup to the next try */
const RETRY_AFTER = 60 * MINUTE

type BackupSchedule = Pick<Config, 'backupHours' | 'backupKeep' | 'dataDir'>

/** Makes a backup whenever the last one, also of an earlier start, is `BACKUP_HOURS` old. Runs until the process ends. */
export function scheduleBackups(config: BackupSchedule, log: Logger): void {
  if (config.backupHours === 0) return
  const backUpIfDue = createBackupJob(config, log)
  void backUpIfDue()
  setInterval(() => void backUpIfDue(), MINUTE).unref()
}

/** @returns a job that makes a backup if one is due and none is running. It never rejects: it logs a failure */
export function createBackupJob(
  { backupHours, backupKeep, dataDir }: BackupSchedule,
  log: Logger,
): () => Promise<void> {
  let isRunning = false
  let retryAt = 0
  return async () => {
    const now = Date.now()
    if (isRunning || now < retryAt) return
    isRunning = true
    try {
      const age = ageOfLastBackup(dataDir, now)
      if (age !== null && age < backupHours * 3_600) return
      const warnings = await spawnBackup(backupKeep)
      log.info('backup made', { ms: Date.now() - now })
      if (warnings !== '') log.warn('backup', { said: warnings })
    } catch (error) {
      retryAt = now + RETRY_AFTER
      log.error('backup failed', error)
    } finally {
      isRunning = false
    }
  }
}

/** Runs the command in a process of its own, so that the server never waits for the copy. @returns its warnings */
async function spawnBackup(keep: number): Promise<string> {
  const self = Bun.isStandaloneExecutable ? [process.execPath] : [process.execPath, Bun.main]
  const child = Bun.spawn([...self, 'backup', '--keep', String(keep)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const [output, code] = await Promise.all([new Response(child.stderr).text(), child.exited])
  if (code !== 0) throw new Error(output.trim())
  return output.trim()
}

/**
 * At start and every hour removes the backups and snapshots that are older than `RETENTION_DAYS` (O27).
 * @param expiryNow the time by which things expire, ms
 */
export function scheduleCopyRemoval(
  { retentionDays, dataDir }: Config,
  expiryNow: () => number,
  log: Logger,
): void {
  if (retentionDays === 0) return
  const removeOldCopies = () => {
    try {
      removeCopiesBefore(dataDir, expiryNow() - retentionDays * 24 * 60 * MINUTE)
    } catch (error) {
      log.error('old copies', error)
    }
  }
  removeOldCopies()
  setInterval(removeOldCopies, 60 * MINUTE).unref()
}
