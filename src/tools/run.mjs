/**
 * Behind every package script: `node src/tools/run.mjs <args>` finds or fetches the Bun that package.json names, installs
 * the packages and runs `bun <args>` in the project's folder. Needs Node 18 or newer with npm 10 or newer, or any
 * Bun and nothing else (it then stands in for node). Ends with the exit code, or by the signal, of what it ran.
 */
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Who started this, before anything is waited for: it may end while Bun is being fetched. */
const parent = process.ppid

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const windows = process.platform === 'win32'
const version = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).packageManager.split('@')[1]
const cache = join(root, '.bun', version)

const bun = runningBun() ?? bunOnPath() ?? cachedBun() ?? fetchedBun()
install()
run()

/** Each Bun this process was started by: itself, or a `bun run` that called Node. */
function starters() {
  const script = process.env.npm_execpath ?? ''
  return [process.versions.bun ? process.execPath : '', /^bun(\.exe)?$/.test(basename(script)) ? script : '']
}

function runningBun() {
  return starters().find(fits)
}

/** A Bun of another version is no use to the project, but it can fetch the right one. */
function onPath() {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean)
  return folders.map((folder) => join(folder, windows ? 'bun.exe' : 'bun')).filter(existsSync)
}

function bunOnPath() {
  return onPath().find(fits)
}

/** Of the builds for this system (AVX2 or not, glibc or musl) the first that starts here, the usual one first. */
function cachedBun() {
  const vendor = join(cache, 'node_modules', '@oven')
  const builds = existsSync(vendor) ? readdirSync(vendor).sort((a, b) => a.length - b.length) : []
  return builds.map((build) => join(vendor, build, 'bin', windows ? 'bun.exe' : 'bun')).find(fits)
}

/**
 * The npm package brings the binary itself, so no install script has to run: npm 12 would not run one. npm works in
 * the cache folder instead of getting it as --prefix, which would make it read another global npmrc.
 */
function fetchedBun() {
  say(`Fetching Bun ${version} into .bun, once.`)
  mkdirSync(cache, { recursive: true })
  writeFileSync(join(cache, 'package.json'), '{ "private": true }\n')
  const script = process.env.npm_execpath ?? ''
  const npm = /\bnpm-cli\.[cm]?js$/.test(script) ? [process.execPath, script] : ['npm']
  const quiet = ['--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const byNpm = attempt([...npm, 'install', ...quiet, `bun@${version}`])
  const other = byNpm.done ? undefined : [...starters(), ...onPath()].find((path) => path && versionOf(path))
  const last = other ? attempt([other, 'add', '--exact', '--ignore-scripts', `bun@${version}`]) : byNpm
  const found = cachedBun()
  if (found) return found
  const said = last.said.split('\n').find((line) => /error/i.test(line))
  return stop(
    last.missing
      ? `Hubbub needs Bun ${version}, and there is no npm to fetch it with: please install that Bun from https://bun.com, or Node with npm, and run this again.`
      : last.done
        ? `Hubbub needs Bun ${version}, and no build of it starts on this machine: please put one that does on PATH and run this again.`
        : `Bun ${version} could not be fetched: please check the connection and run this again.${said ? ` The tool said: ${said.trim()}` : ''}`,
  )
}

/** Installs what bun.lock says, unless that very lockfile was installed here before: a warm start needs no network. */
function install() {
  const stamp = join(root, 'node_modules', '.installed')
  const hash = createHash('sha256').update(`${version} ${process.platform} ${process.arch}\n`)
  for (const file of ['bun.lock', 'package.json']) hash.update(readFileSync(join(root, file)))
  const now = hash.digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === now) return
  say('Installing packages.')
  const { status, stderr } = spawnSync(bun, ['install', '--frozen-lockfile', '--no-progress'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  })
  const why = stderr?.split('\n').find((line) => line.startsWith('error:'))
  if (status !== 0)
    stop(
      `The packages could not be installed: please check the connection and run this again.${why ? ` Bun said: ${why}` : ''}`,
    )
  writeFileSync(stamp, now)
}

function run() {
  const env = { ...process.env, PATH: [dirname(bun), process.env.PATH].filter(Boolean).join(delimiter) }
  const child = spawn(bun, process.argv.slice(2), { cwd: root, env, stdio: 'inherit' })
  child.on('error', (error) =>
    stop(`Bun could not be started (${error.message}): please delete .bun and run this again.`),
  )
  // At a terminal the whole group hears Ctrl-C: passed on, the server would take it for the second one, and not drain.
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'))
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  // P33: npm that is ended passes nothing on, and leaves what it has started behind.
  if (process.env.npm_lifecycle_event)
    setInterval(() => process.ppid === parent || child.kill('SIGTERM'), 500).unref()
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

function fits(path) {
  return path !== '' && versionOf(path) === version
}

/** What `--version` prints, or nothing if the file does not start here. */
function versionOf(path) {
  const { stdout } = spawnSync(path, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  return (stdout ?? '').trim()
}

/** Runs a tool that fetches Bun into the cache folder. `missing`: there is no such tool. */
function attempt([command, ...args]) {
  const options = { cwd: cache, encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'], shell: windows }
  const { status, stderr, error } = spawnSync(command, args, options)
  return { done: status === 0, missing: error?.code === 'ENOENT', said: stderr ?? '' }
}

function say(sentence) {
  console.error(sentence)
}

function stop(sentence) {
  say(sentence)
  process.exit(1)
}
