import { expect, test } from 'bun:test'
import { addressMask, createLog, MAX_LENGTH } from '../../src/lib/log.ts'

function aLog(format: 'json' | 'pretty' = 'json') {
  const lines: string[] = []
  return { lines, log: createLog({ level: 'info', format }, { write: (line) => lines.push(line) }) }
}

test('[O17] one line is one JSON object with time, level and msg, then what applies', () => {
  const { log, lines } = aLog()
  log.info('ready', { ms: 12, connection: 7 })
  expect(lines).toEqual([expect.stringMatching(/^\{.*\}\n$/)])
  expect(JSON.parse(lines[0] ?? '')).toEqual({
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    level: 'info',
    msg: 'ready',
    ms: 12,
    connection: 7,
  })
})

test('[O17] what is below the level is not written', () => {
  const { log, lines } = aLog()
  log.debug('connected')
  expect(lines).toEqual([])
})

test('[O17] of one class a line is written each second, and the next says how many were left out', () => {
  const lines: string[] = []
  let now = 5
  const to = { write: (line: string) => lines.push(line) }
  const log = createLog({ level: 'debug', format: 'json' }, to, () => now)
  const full = new Error('no space')
  for (let n = 0; n < 1_000; n += 1) log.error(`request ${n}`, full)
  log.error('request 1000', new RangeError('another bug'))
  log.warn('odd')
  log.warn('odd')
  log.info('ready')
  const seen = () => lines.splice(0).map((line) => JSON.parse(line) as { msg: string; left?: number })
  expect(seen().map(({ msg }) => msg)).toEqual(['request 0', 'request 1000', 'odd', 'ready'])
  now += 999
  log.error('request 1001', full)
  expect(seen()).toEqual([])
  now += 1
  log.error('request 1002', full)
  log.info('ready')
  expect(seen()).toMatchObject([{ msg: 'request 1002', left: 1_000 }, { msg: 'ready' }])
  for (const user of ['u-1', 'u-2']) log.debug('socket opened', { user })
  expect(seen()).toHaveLength(2)
})

test('[S19] control characters and a megabyte stay within one line of short values', () => {
  const { log, lines } = aLog()
  log.warn('odd', { code: 'x\n{"level":60}', user: '\u001b[31m', address: 'a'.repeat(1_000_000) })
  expect(lines).toHaveLength(1)
  expect(lines[0]?.match(/\n/g)).toHaveLength(1)
  expect(lines[0]).not.toContain('\u001b')
  expect(JSON.parse(lines[0] ?? '').address).toHaveLength(MAX_LENGTH)
})

test('[S19] an error is told by its kind, its code and where, in short values', () => {
  const { log, lines } = aLog()
  log.error('bug', Object.assign(new RangeError('x'.repeat(5_000)), { code: 'E_BUG', text: 'canary' }))
  log.error('bug', 'canary')
  const [first, second] = lines.map((line) => JSON.parse(line))
  expect(first).toMatchObject({ level: 'error', error: 'RangeError', code: 'E_BUG' })
  expect(first.reason).toHaveLength(MAX_LENGTH)
  expect(first.stack[0]).toStartWith('at ')
  expect(second).toMatchObject({ error: 'string' })
  expect(lines.join('')).not.toContain('canary')
})

test('[O17] for a person the same is said in plain lines', () => {
  const { log, lines } = aLog('pretty')
  log.info('ready', { ms: 12 })
  expect(lines.join('')).toMatch(/INFO.*ready\n\s+ms: 12/)
})

test('[O17] of ever new classes of trouble a thousand are remembered, and no line is lost for that', () => {
  const { log, lines } = aLog()
  for (let n = 0; n < 2_500; n += 1) log.error(`bug-${n}`)
  log.error('bug-2499')
  log.error('bug-0')
  expect(lines).toHaveLength(2_501)
})

test('[O17] an address is told apart for a day, and not after it', () => {
  const mask = addressMask('hash')
  const day = 24 * 60 * 60 * 1000
  const [morning, evening, other, tomorrow] = [
    mask('192.0.2.1', 5),
    mask('192.0.2.1', day - 1),
    mask('192.0.2.2', 5),
    mask('192.0.2.1', day),
  ]
  expect(morning).toMatch(/^[0-9a-f]{12}$/)
  expect(evening).toBe(morning)
  expect(other).not.toBe(morning)
  expect(tomorrow).not.toBe(morning)
  expect(addressMask('none')('192.0.2.1', 5)).toBeUndefined()
  expect(addressMask('full')('192.0.2.1', 5)).toBe('192.0.2.1')
})
