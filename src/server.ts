/** The server: config → store → hub → edge, a tick each second, and the drain that ends it. */
import { localDoorbell } from './cluster/local.ts'
import { scheduleCopyRemoval, scheduleBackups } from './operator/scheduledBackups.ts'
import type { Config } from './config.ts'
import { createApp } from './http/app.ts'
import { assetRoutes } from './http/assets.ts'
import { urlOf, listenErrorText } from './http/listen.ts'
import { type Gate, listenForMetrics } from './http/health.ts'
import type { ConnectionObserver } from './http/socket/socketConnection.ts'
import { createRoomBroadcast } from './http/socket/roomBroadcast.ts'
import { Hub, type PersonLimits } from './hub/hub.ts'
import type { Rate } from './hub/rateLimit.ts'
import { clock, createJumpDetector } from './lib/clock.ts'
import { NO_METRICS } from './lib/metricsSink.ts'
import { createIds } from './lib/ids.ts'
import { watchLag } from './lib/loopLag.ts'
import { addressMask, type Logger } from './lib/log.ts'
import type { Metrics, GaugeReadings } from './lib/metrics.ts'
import { PRODUCT_VERSION } from './lib/version.ts'
import { SCHEMA } from './store/sqlite/migrations.ts'
import { ageOfLastBackup } from './operator/backupFiles.ts'
import { OperatorError } from './lib/operatorError.ts'
import { openSqlite } from './store/sqlite/sqliteStore.ts'

export interface ServeOptions {
  config: Config
  log: Logger
  /** where the writer's thread is found: only `main.ts` can tell (P47) */
  worker: URL
  /** the built page */
  pages: string
  /** Higher numbers for one person and connection, for loads that no person makes. Their code runs all the same. */
  limits?: Partial<PersonLimits> & { frames?: Rate }
  /** bytes that stay free on the disk, where it is not the product's number */
  reserve?: number
}

/** Ends the process with a sentence for who started it. */
export function exitWith(code: number, sentence: string): never {
  process.stderr.write(`${sentence}\n`)
  process.exit(code)
}

export function cannotStart(error: unknown): never {
  return exitWith(
    1,
    `Hubbub cannot start: ${error instanceof Error ? error.message : 'for no reason it knows'}`,
  )
}

/** ms after which what a start leaves behind is collected */
const COLLECT_AFTER = 500

/** An exception nobody caught is a bug: it is logged and ends the process, and whoever watches over it starts it again. */
function exitOnBugs(log: Logger): void {
  for (const event of ['uncaughtException', 'unhandledRejection'])
    process.on(event, (error: unknown) => {
      log.error(event, error)
      process.exit(1)
    })
}

/** prom-client is loaded where somebody asks for metrics, and nowhere else. */
async function metricsFor({ metricsToken, metricsPort }: Config): Promise<Metrics | null> {
  if (metricsToken === null && metricsPort === null) return null
  const { createMetrics, watchLoop } = await import('./lib/metrics.ts')
  const metrics = createMetrics({ version: PRODUCT_VERSION, schema: String(SCHEMA), bun: Bun.version })
  watchLoop(metrics)
  return metrics
}

/** Each connection is a line of the log, its address as LOG_ADDRESS says. */
function connectionObserver({ logAddress }: Config, log: Logger): ConnectionObserver {
  const masked = addressMask(logAddress)
  return (what, { address = '', ...fields }) => {
    const shownAddress = address === '' ? undefined : masked(address, clock.now())
    log.debug(what, { ...fields, ...(shownAddress !== undefined && { address: shownAddress }) })
  }
}

/** Runs until a signal ends it, and then ends the process. */
export async function serve({
  config,
  log,
  worker,
  pages,
  limits = {},
  reserve,
}: ServeOptions): Promise<void> {
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

  const onDeath = (error: Error) => {
    log.error('the writer has ended', error)
    process.exit(1)
  }
  const page = assetRoutes({ dir: pages, siteName: config.siteName })
  page.catch(cannotStart)
  const metrics = await metricsFor(config)
  const metricsSink = metrics ?? NO_METRICS
  const dir = config.dataDir
  const store = await openSqlite({
    dir,
    workerUrl: worker,
    onDeath,
    log,
    metricsSink,
    ...(reserve !== undefined && { reserve }),
  }).catch((error: unknown) => {
    if (error instanceof OperatorError) return exitWith(error.exitCode, error.message)
    throw error
  })

  const loopLag = watchLag()
  const gate: Gate = {
    stage: 'starting',
    isBehind: () => loopLag.isBehind(performance.now()),
    failing: () => (store.diskError === null ? [] : ['store']),
  }
  const topics = createRoomBroadcast(metricsSink)
  const ids = createIds()
  const hub = new Hub({
    store,
    broadcast: topics,
    doorbell: localDoorbell(),
    clock,
    ids,
    log,
    settings: {
      build: PRODUCT_VERSION,
      sessionDays: config.sessionDays,
      retentionDays: config.retentionDays,
      siteName: config.siteName,
      limits,
    },
  })
  const readings = (): GaugeReadings => {
    const { connections, users, queue } = hub.stats()
    let backupAgeSeconds: number | null = null
    try {
      backupAgeSeconds = ageOfLastBackup(dir, clock.now())
    } catch {
      // A folder that cannot be read is the scheduler's and the doctor's to tell.
    }
    return {
      connections,
      users,
      writerQueue: queue,
      unsentBytes: app.unsent(),
      ...store.measures(),
      backupAgeSeconds,
    }
  }
  const scraped = metrics && {
    contentType: metrics.contentType,
    text: () => metrics.text(readings()),
  }
  const token = config.metricsToken
  const app = createApp({
    hub,
    gate,
    settings: config,
    clock,
    ids,
    log,
    assets: await page,
    metricsSink,
    ...(limits.frames && { frames: limits.frames }),
    ...(config.logLevel === 'debug' && { observer: connectionObserver(config, log) }),
    ...(scraped && token !== null && { metrics: { ...scraped, token } }),
  })
  const server = await (async () => app.listen({ port: config.port, hostname: config.host }))().catch(
    async (error: unknown) => {
      await store.close()
      return exitWith(1, listenErrorText(config, error))
    },
  )
  topics.attach(server)
  if (scraped && config.metricsPort !== null) {
    const metricsAddress = { host: config.metricsHost, port: config.metricsPort }
    try {
      listenForMetrics(scraped, metricsAddress)
    } catch (error) {
      await store.close()
      exitWith(1, `METRICS_PORT: ${listenErrorText(metricsAddress, error, 'METRICS_')}`)
    }
  }
  await hub.start()
  const detectJump = createJumpDetector()
  const tickTimer = setInterval(() => {
    const ms = detectJump(clock.now(), clock.elapsed())
    if (ms !== 0) log.warn('the clock was set, or this machine has slept', { ms })
    hub.tick()
    app.shedSlowReaders()
  }, 1_000)

  /** O13. Sockets are gone before the port is waited for (P32), and the disk is let go last. */
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
  scheduleBackups(config, log)
  scheduleCopyRemoval(config, log)
  setTimeout(() => Bun.gc(true), COLLECT_AFTER).unref()
  if (config.publicUrl === null) log.info('PUBLIC_URL is not set: any Host is answered (S40)')
  const url = config.publicUrl ?? urlOf({ host: config.host, port: server.port ?? config.port })
  log.info('ready', { url, version: PRODUCT_VERSION, ms: Math.round(performance.now()) })
  if (config.logFormat === 'pretty') process.stdout.write(`\n  ${config.siteName} is open at ${url}\n\n`)
}
