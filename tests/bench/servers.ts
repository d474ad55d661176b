/** The servers that are measured: how each is started, and how the generator speaks to it. */
import { cp, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { buildBinary, buildClient } from '../../src/tools/build.ts'
import { PROTOCOL_VERSION } from '../../src/shared/limits.ts'
import type { World } from './world.ts'

const HERE = import.meta.dir
const ROOT = join(HERE, '../..')

export const TITLES = {
  hubbub: 'Hubbub',
  bun: 'raw Bun publish',
  durable: 'raw Bun and SQLite',
  elysia: 'plain Elysia',
  ws: 'ws on Node',
  socketio: 'Socket.IO on Node',
  gorilla: 'gorilla on Go',
}
export type Name = keyof typeof TITLES
export const NAMES = Object.keys(TITLES) as Name[]

/** How the generator's connections speak. `prefix` begins their nonces, and tells a warm-up from the load. */
export interface Speech {
  room: string
  prefix: string
  /** of Hubbub alone: the position that `hello` names; null: none yet */
  position: { seq: number; id: string } | null
}

export interface Server {
  name: Name
  command(port: number): string[]
  env(port: number): Record<string, string>
  /** Removes what an earlier run left; called before each start. */
  fresh(): Promise<void>
  /** Arguments of the generator. */
  speak(port: number, speech: Speech): string[]
}

/** A server that echoes each frame to the room its address names. */
const echoServer = (name: Name, command: (port: string) => string[]): Server => ({
  name,
  command: (port) => command(String(port)),
  env: () => ({}),
  fresh: async () => {},
  speak: (_, { room }) => ['--path', `/ws?room=${room}`, '--msg', '{"text":"%T"}'],
})

/** Hubbub as it ships, with fsync, from an entry with higher limits for each person. */
async function hubbub(home: string, world: World): Promise<Server> {
  const outfile = join(home, 'hubbub')
  const pages = join(ROOT, 'dist/public')
  await buildClient({ root: ROOT, out: pages, compress: 'none' })
  await buildBinary({ root: ROOT, public: pages, outfile, entry: 'tests/bench/servers/hubbub.ts' })
  const dir = join(home, 'data')
  return {
    name: 'hubbub',
    command: () => [outfile],
    env: (port) => ({ PORT: String(port), HOST: '127.0.0.1', DATA_DIR: dir, LOG_LEVEL: 'warn' }),
    async fresh() {
      await rm(dir, { recursive: true, force: true })
      await cp(world.dir, dir, { recursive: true })
    },
    speak(port, { room, prefix, position }) {
      const place = { room: `room-${room}`, seq: position?.seq ?? 0, id: position?.id ?? null }
      return [
        ...['--path', `/ws?v=${PROTOCOL_VERSION}`, '--header-file', world.cookies],
        ...['--header', `Origin: http://127.0.0.1:${port}`, '--ready', '"more":false'],
        ...['--hello', JSON.stringify({ type: 'hello', rooms: [place], state: 'active' })],
        ...['--msg', `{"type":"send","nonce":"${prefix}-%d-%q","room":"room-${room}","text":"%T"}`],
      ]
    },
  }
}

/** Raw Bun that stores each frame before it publishes it. */
function durable(home: string): Server {
  const database = join(home, 'durable.db')
  const command = (port: string) => [process.execPath, join(HERE, 'servers/durable.ts'), port, database]
  const fresh = async () => {
    for (const suffix of ['', '-wal', '-shm']) await rm(database + suffix, { force: true })
  }
  return { ...echoServer('durable', command), fresh }
}

/** Installs what only the bench needs, by its own lockfile. @returns why that failed, or null */
async function installPeers(peers: string): Promise<string | null> {
  if (Bun.which('node') === null) return 'there is no node here'
  await mkdir(peers, { recursive: true })
  for (const file of ['package.json', 'bun.lock']) await cp(join(HERE, 'peers', file), join(peers, file))
  const install = [process.execPath, 'install', '--frozen-lockfile', '--ignore-scripts', '--no-progress']
  const { exitCode, stderr } = Bun.spawnSync(install, { cwd: peers, stdout: 'ignore', stderr: 'pipe' })
  return exitCode === 0 ? null : `bun install says: ${stderr.toString().trim().split('\n').at(-1)}`
}

function onNode(name: 'ws' | 'socketio', peers: string): Server {
  const packages = join(peers, 'package.json')
  const server = echoServer(name, (port) => ['node', join(HERE, `servers/${name}.mjs`), port, packages])
  if (name === 'ws') return server
  const speak: Server['speak'] = (_, { room }) => [
    ...['--path', `/socket.io/?EIO=4&transport=websocket&room=${room}`, '--eio'],
    ...['--msg', '42["msg",{"text":"%T"}]'],
  ]
  return { ...server, speak }
}

function gorilla(home: string): Server | string {
  const go = Bun.which('go')
  if (go === null) return 'there is no go here'
  const out = join(home, 'gorilla')
  // The library comes from a package of the distribution, so nothing is downloaded.
  const env = { ...process.env, GO111MODULE: 'off', GOPATH: '/usr/share/gocode' }
  const build = [go, 'build', '-o', out, join(HERE, 'servers/gorilla/main.go')]
  const { exitCode, stderr } = Bun.spawnSync(build, { env, stderr: 'pipe' })
  if (exitCode !== 0) return `it does not build: ${stderr.toString().split('\n')[0]}`
  return echoServer('gorilla', (port) => [out, port])
}

/** @param say gets a line for each server that is left out, with the reason */
export async function makeServers(
  home: string,
  wanted: readonly Name[],
  world: World,
  say: (line: string) => void,
): Promise<Server[]> {
  const peers = join(home, 'peers')
  let missing: Promise<string | null> | null = null
  async function make(name: Name): Promise<Server | string> {
    // prettier-ignore
    switch (name) {
      case 'hubbub': return await hubbub(home, world)
      case 'durable': return durable(home)
      case 'gorilla': return gorilla(home)
      case 'ws': case 'socketio': return (await (missing ??= installPeers(peers))) ?? onNode(name, peers)
      default: return echoServer(name, (port) => [process.execPath, join(HERE, `servers/${name}.ts`), port])
    }
  }
  const servers: Server[] = []
  for (const name of wanted) {
    const server = await make(name)
    if (typeof server === 'string') say(`SKIPPED ${TITLES[name]}: ${server}`)
    else servers.push(server)
  }
  return servers
}
