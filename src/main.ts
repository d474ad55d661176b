/** Picks the command; wires config → store → hub → edge; ticks each second; drains. */
import { join } from 'node:path'
import { localDoorbell } from './cluster/local.ts'
import { type Config, readConfig } from './config.ts'
import { createApp } from './http/app.ts'
import { assets } from './http/assets.ts'
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

/** Why the server cannot listen, for who started it. */
function cannotListen({ host, port }: Config, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
  if (code === 'EADDRINUSE')
    return `Port ${port} is taken, perhaps by another Hubbub. Stop what uses it, or set PORT to another number.`
  if (code === 'EACCES')
    return `Port ${port} needs rights this user does not have. Set PORT to a number above 1023.`
  return `Cannot listen on ${host}, port ${port} (${code}). Set HOST and PORT to an address of this machine.`
}

function addressOf({ publicUrl, host }: Config, port: number | undefined): string {
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host
  return publicUrl ?? `http://${name}:${port}`
}

/** An exception nobody caught is a bug: it is logged and ends the process, and whoever watches over it starts it again. */
function dieOfBugs(log: Logger): void {
  for (const event of ['uncaughtException', 'unhandledRejection'])
    process.on(event, (error: unknown) => {
      log.error(event, error)
      process.exit(1)
    })
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
  page.catch((error: unknown) => end(1, error instanceof Error ? error.message : 'The page cannot be read.'))
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
  if (stopping) return stop()
  gate.stage = 'open'
  const url = addressOf(config, server.port)
  log.info('ready', { url, version: VERSION, ms: Math.round(performance.now()) })
  if (config.logFormat === 'pretty') process.stdout.write(`\n  ${config.siteName} is open at ${url}\n\n`)
}

/** @returns the exit code: is the server on this machine ready? An answer that takes 2 s is a no. */
async function healthcheck(): Promise<number> {
  const { config } = configured()
  const url = `${addressOf({ ...config, publicUrl: null }, config.port)}/readyz`
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(1_800) })
    if (answer.ok) return 0
    process.stderr.write(`Not ready: ${await answer.text()}\n`)
  } catch {
    process.stderr.write(`No answer from ${url}.\n`)
  }
  return 1
}

async function version(): Promise<void> {
  const { Database } = await import('bun:sqlite')
  const row = new Database(':memory:')
    .query<{ sqlite: string }, []>('SELECT sqlite_version() AS sqlite')
    .get()
  const parts = [`bun ${Bun.version}`, `sqlite ${row?.sqlite}`, `schema ${SCHEMA}`, `wire ${WIRE}`]
  process.stdout.write(`hubbub ${VERSION} (${parts.join(', ')})\n`)
}

const [command = 'serve', ...more] = process.argv.slice(2)
if (more.length > 0) end(2, USAGE)
// prettier-ignore
switch (command) {
  case 'serve': await serve(); break
  case 'healthcheck': process.exit(await healthcheck())
  case 'version': await version(); break
  case '--help': case '-h': case 'help': process.stdout.write(`${USAGE}\n`); break
  default: end(2, USAGE)
}
