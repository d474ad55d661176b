/**
 * The environment → Config: read once, checked whole. The table of settings is that of the operator's manual; a name
 * whose feature this version does not have yet is refused in words, and not taken in silence.
 */
import { readFileSync } from 'node:fs'
import { canRoute } from './http/origin.ts'
import { parseAddress, parseRange, type TrustProxy } from './lib/address.ts'
import type { LogAddress, LogFormat, LogLevel } from './lib/log.ts'

export interface Config {
  /** 0: any free one */
  readonly port: number
  readonly host: string
  /** the one origin people use, `https://chat.example`, or null */
  readonly publicUrl: string | null
  /** further exact origins */
  readonly allowedOrigins: readonly string[]
  readonly trustProxy: TrustProxy
  /** as written, so perhaps relative to the working directory */
  readonly dataDir: string
  readonly siteName: string
  readonly sessionDays: number
  readonly maxConnections: number
  readonly maxConnectionsPerAddress: number
  /** per second */
  readonly maxHandshakesPerAddress: number
  /** per hour */
  readonly maxNewGuestsPerAddress: number
  /** opens `GET /metrics` to who brings it; null: nobody */
  readonly metricsToken: string | null
  /** after so many days what was said is taken away; 0: never */
  readonly retentionDays: number
  /** of a second listener with `/metrics` alone and no token, or null */
  readonly metricsPort: number | null
  /** where that one listens */
  readonly metricsHost: string
  /** between two backups; 0: none are made */
  readonly backupHours: number
  /** how many of those are kept */
  readonly backupKeep: number
  /** seconds a stop may take in all */
  readonly drainSeconds: number
  /** seconds of those in which nothing happens but a red `/readyz`; always fewer */
  readonly drainWait: number
  readonly logLevel: LogLevel
  readonly logFormat: LogFormat
  readonly logAddress: LogAddress
}

/** The values of one name: what it accepts in words, and the reading; undefined for what it does not accept. */
interface Setting<T> {
  accepts: string
  read(text: string): T | undefined
}

function wholeNumber(min: number, max: number): Setting<number> {
  return {
    accepts: `a whole number from ${min} to ${max}`,
    read: (text) => {
      const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
      return value >= min && value <= max ? value : undefined
    },
  }
}

function oneOf<const T extends string>(...words: T[]): Setting<T> {
  const list = words.length > 1 ? `one of ${words.join(', ')}` : `only ${words[0]}`
  return { accepts: list, read: (text) => words.find((word) => word === text) }
}

/** A setting whose feature is not there yet: it takes nothing but what holds without it. */
function notYetSupported(feature: string, ...words: string[]): Setting<string> {
  const only = words.length > 0 ? `only ${words.join(', ')}` : 'nothing'
  return { accepts: `${only}, as this version has no ${feature} yet`, read: oneOf(...words).read }
}

/** Words and patterns that stand for a secret nobody has chosen yet. */
const PLACEHOLDER =
  /change.?(me|this)|replace.?(me|this|with)|place.?holder|example|your.?(secret|token|password|key)|insert.?here|<.*>|1234567|abcdefg/i
const SECRET_MIN = 32

/** S33: long, of one line, and not what a manual has in its place. */
const secret: Setting<string> = {
  accepts: `a random secret of at least ${SECRET_MIN} characters without spaces, such as one of "openssl rand -hex 32"`,
  read: (text) => {
    const varied = new Set(text).size >= 8
    return text.length >= SECRET_MIN && /^[!-~]+$/.test(text) && varied && !PLACEHOLDER.test(text)
      ? text
      : undefined
  },
}
const secretFile: Setting<string> = {
  accepts: `a file with ${secret.accepts}`,
  read: (path) => {
    try {
      return secret.read(readFileSync(path, 'utf8').trim())
    } catch {
      return undefined
    }
  },
}

