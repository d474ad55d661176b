/**
 * Checks format, lint, types, the client's build and the tests; a failed step does not stop the others. `--slow` runs the slow
 * tests instead, as CI does afterwards. Other arguments go to `bun test`: `npm test -- tests/hub`.
 */
import { availableParallelism } from 'node:os'
import { dirname } from 'node:path'
import { testRuns } from './suite/runs.ts'

const root = dirname(import.meta.dir)
/** Measure times, so nothing else may run. With `--slow`. */
const ALONE = [
  'tests/browser/speed/budgets.test.ts',
  'tests/security/costs.test.ts',
  'tests/client/timeline/times.test.ts',
  'tests/security/flood.test.ts',
  'tests/security/frames.test.ts',
  'tests/security/patience.test.ts',
  'tests/security/slow.test.ts',
  'tests/store/mentionCosts.test.ts',
]
/** Wait for real timeouts, go through every screen, compile the image, or start on an empty machine. With `--slow`. */
const SLOW = [
  'tests/browser/accessibility.test.ts',
  'tests/browser/coming-back.test.ts',
  'tests/browser/axe.test.ts',
  'tests/browser/security.test.ts',
  'tests/browser/room/history.test.ts',
  'tests/browser/room/timeline.test.ts',
  'tests/container.test.ts',
  'tests/engines/journey.test.ts',
  'tests/run.test.ts',
]
/** More than there are cores, since tests mostly wait for sockets, disks and browsers. */
const WORKERS = Math.min(8, 2 * availableParallelism())
/** Takes files from one queue, the longest first. `bun test --parallel --timings=… --update-timings` measures them anew. */
const PARALLEL = [`--parallel=${WORKERS}`, '--timings=tests/timings.json']
const bun = process.execPath
const lint = [bun, 'node_modules/oxlint/bin/oxlint', '--type-aware', '--deny-warnings', 'src', 'tests']
const build = `await (await import('./src/tools/build.ts')).buildClient({ root: '.', out: 'dist/public', compress: 'best' })`

const failed: string[] = []
let isBuilt = false
await must('format', [bun, 'fmt', '--no-script', '--check', 'src', 'tests'])
await must('build', [bun, '-e', build])
isBuilt = !failed.includes('build')
const tests = testRuns(root, (name, command) => step(name, command))
const args = process.argv.slice(2)
const auditing = audit()
if (args[0] === '--slow') {
  await tests.run('test, slow', SLOW, ...PARALLEL)
  for (const file of ALONE) await tests.run('test, alone', [file])
} else if (args.length > 0) {
  await staticChecks()
  await tests.run('test', args)
} else {
  const files = await filesWithout([...ALONE, ...SLOW])
  await Promise.all([tests.run('test', files, ...PARALLEL), staticChecks()])
}

const auditSkipped = await auditing
await tests.retry()
const { passed, failures, skipped, flaky, broken, isGood } = tests.verdict()
failed.push(...broken)
if (auditSkipped !== null) skipped.push(auditSkipped)
for (const name of skipped) console.log(`SKIPPED ${name}`)
for (const name of flaky) console.log(`FLAKY ${name}`)
if (failed.length > 0) console.log(`Not passed: ${failed.join(', ')}`)
console.log(`${flaky.length} flaky`)
console.log(`${passed} passed, ${failures} failed, ${skipped.length} skipped`)
process.exit(failed.length === 0 && isGood ? 0 : 1)

async function staticChecks(): Promise<void> {
  await must('lint', lint, 'pipe')
  await must('types', [bun, 'check', '--no-script', '-b'], 'pipe')
}

/** @throws Error if one of these files is gone: renamed, it would run beside tests that it must not disturb */
async function filesWithout(apart: string[]): Promise<string[]> {
  const files = await Array.fromAsync(new Bun.Glob('tests/**/*.test.ts').scan({ cwd: root }))
  const gone = apart.filter((file) => !files.includes(file))
  if (gone.length > 0)
    throw new Error(`There is no ${gone.join(', ')}: please correct the lists in ${import.meta.file}`)
  return files.filter((file) => !apart.includes(file)).sort()
}

/** Runs a step that must pass. */
async function must(...what: Parameters<typeof step>): Promise<void> {
  if ((await step(...what)) !== 0) failed.push(what[0])
}

/** @param output `pipe`: printed at the end, so that it does not mix with other output. @returns the exit code */
async function step(
  name: string,
  command: string[],
  output: 'inherit' | 'pipe' = 'inherit',
): Promise<number> {
  const began = performance.now()
  // Tests that each built the client would remove it under one another's servers.
  const env = isBuilt ? { ...process.env, CLIENT_IS_BUILT: '1' } : process.env
  const child = Bun.spawn(command, { cwd: root, env, stdio: ['ignore', output, output] })
  const textOf = async (stream: unknown) =>
    stream instanceof ReadableStream ? await new Response(stream).text() : ''
  const [out, errors, code] = await Promise.all([textOf(child.stdout), textOf(child.stderr), child.exited])
  process.stdout.write(out + errors)
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  console.log(`${code === 0 ? 'ok' : 'NOT OK'} ${name} (${seconds} s)\n`)
  return code
}

/** Fails if a package has a known serious hole (S31). @returns why the registry could not be asked, or null */
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
