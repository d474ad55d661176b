/** Reads the environment once into a checked `Config`. README.md and `.env.example` document the same variables. */
import { readFileSync } from 'node:fs'
import { canRoute, isHost } from './http/origin.ts'
import { isAddress, parseRange, type TrustProxy } from './lib/address.ts'
import { OperatorError } from './lib/operatorError.ts'

/** The values of a variable: `accepts` completes “PORT accepts …”; `read` gives undefined for a text it does not accept. */
interface Kind<T> {
  accepts: string
  read(text: string): T | undefined
}
interface Setting<T> extends Kind<T> {
  name: string
  fallback: T
}
function setting<T, F extends T | null>(name: string, fallback: F, kind: Kind<T>): Setting<T | F> {
  return { name, fallback, ...kind }
}

function wholeNumber(min: number, max: number): Kind<number> {
  return {
    accepts: `a whole number from ${min} to ${max}`,
    read: (text) => {
      const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
      return value >= min && value <= max ? value : undefined
    },
  }
}

function oneOf<const T extends string>(...words: T[]): Kind<T> {
  return { accepts: `one of ${words.join(', ')}`, read: (text) => words.find((word) => word === text) }
}

/** Every part of a list that is separated by commas, or undefined if one is not accepted. */
function list<T>(text: string, read: (part: string) => T | undefined): T[] | undefined {
  const parts = text.split(',').map((part) => read(part.trim()))
  return parts.every((part) => part !== undefined) ? parts : undefined
}

/** `https://chat.example` from any spelling of it; undefined for an address with a path, a user, a query or a wildcard. */
function originOf(text: string): string | undefined {
  const url = URL.parse(text)
  if (!url || !/^https?:$/.test(url.protocol) || !isHost(url.host)) return undefined
  return url.href === `${url.origin}/` && !/[?#\s]/.test(text) ? url.origin : undefined
}

const PLACEHOLDER =
  /change.?(me|this)|replace.?(me|this|with)|place.?holder|example|your.?(secret|token|password|key)|insert.?here|<.*>|1234567|abcdefg/i

/** Refuses short, repetitive and placeholder secrets, which an attacker would guess (S33). */
const secret: Kind<string> = {
  accepts: 'a random secret of at least 32 characters without spaces, such as one of "openssl rand -hex 32"',
  read: (text) =>
    /^[!-~]{32,}$/.test(text) && new Set(text).size >= 8 && !PLACEHOLDER.test(text) ? text : undefined,
}
const secretFile: Kind<string> = {
  accepts: `a file with ${secret.accepts}`,
  read: (path) => {
    try {
      return secret.read(readFileSync(path, 'utf8').trim())
    } catch {
      return undefined
    }
  },
}

const HOST_NAME = /^(?=.{1,253}$)[a-z\d]([a-z\d-]*[a-z\d])?(\.[a-z\d]([a-z\d-]*[a-z\d])?)*$/i
const listenHost: Kind<string> = {
  accepts: 'an address to listen on, such as 0.0.0.0, 127.0.0.1 or ::',
  read: (text) => (isAddress(text) || HOST_NAME.test(text) ? text : undefined),
}
const perAddress = wholeNumber(1, 1_000_000)

const SETTINGS = {
  /** 0: any free port */
  port: setting('PORT', 3000, wholeNumber(0, 65_535)),
  host: setting('HOST', '0.0.0.0', listenHost),
  /** the one origin people use, such as `https://chat.example` */
  publicUrl: setting('PUBLIC_URL', null, {
    accepts: 'an address such as https://chat.example.com, without a path',
    read: originOf,
  }),
  /** further exact origins */
  allowedOrigins: setting<readonly string[], []>('ALLOWED_ORIGINS', [], {
    accepts: 'origins such as https://chat.example.com, separated by commas',
    read: (text) => list(text, originOf),
  }),
  /** how long (s) browsers keep the host of an https PUBLIC_URL to https; null: a year on port 443, else 0 */
  hstsSeconds: setting('HSTS_SECONDS', null, wholeNumber(0, 63_072_000)),
  trustProxy: setting<TrustProxy, 'none'>('TRUST_PROXY', 'none', {
    accepts: 'none, fly, a number of proxies from 1 to 9, or CIDR ranges separated by commas',
    read: (text) => {
      if (text === 'none' || text === 'fly') return text
      if (/^\d+$/.test(text)) return wholeNumber(1, 9).read(text)
      return list(text, (range) => (parseRange(range) ? range : undefined))
    },
  }),
  /** may be relative to the working directory */
  dataDir: setting('DATA_DIR', './data', {
    accepts: 'a directory',
    read: (text) => (text.includes('\0') ? undefined : text),
  }),
  siteName: setting('SITE_NAME', 'Hubbub', {
    accepts: 'a name of up to 40 characters on one line',
    read: (text) => (/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]{1,40}$/u.test(text) ? text : undefined),
  }),
  sessionDays: setting('SESSION_DAYS', 90, wholeNumber(1, 400)),
  /** older messages are deleted; 0: never */
  retentionDays: setting('RETENTION_DAYS', 0, wholeNumber(0, 36_500)),
  maxConnections: setting('MAX_CONNECTIONS', 10_000, wholeNumber(1, 1_000_000)),
  maxConnectionsPerAddress: setting('MAX_CONNECTIONS_PER_ADDRESS', 50, perAddress),
  /** per second */
  maxHandshakesPerAddress: setting('MAX_HANDSHAKES_PER_ADDRESS', 10, perAddress),
  /** per hour */
  maxNewGuestsPerAddress: setting('MAX_NEW_GUESTS_PER_ADDRESS', 60, perAddress),
  /** opens `GET /metrics` to requests that carry this token */
  metricsToken: setting('METRICS_TOKEN', null, secret),
  /** a second listener with only `/metrics`, without a token */
  metricsPort: setting('METRICS_PORT', null, wholeNumber(1, 65_535)),
  metricsHost: setting('METRICS_HOST', '127.0.0.1', listenHost),
  /** between two backups; 0: no backups */
  backupHours: setting('BACKUP_HOURS', 0, wholeNumber(0, 8_760)),
  /** how many backups are kept */
  backupKeep: setting('BACKUP_KEEP', 7, wholeNumber(1, 1_000)),
  /** the longest that a stop may take, seconds */
  drainSeconds: setting('DRAIN_SECONDS', 10, wholeNumber(5, 300)),
  /** seconds at the start of a stop in which only `/readyz` changes, so that a load balancer notices first */
  drainWait: setting('DRAIN_WAIT', 0, wholeNumber(0, 299)),
  logLevel: setting('LOG_LEVEL', 'info', oneOf('debug', 'info', 'warn', 'error')),
  logFormat: setting('LOG_FORMAT', 'json', oneOf('json', 'pretty')),
  logAddress: setting('LOG_ADDRESS', 'hash', oneOf('full', 'hash', 'none')),
}

