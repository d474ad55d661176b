import { afterAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Config, type Environment, readConfig, VARIABLES } from '../src/config.ts'

const SECRET = '0f1e2d3c4b5a69788796a5b4c3d2e1f0'
const folder = mkdtempSync(join(tmpdir(), 'hubbub-config-'))
afterAll(() => rmSync(folder, { recursive: true }))
let files = 0
function fileWith(text: string): string {
  files += 1
  const path = join(folder, String(files))
  writeFileSync(path, text)
  return path
}

/** The field of Config and its default, texts with their values, and texts that are refused. */
type Case = [
  field: keyof Config | null,
  fallback: unknown,
  accepted: (readonly [text: string, value: unknown])[],
  refused: string[],
]
/** Numbers are read from decimal digits within a range. */
const number = (field: keyof Config, fallback: number | null, min: number, max: number): Case => [
  field,
  fallback,
  [
    [String(min), min],
    [String(max), max],
  ],
  [String(min - 1), String(max + 1), '5.5', 'many', '0x10', '1e2'],
]
const same = (...texts: string[]) => texts.map((text) => [text, text] as const)

const CASES: Record<string, Case> = {
  PORT: number('port', 3000, 0, 65_535),
  HOST: [
    'host',
    '0.0.0.0',
    same('::', '127.0.0.1', 'localhost', 'fe80::1%eth0'),
    ['a b', 'http://x', '-x', '127.0.0.1:80', '[::1]', '::1:::'],
  ],
  PUBLIC_URL: [
    'publicUrl',
    null,
    [
      ['https://chat.example.com', 'https://chat.example.com'],
      ['HTTP://Chat.example:8080/', 'http://chat.example:8080'],
      ...same('http://nas:81', 'http://nas:3000', 'http://x:443'),
    ],
    [
      'chat.example.com',
      'https://chat.example.com/talk',
      'https://a:b@chat.example',
      'ftp://x',
      'https://x?',
      'https://x#y',
      'https://*.example.com',
      'https://${DOMAIN}',
      'https://$DOMAIN',
      'https://{{ domain }}',
      'https://chat..example',
      '"https://chat.example"',
      'https://chat.example;https://b.example',
    ],
  ],
  ALLOWED_ORIGINS: [
    'allowedOrigins',
    [],
    [['https://a.example, http://b.example:81', ['https://a.example', 'http://b.example:81']]],
    ['https://a.example,', 'https://a.example b', '*', 'https://*.example/x', 'https://*.example'],
  ],
  HSTS_SECONDS: number('hstsSeconds', null, 0, 63_072_000),
  TRUST_PROXY: [
    'trustProxy',
    'none',
    [...same('none', 'fly'), ['1', 1], ['9', 9], ['10.0.0.0/8, ::1', ['10.0.0.0/8', '::1']]],
    ['0', '10', 'all', '10.0.0.0/33', '10.0.0.0/8,'],
  ],
  DATA_DIR: ['dataDir', './data', same('/srv/chat'), ['a\0b']],
  SITE_NAME: ['siteName', 'Hubbub', same('Ada’s café', 'a'.repeat(40)), ['a'.repeat(41), 'a\nb', 'a\u202eb']],
  SESSION_DAYS: number('sessionDays', 90, 1, 400),
  RETENTION_DAYS: number('retentionDays', 0, 0, 36_500),
  MAX_CONNECTIONS: number('maxConnections', 10_000, 1, 1_000_000),
  MAX_CONNECTIONS_PER_ADDRESS: number('maxConnectionsPerAddress', 50, 1, 1_000_000),
  MAX_HANDSHAKES_PER_ADDRESS: number('maxHandshakesPerAddress', 10, 1, 1_000_000),
  MAX_NEW_GUESTS_PER_ADDRESS: number('maxNewGuestsPerAddress', 60, 1, 1_000_000),
  METRICS_TOKEN: [
    'metricsToken',
    null,
    same(SECRET),
    [
      'canary',
      SECRET.slice(1),
      `${SECRET} x`,
      'canary'.repeat(9),
      `canary-changeme-${SECRET}`,
      `canary-your_secret-${SECRET}`,
      `${SECRET}é`,
    ],
  ],
  METRICS_TOKEN_FILE: [
    'metricsToken',
    null,
    [[fileWith(`${SECRET}\n`), SECRET]],
    ['/nonexistent/canary', fileWith('changeme'), fileWith(''), tmpdir()],
  ],
  METRICS_PORT: number('metricsPort', null, 1, 65_535),
  METRICS_HOST: ['metricsHost', '127.0.0.1', same('::', '10.0.0.7'), ['a b', '127.0.0.1:9091']],
  BACKUP_HOURS: number('backupHours', 0, 0, 8_760),
  BACKUP_KEEP: number('backupKeep', 7, 1, 1_000),
  DRAIN_SECONDS: number('drainSeconds', 10, 5, 300),
  DRAIN_WAIT: ['drainWait', 0, [['9', 9]], ['-1', '10', '300']],
  LOG_LEVEL: ['logLevel', 'info', same('debug', 'error'), ['loud', 'INFO']],
  LOG_FORMAT: ['logFormat', 'json', same('pretty'), ['text']],
  LOG_ADDRESS: ['logAddress', 'hash', same('full', 'none'), ['some']],
  ACCESS: [null, undefined, same('open'), ['invite']],
  ROOM_CREATE: [null, undefined, same('anyone'), ['members', 'admins']],
  DATABASE_URL: [null, undefined, [], ['postgres://ada:canary@db/chat']],
  DATABASE_URL_FILE: [null, undefined, [], ['/run/secrets/url']],
  ADMIN_TOKEN: [null, undefined, [], ['canary']],
  ADMIN_TOKEN_FILE: [null, undefined, [], ['/run/secrets/token']],
}

