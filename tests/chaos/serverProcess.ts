/** One server in a process of its own, which the harness may kill, stop and starve: only ids that it started itself. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { buildClient } from '../../src/tools/build.ts'

const ROOT = join(import.meta.dir, '../..')
/** ms a start may take before the run is given up */
const STARTS = 10_000

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
  /** Errors that it logged: nothing the scenarios do may cause one, unless they say so. */
  bugs(): string[]
  /** Starts it and waits until `/readyz` is 200. @param more environment of this start alone @throws Error after 10 s */
  start(more?: Record<string, string>): Promise<void>
  /** SIGKILL, and waits for its end. */
  kill(): Promise<void>
  /** SIGTERM, and waits: exit code and ms it took. */
  term(): Promise<{ code: number; ms: number }>
  freeze(): void
  thaw(): void
  /** ns of CPU it has used since it was started, all threads */
  cpu(): number
  /** bytes of memory that are resident */
  rss(): number
  /** What it has measured since the last time it was asked. Only of the harness's own entry. @throws Error after 5 s */
  measure(): Promise<Measured>
}

/** How late the loop came to what was due, ms. */
export interface Measured {
  lagP50: number
  lagP99: number
  lagMax: number
}

export async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const address = probe.address()
  await new Promise((resolve) => probe.close(resolve))
  if (address === null || typeof address === 'string') throw new TypeError('no port')
  return address.port
}

/** Builds the page that a server asks for, where there is none. */
async function aPage(): Promise<void> {
  const out = join(ROOT, 'dist/public')
  if (!existsSync(join(out, 'assets.json'))) await buildClient({ root: ROOT, out, compress: 'none' })
}

/** @param entry file below tests/chaos or src that serves; @param env beside PATH and the port */
export async function serverProcess(
  dir: string,
  env: Record<string, string> = {},
  entry = 'tests/chaos/server.ts',
  prefix: readonly string[] = [],
): Promise<ServerProcess> {
  await aPage()
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
    bugs: () =>
      output
        .split('\n')
        .filter((line) => /"level":"(error|fatal)"/.test(line))
        .map((line) => `the server logged ${line.slice(0, 300)}`),
    async start(more = {}) {
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
          ...more,
        },
        stdin: 'ignore',
        stdout: 'pipe',
        stderr: 'pipe',
      })
      void collect(child.stdout)
      void collect(child.stderr)
      const at = more['PORT'] ?? String(port)
      const until = Date.now() + STARTS
      while (Date.now() < until) {
        if (child.exitCode !== null)
          throw new Error(`the server ended with ${child.exitCode}:\n${output.slice(-2_000)}`)
        const ready = await fetch(`http://127.0.0.1:${at}/readyz`).then(
          (answer) => answer.status === 200,
          () => false,
        )
        if (ready) {
          readyAt = Date.now()
          return
        }
        await Bun.sleep(20)
      }
      await end('SIGKILL')
      throw new Error(`the server was not ready within ${STARTS} ms:\n${output.slice(-2_000)}`)
    },
    kill: async () => {
      await end('SIGKILL')
    },
    term: () => end('SIGTERM'),
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
    cpu() {
      const tasks = `/proc/${child?.pid}/task`
      const used = readdirSync(tasks).map((task) => readFileSync(`${tasks}/${task}/schedstat`, 'utf8'))
      return used.reduce((sum, line) => sum + Number(line.split(' ')[0]), 0)
    },
    rss: () =>
      1_024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child?.pid}/status`, 'utf8'))?.[1] ?? 0),
    async measure() {
      const marker = /^MEASURED (.*)$/m
      child?.kill('SIGUSR2')
      const until = Date.now() + 5_000
      while (Date.now() < until) {
        // What was said before was taken out: however much is logged beside it, this is the answer.
        const found = marker.exec(output)
        if (found) {
          output = output.replace(/^MEASURED .*\n/gm, '')
          return JSON.parse(found[1] ?? '') as Measured
        }
        await Bun.sleep(10)
      }
      throw new Error('the server did not say what it measured')
    },
  }
}

/**
 * A new guest's cookie, under the name that is read on every port: clients reach the server also through a proxy on another one.
 * @throws Error when the server refuses
 */
export async function guest(port: number, name: string): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${port}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: `http://127.0.0.1:${port}` },
    body: JSON.stringify({ name }),
  })
  if (answer.status !== 201) throw new Error(`${name} was refused: ${answer.status} ${await answer.text()}`)
  const [token] = /(?<==)[^;]*/.exec(answer.headers.get('set-cookie') ?? '') ?? ['']
  return `session=${token}`
}

/** Cookies of new guests, in the order of their names; a few are asked for at once. */
export async function guests(port: number, names: readonly string[]): Promise<string[]> {
  const cookies: string[] = []
  for (let at = 0; at < names.length; at += 16)
    cookies.push(...(await Promise.all(names.slice(at, at + 16).map((name) => guest(port, name)))))
  return cookies
}
