/** The server: config → store → hub → edge, a tick each second, and the drain that ends it. */
import { localDoorbell } from './cluster/local.ts'
import { scheduleCopyRemoval, scheduleBackups } from './operator/scheduledBackups.ts'
import type { Config } from './config.ts'
import { createApp } from './http/app.ts'
import { assetRoutes } from './http/assets.ts'
import { type ListenAddress, listenErrorText, urlOf } from './http/listen.ts'
import { type Gate, listenForMetrics } from './http/health.ts'
import type { ConnectionObserver } from './http/socket/socketConnection.ts'
import { createRoomBroadcast } from './http/socket/roomBroadcast.ts'
import { ExpiryClock } from './hub/expiryClock.ts'
import { Hub } from './hub/hub.ts'
import type { ClockRecord, PersonLimits } from './hub/ports.ts'
import type { Rate } from './hub/rateLimit.ts'
import { clock } from './lib/clock.ts'
import { NO_METRICS } from './lib/metricsSink.ts'
import { createIds } from './lib/ids.ts'
import { watchLoop } from './lib/loopLag.ts'
import { addressMask, type Logger } from './lib/log.ts'
import type { GaugeReadings } from './lib/metrics.ts'
import { PRODUCT_VERSION } from './lib/version.ts'
import { readClockFile, writeClockFile } from './store/sqlite/clockFile.ts'
import { SCHEMA } from './store/sqlite/migrations.ts'
import { ageOfLastBackup, lastBackupAt } from './operator/backupFiles.ts'
import { OperatorError } from './lib/operatorError.ts'
import { openSqlite } from './store/sqlite/sqliteStore.ts'

export interface ServeOptions {
  config: Config
  log: Logger
  /** the writer's Worker: only the entry point can name it */
  worker: URL
  /** the folder with the built page */
  pages: string
  /** for load tests: raises the limits of each person and connection; checking them still costs as much */
  limits?: Partial<PersonLimits> & { frames?: Rate }
  /** bytes that stay free on the disk, for tests */
  reserve?: number
}

/** An uncaught exception is a bug: it is logged and ends the process, and the supervisor restarts it. */
function exitOnBugs(log: Logger): void {
  for (const event of ['uncaughtException', 'unhandledRejection'])
    process.on(event, (error: unknown) => {
      log.error(event, error)
      process.exit(1)
    })
}

/** Loads prom-client only if metrics are on. */
async function metricsFor({ metricsToken, metricsPort }: Config, read: () => GaugeReadings) {
  if (metricsToken === null && metricsPort === null) return null
  const { createMetrics } = await import('./lib/metrics.ts')
  return createMetrics({ version: PRODUCT_VERSION, schema: String(SCHEMA), bun: Bun.version }, read)
}

/** Logs each connection, with its address as LOG_ADDRESS says. */
function connectionObserver({ logAddress }: Config, log: Logger): ConnectionObserver {
  const masked = addressMask(logAddress)
  return (what, { address = '', ...fields }) => {
    const shownAddress = address === '' ? undefined : masked(address, clock.now())
    log.debug(what, { ...fields, ...(shownAddress !== undefined && { address: shownAddress }) })
  }
}

/**
 * The newest time in the data directory, from before this start; null in a new one.
 * @param newestTime of a message or a visit, ms
 */
function lastUse(newestTime: number | null, dir: string): ClockRecord | null {
  let backupAt: number | null = null
  try {
    backupAt = lastBackupAt(dir)
  } catch {
    // The scheduler and the doctor report a folder that cannot be read.
  }
  const at = Math.max(newestTime ?? 0, backupAt ?? 0)
  return at === 0 ? null : { at, ahead: 0, waited: 0 }
}

