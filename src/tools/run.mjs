/**
 * Runs every package script: `node src/tools/run.mjs <args>` finds or fetches the Bun that package.json names, installs the
 * packages and runs `bun <args>` in the project. Needs Node 18 with npm 10, or any Bun in place of both. Ends with the exit
 * code or the signal of the program it ran.
 */
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Read at once: the parent may end while Bun is fetched. */
const parent = process.ppid

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const isWindows = process.platform === 'win32'
const program = isWindows ? 'bun.exe' : 'bun'
const version = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).packageManager.split('@')[1]
const cache = join(root, '.bun', version)
const npmScript = process.env.npm_execpath ?? ''

/** Every Bun of this machine: the one that runs this file, the one whose `bun run` called Node, and those on PATH. */
const installed = [
  process.versions.bun ? process.execPath : '',
  /^bun(\.exe)?$/.test(basename(npmScript)) ? npmScript : '',
  ...(process.env.PATH ?? '').split(delimiter).map((folder) => folder && join(folder, program)),
].filter((path) => path && existsSync(path))

const bun = installed.find(isRightVersion) ?? cachedBun() ?? fetchedBun()
install()
run()

/** npm installs several builds (with or without AVX2, for glibc or musl). Takes the first that starts, the plain name first. */
function cachedBun() {
  const vendor = join(cache, 'node_modules', '@oven')
  const builds = existsSync(vendor) ? readdirSync(vendor).sort((a, b) => a.length - b.length) : []
  return builds.map((build) => join(vendor, build, 'bin', program)).find(isRightVersion)
}

/**
 * The npm package contains the binary, so no install script has to run: npm 12 would not run one. npm works in the cache
 * folder instead of getting the folder as --prefix, which would make npm read another global npmrc.
 */
function fetchedBun() {
  console.error(`Fetching Bun ${version} into .bun, once.`)
  mkdirSync(cache, { recursive: true })
  writeFileSync(join(cache, 'package.json'), '{ "private": true }\n')
  const npm = /\bnpm-cli\.[cm]?js$/.test(npmScript) ? [process.execPath, npmScript] : ['npm']
  const quiet = ['--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  let tool = runInCache([...npm, 'install', ...quiet, `bun@${version}`])
  // A Bun of another version can fetch the right one.
  const otherBun = installed.find(versionOf)
  if (tool.status !== 0 && otherBun)
    tool = runInCache([otherBun, 'add', '--exact', '--ignore-scripts', `bun@${version}`])
  const found = cachedBun()
  if (found) return found
  if (tool.error?.code === 'ENOENT')
    return stop(
      `Hubbub needs Bun ${version}, and there is no npm to fetch it with: please install that Bun from https://bun.com, or Node with npm, and run this again.`,
    )
  if (tool.status === 0)
    return stop(
      `Hubbub needs Bun ${version}, and no build of it starts on this machine: please put one that does on PATH and run this again.`,
    )
  const reason = tool.stderr?.split('\n').find((line) => /error/i.test(line))
  return stop(
    `Bun ${version} could not be fetched: please check the connection and run this again.${reason ? ` The tool said: ${reason.trim()}` : ''}`,
  )
}

function runInCache([command, ...args]) {
  const options = { cwd: cache, encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'], shell: isWindows }
  return spawnSync(command, args, options)
}

/** Installs what bun.lock names, unless the same lockfile was installed before: a second start needs no network. */
function install() {
  const stamp = join(root, 'node_modules', '.installed')
  const hash = createHash('sha256').update(`${version} ${process.platform} ${process.arch}\n`)
  for (const file of ['bun.lock', 'package.json']) hash.update(readFileSync(join(root, file)))
  const digest = hash.digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return
  console.error('Installing packages.')
  const { status, stderr } = spawnSync(bun, ['install', '--frozen-lockfile', '--no-progress'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  })
  const reason = stderr?.split('\n').find((line) => line.startsWith('error:'))
  if (status !== 0)
    stop(
      `The packages could not be installed: please check the connection and run this again.${reason ? ` Bun said: ${reason}` : ''}`,
    )
  writeFileSync(stamp, digest)
}

function run() {
  const env = { ...process.env, PATH: [dirname(bun), process.env.PATH].filter(Boolean).join(delimiter) }
  const child = spawn(bun, process.argv.slice(2), { cwd: root, env, stdio: 'inherit' })
  child.on('error', (error) =>
    stop(`Bun could not be started (${error.message}): please delete .bun and run this again.`),
  )
  // At a terminal Ctrl-C reaches the child, too: a second signal would cut the server's drain short.
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'))
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  // An npm that is ended passes no signal on, and would leave the child running (P33).
  if (process.env.npm_lifecycle_event)
    setInterval(() => process.ppid === parent || child.kill('SIGTERM'), 500).unref()
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

function isRightVersion(path) {
  return versionOf(path) === version
}

/** What `--version` prints; empty if the file does not start here. */
function versionOf(path) {
  const { stdout } = spawnSync(path, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  return (stdout ?? '').trim()
}

function stop(sentence) {
  console.error(sentence)
  process.exit(1)
}
