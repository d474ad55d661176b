/**
 * `bun run dev`: builds the client and runs the server, and does both again when a file changes. The server drains before it
 * restarts, so open pages reconnect.
 */
import { watch } from 'node:fs'
import { join } from 'node:path'
import type { Subprocess } from 'bun'
import { buildClient } from './build.ts'

const root = join(import.meta.dir, '../..')
/** ms without a change after which a file counts as saved: editors write it in several steps */
const DEBOUNCE = 80

let server: Subprocess | null = null
let isStopping = false
let running = Promise.resolve()
let timer: ReturnType<typeof setTimeout> | undefined

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop(signal))
await restart()
for (const folder of ['src', 'public'])
  watch(join(root, folder), { recursive: true }, () => {
    clearTimeout(timer)
    timer = setTimeout(() => (running = running.then(restart)), DEBOUNCE)
  })

/** Builds first, so that a mistake leaves the old server running. */
async function restart(): Promise<void> {
  try {
    await buildClient({ root, out: join(root, 'dist/public'), compress: 'none' })
  } catch (error) {
    return console.error(error)
  }
  const old = server
  server = null
  old?.kill('SIGTERM')
  await old?.exited
  if (isStopping) process.exit(0)
  const command = [process.execPath, 'src/main.ts']
  const child = Bun.spawn(command, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
  server = child
  void child.exited.then((code) => {
    if (server !== child) return
    if (isStopping) process.exit(code)
    server = null
    console.error('The server has ended. It starts again when a file is saved.')
  })
}

function stop(signal: NodeJS.Signals): void {
  isStopping = true
  if (server === null) process.exit(0)
  // At a terminal Ctrl-C reaches the server, too; a second signal would cut its drain short.
  if (signal !== 'SIGINT' || !process.stdin.isTTY) server.kill(signal)
}
