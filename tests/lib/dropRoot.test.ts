import { afterAll, expect, test } from 'bun:test'
import { chmodSync, lstatSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { dropRoot } from '../../src/lib/dropRoot.ts'
import { aTemporaryDir } from '../support/server/aServer.ts'

const { dir, remove } = aTemporaryDir()
afterAll(remove)
const isRoot = process.getuid?.() === 0
if (!isRoot) console.log('SKIPPED [O19] becoming another user: this needs root')

/** Runs a script that can call `dropRootTo`. @returns what it prints as JSON */
function run(script: string, ...under: string[]): unknown {
  const file = join(import.meta.dir, '../../src/lib/dropRoot.ts')
  const code = `import { dropRootTo } from '${file}'; ${script}`
  const { stdout, stderr } = Bun.spawnSync([...under, process.execPath, '-e', code], { cwd: '/' })
  expect(stderr.toString()).toBe('')
  return JSON.parse(stdout.toString())
}

test('[O19] outside the image the process keeps its user', () => {
  const before = process.getuid?.()
  expect([dropRoot('/data'), dropRoot(dir), process.getuid?.()]).toEqual([null, null, before])
})

test.skipIf(!isRoot)(
  '[O19, P54] root becomes uid 1000 for good, with every thread and the data; links are not followed',
  () => {
    const data = join(dir, 'data')
    mkdirSync(join(data, 'snapshots'), { recursive: true })
    for (const name of ['hubbub.db', 'snapshots/old.db']) writeFileSync(join(data, name), '')
    writeFileSync(join(dir, 'outside'), '')
    symlinkSync(join(dir, 'outside'), join(data, 'link'))
    chmodSync(dir, 0o755)
    const script = `
    const { readdirSync, readFileSync } = require('fs')
    const warning = dropRootTo(1000, '${data}')
    const users = readdirSync('/proc/self/task').map((task) =>
      readFileSync('/proc/self/task/' + task + '/status', 'utf8').match(/^(Uid|Gid|Groups):.*$/gm).join(' '))
    new (require('bun:sqlite').Database)('${data}/new.db', { create: true }).run('CREATE TABLE a (b)')
    let back = 'root again'
    try { process.setuid(0) } catch { back = 'refused' }
    console.log(JSON.stringify({ warning, back, users: [...new Set(users)].map((line) => line.replace(/\\s+/g, ' ').trim()) }))`
    expect(run(script)).toEqual({
      warning: null,
      back: 'refused',
      users: ['Uid: 1000 1000 1000 1000 Gid: 1000 1000 1000 1000 Groups: 1000'],
    })
    for (const name of ['.', 'hubbub.db', 'snapshots', 'snapshots/old.db', 'link', 'new.db'])
      expect([name, lstatSync(join(data, name)).uid]).toEqual([name, 1000])
    expect(lstatSync(join(dir, 'outside')).uid).toBe(0)
  },
)

test.skipIf(!isRoot)('[O19] root without the right to change its user says so and stays root', () => {
  const script = `console.log(JSON.stringify([dropRootTo(1000, '${dir}/nowhere'), process.getuid()]))`
  expect(run(script, 'setpriv', '--bounding-set=-all', '--inh-caps=-all')).toEqual([
    'it runs as root, for it may not become user 1000 (EPERM)',
    0,
  ])
})
