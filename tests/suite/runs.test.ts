import { afterAll, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { testRuns } from './runs.ts'

const roots: string[] = []
afterAll(() => {
  for (const root of roots) rmSync(root, { recursive: true, force: true })
})

/** In a file of tests: true from the second time on that anybody asks. */
const SECOND = `
const isSecond = (what) => {
  const file = Bun.file(import.meta.dir + '/' + what + '.seen')
  const seen = require('fs').existsSync(file.name)
  require('fs').writeFileSync(file.name, '')
  return seen
}
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
`
const once = (name: string) => `test(${JSON.stringify(name)}, () => expect(isSecond('one')).toBe(true))\n`

/** Runs these files of a project of their own, side by side or one after the other, and again what failed. */
async function ran(files: Record<string, string>, ...how: string[]) {
  const root = mkdtempSync(join(tmpdir(), 'hubbub-suite-'))
  roots.push(root)
  for (const [name, text] of Object.entries(files))
    await Bun.write(join(root, `tests/${name}.test.ts`), SECOND + text)
  const commands: string[] = []
  const tests = testRuns(root, async (name, command) => {
    commands.push(name)
    const env = { PATH: process.env['PATH'] ?? '' }
    return await Bun.spawn(command, { cwd: root, env, stdio: ['ignore', 'ignore', 'ignore'] }).exited
  })
  const paths = Object.keys(files).map((name) => `tests/${name}.test.ts`)
  await tests.run('test', paths, ...how)
  await tests.again()
  return { ...tests.verdict(), commands }
}

const TITLE = '[M1] it is "so" (≤ 5 ms) a|b $1 \\d? <é>'

for (const how of [[], ['--parallel=2']]) {
  const side = how.length > 0 ? 'side by side' : 'one after the other'

  test(`[T20] a test that passes the second time, alone, is flaky and does not fail the run (${side})`, async () => {
    const text = `test('fine', () => {})\ndescribe('in (a)', () => { describe('room', () => { ${once(TITLE)} }) })`
    const got = await ran({ a: text, b: `test.skip('later', () => {})` }, ...how)
    expect(got).toMatchObject({ passed: 2, failures: 0, flaky: [`tests/a.test.ts: ${TITLE}`], broken: [] })
    expect(got).toMatchObject({ isGood: true, skipped: ['tests/b.test.ts: later'] })
    expect(got.commands).toEqual(['test', `again: tests/a.test.ts: ${TITLE}`])
  })

  test(`[T20] one that fails twice fails the run, also beside a flaky one (${side})`, async () => {
    const got = await ran({ a: `test('broken', () => expect(1).toBe(2))\n${once('flaky')}` }, ...how)
    expect(got).toMatchObject({ passed: 1, failures: 1, flaky: ['tests/a.test.ts: flaky'], broken: ['test'] })
    expect(got.isGood).toBe(false)
  })

  test(`[T20] three flaky ones pass, four fail the run (${side})`, async () => {
    const files = { a: once('a'), b: once('b'), c: once('c') }
    const each = Object.fromEntries(
      Object.entries(files).map(([name, text]) => [name, text.replace("'one'", `'${name}'`)]),
    )
    expect(await ran(each, ...how)).toMatchObject({ passed: 3, failures: 0, isGood: true })
    const four = { ...each, d: once('d') }
    expect(await ran(four, ...how)).toMatchObject({ passed: 4, failures: 0, broken: [], isGood: false })
  })

  test(`[T20] a file that breaks outside of a test is run again whole: a crash, a hook, what cannot be loaded (${side})`, async () => {
    for (const wrong of [
      `test('crashes', () => { if (!isSecond('x')) process.kill(process.pid, 'SIGKILL') })`,
      `test('leaves', () => { if (!isSecond('x')) process.exit(0) })`,
      `test('is fine', () => {})\nafterAll(() => { if (!isSecond('x')) throw new Error('late') })`,
      `if (!isSecond('x')) beforeAll(() => new Promise(() => {}), 20)\ntest('is fine', () => {})`,
      `if (!isSecond('x')) throw new Error('soon')\ntest('is fine', () => {})`,
    ]) {
      const got = await ran({ a: `test('before', () => {})\n${wrong}` }, ...how)
      expect(got).toMatchObject({ passed: 2, failures: 0, flaky: ['tests/a.test.ts: outside of a test'] })
      expect(got).toMatchObject({ isGood: true, broken: [] })
    }
    const never = await ran({
      a: `import './nowhere.ts'\ntest('is fine', () => {})`,
      b: `test('b', () => {})`,
    })
    expect(never).toMatchObject({ passed: 1, failures: 1, flaky: [], broken: ['test'], isGood: false })
  })
}

test('[T20] a test whose name another has too is run again with its whole file', async () => {
  const got = await ran({ a: `test('same', () => {})\n${once('same')}` })
  expect(got).toMatchObject({ passed: 2, failures: 0, flaky: ['tests/a.test.ts: same'], isGood: true })
})

test('[T20] of very many none is run again, and a run in which nothing passes is none', async () => {
  const many = Array.from({ length: 21 }, (_, at) => `test('t${at}', () => expect(1).toBe(2))`).join('\n')
  expect(await ran({ a: many })).toMatchObject({ failures: 21, flaky: [], commands: ['test'], isGood: false })
  expect(await ran({ a: `test.skip('later', () => {})` })).toMatchObject({ passed: 0, isGood: false })
})
