/** A server in a process of its own, which the harness may kill, stop and starve. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { buildClient } from '../../src/tools/build.ts'

const ROOT = join(import.meta.dir, '../..')
/** ms a start may take */
const START_TIMEOUT = 10_000
const MEASURED = /^MEASURED (.*)\n/gm

export interface ServerProcess {
  readonly port: number
  readonly dir: string
  readonly pid: number
  /** how often it was started */
  readonly starts: number
  /** when it last answered ready, ms since the epoch */
  readonly readyAt: number
  /** what all starts printed, the last 200 KB */
  readonly output: string
  /** The errors it logged. */
  bugs(): string[]
  /** Starts it and waits until `/readyz` is 200. @param more environment of this start only @throws Error after 10 s */
  start(more?: Record<string, string>): Promise<void>
  /** SIGKILL, and waits for its end. */
  kill(): Promise<void>
  /** SIGTERM, and waits: exit code and ms it took. */
  term(): Promise<{ code: number; ms: number }>
  /** ns of CPU since its start, all threads */
  cpu(): number
  /** resident memory, bytes */
  rss(): number
  /** open file descriptors */
  descriptors(): number
  /** What it has measured since the last call. Only of the harness's own entry. @throws Error after 5 s */
  measure(): Promise<LoopLag>
}

/** How late (ms) the event loop ran its timers. */
export interface LoopLag {
  lagP50: number
  lagP99: number
  lagMax: number
}

export async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const { port } = probe.address() as AddressInfo
  await new Promise((resolve) => probe.close(resolve))
  return port
}

/** @param entry the file that serves @param env beside PATH and the port @param prefix a command that runs the server */
export async function serverProcess(
  dir: string,
  env: Record<string, string> = {},
  entry = 'tests/chaos/server.ts',
  prefix: readonly string[] = [],
): Promise<ServerProcess> {
  const out = join(ROOT, 'dist/public')
  if (!existsSync(join(out, 'assets.json'))) await buildClient({ root: ROOT, out, compress: 'none' })
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

  /** A file of the process in /proc. */
  const procFile = (name: string) => readFileSync(`/proc/${child?.pid}/${name}`, 'utf8')
  const procFolder = (name: string) => readdirSync(`/proc/${child?.pid}/${name}`)

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
      const base = { PORT: String(port), HOST: '127.0.0.1', DATA_DIR: dir, LOG_FORMAT: 'json' }
      const all = { PATH: process.env['PATH'] ?? '', ...base, ...env, ...more }
      child = Bun.spawn([...prefix, process.execPath, join(ROOT, entry)], {
        cwd: ROOT,
        env: all,
        stdin: 'ignore',
        stdout: 'pipe',
        stderr: 'pipe',
      })
      void collect(child.stdout)
      void collect(child.stderr)
      for (const giveUpAt = Date.now() + START_TIMEOUT; Date.now() < giveUpAt; await Bun.sleep(20)) {
        if (child.exitCode !== null)
          throw new Error(`the server ended with ${child.exitCode}:\n${output.slice(-2_000)}`)
        const answer = await fetch(`http://127.0.0.1:${all.PORT}/readyz`).catch(() => null)
        if (answer?.status !== 200) continue
        readyAt = Date.now()
        return
      }
      await end('SIGKILL')
      throw new Error(`the server was not ready within ${START_TIMEOUT} ms:\n${output.slice(-2_000)}`)
    },
    kill: async () => void (await end('SIGKILL')),
    term: () => end('SIGTERM'),
    cpu: () =>
      procFolder('task').reduce(
        (sum, task) => sum + Number(procFile(`task/${task}/schedstat`).split(' ')[0]),
        0,
      ),
    rss: () => 1_024 * Number(/VmRSS:\s+(\d+)/.exec(procFile('status'))?.[1] ?? 0),
    descriptors: () => procFolder('fd').length,
    async measure() {
      child?.kill('SIGUSR2')
      for (const giveUpAt = Date.now() + 5_000; Date.now() < giveUpAt; await Bun.sleep(10)) {
        const [answer] = output.matchAll(MEASURED)
        if (answer === undefined) continue
        output = output.replaceAll(MEASURED, '')
        return JSON.parse(answer[1] ?? '') as LoopLag
      }
      throw new Error('the server did not say what it measured')
    },
  }
}

/**
 * A new guest's cookie, under the name that is read on every port: clients also reach the server through a proxy.
 * @throws Error if the server refuses
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

/** Cookies of new guests, in the order of their names; sixteen requests at a time. */
export async function guests(port: number, names: readonly string[]): Promise<string[]> {
  const cookies: string[] = []
  for (let first = 0; first < names.length; first += 16)
    cookies.push(...(await Promise.all(names.slice(first, first + 16).map((name) => guest(port, name)))))
  return cookies
}

/** "Ann 0", "Ann 1", … */
export const numbered = (name: string, count: number) =>
  Array.from({ length: count }, (_, n) => `${name} ${n}`)
