/** Backups by the clock, each in a process of its own: nothing here waits while a large database is copied. */
import type { Config } from './config.ts'
import type { Logger } from './lib/log.ts'
import { ageOfLastBackup, removeOlder } from './store/kept.ts'

const MINUTE = 60_000
/** How long after one that failed another is tried. */
const AGAIN = 60 * MINUTE

/** Makes a backup whenever the last one is `BACKUP_HOURS` old, also if that was before this start. Until the process ends. */
export function scheduleBackups(config: Config, log: Logger): void {
  if (config.backupHours === 0) return
  let busy = false
  let notBefore = 0
  const look = async (): Promise<void> => {
    const now = Date.now()
    const age = ageOfLastBackup(config.dataDir, now)
    if (busy || now < notBefore || (age !== null && age < config.backupHours * 3_600)) return
    busy = true
    const said = await run(config.backupKeep)
    busy = false
    if (said === null) return log.info('backup made', { ms: Date.now() - now })
    notBefore = now + AGAIN
    log.error('backup failed', new Error(said))
  }
  void look()
  setInterval(() => void look(), MINUTE).unref()
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

/** @returns null when it is made, else why not */
async function run(keep: number): Promise<string | null> {
  const self = Bun.isStandaloneExecutable ? [process.execPath] : [process.execPath, Bun.main]
  const child = Bun.spawn([...self, 'backup', '--keep', String(keep)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const [said, code] = await Promise.all([new Response(child.stderr).text(), child.exited])
  return code === 0 ? null : said.trim()
}
