/** What every command of the binary has in common: its options, `--help`, `--json`, and how it ends. */
import { parseArgs, type ParseArgsOptionsConfig } from 'node:util'
import type { Config } from '../../config.ts'
import { printable } from '../../lib/printable.ts'
import { OperatorError } from '../../lib/operatorError.ts'

export interface CommandInput {
  /** the options that were given */
  options: Readonly<Record<string, string | boolean | undefined>>
  /** the one argument beside the options, often a file */
  argument: string | undefined
  env: Readonly<Record<string, string | undefined>>
  /** @throws CommandError 1 with every fault */
  config(): Config
}

/** What a command prints at its end: `say` for a person, or with `--json` one line for a program. */
export interface CommandResult {
  say: string
  json: unknown
  /** a warning, to stderr */
  warns?: string
  /** 0 unless it says otherwise */
  code?: 0 | 1
  /** the data went to stdout, so `say` goes to stderr */
  streamed?: boolean
}

export interface Command {
  usage: string
  options?: ParseArgsOptionsConfig
  /** the one argument beside the options; absent: the command takes none */
  argument?: 'optional' | 'needed'
  run(input: CommandInput): Promise<CommandResult>
}

/** Ends a command with a sentence. 0 done · 1 failed, or wrong configuration · 2 wrong usage · 3 in use · 4 newer. */
export class CommandError extends Error {
  constructor(
    readonly exitCode: 1 | 2,
    message: string,
  ) {
    super(message)
  }
}

/**
 * Runs a command to its end.
 * @returns the exit code; what is to be said has been
 */
export async function runCommand(
  command: Command,
  args: readonly string[],
  { env, config }: Pick<CommandInput, 'env' | 'config'>,
): Promise<number> {
  const json = args.includes('--json')
  try {
    const { options, argument } = parseOptions(command, args)
    if (options.help) {
      process.stdout.write(`${command.usage}\n`)
      return 0
    }
    const result = await command.run({ options, argument, env, config })
    const text = json ? JSON.stringify(result.json) : result.say
    if (text !== '') (result.streamed ? process.stderr : process.stdout).write(`${printableLines(text)}\n`)
    if (result.warns !== undefined) process.stderr.write(`${printableLines(result.warns)}\n`)
    return result.code ?? 0
  } catch (error) {
    const { code, say } = describeError(error, command.usage)
    process.stderr.write(`${printableLines(json ? JSON.stringify({ error: say, code }) : say)}\n`)
    return code
  }
}

/** Safe for a terminal, line by line: paths and contents of files may hold anything. */
function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n')
}

function parseOptions(command: Command, args: readonly string[]) {
  const { values, positionals } = (() => {
    try {
      return parseArgs({
        args: [...args],
        options: { help: { type: 'boolean', short: 'h' }, json: { type: 'boolean' }, ...command.options },
        allowPositionals: true,
      })
    } catch {
      throw new CommandError(2, command.usage)
    }
  })()
  const options = values as CommandInput['options']
  const [argument, ...rest] = positionals
  const most = command.argument === undefined ? 0 : 1
  const needed = command.argument === 'needed' && !options.help
  if (positionals.length > most || rest.length > 0 || (needed && argument === undefined))
    throw new CommandError(2, command.usage)
  return { options, argument }
}

function describeError(error: unknown, usage: string): { code: number; say: string } {
  if (error instanceof CommandError || error instanceof OperatorError)
    return { code: error.exitCode, say: error.message }
  if (!(error instanceof Error)) return { code: 1, say: usage }
  const code = 'code' in error ? String(error.code) : ''
  if (code === 'ENOENT' || code === 'EISDIR' || code === 'EACCES' || code === 'ENOTDIR')
    return { code: 1, say: `${'path' in error ? String(error.path) : 'A file'} cannot be used (${code}).` }
  if (/^(ENOSPC|EDQUOT|SQLITE_FULL)$/.test(code))
    return { code: 1, say: 'The disk is full. Nothing was changed.' }
  if (code === 'EPIPE') return { code: 1, say: 'Whoever read the output has gone.' }
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(code))
    return { code: 1, say: 'The database is damaged. Run hubbub doctor.' }
  return { code: 1, say: `It failed: ${error.message}${code === '' ? '' : ` (${code})`}.` }
}
