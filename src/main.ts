/** Picks the command and reads the configuration. */
import { join } from 'node:path'
import { type Config, readConfig } from './config.ts'
import { probeAddressOf } from './http/listen.ts'
import { createLog } from './lib/log.ts'
import { SCHEMA } from './store/migrations.ts'
import { VERSION as WIRE } from './shared/limits.ts'
import { VERSION } from './lib/version.ts'
import { cannotStart, end, serve } from './serve.ts'

const USAGE = `Usage: hubbub [command]

  serve        run the server (what happens without a command)
  healthcheck  ask the running server whether it is ready: exit 0 or 1
  version      say what this is

Settings come from the environment: PORT, HOST, DATA_DIR and more, see the README.`

// P47: only here is this right in source and binary alike.
const WORKER = new URL('./store/sqlite.worker.ts', import.meta.url)
const PAGES = Bun.isStandaloneExecutable
  ? join(import.meta.dir, 'public')
  : join(import.meta.dir, '../dist/public')

function configured(): { config: Config; warnings: string[] } {
  const read = readConfig(process.env, process.stdout.isTTY)
  return 'faults' in read ? end(1, read.faults.join('\n')) : read
}

async function run(): Promise<void> {
  const { config, warnings } = configured()
  const log = createLog({ level: config.logLevel, format: config.logFormat })
  for (const warning of warnings) log.warn(warning)
  await serve({ config, log, worker: WORKER, pages: PAGES })
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
  case 'serve': await run().catch(cannotStart); break
  case 'healthcheck': process.exit(await healthcheck())
  case 'version': process.stdout.write(`${version()}\n`); break
  case '--help': case '-h': case 'help': process.stdout.write(`${USAGE}\n`); break
  default: end(2, USAGE)
}
