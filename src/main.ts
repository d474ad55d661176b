/** Chooses the command and reads the configuration. */
import { join } from 'node:path'
import { type Command, runCommand } from './operator/command.ts'
import { readConfig } from './config.ts'
import { dropRoot } from './lib/dropRoot.ts'
import { exitWith, OperatorError } from './lib/operatorError.ts'

const USAGE = `Usage: hubbub [command]

  serve        run the server (the default)
  healthcheck  ask the running server whether it is ready: exit 0 or 1
  backup       save everything into one file, also while the server runs
  restore      replace the data with a backup
  export       write rooms and messages as NDJSON, for another server
  import       read an export
  doctor       find problems and say how to solve them
  migrate      bring the database to this version's schema
  compact      rewrite the database without its free pages, where deleted text may be
  version      print the version

hubbub <command> --help tells more. Settings come from the environment: PORT, HOST, DATA_DIR and more, see the README.`

// Only a URL relative to the entry point is right in the source and in the binary.
const WORKER = new URL('./store/sqlite/write/sqlite.worker.ts', import.meta.url)
const PAGES = Bun.isStandaloneExecutable
  ? join(import.meta.dir, 'public')
  : join(import.meta.dir, '../dist/public')

const COMMANDS: Record<string, () => Promise<{ command: Command }>> = {
  healthcheck: () => import('./operator/healthcheck.ts'),
  backup: () => import('./operator/backup.ts'),
  restore: () => import('./operator/restore.ts'),
  export: () => import('./operator/export.ts'),
  import: () => import('./operator/import.ts'),
  doctor: () => import('./operator/doctor.ts'),
  migrate: () => import('./operator/migrate.ts'),
  compact: () => import('./operator/compact.ts'),
  version: () => import('./operator/version.ts'),
}

/** Loads the server's modules only once the configuration is right, so a fault is reported within 200 ms (O1). */
async function startServer(): Promise<void> {
  const config = readConfig(process.env, process.stdout.isTTY)
  const rootWarning = dropRoot(config.dataDir)
  const [{ createLog }, { serve }] = await Promise.all([import('./lib/log.ts'), import('./server.ts')])
  const log = createLog({ level: config.logLevel, format: config.logFormat })
  if (rootWarning !== null) log.warn(rootWarning)
  await serve({ config, log, worker: WORKER, pages: PAGES })
}

async function run([name = 'serve', ...args]: string[]): Promise<number> {
  if (/^(--help|-h|help)$/.test(name) || (name === 'serve' && /^(--help|-h)$/.test(args[0] ?? ''))) {
    process.stdout.write(`${USAGE}\n`)
    return 0
  }
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (load) return runCommand((await load()).command, args)
  if (name !== 'serve' || args.length > 0) throw new OperatorError(2, ...USAGE.split('\n'))
  await startServer()
  return 0
}

process.exitCode = await run(process.argv.slice(2)).catch(exitWith)
