import { afterAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { aTemporaryDir } from '../support/server/aServer.ts'
import { testRuns } from './runs.ts'

const { dir, remove } = aTemporaryDir()
afterAll(remove)
let projects = 0

/** Goes before each test file: `isSecond(what)` is true from its second call on, also in another process. */
const PREAMBLE = `
const isSecond = (what) => {
  const file = import.meta.dir + '/' + what + '.seen'
  const seen = require('fs').existsSync(file)
  require('fs').writeFileSync(file, '')
  return seen
}
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
`
/** A test that fails the first time. */
const flaky = (title: string, what = title) =>
  `test(${JSON.stringify(title)}, () => expect(isSecond(${JSON.stringify(what)})).toBe(true))\n`

/** Runs test files, and what failed again. */
async function ran(files: Record<string, string>, ...options: string[]) {
  projects += 1
  const root = join(dir, String(projects))
  for (const [name, text] of Object.entries(files))
    await Bun.write(join(root, `tests/${name}.test.ts`), PREAMBLE + text)
  const steps: string[] = []
  const runs = testRuns(root, (name, command) => {
    steps.push(name)
    const env = { PATH: process.env['PATH'] ?? '' }
    return Bun.spawn(command, { cwd: root, env, stdio: ['ignore', 'ignore', 'ignore'] }).exited
  })
  const paths = Object.keys(files).map((name) => `tests/${name}.test.ts`)
  await runs.run('test', paths, ...options)
  await runs.retry()
  return { ...runs.verdict(), steps }
}

const TITLE = '[M1] it is "so" (≤ 5 ms) a|b $1 \\d? <é>'

describe.each([
  ['one after the other', []],
  ['in parallel', ['--parallel=2']],
])('%s', (_name, options) => {
  test('[T20] a test that passes when its file runs again, alone, is flaky and does not fail the run', async () => {
    const a = `test('fine', () => {})\ndescribe('in (a)', () => { describe('room', () => { ${flaky(TITLE, 'x')} }) })`
    const verdict = await ran({ a, b: `test.skip('later', () => {})` }, ...options)
    expect(verdict).toMatchObject({ passed: 2, failures: 0, broken: [], isGood: true })
    expect(verdict).toMatchObject({
      flaky: [`tests/a.test.ts: ${TITLE}`],
      skipped: ['tests/b.test.ts: later'],
    })
    expect(verdict.steps).toEqual(['test', 'again: tests/a.test.ts'])
  })

  test('[T20] a test that fails twice fails the run, also beside a flaky one', async () => {
    const a = `test('broken', () => expect(1).toBe(2))\n${flaky('flaky')}`
    const verdict = await ran({ a }, ...options)
    expect(verdict).toMatchObject({ passed: 1, failures: 1, broken: ['test'], isGood: false })
    expect(verdict.flaky).toEqual(['tests/a.test.ts: flaky'])
  })

  test('[T20] three flaky tests pass the run, four fail it', async () => {
    const three = { a: flaky('a'), b: flaky('b'), c: flaky('c') }
    expect(await ran(three, ...options)).toMatchObject({ passed: 3, failures: 0, isGood: true })
    const four = { ...three, d: flaky('d') }
    expect(await ran(four, ...options)).toMatchObject({ passed: 4, failures: 0, broken: [], isGood: false })
  })

  test.each([
    ['a crash', `test('crashes', () => { if (!isSecond('x')) process.kill(process.pid, 'SIGKILL') })`],
    ['an exit', `test('leaves', () => { if (!isSecond('x')) process.exit(0) })`],
    ['a hook', `test('fine', () => {})\nafterAll(() => { if (!isSecond('x')) throw new Error('late') })`],
    [
      'a hook that hangs',
      `if (!isSecond('x')) beforeAll(() => new Promise(() => {}), 20)\ntest('fine', () => {})`,
    ],
    ['an error while loading', `if (!isSecond('x')) throw new Error('soon')\ntest('fine', () => {})`],
  ])('[T20] a file that fails outside its tests, by %s, is run again', async (_what, text) => {
    const verdict = await ran({ a: `test('before', () => {})\n${text}` }, ...options)
    expect(verdict).toMatchObject({ passed: 2, failures: 0, broken: [], isGood: true })
    expect(verdict.flaky).toEqual(['tests/a.test.ts: outside of a test'])
  })
})

test('[T20] a file that cannot be loaded fails the run', async () => {
  const a = `import './nowhere.ts'\ntest('fine', () => {})`
  const verdict = await ran({ a, b: `test('b', () => {})` })
  expect(verdict).toMatchObject({ passed: 1, failures: 1, flaky: [], broken: ['test'], isGood: false })
})

test('[T20] more than ten failed files are not run again, and a run without a passed test fails', async () => {
  const files = Array.from({ length: 11 }, (_, n) => [`t${n}`, `test('t', () => expect(1).toBe(2))`])
  const verdict = await ran(Object.fromEntries(files) as Record<string, string>)
  expect(verdict).toMatchObject({ failures: 11, flaky: [], steps: ['test'], isGood: false })
  expect(await ran({ a: `test.skip('later', () => {})` })).toMatchObject({ passed: 0, isGood: false })
})
