/** One server in a process of its own, which the harness may kill, stop and starve: only ids that it started itself. */
import { createServer } from 'node:net'
import { join } from 'node:path'

const ROOT = join(import.meta.dir, '../..')

export interface ServerProcess {
  readonly port: number
  readonly dir: string
  readonly pid: number
  /** how often it was started */
  readonly starts: number
  /** ms since the epoch when it last answered ready */
  readonly readyAt: number
  /** what it printed, all starts together, the last 200 KB of it */
  readonly output: string
  /** Starts it and waits until `/readyz` is 200. @throws Error after `within` ms */
  start(within?: number): Promise<void>
  /** SIGKILL, and waits for its end. */
  kill(): Promise<void>
  /** SIGTERM, and waits: exit code and ms it took. */
  term(): Promise<{ code: number; ms: number }>
  freeze(): void
  thaw(): void
}

export async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const address = probe.address()
  await new Promise((resolve) => probe.close(resolve))
  if (address === null || typeof address === 'string') throw new TypeError('no port')
  return address.port
}

/** @param entry file below tests/chaos or src that serves; @param env beside PATH and the port */
export async function serverProcess(
  dir: string,
  env: Record<string, string> = {},
  entry = 'tests/chaos/server.ts',
  prefix: readonly string[] = [],
): Promise<ServerProcess> {
  const port = await freePort()
  let child: Bun.Subprocess<'ignore', 'pipe', 'pipe'> | null = null
  let output = ''
  let starts = 0
  let readyAt = 0

  async function collect(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder()
    for await (const bytes of stream as unknown as AsyncIterable<Uint8Array>)
      output = (output + decoder.decode(bytes, { stream: true })).slice(-200_000)
  }

  async function end(signal: 'SIGKILL' | 'SIGTERM'): Promise<{ code: number; ms: number }> {
    if (child === null) return { code: 0, ms: 0 }
    const began = performance.now()
    child.kill(signal)
    const code = await child.exited
    child = null
    return { code, ms: performance.now() - began }
  }

  return {
    port,
    dir,
    get pid() {
      return child?.pid ?? 0
    },
    get starts() {
      return starts
    },
    get readyAt() {
      return readyAt
    },
    get output() {
      return output
    },
    async start(within = 10_000) {
      starts += 1
      child = Bun.spawn([...prefix, process.execPath, join(ROOT, entry)], {
        cwd: ROOT,
        env: {
          PATH: process.env['PATH'] ?? '',
          PORT: String(port),
          HOST: '127.0.0.1',
          DATA_DIR: dir,
          LOG_FORMAT: 'json',
          ...env,
        },
        stdin: 'ignore',
        stdout: 'pipe',
        stderr: 'pipe',
      })
      void collect(child.stdout)
      void collect(child.stderr)
      const until = Date.now() + within
      while (Date.now() < until) {
        if (child.exitCode !== null)
          throw new Error(`the server ended with ${child.exitCode}:\n${output.slice(-2_000)}`)
        const ready = await fetch(`http://127.0.0.1:${port}/readyz`).then(
          (answer) => answer.status === 200,
          () => false,
        )
        if (ready) {
          readyAt = Date.now()
          return
        }
        await Bun.sleep(20)
      }
      throw new Error(`the server was not ready within ${within} ms:\n${output.slice(-2_000)}`)
    },
    kill: async () => {
      await end('SIGKILL')
    },
    term: () => end('SIGTERM'),
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
  }
}

/** A new guest's cookie. @throws Error when the server refuses */
export async function guest(port: number, name: string): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${port}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: `http://127.0.0.1:${port}` },
    body: JSON.stringify({ name }),
  })
  if (answer.status !== 201) throw new Error(`${name} was refused: ${answer.status} ${await answer.text()}`)
  return (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
}
