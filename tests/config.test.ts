import { afterAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Environment, readConfig, SETTINGS } from '../src/config.ts'

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

/** What every name takes and refuses, and what it is without a word. */
const TABLE: Record<
  string,
  { field?: string; missing?: unknown; valid: [string, unknown][]; invalid: string[] }
> = {
  PORT: {
    field: 'port',
    missing: 3000,
    valid: [
      ['8080', 8080],
      ['0', 0],
    ],
    invalid: ['-1', '65536', '80.5', 'http', '0x10'],
  },
  HOST: {
    field: 'host',
    missing: '0.0.0.0',
    valid: [
      ['::', '::'],
      ['127.0.0.1', '127.0.0.1'],
      ['localhost', 'localhost'],
      ['fe80::1%eth0', 'fe80::1%eth0'],
    ],
    invalid: ['a b', 'http://x', '-x', '127.0.0.1:80', '[::1]', '::1:::'],
  },
  PUBLIC_URL: {
    field: 'publicUrl',
    missing: null,
    valid: [
      ['https://chat.example.com', 'https://chat.example.com'],
      ['HTTP://Chat.example:8080/', 'http://chat.example:8080'],
      ['http://nas:81', 'http://nas:81'],
    ],
    invalid: [
      'chat.example.com',
      'https://chat.example.com/talk',
      'https://a:b@chat.example',
      'ftp://x',
      'https://x?',
      'https://a.b',
      'http://nas',
      'https://nas:80',
      'https://x#y',
    ],
  },
  ALLOWED_ORIGINS: {
    field: 'allowedOrigins',
    missing: [],
    valid: [['https://a.example, http://b.example:81', ['https://a.example', 'http://b.example:81']]],
    invalid: ['https://a.example,', 'https://a.example b', '*', 'https://*.example/x'],
  },
  TRUST_PROXY: {
    field: 'trustProxy',
    missing: 'none',
    valid: [
      ['none', 'none'],
      ['fly', 'fly'],
      ['1', 1],
      ['9', 9],
      ['10.0.0.0/8, ::1', ['10.0.0.0/8', '::1']],
    ],
    invalid: ['0', '10', 'all', '10.0.0.0/33', '10.0.0.0/8,'],
  },
  DATA_DIR: { field: 'dataDir', missing: './data', valid: [['/srv/chat', '/srv/chat']], invalid: ['a\0b'] },
  SITE_NAME: {
    field: 'siteName',
    missing: 'Hubbub',
    valid: [
      ['Ada’s café', 'Ada’s café'],
      ['a'.repeat(40), 'a'.repeat(40)],
    ],
    invalid: ['a'.repeat(41), 'a\nb', 'a\u202eb'],
  },
  SESSION_DAYS: {
    field: 'sessionDays',
    missing: 90,
    valid: [
      ['1', 1],
      ['400', 400],
    ],
    invalid: ['0', '401', '1e2'],
  },
  MAX_CONNECTIONS: {
    field: 'maxConnections',
    missing: 10_000,
    valid: [['1', 1]],
    invalid: ['0', 'many', '1000001'],
  },
  MAX_CONNECTIONS_PER_ADDRESS: {
    field: 'maxConnectionsPerAddress',
    missing: 50,
    valid: [['500', 500]],
    invalid: ['0'],
  },
  MAX_HANDSHAKES_PER_ADDRESS: {
    field: 'maxHandshakesPerAddress',
    missing: 10,
    valid: [['100', 100]],
    invalid: ['0'],
  },
  MAX_NEW_GUESTS_PER_ADDRESS: {
    field: 'maxNewGuestsPerAddress',
    missing: 60,
    valid: [['600', 600]],
    invalid: ['0'],
  },
  DRAIN_SECONDS: {
    field: 'drainSeconds',
    missing: 10,
    valid: [
      ['5', 5],
      ['300', 300],
    ],
    invalid: ['4', '301'],
  },
  DRAIN_WAIT: { field: 'drainWait', missing: 0, valid: [['9', 9]], invalid: ['-1', '10', '300'] },
  LOG_LEVEL: {
    field: 'logLevel',
    missing: 'info',
    valid: [
      ['debug', 'debug'],
      ['error', 'error'],
    ],
    invalid: ['loud', 'INFO'],
  },
  LOG_FORMAT: { field: 'logFormat', missing: 'json', valid: [['pretty', 'pretty']], invalid: ['text'] },
  LOG_ADDRESS: {
    field: 'logAddress',
    missing: 'hash',
    valid: [
      ['full', 'full'],
      ['none', 'none'],
    ],
    invalid: ['some'],
  },
  ACCESS: { valid: [['open', undefined]], invalid: ['invite'] },
  ROOM_CREATE: { valid: [['anyone', undefined]], invalid: ['members', 'admins'] },
  RETENTION_DAYS: {
    field: 'retentionDays',
    missing: 0,
    valid: [
      ['0', 0],
      ['30', 30],
      ['36500', 36_500],
    ],
    invalid: ['-1', '1.5', '36501'],
  },
  BACKUP_HOURS: {
    field: 'backupHours',
    missing: 0,
    valid: [
      ['24', 24],
      ['0', 0],
    ],
    invalid: ['-1', '1.5', '8761'],
  },
  BACKUP_KEEP: { field: 'backupKeep', missing: 7, valid: [['3', 3]], invalid: ['0', '1001'] },
  DATABASE_URL: { valid: [], invalid: ['postgres://ada:canary@db/chat'] },
  DATABASE_URL_FILE: { valid: [], invalid: ['/run/secrets/url'] },
  ADMIN_TOKEN: { valid: [], invalid: ['canary'] },
  ADMIN_TOKEN_FILE: { valid: [], invalid: ['/run/secrets/token'] },
  METRICS_TOKEN: {
    field: 'metricsToken',
    missing: null,
    valid: [[SECRET, SECRET]],
    invalid: [
      'canary',
      SECRET.slice(1),
      `${SECRET} x`,
      'canary'.repeat(9),
      `canary-changeme-${SECRET}`,
      `canary-your_secret-${SECRET}`,
      `${SECRET}é`,
    ],
  },
  METRICS_TOKEN_FILE: {
    field: 'metricsToken',
    missing: null,
    valid: [[fileWith(`${SECRET}\n`), SECRET]],
    invalid: ['/nonexistent/canary', fileWith('changeme'), fileWith(''), tmpdir()],
  },
  METRICS_PORT: {
    field: 'metricsPort',
    missing: null,
    valid: [['9091', 9091]],
    invalid: ['0', '65536', '3000'],
  },
  METRICS_HOST: {
    field: 'metricsHost',
    missing: '127.0.0.1',
    valid: [
      ['::', '::'],
      ['10.0.0.7', '10.0.0.7'],
    ],
    invalid: ['a b', 'http://x', '127.0.0.1:9091'],
  },
}

