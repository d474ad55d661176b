/** Picks the command and reads the configuration. */
import { join } from 'node:path'
import { type Command, runCommand, CommandError } from './operator/commands/command.ts'
import { type Config, readConfig } from './config.ts'
import { dropRoot } from './lib/dropRoot.ts'

const USAGE = `Usage: hubbub [command]

  serve        run the server (what happens without a command)
  healthcheck  ask the running server whether it is ready: exit 0 or 1
  backup       save everything into one file, also while the server runs
  restore      put a backup in place of what is there
  export       write rooms and messages as NDJSON, for another server
  import       read them
  doctor       look for what is wrong, and say what to do about it
  migrate      bring the database to this version's schema
  compact      rewrite the database without its free pages, where deleted text may be
  version      say what this is

hubbub <command> --help tells more. Settings come from the environment: PORT, HOST, DATA_DIR and more, see the README.`

// P47: only here is this right in source and binary alike.
const WORKER = new URL('./store/sqlite/write/sqlite.worker.ts', import.meta.url)
const PAGES = Bun.isStandaloneExecutable
  ? join(import.meta.dir, 'public')
  : join(import.meta.dir, '../dist/public')

/** The commands that do something and end. Each is loaded when it is called. */
const COMMANDS: Record<string, () => Promise<{ command: Command }>> = {
  healthcheck: () => import('./operator/commands/healthcheck.ts'),
  backup: () => import('./operator/commands/backup.ts'),
  restore: () => import('./operator/commands/restore.ts'),
  export: () => import('./operator/commands/export.ts'),
  import: () => import('./operator/commands/import.ts'),
  doctor: () => import('./operator/commands/doctor.ts'),
  migrate: () => import('./operator/commands/migrate.ts'),
  compact: () => import('./operator/commands/compact.ts'),
  version: () => import('./operator/commands/version.ts'),
}

function config(): Config {
  const read = readConfig(process.env)
  if ('faults' in read) throw new CommandError(1, read.faults.join('\n'))
  dropRoot(read.config.dataDir)
  return read.config
}

/** What a server needs is loaded when the configuration is known to be right. */
async function start(): Promise<void> {
  const read = readConfig(process.env, process.stdout.isTTY)
  if ('faults' in read) return refuse(1, read.faults.join('\n'))
  const rootWarning = dropRoot(read.config.dataDir)
  const [{ createLog }, { cannotStart, serve }] = await Promise.all([
    import('./lib/log.ts'),
    import('./server.ts'),
  ])
  const log = createLog({ level: read.config.logLevel, format: read.config.logFormat })
  for (const warning of rootWarning === null ? read.warnings : [...read.warnings, rootWarning])
    log.warn(warning)
  await serve({ config: read.config, log, worker: WORKER, pages: PAGES }).catch(cannotStart)
}

function refuse(code: number, sentence: string): void {
  process.stderr.write(`${sentence}\n`)
  process.exitCode = code
}

const [name = 'serve', ...args] = process.argv.slice(2)
const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
const helpAsked = /^(--help|-h|help)$/.test(name) || (name === 'serve' && /^(--help|-h)$/.test(args[0] ?? ''))
if (helpAsked) process.stdout.write(`${USAGE}\n`)
else if (load) process.exitCode = await runCommand((await load()).command, args, { env: process.env, config })
else if (name === 'serve' && args.length === 0) await start()
else refuse(2, USAGE)
