import pino from 'pino'
import type { prettyFactory as factory, PrettyOptions } from 'pino-pretty'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'
export type LogFormat = 'json' | 'pretty'
export type LogAddress = 'full' | 'hash' | 'none'

/** What a line may say beside its sentence. Never message text, names, tokens, cookies, query strings. */
export interface LogFields {
  request?: string
  connection?: string | number
  user?: string
  address?: string
  code?: string | number
  ms?: number
  [more: string]: string | number | boolean | undefined
}

/** One JSON object a line: `time`, `level`, `msg`, and the fields. `what` is a fixed text of ours. */
export interface Logger {
  debug(what: string, fields?: LogFields): void
  info(what: string, fields?: LogFields): void
  warn(what: string, fields?: LogFields): void
  /** @param error its kind and stack are told; its message too, so it must not be one made of what people typed */
  error(what: string, error?: unknown): void
}

/** Characters of a string that are kept; the rest becomes an ellipsis. */
export const MAX_LENGTH = 256
const MAX_FRAMES = 10
/** ms in which a class of lines above `debug` is written once (O17): a full disk must not fill another with words about it */
const ONCE_EVERY = 1_000
/** classes that are remembered; what an error says of itself may make any number */
const MAX_CLASSES = 1_000

/**
 * Writes to stdout at once, line by line, in this thread: pino's transports are workers, which a compiled binary cannot load.
 * @param to for tests: takes each line with its newline instead of stdout
 * @param now ms of any clock that runs on
 */
export function createLog(
  { level, format }: { level: LogLevel; format: LogFormat },
  to?: { write(line: string): void },
  now: () => number = () => performance.now(),
): Logger {
  const stdout = to ?? pino.destination({ dest: 1, sync: true })
  const options = { colorize: to === undefined, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss' }
  const log = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: (fields) => cutAll(fields) },
    },
    format === 'json' ? stdout : prettyStream(options, stdout),
  )
  const paced = pacing(now)
  return {
    debug: (what, fields = {}) => log.debug(fields, cut(what)),
    info: (what, fields = {}) => paced(what, (left) => log.info({ ...fields, ...left }, cut(what))),
    warn: (what, fields = {}) => paced(what, (left) => log.warn({ ...fields, ...left }, cut(what))),
    error(what, error) {
      const fields = error === undefined ? {} : errorFields(error)
      // The first word: behind it may stand the id of a request. Two bugs are two classes.
      const [word = ''] = what.split(' ', 1)
      const kind = `${word} ${String(fields['error'])} ${String(fields['stack'])}`
      paced(kind, (left) => log.error({ ...fields, ...left }, cut(what)))
    },
  }
}

/** Lets one of a class write each second, and tells it how many were left out since the last. */
function pacing(now: () => number): (kind: string, write: (extra: { left?: number }) => void) => void {
  const last = new Map<string, { at: number; left: number }>()
  return (kind, write) => {
    const at = now()
    const before = last.get(kind)
    if (before !== undefined && at - before.at < ONCE_EVERY) {
      before.left += 1
      return
    }
    if (last.size >= MAX_CLASSES) last.clear()
    last.set(kind, { at, left: 0 })
    write(before !== undefined && before.left > 0 ? { left: before.left } : {})
  }
}

/** Loaded where a person reads along, and nowhere else. */
function prettyStream(options: PrettyOptions, to: { write(line: string): void }) {
  const { prettyFactory } = require('pino-pretty') as { prettyFactory: typeof factory }
  const print = prettyFactory(options)
  return { write: (line: string) => to.write(print(line)) }
}

function errorFields(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { error: typeof error }
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {}
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line))
  const stack = frames.slice(0, MAX_FRAMES).map((line) => cut(line.trim().replaceAll(process.cwd(), '.')))
  return { error: error.name, reason: error.message, ...code, stack }
}

function cutAll(fields: Record<string, unknown>): Record<string, unknown> {
  const short: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(fields))
    short[name] = typeof value === 'string' ? cut(value) : value
  return short
}

function cut(text: string): string {
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH - 1)}…` : text
}

const DAY = 24 * 60 * 60 * 1000

/**
 * How a client's address stands in the log: `hash` tells two apart for a day, by a random key that is then thrown away.
 * @param now ms since the epoch
 * @returns undefined for `none`: the field is left out
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