export type Config = {
  readonly [Field in keyof typeof SETTINGS]: (typeof SETTINGS)[Field] extends Setting<infer T> ? T : never
}

const METRICS_TOKEN_FILE = setting('METRICS_TOKEN_FILE', null, secretFile)

/** Variables of planned features, each with the one value it accepts: an operator must not rely on a feature that is missing. */
const PLANNED: Readonly<Record<string, string>> = {
  ACCESS: 'open',
  ROOM_CREATE: 'anyone',
  DATABASE_URL: '',
  DATABASE_URL_FILE: '',
  ADMIN_TOKEN: '',
  ADMIN_TOKEN_FILE: '',
}

/** Every variable of the environment that Hubbub knows: tests compare the documentation with this list. */
export const VARIABLES: readonly string[] = [
  ...Object.values(SETTINGS).map(({ name }) => name),
  METRICS_TOKEN_FILE.name,
  ...Object.keys(PLANNED),
]

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads the environment, and the file it names for a secret. A blank variable counts as missing: a compose file passes on a variable without a value as blank.
 * @param terminal whether a person reads the log, which then is `pretty` by default
 * @throws OperatorError 1 with every fault: each names the variable and what it accepts, never the value, which may be a secret
 */
export function readConfig(env: Environment, terminal = false): Config {
  const faults: string[] = []
  const textOf = (name: string) => env[name]?.trim() || undefined
  const read = <T>({ name, fallback, accepts, read: parse }: Setting<T>): T => {
    const text = textOf(name)
    const value = text === undefined ? fallback : parse(text)
    if (value === undefined) faults.push(`${name} accepts ${accepts}.`)
    return value ?? fallback
  }
  const entries = Object.entries(SETTINGS).map(([field, each]) => [field, read<unknown>(each)])
  const config = Object.fromEntries(entries) as { -readonly [Field in keyof Config]: Config[Field] }
  const app = textOf('FLY_APP_NAME')
  if (app !== undefined) config.publicUrl ??= `https://${app}.fly.dev`
  if (terminal && textOf('LOG_FORMAT') === undefined) config.logFormat = 'pretty'
  config.metricsToken ??= read(METRICS_TOKEN_FILE)

  if (textOf('METRICS_TOKEN') && textOf('METRICS_TOKEN_FILE'))
    faults.push('METRICS_TOKEN accepts nothing beside METRICS_TOKEN_FILE: set one of them.')
  const origins = { PUBLIC_URL: [config.publicUrl ?? []].flat(), ALLOWED_ORIGINS: config.allowedOrigins }
  for (const [name, urls] of Object.entries(origins))
    if (!urls.every((url) => canRoute(new URL(url).host)))
      faults.push(
        `${name} accepts no host as short as this one: with its port it needs four characters, or paths would be misread. Take a longer name or another port.`,
      )
  if (config.metricsPort !== null && config.metricsPort === config.port)
    faults.push('METRICS_PORT must differ from PORT.')
  if (config.drainWait >= config.drainSeconds)
    faults.push('DRAIN_WAIT accepts fewer seconds than DRAIN_SECONDS.')
  for (const [name, accepted] of Object.entries(PLANNED))
    if ((textOf(name) ?? accepted) !== accepted)
      faults.push(`${name} accepts ${accepted === '' ? 'nothing' : `only ${accepted}`} in this version.`)
  for (const name of Object.keys(env))
    if (name.startsWith('HUBBUB_'))
      faults.push(`${name} is no setting of Hubbub; its variables have no prefix.`)
  if (faults.length > 0) throw new OperatorError(1, ...faults)
  return config
}