function faultsOf(env: Environment): string[] {
  try {
    readConfig(env)
    return []
  } catch (error) {
    return (error as Error).message.split('\n')
  }
}

test('[O1] every variable has a case here', () => {
  expect(Object.keys(CASES).sort()).toEqual(VARIABLES.toSorted())
})

describe.each(Object.entries(CASES))('%s', (name, [field, fallback, accepted, refused]) => {
  const valueOf = (env: Environment) =>
    field === null ? readConfig(env) && undefined : readConfig(env)[field]

  test('[O1] a missing, empty or blank variable has its default', () => {
    for (const env of [{}, { [name]: '' }, { [name]: '  ' }]) expect<unknown>(valueOf(env)).toEqual(fallback)
  })
  test('[O1] an accepted text has its value', () => {
    for (const [text, value] of accepted)
      expect<unknown>(valueOf({ [name]: text })).toEqual(field === null ? undefined : value)
  })
  test('[O1] a refused text is one fault, which names the variable and never the text', () => {
    for (const text of refused) {
      const [fault = '', ...more] = faultsOf({ [name]: text })
      expect([fault, more]).toEqual([expect.stringContaining(`${name} accepts `), []])
      expect(fault).not.toContain('canary')
    }
  })
})

test('[O1] all faults are named at once, also an unknown variable with our prefix', () => {
  const faults = faultsOf({ PORT: 'x', PUBLIC_URL: 'y', ADMIN_TOKEN: 'z', HUBBUB_PORT: '1', LOG_LEVEL: 'w' })
  expect(faults.map((fault) => fault.split(' ')[0])).toEqual([
    'PORT',
    'PUBLIC_URL',
    'LOG_LEVEL',
    'ADMIN_TOKEN',
    'HUBBUB_PORT',
  ])
})

test.each(['http://nas', 'https://a.b', 'https://nas:80', 'https://nas:443'])(
  '[S38] %s is refused as PUBLIC_URL and in ALLOWED_ORIGINS, since its host is too short to route',
  (url) => {
    for (const [name, value] of [
      ['PUBLIC_URL', url],
      ['ALLOWED_ORIGINS', `http://nas:3000, ${url}`],
    ] as const) {
      const [fault, ...more] = faultsOf({ [name]: value })
      expect([fault, more]).toEqual([expect.stringMatching(new RegExp(`^${name} .*four characters`)), []])
    }
  },
)

test.each<[Environment, string]>([
  [{ DRAIN_WAIT: '20' }, 'DRAIN_WAIT accepts fewer seconds than DRAIN_SECONDS.'],
  [{ METRICS_PORT: '3000' }, 'METRICS_PORT must differ from PORT.'],
  [
    { METRICS_TOKEN: SECRET, METRICS_TOKEN_FILE: fileWith(SECRET) },
    'METRICS_TOKEN accepts nothing beside METRICS_TOKEN_FILE: set one of them.',
  ],
])('[O1] settings that contradict each other are a fault: %p', (env, fault) => {
  expect(faultsOf(env)).toEqual([fault])
})

test('[O1] on Fly the public address is that of the app, unless another is set', () => {
  const env = { FLY_APP_NAME: 'ours' }
  expect(readConfig(env).publicUrl).toBe('https://ours.fly.dev')
  expect(readConfig({ ...env, PUBLIC_URL: 'https://chat.example' }).publicUrl).toBe('https://chat.example')
})

test('[O17] the log is pretty on a terminal, unless another format is set', () => {
  expect(readConfig({}, true).logFormat).toBe('pretty')
  expect(readConfig({ LOG_FORMAT: 'json' }, true).logFormat).toBe('json')
})
