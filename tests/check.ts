/**
 * Everything a change must pass: format, lint, types, the client's build, the tests. What has failed does not keep the
 * rest from running. Prints the tests that were skipped, and as its last line how many passed, failed and were skipped.
 * `--slow` runs those that wait long or need the machine to themselves; CI does, after the others. Other arguments go to
 * `bun test`, so `bun run test tests/hub` runs the tests of one folder.
 */
import { rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

const root = dirname(import.meta.dir)
/** They judge times, and must have the machine to themselves. */
const ALONE = [
  'tests/browser/budgets.test.ts',
  'tests/security/flood.test.ts',
  'tests/security/frames.test.ts',
  'tests/security/slow.test.ts',
]
/** They wait as long as people and the product do, go through every screen or field there is, or begin with an empty machine. */
const SLOW = [
  'tests/browser/access.test.ts',
  'tests/browser/coming-back.test.ts',
  'tests/browser/looks.test.ts',
  'tests/browser/screens.test.ts',
  'tests/browser/security.test.ts',
  'tests/browser/timeline.test.ts',
  'tests/run.test.ts',
  'tests/security/patience.test.ts',
]
/** Most of a test is waiting: for sockets, disks, browsers. */
const WORKERS = Math.min(8, 2 * availableParallelism())
const bun = process.execPath
const reports: string[] = []
const lint = [bun, 'node_modules/oxlint/bin/oxlint', '--type-aware', '--deny-warnings', 'src', 'tests']
const build = `await (await import('./src/build.ts')).buildClient({ root: '.', out: 'dist/public', compress: 'none' })`

const failed: string[] = []
let isBuilt = false
await step('format', [bun, 'fmt', '--no-script', '--check', 'src', 'tests'])
await step('build', [bun, '-e', build])
isBuilt = !failed.includes('build')
const chosen = process.argv.slice(2)
const asked = audit()
if (chosen[0] === '--slow') {
  await step('test, slow', [...tests(SLOW), ...parallel()])
  await step('test, alone', tests(ALONE))
} else if (chosen.length > 0) {
  await checks()
  await step('test', tests(chosen))
} else {
  await Promise.all([step('test', [...tests(await restOf([...ALONE, ...SLOW])), ...parallel()]), checks()])
}

const unasked = await asked
const { passed, failures, skipped } = await counted()
if (unasked !== null) skipped.push(unasked)
for (const name of skipped) console.log(`SKIPPED ${name}`)
if (failed.length > 0) console.log(`Not passed: ${failed.join(', ')}`)
console.log(`${passed} passed, ${failures} failed, ${skipped.length} skipped`)
process.exit(failed.length > 0 || failures > 0 || passed === 0 ? 1 : 0)

async function checks(): Promise<void> {
  await step('lint', lint, 'pipe')
  await step('types', [bun, 'check', '--no-script', '-b'], 'pipe')
}

function tests(paths: string[]): string[] {
  const report = join(tmpdir(), `hubbub-tests-${process.pid}-${reports.length}.xml`)
  reports.push(report)
  // Bun does not obey the limit of bunfig.toml.
  const how = ['--isolate', '--timeout=20000', '--reporter=junit', `--reporter-outfile=${report}`]
  return [bun, 'test', ...how, ...paths]
}

/**
 * Files from one queue, the longest first, so that none is left over when all others have ended. How long each takes is
 * written by `bun test --parallel --timings=tests/timings.json --update-timings`; a file not named there runs all the same.
 */
function parallel(): string[] {
  return [`--parallel=${WORKERS}`, '--timings=tests/timings.json']
}

/** @throws Error where one of the others has gone: it would run beside what it must not run beside */
async function restOf(apart: string[]): Promise<string[]> {
  const files = await Array.fromAsync(new Bun.Glob('tests/**/*.test.ts').scan({ cwd: root }))
  const gone = apart.filter((file) => !files.includes(file))
  if (gone.length > 0)
    throw new Error(`There is no ${gone.join(', ')}: please say in ${import.meta.file} what is run apart`)
  return files.filter((file) => !apart.includes(file)).sort()
}

/** @param output `pipe`: told when it has ended, so that it does not mix with another's */
async function step(name: string, command: string[], output: 'inherit' | 'pipe' = 'inherit'): Promise<void> {
  const began = performance.now()
  // Tests that each built it anew would take it away from under one another's servers.
  const env = isBuilt ? { ...process.env, CLIENT_IS_BUILT: '1' } : process.env
  const child = Bun.spawn(command, { cwd: root, env, stdio: ['ignore', output, output] })
  const told = async (stream: unknown) =>
    stream instanceof ReadableStream ? await new Response(stream).text() : ''
  const [out, errors, code] = await Promise.all([told(child.stdout), told(child.stderr), child.exited])
  process.stdout.write(out + errors)
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  console.log(`${code === 0 ? 'ok' : 'NOT OK'} ${name} (${seconds} s)\n`)
  if (code !== 0) failed.push(name)
}

/** S31: no package of ours has a known serious hole. @returns why that could not be asked, or null */
async function audit(): Promise<string | null> {
  const command = [bun, 'audit', '--json', '--production', '--audit-level=high']
  const child = Bun.spawn(command, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], timeout: 30_000 })
  const [found, trouble, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  if (!found.trim().startsWith('{'))
    return `audit: the registry does not answer (${trouble.trim().replace(/ https?:\S+/g, '')})`
  console.log(`${code === 0 ? 'ok' : `NOT OK ${found}`} audit\n`)
  if (code !== 0) failed.push('audit')
  return null
}

/** The counts of Bun's own reports. A run that broke off before it could write one has passed nothing. */
async function counted(): Promise<{ passed: number; failures: number; skipped: string[] }> {
  const skipped: string[] = []
  let cases = 0
  let failures = 0
  for (const report of reports) {
    const file = Bun.file(report)
    if (!(await file.exists())) {
      failures++
      continue
    }
    for (const [, head = '', body = ''] of (await file.text()).matchAll(
      /<testcase\b((?:[^>"]|"[^"]*")*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g,
    )) {
      cases++
      if (/<(failure|error)\b/.test(body)) failures++
      if (/<(skipped|todo)\b/.test(body))
        skipped.push(`${attribute(head, 'file')}: ${attribute(head, 'name')}`)
    }
    await rm(report)
  }
  const passed = Math.max(0, cases - failures - skipped.length)
  // what fails between two tests is in no test's report, only in the exit code
  const broken = failed.some((name) => name.startsWith('test'))
  return { passed, failures: broken ? Math.max(1, failures) : failures, skipped }
}

function attribute(head: string, name: string): string {
  const text = new RegExp(` ${name}="([^"]*)"`).exec(` ${head}`)?.[1] ?? '?'
  const named: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
  return text.replace(/&(amp|lt|gt|quot|apos);/g, (_, entity: string) => named[entity] ?? '')
}
