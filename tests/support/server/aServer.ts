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

export type ServerProcess = Awaited<ReturnType<typeof aServer>>

/**
 * Starts `src/main.ts` as an operator does; `await using` kills it at the end of the block.
 * @param env its environment, beside PATH; PORT is a free port unless set
 * @param under a program that becomes the server, such as `unshare -m`
 */
export async function aServer(env: Record<string, string>, under: readonly string[] = []) {
  await aPage()
  const port = env.PORT ?? String(freePort())
  const started = performance.now()
  const child = Bun.spawn([...under, process.execPath, join(ROOT, 'src/main.ts')], {
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
  const kill = (signal: 'SIGTERM' | 'SIGINT' | 'SIGKILL') => {
    isEndExpected = true
    child.kill(signal)
  }
  const origin = `http://127.0.0.1:${port}`
  let firstAnswer = Number.NaN
  return {
    pid: child.pid,
    /** ms from the start of the process to its first answer of any kind */
    get firstAnswer() {
      return firstAnswer
    },
    out: () => out,
    err: () => err,
    /** Whether it runs or how it ended, and its last lines: for the error of a request that it did not answer. */
    report,
    kill,
    async [Symbol.asyncDispose]() {
      kill('SIGKILL')
      await child.exited
    },
    /** @returns `http://127.0.0.1:3000` @throws Error if it ends before it is ready */
    async ready(): Promise<string> {
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
    /** @returns its exit code; null if a signal ended it */
    async exited(ms = 10_000): Promise<number | null> {
      isEndExpected = true
      await eventually('the end of the server', hasEnded, ms)
      await reading
      return child.exitCode
    },
  }
}

/** A port that is free now and that the system gives to no connection: those get ports above 32,767 (Linux). */
export function freePort(): number {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 20_000)
    try {
      const server = Bun.serve({ port, hostname: '127.0.0.1', reusePort: false, fetch: () => new Response() })
      void server.stop(true)
      return port
    } catch {
      // taken: try another one
    }
  }
}
