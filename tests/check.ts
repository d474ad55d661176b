/**
 * Everything a change must pass: format, lint, types, the client's build, the tests. What has failed does not keep the
 * rest from running. A test that fails is run once again, alone, when all else has ended: if it passes then, it is FLAKY, and
 * more than three of these fail the run. Prints the tests that were skipped and that were flaky, as its last line but one how
 * many these are, and as its last how many passed, failed and were skipped.
 * `--slow` runs those that wait long or need the machine to themselves; CI does, after the others. Other arguments go to
 * `bun test`, so `bun run test tests/hub` runs the tests of one folder.
 */
import { availableParallelism } from 'node:os'
import { dirname } from 'node:path'
import { testRuns } from './suite/runs.ts'

const root = dirname(import.meta.dir)
/** They judge times, and must have the machine to themselves. */
const ALONE = [
  'tests/browser/speed/budgets.test.ts',
  'tests/security/costs.test.ts',
  'tests/client/timeline/times.test.ts',
  'tests/security/flood.test.ts',
  'tests/security/frames.test.ts',
  'tests/security/slow.test.ts',
]
/** They wait as long as people and the product do, go through every screen or field there is, or begin with an empty machine. */
const SLOW = [
  'tests/browser/accessibility.test.ts',
  'tests/browser/coming-back.test.ts',
  'tests/browser/axe.test.ts',
  'tests/browser/security.test.ts',
  'tests/browser/room/history.test.ts',
  'tests/browser/room/timeline.test.ts',
  'tests/run.test.ts',
  'tests/security/patience.test.ts',
]
/** Most of a test is waiting: for sockets, disks, browsers. */
const WORKERS = Math.min(8, 2 * availableParallelism())
const bun = process.execPath
const lint = [bun, 'node_modules/oxlint/bin/oxlint', '--type-aware', '--deny-warnings', 'src', 'tests']
const build = `await (await import('./src/tools/build.ts')).buildClient({ root: '.', out: 'dist/public', compress: 'best' })`

const failed: string[] = []
let isBuilt = false
await must('format', [bun, 'fmt', '--no-script', '--check', 'src', 'tests'])
await must('build', [bun, '-e', build])
isBuilt = !failed.includes('build')
const tests = testRuns(root, (name, command) => step(name, command))
const chosen = process.argv.slice(2)
const asked = audit()
if (chosen[0] === '--slow') {
  await tests.run('test, slow', SLOW, ...parallel())
  for (const file of ALONE) await tests.run('test, alone', [file])
} else if (chosen.length > 0) {
  await checks()
  await tests.run('test', chosen)
} else {
  const rest = await restOf([...ALONE, ...SLOW])
  await Promise.all([tests.run('test', rest, ...parallel()), checks()])
}

const unasked = await asked
await tests.retry()
const { passed, failures, skipped, flaky, broken, isGood } = tests.verdict()
failed.push(...broken)
if (unasked !== null) skipped.push(unasked)
for (const name of skipped) console.log(`SKIPPED ${name}`)
for (const name of flaky) console.log(`FLAKY ${name}`)
if (failed.length > 0) console.log(`Not passed: ${failed.join(', ')}`)
console.log(`${flaky.length} flaky`)
console.log(`${passed} passed, ${failures} failed, ${skipped.length} skipped`)
process.exit(failed.length === 0 && isGood ? 0 : 1)

async function checks(): Promise<void> {
  await must('lint', lint, 'pipe')
  await must('types', [bun, 'check', '--no-script', '-b'], 'pipe')
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

/** A step without which nothing passes. */
async function must(...what: Parameters<typeof step>): Promise<void> {
  if ((await step(...what)) !== 0) failed.push(what[0])
}

/** @param output `pipe`: told when it has ended, so that it does not mix with another's. @returns its exit code */
async function step(
  name: string,
  command: string[],
  output: 'inherit' | 'pipe' = 'inherit',
): Promise<number> {
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
  return code
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
