/** A server in a process of its own, which the harness may kill, stop and starve. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildClient } from '../../src/tools/build.ts'
import { aGuest } from '../support/client/anApp.ts'
import { eventually } from '../support/eventually.ts'
import { freePort } from '../support/server/aServer.ts'

const ROOT = join(import.meta.dir, '../..')
const MEASURED = /^MEASURED (.*)\n/m

/** How a server is started. */
export interface Launch {
  env?: Record<string, string>
  /** the file that serves */
  entry?: string
  /** a command that runs the server */
  prefix?: readonly string[]
}

export class ServerProcess {
  readonly port = freePort()
  /** how often it was started */
  starts = 0
  /** when it last answered ready, ms since the epoch */
  readyAt = 0
  #child: Bun.Subprocess<'ignore', 'pipe', 'pipe'> | null = null
  /** what all starts printed, the last 200 KB */
  #output = ''

  constructor(
    readonly dir: string,
    readonly launch: Launch = {},
  ) {}

  get pid(): number {
    return this.#child?.pid ?? 0
  }

  /** The errors it logged. */
  bugs(): string[] {
    const lines = this.#output.split('\n').filter((line) => /"level":"(error|fatal)"/.test(line))
    return lines.map((line) => `the server logged ${line.slice(0, 300)}`)
  }

  /** Starts it and waits until `/readyz` is 200. @param more environment of this start only @throws Error after 10 s */
  async start(more: Record<string, string> = {}): Promise<void> {
    const out = join(ROOT, 'dist/public')
    if (!existsSync(join(out, 'assets.json'))) await buildClient({ root: ROOT, out, compress: 'none' })
    const { env, entry = 'tests/chaos/server.ts', prefix = [] } = this.launch
    const base = { PORT: String(this.port), HOST: '127.0.0.1', DATA_DIR: this.dir, LOG_FORMAT: 'json' }
    const all = { PATH: process.env['PATH'] ?? '', ...base, ...env, ...more }
    this.starts += 1
    const child = Bun.spawn([...prefix, process.execPath, join(ROOT, entry)], {
      cwd: ROOT,
      env: all,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    for (const stream of [child.stdout, child.stderr]) void this.#collect(stream)
    const isReady = async () =>
      child.exitCode !== null || (await fetch(`http://127.0.0.1:${all.PORT}/readyz`)).ok
    await eventually('the server is ready', isReady, 10_000).catch(() => this.kill())
    if (this.#child === null || child.exitCode !== null)
      throw new Error(`the server ended with ${child.exitCode}:\n${this.#output.slice(-2_000)}`)
    this.readyAt = Date.now()
  }

  /** SIGKILL, and waits for its end. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** SIGTERM, and waits: exit code and ms it took. */
  term(): Promise<{ code: number; ms: number }> {
    return this.#end('SIGTERM')
  }

  /** ns of CPU since its start, all threads */
  cpu(): number {
    return cpuOf(this.pid)
  }

  /** resident memory, bytes */
  rss(): number {
    const status = readFileSync(`/proc/${this.pid}/status`, 'utf8')
    return 1_024 * Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0)
  }

  /** open file descriptors */
  descriptors(): number {
    return readdirSync(`/proc/${this.pid}/fd`).length
  }

  /** p99 (ms) of the delays of its event loop since the last call. Only of the harness's own entry. @throws Error after 5 s */
  async measureLag(): Promise<number> {
    this.#child?.kill('SIGUSR2')
    const [line, lag] = await eventually('the measured lag', () => MEASURED.exec(this.#output))
    this.#output = this.#output.replace(line, '')
    return Number(lag)
  }

  async #collect(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder()
    for await (const bytes of stream as unknown as AsyncIterable<Uint8Array>)
      this.#output = (this.#output + decoder.decode(bytes, { stream: true })).slice(-200_000)
  }

  async #end(signal: 'SIGKILL' | 'SIGTERM'): Promise<{ code: number; ms: number }> {
    if (this.#child === null) return { code: 0, ms: 0 }
    const began = performance.now()
    this.#child.kill(signal)
    const code = await this.#child.exited
    this.#child = null
    return { code, ms: performance.now() - began }
  }
}

/** ns of CPU that all threads of a process have used */
export function cpuOf(pid: number): number {
  const tasks = `/proc/${pid}/task`
  const lines = readdirSync(tasks).map((task) => readFileSync(`${tasks}/${task}/schedstat`, 'utf8'))
  return lines.reduce((sum, line) => sum + Number(line.split(' ')[0]), 0)
}

/**
 * A new guest's cookie, under the name that is read on every port: clients also reach the server through a proxy.
 * @throws Error if the server refuses
 */
export async function guest(port: number, name: string): Promise<string> {
  const { cookie } = await aGuest(`http://127.0.0.1:${port}`, name)
  return cookie.replace(/^[^=]*/, 'session')
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
