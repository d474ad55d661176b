import { afterAll, expect, test } from 'bun:test'
import { chmodSync, lstatSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { dropRoot } from '../../src/lib/dropRoot.ts'
import { aTemporaryDir } from '../support/server/aServer.ts'

const { dir, remove } = aTemporaryDir()
afterAll(remove)
const root = process.getuid?.() === 0
if (!root) console.log('Becoming another user needs root: that is not tried here.')

test('[O19] outside the image nobody is given anything: from source, or in another directory', () => {
  const before = process.getuid?.()
  expect([dropRoot('/data'), dropRoot(dir), process.getuid?.()]).toEqual([null, null, before])
})

test.skipIf(!root)(
  '[O19, P54] root becomes uid 1000 for good, with every thread, and the data with it; a link is not followed',
  async () => {
    const data = join(dir, 'data')
    mkdirSync(join(data, 'snapshots'), { recursive: true })
    for (const name of ['hubbub.db', 'snapshots/old.db']) writeFileSync(join(data, name), '')
    writeFileSync(join(dir, 'outside'), '')
    symlinkSync(join(dir, 'outside'), join(data, 'link'))
    chmodSync(dir, 0o755)
    const script = `
    import { Database } from 'bun:sqlite'
    import { readdirSync, readFileSync } from 'node:fs'
    import { dropRootTo } from '${join(import.meta.dir, '../../src/lib/dropRoot.ts')}'
    const said = dropRootTo(1000, '${data}')
    const threads = readdirSync('/proc/self/task').map((task) =>
      readFileSync('/proc/self/task/' + task + '/status', 'utf8').match(/^(Uid|Gid|Groups):.*$/gm).join(' '))
    new Database('${data}/new.db', { create: true }).run('CREATE TABLE a (b)')
    let back = 'refused'
    try { process.setuid(0); back = 'root again' } catch {}
    console.log(JSON.stringify({ said, threads: [...new Set(threads)], back }))`
    const { stdout, stderr } = Bun.spawnSync([process.execPath, '-e', script], { cwd: '/' })
    expect(stderr.toString()).toBe('')
    const { said, threads, back } = JSON.parse(stdout.toString()) as {
      said: null
      threads: string[]
      back: string
    }
    expect([said, back]).toEqual([null, 'refused'])
    expect(threads.map((line) => line.replace(/\s+/g, ' ').trim())).toEqual([
      'Uid: 1000 1000 1000 1000 Gid: 1000 1000 1000 1000 Groups: 1000',
    ])
    for (const name of ['.', 'hubbub.db', 'snapshots', 'snapshots/old.db', 'link', 'new.db'])
      expect([name, lstatSync(join(data, name)).uid]).toEqual([name, 1000])
    expect(lstatSync(join(dir, 'outside')).uid).toBe(0)
  },
)

test.skipIf(!root)('[O19] root without the right to become anybody says so, and is left as it is', () => {
  const script = `
    import { dropRootTo } from '${join(import.meta.dir, '../../src/lib/dropRoot.ts')}'
    console.log(dropRootTo(1000, '${dir}/nowhere'), process.getuid())`
  const { stdout } = Bun.spawnSync([
    'setpriv',
    '--bounding-set=-all',
    '--inh-caps=-all',
    process.execPath,
    '-e',
    script,
  ])
  expect(stdout.toString().trim()).toBe('it runs as root, for it may not become user 1000 (EPERM) 0')
})
