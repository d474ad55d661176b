/** What all commands share: options, `--help`, `--json`, output, exit codes, and what they demand of a data directory. */
import { existsSync } from 'node:fs'
import { parseArgs, type ParseArgsOptionsConfig } from 'node:util'
import { type Config, readConfig } from '../config.ts'
import { dropRoot } from '../lib/dropRoot.ts'
import { OperatorError, printable } from '../lib/operatorError.ts'
import { databaseIn, spaceOf } from '../store/sqlite/dataDirectory.ts'

export interface CommandInput {
  options: Readonly<Record<string, string | boolean | undefined>>
  /** the one argument beside the options, often a file */
  argument: string | undefined
  /** reads the environment @throws OperatorError 1 with every fault */
  config(): Config
}

export interface CommandResult {
  /** lines for a person */
  say: string | readonly string[]
  /** the same for a program: printed instead with `--json` */
  json: unknown
  /** a line for stderr */
  warns?: string
  /** 0 by default */
  code?: 0 | 1
  /** print the result to stderr: stdout took the data, or the result is bad news */
  streamed?: boolean
}

export interface Command {
  /** without the options that all commands share */
  usage: string
  options?: ParseArgsOptionsConfig
  /** absent: the command takes no argument beside its options */
  argument?: 'optional' | 'needed'
  run(input: CommandInput): Promise<CommandResult>
}

const usageOf = ({ usage, options }: Command) =>
  `${usage}${options ? '' : '\n'}
  --json       print the result as JSON
  --help       print this help`

/**
 * Runs a command to its end and prints its result.
 * @returns the exit code: that of the result, or of the error
 */
export async function runCommand(command: Command, args: readonly string[]): Promise<number> {
  const json = args.includes('--json')
  try {
    const { options, argument } = parseInput(command, args)
    if (options.help) {
      process.stdout.write(`${usageOf(command)}\n`)
      return 0
    }
    const result = await command.run({ options, argument, config })
    const lines = json ? [JSON.stringify(result.json)] : [result.say].flat().filter((line) => line !== '')
    for (const line of lines)
      (result.streamed ? process.stderr : process.stdout).write(`${printable(line)}\n`)
    if (result.warns !== undefined) process.stderr.write(`${printable(result.warns)}\n`)
    return result.code ?? 0
  } catch (error) {
    const { exitCode, message } = asOperatorError(error)
    const text = json ? printable(JSON.stringify({ error: message, code: exitCode })) : message
    process.stderr.write(`${text}\n`)
    return exitCode
  }
}

function config(): Config {
  const config = readConfig(process.env)
  dropRoot(config.dataDir)
  return config
}

/** @throws OperatorError 2 with the usage */
function parseInput(command: Command, args: readonly string[]): Pick<CommandInput, 'options' | 'argument'> {
  const wrongUsage = new OperatorError(2, ...usageOf(command).split('\n'))
  try {
    const { values: options, positionals } = parseArgs({
      args: [...args],
      options: { help: { type: 'boolean', short: 'h' }, json: { type: 'boolean' }, ...command.options },
      allowPositionals: command.argument !== undefined,
    })
    const isMissing = command.argument === 'needed' && positionals.length === 0 && !options.help
    if (positionals.length > 1 || isMissing) throw wrongUsage
    return { options: options as CommandInput['options'], argument: positionals[0] }
  } catch {
    throw wrongUsage
  }
}

/** Words an error of the system or of SQLite for the operator. */
function asOperatorError(error: unknown): OperatorError {
  if (error instanceof OperatorError) return error
  const { message, code = '', path = 'A file' } = error as NodeJS.ErrnoException
  if (/^(ENOENT|EISDIR|EACCES|ENOTDIR)$/.test(code))
    return new OperatorError(1, `${path} cannot be used (${code}).`)
  if (/^(ENOSPC|EDQUOT|SQLITE_FULL)$/.test(code))
    return new OperatorError(1, 'The disk is full. Nothing was changed.')
  if (code === 'EPIPE') return new OperatorError(1, 'The program that read the output has ended.')
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(code))
    return new OperatorError(1, 'The database is damaged. Run hubbub doctor.')
  return new OperatorError(1, `It failed: ${message}${code === '' ? '' : ` (${code})`}.`)
}

/** @throws OperatorError 1 if the directory has no database */
export function requireDatabase(dir: string): void {
  if (!existsSync(databaseIn(dir))) throw new OperatorError(1, `There is no database in ${dir}.`)
}

/**
 * Requires twice the database's size of free space, for a copy and for what is written meanwhile.
 * @param what begins the sentence: “A backup needs …”
 * @returns this sentence @throws OperatorError 1 with it
 */
export function requireSpace(dir: string, what: string): string {
  const { bytes, free } = spaceOf(dir)
  const sentence = `${what} ${Math.ceil((2 * bytes) / 1e6)} MB free in ${dir} for a moment, and there are ${Math.floor(free / 1e6)}.`
  if (free < 2 * bytes) throw new OperatorError(1, `${sentence} Make room first.`)
  return sentence
}
