import { afterAll, expect, test } from 'bun:test'
import { cp, mkdir, mkdtemp, realpath, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

const ROOT = dirname(import.meta.dir)
const packageJson = await Bun.file(join(ROOT, 'package.json')).json()

/** Prints the version of Bun and its arguments, or waits for a signal. */
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

/** A project with an empty home, and only these tools on PATH. Its one package is its own, so only Bun is fetched. */
async function aMachine(...tools: string[]) {
  const root = await mkdtemp(join(tmpdir(), 'hubbub-run-'))
  machines.push(root)
  const project = join(root, 'project')
  for (const folder of ['home', 'bin', 'project/src']) await mkdir(join(root, folder), { recursive: true })
  for (const tool of tools) {
    const path = tool === 'bun' ? process.execPath : Bun.which(tool)
    if (path) await symlink(await realpath(path), join(root, 'bin', tool))
  }
  const { packageManager } = packageJson
  const manifest = { name: 'hubbub', packageManager, dependencies: { tiny: 'file:./tiny' } }
  await Bun.write(join(project, 'package.json'), JSON.stringify(manifest))
  await Bun.write(join(project, 'tiny/package.json'), '{ "name": "tiny", "version": "1.0.0" }')
  await Bun.spawn([process.execPath, 'install', '--lockfile-only', '--silent'], { cwd: project }).exited
  await cp(join(ROOT, 'src/tools/run.mjs'), join(project, 'src/tools/run.mjs'))
  await Bun.write(join(project, 'src/main.ts'), MAIN)
  const spawn = (command: string[], env: Record<string, string> = {}) =>
    Bun.spawn([join(root, 'bin', command[0] ?? ''), ...command.slice(1)], {
      cwd: project,
      env: { HOME: join(root, 'home'), PATH: join(root, 'bin'), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  const launch = (args: string[], env?: Record<string, string>) =>
    spawn([tools[0] ?? '', 'src/tools/run.mjs', ...args], env)
  const run = async (args: string[], env?: Record<string, string>) => {
    const child = launch(args, env)
    const texts = [child.stdout, child.stderr].map((stream) => new Response(stream).text())
    const [out = '', err = ''] = await Promise.all(texts)
    return { out: out.trim(), err: err.trim(), code: await child.exited }
  }
  return { project, spawn, launch, run }
}
/** Reads what a process prints, piece by piece. */
function readerOf(child: { stdout: ReadableStream<Uint8Array> }) {
  const reader = child.stdout.getReader()
  return async () => new TextDecoder().decode((await reader.read()).value)
}

const OFFLINE = { npm_config_registry: 'http://127.0.0.1:9', npm_config_fetch_retries: '0' }
const hasNode = Bun.which('node') !== null && Bun.which('npm') !== null
const fresh = await aMachine('node', 'npm', 'sh')
const cold = hasNode ? await fresh.run(['src/main.ts', 'a', 'b']) : null
const isOffline = cold === null || cold.err.includes('could not be fetched')
if (isOffline) console.log(`SKIPPED [P33] fetching Bun: ${cold?.err ?? 'there is no Node with npm'}`)

test.skipIf(isOffline)(
  '[P33] with only Node and npm it fetches Bun, and passes on arguments and exit code',
  () => {
    expect(cold).toEqual({
      out: `${Bun.version} true a b`,
      err: `Fetching Bun ${Bun.version} into .bun, once.\nInstalling packages.`,
      code: 7,
    })
  },
)

test.skipIf(isOffline)('[O4] the second start fetches nothing and prints nothing', async () => {
  expect(await fresh.run(['src/main.ts'], OFFLINE)).toEqual({ out: `${Bun.version} true`, err: '', code: 7 })
})

test('[P33] with only Bun it needs neither Node nor npm', async () => {
  const { run } = await aMachine('bun')
  const out = expect.stringMatching(/ a$/)
  expect(await run(['src/main.ts', 'a'])).toEqual({ out, err: 'Installing packages.', code: 7 })
})

test.skipIf(!hasNode)('[P33] with Node it uses a Bun of the right version on PATH', async () => {
  const { run, project } = await aMachine('node', 'bun')
  expect(await run(['src/main.ts'])).toMatchObject({ out: `${Bun.version} true`, code: 7 })
  expect(await Bun.file(join(project, '.bun')).exists()).toBe(false)
})

test.skipIf(!hasNode).each([
  [
    'a network',
    ['node', 'npm', 'sh'],
    /^Fetching .*\nBun \S+ could not be fetched: please check the connection[^\n]*$/,
  ],
  ['npm', ['node'], /Hubbub needs Bun \S+, and there is no npm to fetch it with: please install/],
])('[P33] without %s it says in one sentence what to do', async (_what, tools, says) => {
  const { run } = await aMachine(...tools)
  expect(await run(['src/main.ts'], OFFLINE)).toMatchObject({ code: 1, err: expect.stringMatching(says) })
})

test.skipIf(!hasNode)('[P33] a signal reaches the program once, and its exit code comes back', async () => {
  const { launch } = await aMachine('node', 'bun')
  const child = launch(['src/main.ts', 'wait'])
  const read = readerOf(child)
  expect(await read()).toBe('ready\n')
  child.kill('SIGTERM')
  expect(await read()).toBe('draining\n')
  expect(await child.exited).toBe(5)
})

test.skipIf(!hasNode)('[P33] when npm is killed, the program it started is told to stop', async () => {
  const { spawn } = await aMachine('sh', 'node', 'bun')
  const command = ['sh', '-c', 'node src/tools/run.mjs src/main.ts wait; true']
  const npm = spawn(command, { npm_lifecycle_event: 'dev' })
  const read = readerOf(npm)
  expect(await read()).toBe('ready\n')
  npm.kill('SIGKILL')
  expect(await read()).toBe('draining\n')
})

test.skipIf(!hasNode)('[P33] a program that dies by a signal is reported as that', async () => {
  const { launch } = await aMachine('node', 'bun')
  const child = launch(['-e', 'process.kill(process.pid, "SIGKILL")'])
  await child.exited
  expect(child.signalCode).toBe('SIGKILL')
})

test('[P33] every package script uses the launcher', () => {
  for (const script of Object.values<string>(packageJson.scripts))
    expect(script).toStartWith('node src/tools/run.mjs ')
})