/** Runs until a signal, then drains and ends the process. @throws if the server cannot start */
export async function serve({ config, log, worker, pages, limits = {}, reserve }: ServeOptions) {
  exitOnBugs(log)
  let stop = (): Promise<void> => process.exit(0)
  let stopping = false
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => {
      if (stopping) process.exit(1)
      stopping = true
      log.info('stopping')
      void stop()
    })

  const assets = await assetRoutes({ dir: pages, siteName: config.siteName })
  const metrics = await metricsFor(config, () => readings())
  const metricsSink = metrics ?? NO_METRICS
  const dir = config.dataDir
  const store = await openSqlite({
    dir,
    workerUrl: worker,
    onDeath(error) {
      log.error('the writer has ended', error)
      process.exit(1)
    },
    log,
    metricsSink,
    ...(reserve !== undefined && { reserve }),
  })

  const loopLag = watchLoop(metricsSink)
  const gate: Gate = {
    stage: 'starting',
    isBehind: () => loopLag.isBehind(performance.now()),
    failing: () => (store.diskError === null ? [] : ['store']),
  }
  const broadcast = createRoomBroadcast(metricsSink)
  const ids = createIds()
  const { sessionDays, retentionDays, siteName } = config
  const expiry = new ExpiryClock({
    clock,
    log,
    last: readClockFile(dir) ?? lastUse(store.newestTime(), dir),
    save: (record) => writeClockFile(dir, record),
  })
  const hub = new Hub({
    store,
    broadcast,
    doorbell: localDoorbell(),
    clock,
    expiry,
    ids,
    log,
    settings: { build: PRODUCT_VERSION, sessionDays, retentionDays, siteName, limits },
  })
  const readings = (): GaugeReadings => {
    const { connections, users, queue } = hub.stats()
    let backupAgeSeconds: number | null = null
    try {
      backupAgeSeconds = ageOfLastBackup(dir, clock.now())
    } catch {
      // The scheduler and the doctor report a folder that cannot be read.
    }
    const unsentBytes = app.unsent()
    return { connections, users, writerQueue: queue, unsentBytes, ...store.measures(), backupAgeSeconds }
  }
  const { metricsToken, metricsPort, metricsHost } = config
  const app = createApp({
    hub,
    gate,
    settings: config,
    clock,
    ids,
    log,
    assets,
    metricsSink,
    ...(limits.frames && { frames: limits.frames }),
    ...(config.logLevel === 'debug' && { observer: connectionObserver(config, log) }),
    ...(metrics && metricsToken !== null && { metrics: { ...metrics, token: metricsToken } }),
  })

  /** Runs `listen`; if it fails, closes the store. @param prefix begins the variables that set the address: `METRICS_` for METRICS_HOST and METRICS_PORT @throws OperatorError with the reason */
  const listening = async <T>(address: ListenAddress, listen: () => T, prefix = ''): Promise<T> => {
    try {
      return listen()
    } catch (error) {
      await store.close()
      throw new OperatorError(1, `${prefix && `${prefix}PORT: `}${listenErrorText(address, error, prefix)}`)
    }
  }
  const server = await listening(config, () => app.listen({ port: config.port, hostname: config.host }))
  broadcast.attach(server)
  if (metrics && metricsPort !== null) {
    const address = { host: metricsHost, port: metricsPort }
    await listening(address, () => listenForMetrics(metrics, address), 'METRICS_')
  }
  await hub.start()
  const tickTimer = setInterval(() => {
    hub.tick()
    app.shedSlowReaders()
  }, 1_000)

  /** Bun frees the port only after the last socket, so sockets are closed first; the disk is released last (O13). */
  stop = async () => {
    setTimeout(() => {
      log.error('stopping took too long')
      process.exit(1)
    }, config.drainSeconds * 1_000)
    gate.stage = 'leaving'
    if (config.drainWait > 0) await clock.wait(config.drainWait * 1_000)
    gate.stage = 'draining'
    await hub.drain()
    await Promise.race([server.stop(false), clock.wait(1_000)])
    await server.stop(true)
    clearInterval(tickTimer)
    await store.close()
    log.info('stopped')
    process.exit(0)
  }
  gate.stage = 'open'
  // Frees what the start left: 2 of the 63 MB that are resident a second later (O18).
  setTimeout(() => {
    Bun.gc(true)
    Bun.shrink()
  }, 500).unref()
  scheduleBackups(config, log)
  scheduleCopyRemoval(config, () => expiry.now(), log)
  if (config.publicUrl === null) log.info('PUBLIC_URL is not set: any Host is answered (S40)')
  const url = config.publicUrl ?? urlOf({ host: config.host, port: server.port ?? config.port })
  log.info('ready', { url, version: PRODUCT_VERSION, ms: Math.round(performance.now()) })
  if (config.logFormat === 'pretty') process.stdout.write(`\n  ${config.siteName} is open at ${url}\n\n`)
}
