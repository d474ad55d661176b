/**
 * `bun run dev`: builds the client, runs the server, and does both again when a file of theirs is saved. A server that
 * is restarted drains first, so open pages find their way back by themselves.
 */
import { watch } from 'node:fs'
import { join } from 'node:path'
import type { Subprocess } from 'bun'
import { buildClient } from './build.ts'

const root = join(import.meta.dir, '../..')
const port = Number(process.env['PORT']?.trim() || 3000)
const hostname = process.env['HOST']?.trim() || '0.0.0.0'
const address = `http://localhost:${port}`
/** Editors write a file in several steps: ms of silence after which it is taken as saved. */
const SETTLED = 80

if (!isFree()) {
  console.error(
    `Port ${port} is taken: please stop what runs there, or choose another, as in PORT=${port + 1}.`,
  )
  process.exit(1)
}

let server: Subprocess | null = null
let stopping = false
let working = Promise.resolve()
let clientIsDirty = false
let timer: ReturnType<typeof setTimeout> | undefined

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop(signal))
if (!(await built())) process.exit(1)
server = start()
if (await answers()) console.log(`Hubbub is at ${address}`)
for (const folder of ['src', 'public'])
  watch(join(root, folder), { recursive: true }, (_, name) => saved(folder, name))

function isFree(): boolean {
  try {
    Bun.listen({ hostname, port, socket: { data() {} } }).stop()
    return true
  } catch (error) {
    // whatever else is wrong with the address, the server says it better
    return !(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')
  }
}

async function built(): Promise<boolean> {
  try {
    await buildClient({ root, out: join(root, 'dist/public'), compress: 'none' })
    return true
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    return false
  }
}

function start(): Subprocess {
  const child = Bun.spawn([process.execPath, 'src/main.ts'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  void child.exited.then((code) => {
    if (server !== child) return
    if (stopping) process.exit(code)
    server = null
    if (timer === undefined) console.error('The server has ended. It starts again when a file is saved.')
  })
  return child
}

/** Waits for the server's first answer. False if it ended instead. */
async function answers(): Promise<boolean> {
  while (server !== null) {
    const answer = await fetch(`${address}/healthz`).catch(() => null)
    if (answer?.ok) return true
    await Bun.sleep(20)
  }
  return false
}

function saved(folder: string, name: string | null): void {
  if (name === null || !/\.(ts|css|html|js|svg|png|json|txt|webmanifest)$/.test(name)) return
  const client = folder === 'public' || /^(client|shared)\//.test(name)
  if (client) clientIsDirty = true
  clearTimeout(timer)
  timer = setTimeout(() => {
    timer = undefined
    working = working.then(again)
  }, SETTLED)
}

/** Builds what has changed, then changes servers: the list of files, too, is read once at start. */
async function again(): Promise<void> {
  const client = clientIsDirty
  clientIsDirty = false
  if (client && !(await built())) return
  const before = server
  server = null
  before?.kill('SIGTERM')
  await before?.exited
  if (stopping) process.exit(0)
  server = start()
  if (await answers()) console.log(`Reloaded: ${address}`)
}

function stop(signal: NodeJS.Signals): void {
  stopping = true
  if (server === null) process.exit(0)
  // at a terminal the server has heard Ctrl-C itself; a second one would cut its drain short
  if (signal !== 'SIGINT' || !process.stdin.isTTY) server.kill(signal)
}
