/**
 * `bun run lighthouse`: home and the lobby as Lighthouse sees them (W4, A33). It is no part of the install: fetched into
 * dist/lighthouse by its own lockfile, run by Node. Ends with 1 where a category that must be 100 is not; performance depends
 * on the machine and is only printed.
 */
import { cp, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { buildClient } from '../../src/tools/build.ts'
import { aServer, aTemporaryDir, freePort } from '../support/server/aServer.ts'
import { aGuest } from '../support/client/anApp.ts'
import { browserFound } from '../support/browser/browser.ts'
import { eventually } from '../support/eventually.ts'

interface Report {
  categories: Record<string, { score: number | null; auditRefs: { id: string }[] }>
  audits: Record<string, { score: number | null; title: string; details?: { items?: unknown[] } }>
}

const ROOT = join(import.meta.dir, '../..')
const HOME = join(ROOT, 'dist/lighthouse')

/** The categories that must be 100; no search engine indexes a room. */
const PLACES: Record<string, readonly string[]> = {
  '/': ['accessibility', 'best-practices', 'seo'],
  '/chat/lobby': ['accessibility', 'best-practices'],
}

async function fetched(): Promise<string | null> {
  await mkdir(HOME, { recursive: true })
  for (const file of ['package.json', 'bun.lock']) await cp(join(import.meta.dir, file), join(HOME, file))
  const install = [process.execPath, 'install', '--frozen-lockfile', '--ignore-scripts', '--no-progress']
  const { exitCode, stderr } = Bun.spawnSync(install, { cwd: HOME, stdout: 'ignore', stderr: 'pipe' })
  return exitCode === 0 ? null : stderr.toString().trim()
}

async function report(url: string, port: number, cookie: string): Promise<Report> {
  const out = join(HOME, 'report.json')
  await rm(out, { force: true })
  const options = [`--port=${port}`, '--output=json', `--output-path=${out}`, '--quiet']
  if (cookie !== '') options.push(`--extra-headers=${JSON.stringify({ cookie })}`)
  const only = '--only-categories=accessibility,best-practices,seo,performance'
  const cli = join(HOME, 'node_modules/lighthouse/cli/index.js')
  const run = Bun.spawn(['node', cli, url, ...options, only], { stdout: 'ignore', stderr: 'inherit' })
  if ((await run.exited) !== 0) throw new Error(`Lighthouse does not come back from ${url}`)
  return (await Bun.file(out).json()) as Report
}

/** What keeps a category from 100, with what shows it. */
function faults({ categories, audits }: Report, category: string): string[] {
  return (categories[category]?.auditRefs ?? []).flatMap(({ id }) => {
    const audit = audits[id]
    if (!audit || audit.score === null || audit.score === 1) return []
    return [`  ${id}: ${audit.title} ${JSON.stringify(audit.details?.items ?? []).slice(0, 600)}`]
  })
}

const missing =
  browserFound === null ? 'no browser' : Bun.which('node') === null ? 'no node' : await fetched()
if (missing !== null || browserFound === null) {
  console.log(`SKIPPED Lighthouse: ${missing}`)
  process.exit(0)
}

await buildClient({ root: ROOT, out: join(ROOT, 'dist/public'), compress: 'best' })
const data = aTemporaryDir()
const server = await aServer({ DATA_DIR: data.dir })
const origin = await server.ready()
const port = freePort()
const flags = [
  `--remote-debugging-port=${port}`,
  `--user-data-dir=${join(data.dir, 'browser')}`,
  'about:blank',
]
const browser = Bun.spawn([browserFound.path, ...browserFound.args, '--headless', ...flags], {
  stdout: 'ignore',
  stderr: 'ignore',
})
let failed = false
try {
  await eventually(
    'the browser',
    async () => (await fetch(`http://127.0.0.1:${port}/json/version`)).ok,
    20_000,
  )
  const { cookie } = await aGuest(origin, 'Lighthouse')
  for (const [path, wanted] of Object.entries(PLACES)) {
    const found = await report(origin + path, port, path === '/' ? '' : cookie)
    for (const [category, { score }] of Object.entries(found.categories)) {
      const full = score === 1 || !wanted.includes(category)
      failed ||= !full
      console.log(`${full ? 'ok' : 'NOT OK'} ${path} ${category} ${Math.round((score ?? 0) * 100)}`)
      if (!full) console.log(faults(found, category).join('\n'))
    }
  }
} finally {
  browser.kill()
  await browser.exited
  server.kill('SIGTERM')
  await server.exited()
  data.remove()
}
process.exit(failed ? 1 : 0)