function faultsOf(env: Environment): string[] {
  const read = readConfig(env)
  return 'faults' in read ? read.faults : []
}

function configOf(env: Environment, terminal = false) {
  const read = readConfig(env, terminal)
  if ('faults' in read) throw new TypeError(read.faults.join(' '))
  return read.config
}

test('[O1] the table of these tests is the one of the code', () => {
  expect(Object.keys(TABLE).sort()).toEqual(Object.keys(SETTINGS).sort())
})

describe.each(Object.entries(TABLE))('%s', (name, { field, missing, valid, invalid }) => {
  test('[O1] missing, empty or blank it has its default', () => {
    for (const env of [{}, { [name]: '' }, { [name]: '  ' }])
      expect(configOf(env)).toMatchObject(field ? { [field]: missing } : {})
  })
  test('[O1] takes what it accepts', () => {
    for (const [text, value] of valid)
      expect(configOf({ [name]: text })).toMatchObject(field ? { [field]: value } : {})
  })
  test('[O1] refuses the rest in one sentence with its name, and does not repeat it', () => {
    for (const text of invalid) {
      const [fault = '', ...more] = faultsOf({ [name]: text })
      expect(fault).toStartWith(`${name} accepts `)
      expect(fault).not.toContain('canary')
      expect(more).toEqual([])
    }
  })
})

test('[O1] every fault is named at once', () => {
  const faults = faultsOf({ PORT: 'x', PUBLIC_URL: 'y', ADMIN_TOKEN: 'z', HUBBUB_PORT: '1', LOG_LEVEL: 'w' })
  expect(faults.map((fault) => fault.split(' ')[0])).toEqual([
    'PORT',
    'PUBLIC_URL',
    'LOG_LEVEL',
    'ADMIN_TOKEN',
    'HUBBUB_PORT',
  ])
})

test('[S38] a PUBLIC_URL whose host is too short is refused with the reason', () => {
  const [fault = ''] = faultsOf({ PUBLIC_URL: 'http://nas' })
  expect(fault).toContain('four characters')
})

test('[O1] a name within two letters of a long one is a warning, a short or foreign one is not', () => {
  const read = readConfig({ DATADIR: '/x', PUBLIC_ULR: 'x', PORTS: '1', HOME: '/root', LOGNAME: 'ada' })
  expect(read).toMatchObject({
    warnings: [expect.stringContaining('DATA_DIR'), expect.stringContaining('PUBLIC_URL')],
  })
})

test('[O1] the wait of a drain is shorter than the drain', () => {
  expect(faultsOf({ DRAIN_WAIT: '20' })).toEqual(['DRAIN_WAIT accepts fewer seconds than DRAIN_SECONDS.'])
  expect(configOf({ DRAIN_WAIT: '20', DRAIN_SECONDS: '30' })).toMatchObject({ drainWait: 20 })
})

test('[O1] on Fly the public address is the app’s own, unless one is set', () => {
  expect(configOf({ FLY_APP_NAME: 'ours' }).publicUrl).toBe('https://ours.fly.dev')
  expect(configOf({ FLY_APP_NAME: 'ours', PUBLIC_URL: 'https://chat.example' }).publicUrl).toBe(
    'https://chat.example',
  )
})

test('[O17] the log is pretty on a terminal, unless it is told not to be', () => {
  expect(configOf({}, true).logFormat).toBe('pretty')
  expect(configOf({ LOG_FORMAT: 'json' }, true).logFormat).toBe('json')
})

test('[O1] nobody changes a setting afterwards', () => {
  const config = configOf({ ALLOWED_ORIGINS: 'https://a.example' })
  expect(Object.isFrozen(config)).toBe(true)
  expect(Object.isFrozen(config.allowedOrigins)).toBe(true)
})

test('[O1] a secret stands in the environment or in a file, not in both', () => {
  const both = { METRICS_TOKEN: SECRET, METRICS_TOKEN_FILE: fileWith(SECRET) }
  expect(faultsOf(both)).toEqual([
    'METRICS_TOKEN accepts nothing beside METRICS_TOKEN_FILE: set one of them.',
  ])
})