/** `https://chat.example` from any spelling of it that is an origin and nothing more, else undefined. */
function origin(text: string): string | undefined {
  const url = URL.parse(text)
  if (!url || !/^https?:$/.test(url.protocol)) return undefined
  return url.href === `${url.origin}/` && !/[?#\s]/.test(text) ? url.origin : undefined
}

/** An address alone: no port, no brackets. `node:net` would tell, at 5 MB. */
function isAddress(text: string): boolean {
  return /^[\da-f:.]+(%[\w.-]+)?$/i.test(text) && !/^[\d.]+:/.test(text) && parseAddress(text) !== null
}

function list<T>(text: string, read: (part: string) => T | undefined): T[] | undefined {
  const parts = text.split(',').map((part) => read(part.trim()))
  return parts.every((part) => part !== undefined) ? parts : undefined
}

const SITE_NAME_MAX = 40
const WELL_FORMED = /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+$/u
const HOST_NAME = /^(?=.{1,253}$)[a-z\d]([a-z\d-]*[a-z\d])?(\.[a-z\d]([a-z\d-]*[a-z\d])?)*$/i

const listenHost: Setting<string> = {
  accepts: 'an address to listen on, such as 0.0.0.0, 127.0.0.1 or ::',
  read: (text) => (isAddress(text) || HOST_NAME.test(text) ? text : undefined),
}

export const SETTINGS = {
  PORT: wholeNumber(0, 65_535),
  HOST: listenHost,
  PUBLIC_URL: { accepts: 'an address such as https://chat.example.com, without a path', read: origin },
  ALLOWED_ORIGINS: {
    accepts: 'origins such as https://chat.example.com, separated by commas',
    read: (text: string) => list(text, origin),
  },
  TRUST_PROXY: {
    accepts: 'none, fly, a number of proxies from 1 to 9, or CIDR ranges separated by commas',
    read: (text: string): TrustProxy | undefined => {
      if (text === 'none' || text === 'fly') return text
      if (/^\d+$/.test(text)) return wholeNumber(1, 9).read(text)
      return list(text, (range) => (parseRange(range) ? range : undefined))
    },
  },
  DATA_DIR: { accepts: 'a directory', read: (text: string) => (text.includes('\0') ? undefined : text) },
  SITE_NAME: {
    accepts: `a name of up to ${SITE_NAME_MAX} characters on one line`,
    read: (text: string) => (text.length <= SITE_NAME_MAX && WELL_FORMED.test(text) ? text : undefined),
  },
  SESSION_DAYS: wholeNumber(1, 400),
  RETENTION_DAYS: wholeNumber(0, 36_500),
  MAX_CONNECTIONS: wholeNumber(1, 1_000_000),
  MAX_CONNECTIONS_PER_ADDRESS: wholeNumber(1, 1_000_000),
  MAX_HANDSHAKES_PER_ADDRESS: wholeNumber(1, 1_000_000),
  MAX_NEW_GUESTS_PER_ADDRESS: wholeNumber(1, 1_000_000),
  METRICS_TOKEN: secret,
  METRICS_TOKEN_FILE: secretFile,
  METRICS_PORT: wholeNumber(1, 65_535),
  METRICS_HOST: listenHost,
  BACKUP_HOURS: wholeNumber(0, 8_760),
  BACKUP_KEEP: wholeNumber(1, 1_000),
  DRAIN_SECONDS: wholeNumber(5, 300),
  DRAIN_WAIT: wholeNumber(0, 299),
  LOG_LEVEL: oneOf('debug', 'info', 'warn', 'error'),
  LOG_FORMAT: oneOf('json', 'pretty'),
  LOG_ADDRESS: oneOf('full', 'hash', 'none'),

  ACCESS: notYetSupported('invite links', 'open'),
  ROOM_CREATE: notYetSupported('other rule', 'anyone'),
  DATABASE_URL: notYetSupported('Postgres'),
  DATABASE_URL_FILE: notYetSupported('Postgres'),
  ADMIN_TOKEN: notYetSupported('admins'),
  ADMIN_TOKEN_FILE: notYetSupported('admins'),
} satisfies Record<string, Setting<unknown>>

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads nothing but the environment and the files it names for secrets. A name that is empty or blank counts as missing, as compose files write it so.
 * @param terminal whether a person reads the log, which is then `pretty` unless LOG_FORMAT says otherwise
 * @returns the frozen settings with warnings about names that look mistyped; or every fault at once, each a sentence
 *   that names the variable and what it accepts, and never the value, which may be a secret
 */
export function readConfig(
  env: Environment,
  terminal = false,
): { config: Config; warnings: string[] } | { faults: string[] } {
  const faults: string[] = []
  const read = <T, D>(name: keyof typeof SETTINGS, { accepts, read }: Setting<T>, fallback: D): T | D => {
    const text = env[name]?.trim() ?? ''
    if (text === '') return fallback
    const value = read(text)
    if (value === undefined) faults.push(`${name} accepts ${accepts}.`)
    return value ?? fallback
  }
  const onFly = env['FLY_APP_NAME'] ? `https://${env['FLY_APP_NAME']}.fly.dev` : null
  const secretOf = (name: 'METRICS_TOKEN'): string | null => {
    const direct = read(name, SETTINGS[name], null)
    const fromFile = read(`${name}_FILE`, SETTINGS[`${name}_FILE`], null)
    if ((env[name]?.trim() ?? '') !== '' && (env[`${name}_FILE`]?.trim() ?? '') !== '')
      faults.push(`${name} accepts nothing beside ${name}_FILE: set one of them.`)
    return direct ?? fromFile
  }
  const config: Config = {
    port: read('PORT', SETTINGS.PORT, 3000),
    host: read('HOST', SETTINGS.HOST, '0.0.0.0'),
    publicUrl: read('PUBLIC_URL', SETTINGS.PUBLIC_URL, onFly),
    allowedOrigins: read('ALLOWED_ORIGINS', SETTINGS.ALLOWED_ORIGINS, []),
    trustProxy: read('TRUST_PROXY', SETTINGS.TRUST_PROXY, 'none'),
    dataDir: read('DATA_DIR', SETTINGS.DATA_DIR, './data'),
    siteName: read('SITE_NAME', SETTINGS.SITE_NAME, 'Hubbub'),
    sessionDays: read('SESSION_DAYS', SETTINGS.SESSION_DAYS, 90),
    retentionDays: read('RETENTION_DAYS', SETTINGS.RETENTION_DAYS, 0),
    maxConnections: read('MAX_CONNECTIONS', SETTINGS.MAX_CONNECTIONS, 10_000),
    maxConnectionsPerAddress: read('MAX_CONNECTIONS_PER_ADDRESS', SETTINGS.MAX_CONNECTIONS_PER_ADDRESS, 50),
    maxHandshakesPerAddress: read('MAX_HANDSHAKES_PER_ADDRESS', SETTINGS.MAX_HANDSHAKES_PER_ADDRESS, 10),
    maxNewGuestsPerAddress: read('MAX_NEW_GUESTS_PER_ADDRESS', SETTINGS.MAX_NEW_GUESTS_PER_ADDRESS, 60),
    metricsToken: secretOf('METRICS_TOKEN'),
    metricsPort: read('METRICS_PORT', SETTINGS.METRICS_PORT, null),
    metricsHost: read('METRICS_HOST', SETTINGS.METRICS_HOST, '127.0.0.1'),
    backupHours: read('BACKUP_HOURS', SETTINGS.BACKUP_HOURS, 0),
    backupKeep: read('BACKUP_KEEP', SETTINGS.BACKUP_KEEP, 7),
    drainSeconds: read('DRAIN_SECONDS', SETTINGS.DRAIN_SECONDS, 10),
    drainWait: read('DRAIN_WAIT', SETTINGS.DRAIN_WAIT, 0),
    logLevel: read('LOG_LEVEL', SETTINGS.LOG_LEVEL, 'info'),
    logFormat: read('LOG_FORMAT', SETTINGS.LOG_FORMAT, terminal ? 'pretty' : 'json'),
    logAddress: read('LOG_ADDRESS', SETTINGS.LOG_ADDRESS, 'hash'),
  }
  for (const name of ['ACCESS', 'ROOM_CREATE'] as const) read(name, SETTINGS[name], null)
  for (const name of ['DATABASE_URL', 'ADMIN_TOKEN'] as const) {
    read(name, SETTINGS[name], null)
    read(`${name}_FILE`, SETTINGS[`${name}_FILE`], null)
  }
  if (config.publicUrl !== null && !canRoute(new URL(config.publicUrl).host))
    faults.push(
      'PUBLIC_URL accepts no host as short as this one: with its port it needs four characters, or paths would be misread. Take a longer name or another port.',
    )
  if (config.metricsPort !== null && config.metricsPort === config.port)
    faults.push('METRICS_PORT accepts another port than PORT.')
  if (config.drainWait >= config.drainSeconds)
    faults.push('DRAIN_WAIT accepts fewer seconds than DRAIN_SECONDS.')

  const known = Object.keys(SETTINGS)
  const warnings: string[] = []
  for (const name of Object.keys(env)) {
    if (Object.hasOwn(SETTINGS, name)) continue
    if (name.startsWith('HUBBUB_')) faults.push(`${name} is no setting of Hubbub; its names have no prefix.`)
    const similar = known.find((setting) => setting.length >= 6 && editDistance(name, setting) <= 2)
    if (similar) warnings.push(`${name} is no setting of Hubbub. Is ${similar} meant?`)
  }
  return faults.length > 0 ? { faults } : { config: frozen(config), warnings }
}

function frozen(config: Config): Config {
  for (const value of Object.values(config)) if (typeof value === 'object') Object.freeze(value)
  return Object.freeze(config)
}

/** How many letters must be added, left out or replaced to make one word of the other. */
function editDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 2) return Infinity
  let row = Array.from({ length: b.length + 1 }, (_, at) => at)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
