/** Picks the command; wires config → store → hub → edge; ticks each second; drains. */
import { join } from 'node:path'
import { localDoorbell } from './cluster/local.ts'
import { type Config, readConfig } from './config.ts'
import { createApp } from './http/app.ts'
import { assets } from './http/assets.ts'
import { addressOf, cannotListen, probeAddressOf } from './http/listen.ts'
import type { Gate } from './http/ops.ts'
import { createTopics } from './http/topics.ts'
import { Hub } from './hub/hub.ts'
import { clock } from './lib/clock.ts'
import { createIds } from './lib/ids.ts'
import { createLog, type Logger } from './lib/log.ts'
import { SCHEMA } from './store/migrations.ts'
import { CannotOpen, openSqlite } from './store/sqlite.ts'
import { VERSION as WIRE } from './shared/limits.ts'
import { VERSION } from './lib/version.ts'

const USAGE = `Usage: hubbub [command]

  serve        run the server (what happens without a command)
  healthcheck  ask the running server whether it is ready: exit 0 or 1
  version      say what this is

Settings come from the environment: PORT, HOST, DATA_DIR and more, see the README.`

// P47: only here is this right in source and binary alike.
const WORKER = new URL('./store/sqlite.worker.ts', import.meta.url)
const PUBLIC = Bun.isStandaloneExecutable
  ? join(import.meta.dir, 'public')
  : join(import.meta.dir, '../dist/public')

/** Ends the process with sentences for who started it. */
function end(code: number, ...sentences: string[]): never {
  for (const sentence of sentences) process.stderr.write(`${sentence}\n`)
  process.exit(code)
}

function configured(): { config: Config; warnings: string[] } {
  const read = readConfig(process.env, process.stdout.isTTY)
  return 'faults' in read ? end(1, ...read.faults) : read
}

/** An exception nobody caught is a bug: it is logged and ends the process, and whoever watches over it starts it again. */
function dieOfBugs(log: Logger): void {
  for (const event of ['uncaughtException', 'unhandledRejection'])
    process.on(event, (error: unknown) => {
      log.error(event, error)
      process.exit(1)
    })
}

function cannotStart(error: unknown): never {
  return end(1, `Hubbub cannot start: ${error instanceof Error ? error.message : 'for no reason it knows'}`)
}

async function serve(): Promise<void> {
  const { config, warnings } = configured()
  const log = createLog({ level: config.logLevel, format: config.logFormat })
  dieOfBugs(log)
  for (const warning of warnings) log.warn(warning)

  let stop = (): Promise<void> => end(0)
  let stopping = false
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => {
      if (stopping) end(1)
      stopping = true
      log.info('stopping')
      void stop()
    })

  const onDeath = (error: Error) => {
    log.error('the writer has ended', error)
    process.exit(1)
  }
  const page = assets({ dir: PUBLIC, siteName: config.siteName })
  page.catch(cannotStart)
  const store = await openSqlite({ dir: config.dataDir, workerUrl: WORKER, onDeath, log }).catch(
    (error: unknown) => {
      if (error instanceof CannotOpen) return end(error.exitCode, error.message)
      throw error
    },
  )

  const gate: Gate = { stage: 'starting', failing: () => (store.trouble === null ? [] : ['store']) }
  const topics = createTopics()
  const ids = createIds()
  const hub = new Hub({
    store,
    broadcast: topics,
    doorbell: localDoorbell(),
    clock,
    ids,
    log,
    settings: { build: VERSION, sessionDays: config.sessionDays, siteName: config.siteName },
  })
  const app = createApp({ hub, gate, settings: config, clock, ids, log, assets: await page })
  const server = await (async () => app.listen({ port: config.port, hostname: config.host }))().catch(
    async (error: unknown) => {
      await store.close()
      return end(1, cannotListen(config, error))
    },
  )
  topics.attach(server)
  await hub.start()
  const ticking = setInterval(() => hub.tick(clock.now()), 1_000)

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
    clearInterval(ticking)
    await store.close()
    log.info('stopped')
    process.exit(0)
  }
  gate.stage = 'open'
  if (config.publicUrl === null) log.info('PUBLIC_URL is not set: any Host is answered (S40)')
  const url = config.publicUrl ?? addressOf({ host: config.host, port: server.port ?? config.port })
  log.info('ready', { url, version: VERSION, ms: Math.round(performance.now()) })
  if (config.logFormat === 'pretty') process.stdout.write(`\n  ${config.siteName} is open at ${url}\n\n`)
}

/** @returns the exit code: is the server on this machine ready? An answer that takes 2 s is a no. */
async function healthcheck(): Promise<number> {
  const { config } = configured()
  const url = `${probeAddressOf(config)}/readyz`
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(1_800) })
    if (answer.ok) return 0
    process.stderr.write(`Not ready: ${await answer.text()}\n`)
  } catch {
    process.stderr.write(`No answer from ${url}.\n`)
  }
  return 1
}

function version(): string {
  const { bun, sqlite } = process.versions
  return `hubbub ${VERSION} (bun ${bun}, sqlite ${sqlite}, schema ${SCHEMA}, wire ${WIRE})`
}

const [command = 'serve', ...more] = process.argv.slice(2)
if (more.length > 0) end(2, USAGE)
// prettier-ignore
switch (command) {
  case 'serve': await serve().catch(cannotStart); break
  case 'healthcheck': process.exit(await healthcheck())
  case 'version': process.stdout.write(`${version()}\n`); break
  case '--help': case '-h': case 'help': process.stdout.write(`${USAGE}\n`); break
  default: end(2, USAGE)
}
