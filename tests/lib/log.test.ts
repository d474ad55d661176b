import { expect, test } from 'bun:test'
import { addressMask, createLog, MAX_LENGTH } from '../../src/lib/log.ts'

interface Line {
  msg: string
  left?: number
  [field: string]: unknown
}
function aLog(format: 'json' | 'pretty' = 'json') {
  const written: string[] = []
  const clock = { now: 5 }
  const to = { write: (line: string) => written.push(line) }
  return {
    written,
    clock,
    log: createLog({ level: 'info', format }, to, () => clock.now),
    /** takes the lines written since the last call */
    lines: () => written.splice(0).map((line) => JSON.parse(line) as Line),
  }
}

test('[O17] a line is one JSON object with time, level, msg and its fields', () => {
  const { log, written } = aLog()
  log.info('ready', { ms: 12, connection: 7 })
  log.debug('connected')
  expect(written).toEqual([expect.stringMatching(/^\{.*\}\n$/)])
  expect(JSON.parse(written[0] ?? '')).toEqual({
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    level: 'info',
    msg: 'ready',
    ms: 12,
    connection: 7,
  })
})

test('[O17] a kind of line is written once a second, and the next says how many were left out', () => {
  const { log, lines, clock } = aLog()
  const full = new Error('no space')
  for (let n = 0; n < 1_000; n += 1) log.error(`request ${n}`, full)
  log.error('request 1000', new RangeError('another bug'))
  log.warn('odd')
  log.warn('odd')
  expect(lines().map(({ msg }) => msg)).toEqual(['request 0', 'request 1000', 'odd'])
  clock.now += 999
  log.error('request 1001', full)
  expect(lines()).toEqual([])
  clock.now += 1
  log.error('request 1002', full)
  expect(lines()).toMatchObject([{ msg: 'request 1002', left: 1_000 }])
})

test('[O17] a thousand kinds of line are remembered, and no new kind is lost', () => {
  const { log, written } = aLog()
  for (let n = 0; n < 2_500; n += 1) log.error(`bug-${n}`)
  log.error('bug-2499')
  log.error('bug-0')
  expect(written).toHaveLength(2_501)
})

test('[S19] control characters and long values stay in one line of short values', () => {
  const { log, written } = aLog()
  log.warn('odd', { code: 'x\n{"level":60}', user: '\u001b[31m', address: 'a'.repeat(1_000_000) })
  expect(written).toHaveLength(1)
  expect(written[0]?.match(/\n/g)).toHaveLength(1)
  expect(written[0]).not.toContain('\u001b')
  expect(JSON.parse(written[0] ?? '').address).toHaveLength(MAX_LENGTH)
})

test('[S19] an error is logged with its name, code and stack, and without its other fields', () => {
  const { log, lines } = aLog()
  log.error('bug', Object.assign(new RangeError('x'.repeat(5_000)), { code: 'E_BUG', text: 'canary' }))
  log.error('bug', 'canary')
  const [first, second] = lines()
  expect(first).toMatchObject({ level: 'error', error: 'RangeError', code: 'E_BUG' })
  expect(first?.['reason']).toHaveLength(MAX_LENGTH)
  expect(first?.['stack']).toContainEqual(expect.stringMatching(/^at /))
  expect(second).toMatchObject({ error: 'string' })
  expect(JSON.stringify([first, second])).not.toContain('canary')
})

test('[O17] the pretty format has a line for people', () => {
  const { log, written } = aLog('pretty')
  log.info('ready', { ms: 12 })
  expect(written.join('')).toMatch(/INFO.*ready\n\s+ms: 12/)
})

test('[O17] a hashed address can be told from others for one day', () => {
  const mask = addressMask('hash')
  const day = 24 * 60 * 60 * 1000
  const morning = mask('192.0.2.1', 5)
  expect(morning).toMatch(/^[0-9a-f]{12}$/)
  expect(mask('192.0.2.1', day - 1)).toBe(morning)
  expect(mask('192.0.2.2', 5)).not.toBe(morning)
  expect(mask('192.0.2.1', day)).not.toBe(morning)
  expect(addressMask('none')('192.0.2.1', 5)).toBeUndefined()
  expect(addressMask('full')('192.0.2.1', 5)).toBe('192.0.2.1')
})
