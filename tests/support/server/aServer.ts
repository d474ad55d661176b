import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildClient } from '../../../src/tools/build.ts'
import { eventually } from '../eventually.ts'

const ROOT = join(import.meta.dir, '../../..')
const PAGE = join(ROOT, 'dist/public')

/** A new directory; `remove` deletes it. */
export function aTemporaryDir(): { dir: string; remove(): void } {
  const dir = mkdtempSync(join(tmpdir(), 'hubbub-'))
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) }
}

/** Builds the page if it is missing: a server does not start without one. */
async function aPage(): Promise<void> {
  if (await Bun.file(join(PAGE, 'assets.json')).exists()) return
  await buildClient({ root: ROOT, out: PAGE, compress: 'none' })
}

/** A process of the server, as an operator starts it; `await using` kills it at the end of the block. */
export interface ServerProcess extends AsyncDisposable {
  /** `http://127.0.0.1:3000`; rejects if it ends before it is ready */
  ready(): Promise<string>
  /** ms from the start of the process to its first answer of any kind */
  readonly firstAnswer: number
  readonly pid: number
  out(): string
  err(): string
  kill(signal: 'SIGTERM' | 'SIGINT' | 'SIGKILL'): void
  /** its exit code; null if a signal ended it */
  exited(ms?: number): Promise<number | null>
  /** whether it runs or how it ended, and its last lines: for the error of a request that it did not answer */
  report(): string
}

/** Starts `src/main.ts`. @param env its environment, beside PATH; PORT is a free port unless set */
export function aServer(env: Record<string, string>, ...args: string[]): Promise<ServerProcess> {
  return aServerUnder([], env, ...args)
}

/** Starts the server by a program that becomes it, such as `unshare -m`. */
export async function aServerUnder(
  before: readonly string[],
  env: Record<string, string>,
  ...args: string[]
): Promise<ServerProcess> {
  await aPage()
  const port = env.PORT ?? String(freePort())
  const started = performance.now()
  const child = Bun.spawn([...before, process.execPath, join(ROOT, 'src/main.ts'), ...args], {
    env: { PATH: process.env.PATH ?? '', HOST: '127.0.0.1', PORT: port, ...env },
    stdout: 'pipe',
    stderr: 'pipe',
    stdin: 'ignore',
  })
  let [out, err] = ['', '']
  const read = async (stream: ReadableStream<Uint8Array>, take: (text: string) => void) => {
    const decoder = new TextDecoder()
    for await (const chunk of stream) take(decoder.decode(chunk, { stream: true }))
  }
  const reading = Promise.all([
    read(child.stdout, (text) => (out += text)),
    read(child.stderr, (text) => (err += text)),
  ])
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null
  const report = () => {
    const state = hasEnded() ? `ended with ${child.exitCode ?? child.signalCode}` : 'runs'
    return `the server ${state}, and last wrote:\n${`${out}${err}`.trim().split('\n').slice(-20).join('\n')}`
  }
  let isEndExpected = false
  void Promise.all([reading, child.exited]).then(() => {
    // Bun sends SIGTERM to every child process when a test times out; the tests after it then fail, too.
    if (!isEndExpected) console.error(`No test ended the server; has one timed out? ${report()}`)
  })
  const origin = `http://127.0.0.1:${port}`
  let firstAnswer = Number.NaN
  return {
    pid: child.pid,
    get firstAnswer() {
      return firstAnswer
    },
    out: () => out,
    err: () => err,
    report,
    kill(signal) {
      isEndExpected = true
      child.kill(signal)
    },
    async [Symbol.asyncDispose]() {
      isEndExpected = true
      child.kill('SIGKILL')
      await child.exited
    },
    async ready() {
      const isReady = async () => {
        if (hasEnded()) return true
        const answer = await fetch(`${origin}/readyz`)
        if (Number.isNaN(firstAnswer)) firstAnswer = performance.now() - started
        return answer.ok
      }
      await eventually('the server', isReady, 15_000)
      if (!hasEnded()) return origin
      isEndExpected = true
      throw new Error(`the server ended with ${child.exitCode}: ${err}`)
    },
    async exited(ms = 10_000) {
      isEndExpected = true
      await eventually('the end of the server', hasEnded, ms)
      await reading
      return child.exitCode
    },
  }
}

/** A port that was free a moment ago. */
export function freePort(): number {
  const server = Bun.serve({ port: 0, hostname: '127.0.0.1', reusePort: false, fetch: () => new Response() })
  const { port } = server
  void server.stop(true)
  return port ?? 0
}
