import { afterAll, expect, test } from 'bun:test'
import { cp, mkdir, mkdtemp, realpath, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/**
 * A machine of its own: an empty home, and on PATH nothing but what is named. The project has one package, its own, so that
 * what is fetched is Bun alone.
 */
async function aMachine(tools: string[]) {
  const root = await mkdtemp(join(tmpdir(), 'hubbub-run-'))
  machines.push(root)
  await Promise.all(
    ['home', 'bin', 'project/src'].map((folder) => mkdir(join(root, folder), { recursive: true })),
  )
  for (const tool of tools) {
    const path = tool === 'bun' ? process.execPath : Bun.which(tool)
    if (path) await symlink(await realpath(path), join(root, 'bin', tool))
  }
  const { packageManager } = await Bun.file(join(import.meta.dir, '../package.json')).json()
  const dependencies = { tiny: 'file:./tiny' }
  await Bun.write(
    join(root, 'project/package.json'),
    JSON.stringify({ name: 'hubbub', packageManager, dependencies }),
  )
  await Bun.write(join(root, 'project/tiny/package.json'), '{ "name": "tiny", "version": "1.0.0" }')
  await Bun.spawn([process.execPath, 'install', '--lockfile-only', '--silent'], {
    cwd: join(root, 'project'),
  }).exited
  await cp(join(import.meta.dir, '../src/tools/run.mjs'), join(root, 'project/src/tools/run.mjs'))
  await Bun.write(join(root, 'project/src/main.ts'), MAIN)
  const spawn = (args: string[], env: Record<string, string> = {}) =>
    Bun.spawn([join(root, 'bin', tools[0] ?? ''), 'src/tools/run.mjs', ...args], {
      cwd: join(root, 'project'),
      env: { HOME: join(root, 'home'), PATH: join(root, 'bin'), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  const run = async (args: string[], env: Record<string, string> = {}) => {
    const began = performance.now()
    const child = spawn(args, env)
    const [out, err, code] = await Promise.all([textOf(child.stdout), textOf(child.stderr), child.exited])
    return { out: out.trim(), err: err.trim(), code, ms: Math.round(performance.now() - began) }
  }
  return { root, spawn, run }
}

const textOf = (stream: ReadableStream): Promise<string> => new Response(stream).text()

const MAIN = `if (process.argv[2] === 'wait') {
  process.on('SIGTERM', () => { console.log('draining'); process.exit(5) })
  console.log('ready')
  setInterval(() => {}, 1000)
} else {
  console.log(Bun.version, Bun.which('bun') !== null, ...process.argv.slice(2))
  process.exit(7)
}
`
const machines: string[] = []
afterAll(() => Promise.all(machines.map((root) => rm(root, { recursive: true, force: true }))))

const node = Bun.which('node') !== null && Bun.which('npm') !== null
const fresh = await aMachine(['node', 'npm', 'sh'])
const cold = node ? await fresh.run(['src/main.ts', 'a', 'b']) : null
const offline = cold === null || cold.err.includes('could not be fetched')
if (offline) console.log(`No Bun could be fetched here: ${cold?.err ?? 'there is no Node with npm'}`)

test.skipIf(offline)(
  '[P33] with Node and npm and nothing else it fetches Bun, and passes arguments and exit code',
  () => {
    expect(cold).toMatchObject({ out: `${Bun.version} true a b`, code: 7 })
    expect(cold?.err).toBe(`Fetching Bun ${Bun.version} into .bun, once.\nInstalling packages.`)
    console.log(`cold start: ${cold?.ms} ms`)
  },
)

test.skipIf(offline)('[O4] the second start fetches nothing and says nothing', async () => {
  const warm = await fresh.run(['src/main.ts'], { npm_config_registry: 'http://127.0.0.1:9' })
  expect(warm).toMatchObject({ out: `${Bun.version} true`, err: '', code: 7 })
  console.log(`warm start: ${warm.ms} ms`)
})

test('[P33] with Bun and nothing else it needs neither Node nor npm', async () => {
  const { run } = await aMachine(['bun'])
  const got = await run(['src/main.ts', 'a'])
  expect(got).toMatchObject({ out: expect.stringMatching(/ a$/), code: 7, err: 'Installing packages.' })
})

test.skipIf(!node)('[P33] with Node it takes the Bun on PATH, if it is the right one', async () => {
  const { run, root } = await aMachine(['node', 'bun'])
  expect(await run(['src/main.ts'])).toMatchObject({ out: `${Bun.version} true`, code: 7 })
  expect(await Bun.file(join(root, 'project/.bun')).exists()).toBe(false)
})

test.skipIf(!node)('[P33] without a network it says in one sentence what to do', async () => {
  const { run } = await aMachine(['node', 'npm', 'sh'])
  const env = { npm_config_registry: 'http://127.0.0.1:9', npm_config_fetch_retries: '0' }
  const { err, code } = await run(['src/main.ts'], env)
  expect(code).toBe(1)
  expect(err).toMatch(/^Fetching Bun .*\nBun \S+ could not be fetched: please check the connection[^\n]*$/)
})

test.skipIf(!node)('[P33] without npm, too', async () => {
  const { run } = await aMachine(['node'])
  const { err, code } = await run(['src/main.ts'])
  expect(code).toBe(1)
  expect(err).toContain(
    `Hubbub needs Bun ${Bun.version}, and there is no npm to fetch it with: please install`,
  )
})

test.skipIf(!node)('[P33] a signal reaches what runs, once, and its exit code comes back', async () => {
  const { spawn } = await aMachine(['node', 'bun'])
  const child = spawn(['src/main.ts', 'wait'])
  const reader = child.stdout.getReader()
  await reader.read()
  child.kill('SIGTERM')
  const { value } = await reader.read()
  expect(new TextDecoder().decode(value)).toBe('draining\n')
  expect(await child.exited).toBe(5)
})

test.skipIf(!node)('[P33] when npm is killed, what it had started is told to stop', async () => {
  const { root } = await aMachine(['sh', 'node', 'bun'])
  const npm = Bun.spawn([join(root, 'bin/sh'), '-c', 'node src/tools/run.mjs src/main.ts wait; true'], {
    cwd: join(root, 'project'),
    env: { HOME: join(root, 'home'), PATH: join(root, 'bin'), npm_lifecycle_event: 'dev' },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const reader = npm.stdout.getReader()
  await reader.read()
  npm.kill('SIGKILL')
  const { value } = await reader.read()
  expect(new TextDecoder().decode(value)).toBe('draining\n')
})

test.skipIf(!node)('[P33] what dies by a signal is reported as that', async () => {
  const { spawn } = await aMachine(['node', 'bun'])
  const child = spawn(['-e', 'process.kill(process.pid, "SIGKILL")'])
  await child.exited
  expect(child.signalCode).toBe('SIGKILL')
})

test('[P33] every package script goes by the launcher', async () => {
  const { scripts } = await Bun.file(join(dirname(import.meta.dir), 'package.json')).json()
  for (const script of Object.values<string>(scripts)) expect(script).toStartWith('node src/tools/run.mjs ')
})
