/** The servers that are measured: how each is started, and how the generator speaks to it. */
import { cp, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { buildBinary, buildClient } from '../../src/tools/build.ts'
import { PROTOCOL_VERSION } from '../../src/shared/limits.ts'
import type { World } from './world.ts'

const HERE = import.meta.dir
const ROOT = join(HERE, '../..')

export type Name = 'hubbub' | 'bun' | 'durable' | 'elysia' | 'ws' | 'socketio' | 'gorilla'
export const NAMES: readonly Name[] = ['hubbub', 'bun', 'durable', 'elysia', 'ws', 'socketio', 'gorilla']

export const TITLES: Record<Name, string> = {
  hubbub: 'Hubbub',
  bun: 'raw Bun publish',
  durable: 'raw Bun and SQLite',
  elysia: 'plain Elysia',
  ws: 'ws on Node',
  socketio: 'Socket.IO on Node',
  gorilla: 'gorilla on Go',
}

/** How the generator's connections speak. `prefix` sets apart those of a warm-up. */
export interface Speech {
  room: string
  prefix: string
  /** Hubbub alone: the position that a hello names; null: nothing yet */
  position: { seq: number; id: string } | null
}

export interface Server {
  name: Name
  command(port: number): string[]
  env(port: number): Record<string, string>
  /** before each start: nothing of an earlier run is left */
  fresh(): Promise<void>
  /** arguments of the generator */
  speak(port: number, speech: Speech): string[]
}

const ECHO = ['--msg', '{"text":"%T"}']
const plain = (name: Name, command: (port: number) => string[]): Server => ({
  name,
  command,
  env: () => ({}),
  fresh: async () => {},
  speak: (_, { room }) => ['--path', `/ws?room=${room}`, ...ECHO],
})

/** Built as it ships, from an entry with higher limits; durable, fsync on. */
async function hubbub(home: string, world: World): Promise<Server> {
  const outfile = join(home, 'hubbub')
  const pages = join(ROOT, 'dist/public')
  await buildClient({ root: ROOT, out: pages, compress: 'none' })
  const entry = 'tests/bench/servers/hubbub.ts'
  await buildBinary({ root: ROOT, public: pages, outfile, entry })
  const dir = join(home, 'data')
  return {
    name: 'hubbub',
    command: () => [outfile],
    env: (port) => ({ PORT: String(port), HOST: '127.0.0.1', DATA_DIR: dir, LOG_LEVEL: 'warn' }),
    fresh: async () => {
      await rm(dir, { recursive: true, force: true })
      await cp(world.dir, dir, { recursive: true })
    },
    speak: (port, { room, prefix, position }) => [
      ...['--path', `/ws?v=${PROTOCOL_VERSION}`, '--header-file', world.cookies],
      ...['--header', `Origin: http://127.0.0.1:${port}`, '--ready', '"more":false'],
      '--hello',
      `{"type":"hello","rooms":[{"room":"room-${room}","seq":${position?.seq ?? 0},"id":${JSON.stringify(position?.id ?? null)}}],"state":"active"}`,
      ...['--msg', `{"type":"send","nonce":"${prefix}-%d-%q","room":"room-${room}","text":"%T"}`],
    ],
  }
}

/** What the project itself does not install is fetched here, exact by its lockfile. */
async function fetchPeers(home: string): Promise<string | null> {
  const peers = join(home, 'peers')
  await mkdir(peers, { recursive: true })
  for (const file of ['package.json', 'bun.lock']) await cp(join(HERE, 'peers', file), join(peers, file))
  const install = [process.execPath, 'install', '--frozen-lockfile', '--ignore-scripts', '--no-progress']
  const { exitCode, stderr } = Bun.spawnSync(install, { cwd: peers, stdout: 'ignore', stderr: 'pipe' })
  if (exitCode !== 0) return stderr.toString().trim().split('\n').at(-1) ?? 'why is not known'
  return null
}

/** @returns raw Bun that writes down what it publishes */
function durable(home: string): Server {
  const database = join(home, 'durable.db')
  const server = plain('durable', (port) => [
    ...[process.execPath, join(HERE, 'servers/durable.ts'), String(port), database],
  ])
  const fresh = async () => {
    for (const end of ['', '-wal', '-shm']) await rm(database + end, { force: true })
  }
  return { ...server, fresh }
}

function onNode(name: 'ws' | 'socketio', home: string): Server {
  const packages = join(home, 'peers/package.json')
  const server = plain(name, (port) => ['node', join(HERE, `servers/${name}.mjs`), String(port), packages])
  if (name === 'ws') return server
  const speak: Server['speak'] = (_, { room }) => [
    ...['--path', `/socket.io/?EIO=4&transport=websocket&room=${room}`, '--eio'],
    ...['--msg', '42["msg",{"text":"%T"}]'],
  ]
  return { ...server, speak }
}

async function gorilla(home: string): Promise<Server | string> {
  const go = Bun.which('go')
  if (go === null) return 'there is no go here'
  const out = join(home, 'gorilla')
  // The library is a distribution's package, as Go is: nothing is fetched.
  const env = { ...process.env, GO111MODULE: 'off', GOPATH: '/usr/share/gocode' }
  const source = join(HERE, 'servers/gorilla/main.go')
  const made = Bun.spawnSync([go, 'build', '-o', out, source], { env, stderr: 'pipe' })
  if (made.exitCode !== 0) return `it does not build: ${made.stderr.toString().split('\n')[0]}`
  return plain('gorilla', (port) => [out, String(port)])
}

/** @param say hears which is left out, and why */
export async function makeServers(
  home: string,
  wanted: readonly Name[],
  world: World,
  say: (line: string) => void,
): Promise<Server[]> {
  const servers: Server[] = []
  const onBun = (name: Name) =>
    plain(name, (port) => [process.execPath, join(HERE, `servers/${name}.ts`), String(port)])
  const needsNode = wanted.some((name) => name === 'ws' || name === 'socketio')
  const noNode = !needsNode
    ? null
    : Bun.which('node') === null
      ? 'there is no node here'
      : await fetchPeers(home)
  for (const name of wanted) {
    if (name === 'hubbub') servers.push(await hubbub(home, world))
    else if (name === 'durable') servers.push(durable(home))
    else if (name === 'bun' || name === 'elysia') servers.push(onBun(name))
    else if (name === 'gorilla') {
      const made = await gorilla(home)
      if (typeof made === 'string') say(`SKIPPED ${TITLES[name]}: ${made}`)
      else servers.push(made)
    } else if (noNode !== null) say(`SKIPPED ${TITLES[name]}: ${noNode}`)
    else servers.push(onNode(name, home))
  }
  return servers
}
