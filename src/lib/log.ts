import pino from 'pino'
import type { prettyFactory as factory } from 'pino-pretty'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'
export type LogFormat = 'json' | 'pretty'
export type LogAddress = 'full' | 'hash' | 'none'

/** The fields of a line, such as `connection`, `user`, `code`, `ms`. Never message text, names, tokens, cookies or query strings. */
type LogFields = Readonly<Record<string, string | number | boolean | undefined>>

/** Writes one JSON object a line: `time`, `level`, `msg` and the fields. `what` is a fixed text of ours. */
export interface Logger {
  debug(what: string, fields?: LogFields): void
  info(what: string, fields?: LogFields): void
  warn(what: string, fields?: LogFields): void
  /** @param error logged with its message, which therefore must not contain what people typed */
  error(what: string, error?: unknown): void
}

/** Characters of a string that are kept. */
export const MAX_LENGTH = 256
const MAX_FRAMES = 10
/** ms within which lines of one kind are written once: otherwise the errors of a full disk would fill another disk (O17). */
const INTERVAL = 1_000
/** Kinds that are remembered. Errors with changing stacks could make any number of kinds. */
const MAX_KINDS = 1_000

/**
 * Writes to stdout synchronously, in this thread: pino's transports are workers, and no binary finds their files.
 * @param to takes each line instead of stdout, for tests
 * @param now monotonic ms
 */
export function createLog(
  { level, format }: { level: LogLevel; format: LogFormat },
  to?: { write(line: string): void },
  now: () => number = () => performance.now(),
): Logger {
  const stdout = to ?? pino.destination({ dest: 1, sync: true })
  const log = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: withShortTexts },
    },
    format === 'json' ? stdout : prettyStream(stdout, to === undefined),
  )
  const last = new Map<string, { at: number; left: number }>()
  /** Writes unless a line of this kind was written within the interval; `left` says how many were left out before. */
  const write = (level: LogLevel, what: string, fields: object = {}, kind = what) => {
    const before = last.get(kind)
    if (before !== undefined && now() - before.at < INTERVAL) {
      before.left += 1
      return
    }
    if (last.size >= MAX_KINDS) last.clear()
    last.set(kind, { at: now(), left: 0 })
    log[level]({ ...fields, ...(before && before.left > 0 && { left: before.left }) }, what)
  }
  return {
    debug: (what, fields) => log.debug(fields, what),
    info: (what, fields) => write('info', what, fields),
    warn: (what, fields) => write('warn', what, fields),
    error(what, error) {
      const fields = error === undefined ? {} : errorFields(error)
      // Only the first word, since the id of a request may follow it. Another stack is another kind.
      const kind = [what.split(' ', 1), fields['error'], fields['stack']].join(' ')
      write('error', what, fields, kind)
    },
  }
}

/** Loads pino-pretty only for a terminal: it takes 13 MB (O18). */
function prettyStream(to: { write(line: string): void }, colorize: boolean) {
  const { prettyFactory } = require('pino-pretty') as { prettyFactory: typeof factory }
  const print = prettyFactory({ colorize, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss' })
  return { write: (line: string) => to.write(print(line)) }
}

function errorFields(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { error: typeof error }
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {}
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line))
  const stack = frames.slice(0, MAX_FRAMES).map((line) => short(line.trim().replaceAll(process.cwd(), '.')))
  return { error: error.name, reason: error.message, ...code, stack }
}

function withShortTexts(fields: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries(fields)
  return Object.fromEntries(
    entries.map(([name, value]) => [name, typeof value === 'string' ? short(value) : value]),
  )
}

function short(text: string): string {
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH - 1)}…` : text
}

const DAY = 24 * 60 * 60 * 1000

/**
 * How addresses appear in the log. `hash` tells addresses apart for a day: its random key is then replaced.
 * @returns a function that takes `now` in ms since the epoch; it returns undefined for `none`
 */
export function addressMask(mode: LogAddress): (address: string, now: number) => string | undefined {
  let day = Number.NaN
  let key = new Uint8Array()
  return (address, now) => {
    if (mode === 'none') return undefined
    if (mode === 'full') return address
    if (Math.floor(now / DAY) !== day) {
      day = Math.floor(now / DAY)
      key = crypto.getRandomValues(new Uint8Array(32))
    }
    return new Bun.CryptoHasher('sha256', key).update(address).digest('hex').slice(0, 12)
  }
}
