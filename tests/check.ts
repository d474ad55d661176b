/**
 * Everything a change must pass: format, lint, types, the client's build, all tests. What has failed does not keep the
 * rest from running. Prints the tests that were skipped, and as its last line how many passed, failed and were skipped.
 * Arguments go to `bun test`, so `bun run test tests/hub` runs the tests of one folder.
 */
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

const root = dirname(import.meta.dir)
const bun = process.execPath
const report = join(tmpdir(), `hubbub-tests-${process.pid}.xml`)
const lint = [bun, 'node_modules/oxlint/bin/oxlint', '--type-aware', '--deny-warnings', 'src', 'tests']
const build = `await (await import('./src/build.ts')).buildClient({ root: '.', out: 'dist/public', compress: 'none' })`

const failed: string[] = []
await step('format', [bun, 'fmt', '--no-script', '--check', 'src', 'tests'])
await step('lint', lint)
await step('types', [bun, 'check', '--no-script', '-b'])
await step('build', [bun, '-e', build])
const reporter = ['--reporter=junit', `--reporter-outfile=${report}`]
await step('test', [bun, 'test', '--isolate', ...reporter, ...process.argv.slice(2)])

const unasked = await audit()
const { passed, failures, skipped } = await read(report)
if (unasked !== null) skipped.push(unasked)
await rm(report, { force: true })
for (const name of skipped) console.log(`SKIPPED ${name}`)
if (failed.length > 0) console.log(`Not passed: ${failed.join(', ')}`)
console.log(`${passed} passed, ${failures} failed, ${skipped.length} skipped`)
process.exit(failed.length > 0 || failures > 0 || passed === 0 ? 1 : 0)

async function step(name: string, command: string[]): Promise<void> {
  const began = performance.now()
  const child = Bun.spawn(command, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
  const code = await child.exited
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

/** The counts of Bun's own report. A run that broke off before it could write one has passed nothing. */
async function read(path: string): Promise<{ passed: number; failures: number; skipped: string[] }> {
  const file = Bun.file(path)
  if (!(await file.exists())) return { passed: 0, failures: 1, skipped: [] }
  const xml = await file.text()
  const skipped: string[] = []
  let cases = 0
  let failures = 0
  for (const [, head = '', body = ''] of xml.matchAll(
    /<testcase\b((?:[^>"]|"[^"]*")*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g,
  )) {
    cases++
    if (/<(failure|error)\b/.test(body)) failures++
    if (/<(skipped|todo)\b/.test(body)) skipped.push(`${attribute(head, 'file')}: ${attribute(head, 'name')}`)
  }
  const passed = cases - failures - skipped.length
  // what fails between two tests is in no test's report, only in the exit code
  return { passed, failures: failed.includes('test') ? Math.max(1, failures) : failures, skipped }
}

function attribute(head: string, name: string): string {
  const text = new RegExp(` ${name}="([^"]*)"`).exec(` ${head}`)?.[1] ?? '?'
  const named: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
  return text.replace(/&(amp|lt|gt|quot|apos);/g, (_, entity: string) => named[entity] ?? '')
}
